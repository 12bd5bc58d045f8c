"""How the command line behaves in shells: completion, misspelt words, terminals of any width and colour, pipes."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import LINEAGE

if TYPE_CHECKING:
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
        (("models", "--domain", "medcal"), "'medical'"),
        (("models", "domian:medical"), "domain"),
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


def test_a_reader_that_has_enough_is_no_trouble(environment: dict[str, str], crawled: Path) -> None:
    """`lineage ... | head -1` says nothing on stderr."""
    query = "select * from models, range(5)"
    command = shlex.join([str(LINEAGE), "sql", query, "--format", "csv", "--db", str(crawled)]) + " | head -1"
    ran = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert (ran.stdout.startswith("id,"), ran.stderr) == (True, "")
