"""The columns that docs/json.md promises are those that the commands write."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from typer.main import get_command

from cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

    from tests.cli.conftest import Runs

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text("utf-8")
ROW: Final = re.compile(r"^\| `lineage ([\w -]+)` \| (.+) \|$", re.MULTILINE)
MODEL: Final = "maple-research/maple-7b-instruct"
CHILD: Final = "quillfeather/ingredient-03-clinical"
ELSEWHERE: Final = frozenset({"sql", "study", "calibrate", "export"})  # the page says where the columns of these are
ARGUMENTS: Final = {
    "crawl": ("crawl", "--endpoint", "{hub}"),
    "crawl --dry-run": ("crawl", "--dry-run", "--endpoint", "{hub}"),
    "load": ("load", "{folder}/records.jsonl"),
    "show": ("show", MODEL),
    "tree": ("tree", MODEL),
    "path": ("path", MODEL, CHILD),
    "common": ("common", MODEL, CHILD),
    "changes": ("changes", "--since", "2020-01-01"),
    "schedule": ("schedule", "--dry-run", "--limit", "1"),
    "doctor": ("doctor", "--offline"),
    "drift": ("drift", "domain:medical"),
    "check": ("check", MODEL, "--policy", "{folder}/policy.toml"),
    "snapshot": ("snapshot", "--output", "{folder}/frozen.duckdb"),
    "diff": ("diff", "{folder}/before.duckdb", "{folder}/own.duckdb"),
}
WITHOUT_DATABASE: Final = frozenset({"diff"})


def promised() -> dict[str, list[str]]:
    """Return the columns that the page names for each command."""
    return {command: re.findall(r"`(\w+)`", columns) for command, columns in ROW.findall(PAGE)}


def commands_with_formats(command: object, names: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the words after `lineage` of every command that takes --format."""
    for name, member in getattr(command, "commands", {}).items():
        yield from commands_with_formats(member, (*names, name))
    if any("--format" in parameter.opts for parameter in getattr(command, "params", ())):
        yield " ".join(names)


def test_every_command_is_on_the_page() -> None:
    """What takes --format has its columns on the page, or a sentence on where they are."""
    answers = set(commands_with_formats(get_command(app)))
    assert {command.removesuffix(" --dry-run") for command in promised()} == answers - ELSEWHERE


@pytest.fixture(name="folder", scope="module")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory, crawled: Path, start: Callable[..., Popen[str]]) -> Path:
    """Give a folder with a database that has scores and verdicts, and the files that commands are given."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "own.duckdb").write_bytes(crawled.read_bytes())
    (folder / "records.jsonl").write_text(json.dumps({"_id": "f" * 24, "id": "oak/loaded"}) + "\n", "utf-8")
    (folder / "policy.toml").write_text('title = "t"\n\n[[rule]]\nkind = "no_worse"\n', "utf-8")
    for words in (("scores", "from-cards"), ("snapshot", "--output", str(folder / "before.duckdb"))):
        with start(*words, "--db", str(folder / "own.duckdb")) as process:
            _, err = process.communicate()
        assert process.returncode == 0, err
    return folder


@pytest.mark.parametrize("command", promised())
def test_the_columns_are_those_of_the_page(lineage: Runs, hub: str, folder: Path, command: str, tmp_path: Path) -> None:
    """The header of the CSV and the keys of the JSON are what the page promises, in its order."""
    for file in folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    words = [word.format(hub=hub, folder=tmp_path) for word in ARGUMENTS.get(command, tuple(command.split()))]
    words += [] if command in WITHOUT_DATABASE else ["--db", str(tmp_path / "own.duckdb")]
    ran = lineage(*words, "--format", "csv")
    assert ran.out, ran.err
    assert ran.out.splitlines()[0].split(",") == promised()[command]
