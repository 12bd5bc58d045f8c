"""Every file on a page can be read by its reader, every SQL statement runs, and every script is complete."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pytest

import cli
from evaluation.engines.endpoint.prompts import read_prompts
from evaluation.scorers.judge import read_judge_prompt
from evaluation.scorers.labelled import read_labelled
from lineage.output.settings_file import SettingsFile, described, read_settings
from lineage.parents.curated import read_facts
from lineage.policy.policy_file import read_policy
from lineage.scheduling.hardware import read_hardware
from lineage.scores.instrument_file import read_instruments
from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from store.database import Database

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Reads(Protocol):
    """Reads a text from a named source, or raises."""

    def __call__(self, text: str, source: str, /) -> object:
        """Return its content."""


def of_settings(text: str, source: str) -> object:
    """Read a `lineage.toml` of the user's own."""
    return read_settings(text, SettingsFile(name=source, is_trusted=True), described(cli.command_tree()))


# Who reads the TOML of a page; gates.md and scores.md have tests of their own.
READERS: Final[dict[str, Reads]] = {
    "evaluating.md": read_instruments,
    "howto.md": read_instruments,
    "scheduling.md": read_hardware,
    "shell.md": of_settings,
    "tutorial.md": read_policy,
}
TESTED_ELSEWHERE: Final = {"gates.md", "scores.md"}


def blocks(name: str, language: str) -> list[str]:
    """Return the fenced blocks of a page in a language."""
    return [text for found, text in BLOCK.findall((DOCS / name).read_text("utf-8")) if found == language]


def pages_with(language: str) -> set[str]:
    """Return the names of the pages that have a block in a language."""
    return {path.name for path in DOCS.glob("*.md") if blocks(path.name, language)}


@pytest.mark.parametrize("name", READERS)
def test_every_toml_is_read_by_its_reader(name: str) -> None:
    """The TOML on a page can be copied and used."""
    for text in blocks(name, "toml"):
        assert READERS[name](text, name)


def test_an_assistants_configuration_starts_our_command() -> None:
    """What the page shows is JSON, and names a command that there is."""
    (text,) = blocks("assistants.md", "json")
    (server,) = json.loads(text)["mcpServers"].values()
    assert (server["command"], server["args"][0] in cli.command_tree().commands) == ("lineage", True)


def test_every_page_with_a_file_has_a_reader() -> None:
    """A new page with TOML or another format needs a reader here."""
    assert pages_with("toml") == READERS.keys() | TESTED_ELSEWHERE
    assert pages_with("yaml") == {"domains.md", "gates.md", "publishing.md"}
    assert pages_with("ini") == {"howto.md"}
    assert pages_with("json") == {"assistants.md", "evaluating.md"}
    assert pages_with("csv") == {"lineage.md", "scores.md"}


def test_the_vendor_facts_are_read() -> None:
    """The lines of the page are in the form that `--curated` takes."""
    (text,) = blocks("lineage.md", "csv")
    assert read_facts(text, "lineage.md")


def test_the_units_are_units() -> None:
    """The systemd units can be parsed, and the service runs the script that the page creates."""
    service, timer = (configparser.ConfigParser(strict=False) for _ in range(2))  # `Environment` may stand twice
    for unit in (service, timer):
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys of systemd have capitals
    for unit, text in zip((service, timer), blocks("howto.md", "ini"), strict=True):
        unit.read_string(text)
    assert service["Service"]["Type"] == "oneshot"
    assert shlex.split(service["Service"]["ExecStart"])[1].endswith("/nightly.sh")
    assert {"OnCalendar", "Persistent"} <= set(timer["Timer"])


def test_prompts_replies_and_judges_are_read(tmp_path: Path) -> None:
    """The three files of the page on servers are taken by their readers."""
    prompts, replies = blocks("evaluating.md", "json")
    (judge,) = (text for text in blocks("evaluating.md", "text") if text.startswith("---\n"))
    files = {"prompts.jsonl": prompts, "replies.jsonl": replies, "judge.txt": judge}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert [prompt.choices is not None for prompt in read_prompts(tmp_path / "prompts.jsonl")] == [True, True]
    assert [one.label for one in read_labelled(tmp_path / "replies.jsonl")] == [False]
    assert read_judge_prompt(tmp_path / "judge.txt").read("It helps.\nVerdict: yes") is True


@pytest.fixture(name="database", scope="module")
def fixture_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give an empty database, open to be read as `lineage sql` opens it."""
    path = tmp_path_factory.mktemp("fresh") / "lineage.duckdb"
    open_database(path).close()
    database = open_database(path, "read")
    yield database
    database.close()


def statements(check: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield every statement of SQL that a page hands to `lineage sql`, with the page."""
    for path in (DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))):
        for line in check.read(path):
            for words in check.commands_of(line):
                if words[0] == "sql" and words[1] != "-" and "--help" not in words:
                    yield path.name, words[1]
        for text in re.findall(r"<<'SQL'\n(.*?)^SQL$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            yield path.name, text


def test_every_statement_runs(check: ModuleType, database: Database) -> None:
    """Views and columns in SQL on a page exist."""
    shown = list(statements(check))
    assert len(shown) > 14
    for _, text in shown:
        assert database.query(text).columns


@pytest.mark.parametrize("name", ["explorer.md", "evaluating.md"])
def test_every_script_is_whole(name: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python scripts on a page run; examples with a prompt are tested with the package that they show."""
    if name == "evaluating.md":
        pytest.importorskip("inspect_ai", reason="tasks of Inspect are run with the extra inspect")
    monkeypatch.chdir(tmp_path)
    for text in blocks(name, "python"):
        exec(compile(text.replace("maple/base+", "*"), name, "exec"), {"database": database})  # noqa: S102 -- our page
