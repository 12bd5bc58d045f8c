"""How the command line behaves in shells: misspelt words, terminals of any width and colour, pipes."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import cli
from store.connect import open_database
from tests.cli.conftest import LINEAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Runs

COLOUR = re.compile(r"\x1b\[[\d;]*(?:3\d|4\d|9\d|10\d)[\d;]*m")


def in_terminal(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run lineage with a terminal for stdout and stderr, and return its exit code and what it wrote there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([LINEAGE, *arguments], env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as ran:
        os.close(theirs)
        written = bytearray()
        while chunk := read_terminal(ours):
            written += chunk
    os.close(ours)
    return ran.returncode, written.decode()


def read_terminal(terminal: int) -> bytes:
    """Return what comes next from a terminal, nothing where its other side is closed, which Linux tells as an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("modles",), "Did you mean 'models'?"),
        (("edge", "ad"), "Did you mean 'add'?"),
        (("models", "--formt", "json"), "--format"),
        (("models", "--domain", "medcal"), "did you mean medical?"),
        (("models", "--format", "jsn"), "Did you mean 'json'?"),
        (("changes", "--kind", "vanish"), "Did you mean 'vanished'?"),
        (("models", "domian:medical"), "domain"),
        (("models", "domain:medcal"), "did you mean medical?"),
        (("export", "--format", "graphm", "-o", "x"), "did you mean graphml?"),
        (("research", "study", "--table", "factor"), "did you mean factors?"),
        (("scores", "import", "x", "--as", "lmeval"), "did you mean lm-eval?"),
        (("schedule", "--instrument", "truthfulqa_mc3"), "did you mean truthfulqa_mc2?"),
        (("evaluate", "oak/a", "truthfulqa_mc3"), "did you mean truthfulqa_mc2?"),
    ],
)
def test_a_misspelt_word_names_the_nearest(
    lineage: Runs, crawled: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], meant: str
) -> None:
    """The error says what was perhaps meant, and is one of usage."""
    monkeypatch.setenv("LINEAGE_DB", str(crawled))
    ran = lineage(*words)
    assert (ran.code, ran.out) == (2, "")
    assert meant in ran.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("models", "--author", "maple-reserch"), "did you mean org:maple-research?"),
        (("models", "org:maple-reserch"), "did you mean org:maple-research?"),
        (("models", "--library", "transfomers"), "did you mean library:transformers?"),
        (("models", "licence:apache2,domain:legal"), "did you mean license:apache-2.0?"),
        (("models", "dataset:qiaojin/PubMedQ"), "did you mean dataset:qiaojin/PubMedQA?"),
        (("scores", "list", "--instrument", "truthfulqa_mc3"), "did you mean truthfulqa_mc2?"),
        (("instruments", "truthfulqa_mc3"), "did you mean truthfulqa_mc2?"),
        (("instruments", "--construct", "bais"), "did you mean bias?"),
    ],
)
def test_a_value_that_nothing_has_names_the_nearest(
    lineage: Runs, crawled: Path, words: tuple[str, ...], meant: str
) -> None:
    """Where nothing is found because a name is mistyped, stderr says which name there is."""
    ran = lineage(*words, "--db", str(crawled))
    assert ran.code == 1
    assert meant in ran.err


def test_a_value_that_is_known_is_not_called_mistyped(lineage: Runs, crawled: Path) -> None:
    """Two right names that have no model in common are no typing error, whatever their capitals."""
    ran = lineage("models", "org:Maple-Research,library:Peft", "--db", str(crawled))
    assert (ran.code, "did you mean" in ran.err) == (1, False)


def commands(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - typer keeps these classes to itself
    """Yield the words after `lineage` of every command and group, and the command."""
    yield names, command
    for name, member in getattr(command, "commands", {}).items():
        yield from commands(member, (*names, name))


def help_of(names: tuple[str, ...]) -> str:
    """Return the help of a command, as in a terminal of 80 columns."""
    variables = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    return CliRunner().invoke(cli.app, [*names, "--help"], prog_name="lineage", env=variables).stdout


@pytest.mark.parametrize(("names", "command"), list(commands(cli.command_tree())))
def test_help_fits_and_says_what_it_has_to(names: tuple[str, ...], command: Any) -> None:  # noqa: ANN401 - as above
    """No line is wider than 80 columns, the exit codes are told, and each option and argument says what it is for."""
    text = help_of(names)
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert "Exit codes: 0 " in text.replace("\n", " ")
    assert [parameter.name for parameter in command.params if not parameter.help] == []


@pytest.mark.parametrize("words", [("-q", "status"), ("status", "-q"), ("status", "--quiet")])
def test_quiet_stands_before_or_behind_the_command(lineage: Runs, own_db: Path, words: tuple[str, ...]) -> None:
    """Either way the hint on stderr is left out."""
    database = open_database(own_db)
    database.run("ingest/forget_fresh")
    database.close()
    models = ("models", "--search", "no-such-name")
    assert lineage(*models, "--db", str(own_db)).err
    quiet = tuple(word for word in words if word != "status")
    given = (*quiet, *models) if words[0] != "status" else (*models, *quiet)
    ran = lineage(*given, "--db", str(own_db))
    assert (ran.code, ran.err) == (1, "")


def test_the_version_is_told(lineage: Runs) -> None:
    """On stdout, as one line that begins with the name."""
    ran = lineage("--version")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"lineage \d+\.\d+\.\d+\S*\n", ran.out)


def test_the_module_is_the_command(lineage: Runs) -> None:
    """`python -m cli`, as `python cli.py` in a checkout, does what `lineage` does."""
    words = [sys.executable, "-m", "cli", "--version"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, lineage("--version").out, "")


@pytest.mark.parametrize("columns", [40, 80])
def test_no_terminal_is_too_narrow_for_a_reason(
    lineage: Runs, crawled: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """The schedule says of each job what it runs on what and why, below its row where the terminal ends."""
    monkeypatch.setenv("COLUMNS", str(columns))
    words = ("schedule", "--limit", "3", "--db", str(crawled))
    rows = json.loads(lineage(*words, "--format", "json").out)
    squeezed = "".join(lineage(*words).out.split())
    for row in rows:
        assert all("".join(row[name].split()) in squeezed for name in ("model", "instrument", "reason"))


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_table_fits_the_terminal(environment: dict[str, str], crawled: Path, columns: int) -> None:
    """No line of an answer is wider than the terminal but for ids, which are never broken, and none has colour."""
    arguments = ["models", "--limit", "5", "--db", str(crawled)]
    code, written = in_terminal(arguments, {**environment, "COLUMNS": str(columns), "TERM": "xterm-256color"})
    assert code == 0
    assert "\x1b" not in written
    answer = [line for line in written.splitlines() if not line.startswith("(")]
    assert len(answer) > 5
    assert [line for line in answer if len(line) > columns and not re.search(r"\S{30}", line)] == []


def test_a_pipe_gets_every_column(lineage: Runs, crawled: Path) -> None:
    """Where nobody looks nothing is left out; where COLUMNS says so a pipe is as narrow as a terminal."""
    ran = lineage("models", "--limit", "5", "--db", str(crawled))
    assert ran.out.splitlines()[0].split()[-1] == "reported_results"
    assert "more columns" not in ran.err


@pytest.mark.parametrize(
    ("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_left_out_where_it_is_not_wanted(
    environment: dict[str, str], hub: str, tmp_path: Path, variables: dict[str, str], *, is_coloured: bool
) -> None:
    """The bar of a crawl is coloured in a terminal, and not where NO_COLOR or the terminal forbid it."""
    plain = {name: value for name, value in environment.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    arguments = ["crawl", "--all", "--endpoint", hub, "--db", str(tmp_path / "own.duckdb")]
    code, written = in_terminal(arguments, {**plain, "TERM": "xterm-256color", "COLUMNS": "80", **variables})
    assert code == 0
    assert bool(COLOUR.search(written)) is is_coloured


@pytest.mark.parametrize(
    ("variables", "options", "is_coloured"),
    [
        ({}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"TERM": "dumb"}, (), False),
        ({}, ("--format", "json"), False),
        ({}, ("--format", "csv"), False),
    ],
)
def test_relations_are_coloured_in_a_terminal_alone(
    environment: dict[str, str],
    crawled: Path,
    variables: dict[str, str],
    options: tuple[str, ...],
    *,
    is_coloured: bool,
) -> None:
    """A tree has colour in a terminal, unless NO_COLOR or the terminal forbid it; JSON and CSV never have."""
    plain = {name: value for name, value in environment.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    arguments = ["tree", "maple-research/maple-7b", *options, "--db", str(crawled)]
    code, written = in_terminal(arguments, {**plain, "TERM": "xterm-256color", "COLUMNS": "80", **variables})
    assert code == 0
    assert bool(COLOUR.search(written)) is is_coloured


def test_a_file_and_a_pipe_get_no_colour(environment: dict[str, str], crawled: Path, tmp_path: Path) -> None:
    """What `check` writes to a file from within a terminal is plain, and so is what goes through a pipe."""
    plain = {name: value for name, value in environment.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    terminal = {**plain, "TERM": "xterm-256color", "COLUMNS": "80"}
    (tmp_path / "policy.toml").write_text('title = "t"\n[[rule]]\nkind = "parents_present"\n', "utf-8")
    check = ["check", "maple-research/maple-7b", "--policy", str(tmp_path / "policy.toml"), "--db", str(crawled)]
    assert COLOUR.search(in_terminal(check, terminal)[1])
    in_terminal([*check, "-o", str(tmp_path / "found.txt")], terminal)
    piped = subprocess.run([LINEAGE, *check], env=terminal, capture_output=True, text=True, check=False)
    assert "PASS" in piped.stdout
    assert "\x1b" not in piped.stdout + (tmp_path / "found.txt").read_text("utf-8")


def test_a_reader_that_has_enough_is_no_trouble(environment: dict[str, str], crawled: Path) -> None:
    """`lineage ... | head -1` says nothing on stderr."""
    query = "select * from models, range(5)"
    command = shlex.join([str(LINEAGE), "sql", query, "--format", "csv", "--db", str(crawled)]) + " | head -1"
    ran = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert (ran.stdout.startswith("id,"), ran.stderr) == (True, "")


def test_a_reader_that_has_enough_ends_it_as_it_ends_other_tools(environment: dict[str, str], crawled: Path) -> None:
    """It ends by the signal of the broken pipe, 141 in a shell, which is none of the codes that mean an answer."""
    arguments = [str(LINEAGE), "sql", "select * from models, range(200)", "--format", "csv", "--db", str(crawled)]
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        assert ran.stdout.read(10)
        ran.stdout.close()
        assert ran.stderr.read() == b""
    assert ran.returncode == -signal.SIGPIPE
