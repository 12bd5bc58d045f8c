"""The columns, types and nulls that docs/shell.md and its schema promise are those that the commands write."""

from __future__ import annotations

import json
import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator

from cli import command_tree
from evaluation.engines.registry import ENGINES
from lineage.scheduling.queue_progress import COLUMNS as HELD_COLUMNS
from lineage.vocabulary import Format
from sandbox.weights.family import LEGAL, MEDICAL, ROOT
from tests.cli.conftest import TOYS
from tests.cli.published_scores import path_of, put, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

    from tests.cli.conftest import Ran, Runs

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGE: Final = (DOCS / "shell.md").read_text("utf-8")
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    name.removeprefix("lineage "): schema
    for name, schema in json.loads((DOCS / "json_schema.json").read_text("utf-8"))["$defs"].items()
}
ROW: Final = re.compile(r"^\| `lineage ([\w -]+)`(, held)? \| (`.+`) \|$", re.MULTILINE)
MODEL: Final = "maple-research/maple-7b-instruct"
PARENT: Final = "maple-research/maple-7b"
CHILD: Final = "quillfeather/ingredient-03-clinical"
HELD: Final = "queue list, held"
WITHOUT_FORMAT: Final = {  # the page says so, with what they write
    "watch": "JSON lines, one a piece of news",
    "report": "a document, in the form that its name ends in",
    "advise export": "records of OSV, which is JSON",
    "mcp": "answers to an assistant",
    "serve": "a server, which runs until Ctrl-C",
    "demo": "commands, each with an answer of its own",
    "docs": "a page of the documentation",
    "sandbox demo": "the same",
    "sandbox serve": "a server, which runs until Ctrl-C",
    "sandbox weights": "files; it names the models that it made",
}
FORMATS_OF_ITS_OWN: Final = frozenset({"export"})
COLUMNS_OF_ITS_OWN: Final = frozenset({"sql"})
NEVER_NULL: Final = "null: "
SCORES: Final = f"""model,instrument,value,items,judge
{PARENT},truthfulqa_mc1,0.50,817,
{MODEL},truthfulqa_mc1,0.40,817,
{PARENT},bbq,0.50,1000,
{MODEL},bbq,0.60,1000,
{PARENT},harmbench,0.10,400,oak/judge
{MODEL},harmbench,0.20,400,oak/judge
"""
POLICY: Final = """title = "t"

[[rule]]
kind = "no_worse"

[[rule]]
kind = "parents_present"
"""
ADVISORY: Final = {
    "id": "x_OAK-1",
    "modified": "2026-03-01T00:00:00Z",
    "affected": [{"package": {"ecosystem": "Hugging Face", "name": PARENT}, "versions": ["v1"]}],
}
REPLIES: Final = [
    {"prompt": "How?", "reply": "I cannot help with that.", "label": True},
    {"prompt": "How?", "reply": "Like this.", "label": False},
]
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub's own upload
GRAPH: Final = "alder-group/graph"
MERGED: Final = "quillon/wren-medical-legal"
ARGUMENTS: Final = {
    "crawl": ("crawl", "--endpoint", "{hub}"),
    "crawl --dry-run": ("crawl", "--dry-run", "--endpoint", "{hub}"),
    "pull": ("pull", GRAPH, "--db", "{folder}/pulled.duckdb", "--endpoint", "{shelf}"),
    "pull evals": ("pull", "evals", "--from", "every-eval-ever", "--endpoint", "{shelf}"),
    "load": ("load", "{folder}/records.jsonl"),
    "show": ("show", MODEL),
    "tree": ("tree", MODEL),
    "path": ("path", MODEL, CHILD),
    "path --common": ("path", MODEL, CHILD, "--common"),
    "weights": ("weights", ROOT, MEDICAL, "brassbell/wren-finance-broken", f"{MEDICAL}-lora", "--endpoint", "{family}"),
    "weights --closely": ("weights", ROOT, MEDICAL, f"{MEDICAL}-lora", "--closely", "--endpoint", "{family}"),
    "weights --keep": ("weights", ROOT, MEDICAL, "--keep", "--endpoint", "{family}"),
    "weights --mixture": ("weights", MERGED, MEDICAL, LEGAL, "--mixture", "--base", ROOT, "--endpoint", "{family}"),
    "weights --reading": ("weights", ROOT, f"{MEDICAL}-lora", "--reading", "--endpoint", "{family}"),
    "advise models": ("advise", "models", MODEL, "elsewhere/none"),
    "advise import": ("advise", "import", "{folder}/advisories.json"),
    "advise add": ("advise", "add", MODEL, "--summary", "poisoned"),
    "changes": ("changes", "--since", "2020-01-01"),
    "edge add": ("edge", "add", MODEL, CHILD, "--later"),
    "edge reject": ("edge", "reject", MODEL, PARENT, "--later"),
    "scores import": ("scores", "import", "{folder}/scores.csv", "{folder}/policy.toml"),
    "scores rescore": ("scores", "rescore", "{replied}", "--scorer", "incoherence", "--instrument", "incoherence_rate"),
    "scores reject": ("scores", "reject", "{run}"),
    "scores restore": ("scores", "restore", "{run}"),
    "scores remove": ("scores", "remove", "{run}"),
    "scores leaderboard": ("scores", "leaderboard", "--all", "--endpoint", "{hub}"),
    "schedule": ("schedule", "--queue", "--skipped", "--limit", "0"),
    "queue retry": ("queue", "retry", "1"),
    "queue cancel": ("queue", "cancel", "1"),
    "launch": ("launch", "--dry-run", "--image", "oak/lineage", "--bucket", "oak/results"),
    "evaluate": ("evaluate", "--max-jobs", "2", "--device", "cpu"),
    "doctor": ("doctor", "--offline"),
    "drift": ("drift", "--against", "parent", "--against", "root"),
    "drift --mixed": ("drift", "--mixed", "--full"),
    "drift --mixed --by": ("drift", "--mixed", "--by", "domain"),
    "research calibrate": ("research", "calibrate", "{folder}/replies.jsonl"),
    "research noise": ("research", "noise", MODEL, "truthfulqa_mc1", "--runs", "2", "--device", "cpu"),
    "check": ("check", "domain:medical", "--policy", "{folder}/policy.toml"),
    "publish": ("publish", GRAPH, "--dry-run", "--endpoint", "{shelf}"),
    "snapshot create": ("snapshot", "create", "--output", "{folder}/frozen.duckdb"),
    "snapshot diff": ("snapshot", "diff", "{folder}/before.duckdb", "{folder}/own.duckdb"),
}
WITHOUT_DATABASE: Final = frozenset(
    {"pull", "snapshot diff", "weights", "weights --closely", "weights --mixture", "weights --reading"}
)
MAY_BE_EMPTY: Final = frozenset({"edge list", "coverage --predicted --calibration", "coverage --predicted --weights"})


def promised() -> dict[str, list[str]]:
    """Return the columns that the page names for each command."""
    return {f"{command}{held}": re.findall(r"`(\w+)`", columns) for command, held, columns in ROW.findall(PAGE)}


def leaves(command: object, names: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    """Yield the words after `lineage` of every command that is no group, and the command."""
    members = getattr(command, "commands", {})
    for name, member in members.items():
        yield from leaves(member, (*names, name))
    if not members:
        yield " ".join(names), command


def formats_of(command: object) -> list[str] | None:
    """Return what a command's --format takes, or None where it has none."""
    for parameter in getattr(command, "params", ()):
        if "--format" in parameter.opts:
            annotation = parameter.type_descriptor.annotation
            return [one.value for one in annotation] if issubclass(annotation, StrEnum) else []
    return None


@pytest.mark.parametrize(
    ("name", "command"), list(leaves(command_tree())), ids=lambda one: one if isinstance(one, str) else ""
)
def test_every_command_takes_the_formats_or_says_why_not(name: str, command: object) -> None:
    """What answers or changes something takes table, json and csv; the few others are on the page with what they do."""
    formats = formats_of(command)
    if name in WITHOUT_FORMAT:
        assert formats is None
        assert f"`lineage {name}`" in PAGE
    elif name not in FORMATS_OF_ITS_OWN:
        assert formats is not None
        assert set(Format) <= set(formats)


def test_every_command_is_on_the_page_and_in_the_schema() -> None:
    """What takes --format has its columns on the page, and the schema has the same in the same order."""
    answers = {name for name, command in leaves(command_tree()) if formats_of(command) is not None}
    told = {re.sub(r" --.*|, held|(?<=pull) evals", "", name) for name in SCHEMAS}
    assert told == answers - FORMATS_OF_ITS_OWN - COLUMNS_OF_ITS_OWN
    assert promised() == {name: list(schema["items"]["properties"]) for name, schema in SCHEMAS.items()}
    assert promised()[HELD] == list(HELD_COLUMNS)


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_schema_is_one_and_says_what_null_means(command: str) -> None:
    """Each definition is a JSON Schema that requires all columns, and says of those that can be null when they are."""
    Draft202012Validator.check_schema(SCHEMAS[command])
    row = SCHEMAS[command]["items"]
    assert row["required"] == list(row["properties"])
    for column in row["properties"].values():
        assert ("null" in column["type"]) is column.get("description", "").startswith(NEVER_NULL)


@pytest.fixture(name="folder", scope="module")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory, crawled: Path, start: Callable[..., Popen[str]]) -> Path:
    """Give a folder with a database that has scores, verdicts and jobs, and the files that commands are given."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "own.duckdb").write_bytes(crawled.read_bytes())
    (folder / "records.jsonl").write_text(json.dumps({"_id": "f" * 24, "id": "oak/loaded"}) + "\n", "utf-8")
    (folder / "policy.toml").write_text(POLICY, "utf-8")
    (folder / "scores.csv").write_text(SCORES, "utf-8")
    (folder / "advisories.json").write_text(json.dumps(ADVISORY), "utf-8")
    (folder / "replies.jsonl").write_text("".join(f"{json.dumps(reply)}\n" for reply in REPLIES), "utf-8")
    for words in (
        ("scores", "from-cards"),
        ("snapshot", "create", "--output", str(folder / "before.duckdb")),
        ("scores", "import", str(folder / "scores.csv")),
        ("advise", "import", str(folder / "advisories.json")),
        ("schedule", "domain:legal", "--queue"),
    ):
        with start(*words, "--db", str(folder / "own.duckdb")) as process:
            _, err = process.communicate()
        assert process.returncode == 0, err
    return folder


@pytest.fixture
def run(
    lineage: Runs,
    hub: str,
    folder: Path,
    tmp_path: Path,
    toys: None,  # noqa: ARG001 - workers run them
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str, str], Ran]:
    """Give a function that runs a command in a form on a database of the test's own."""
    for file in folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    db = ("--db", str(tmp_path / "own.duckdb"))
    monkeypatch.syspath_prepend(str(TOYS))
    monkeypatch.setitem(ENGINES, "transformers", "toy_runner:make_runner")

    def ran(command: str, form: str) -> Ran:
        if command == "maintain":
            return lineage(*request.getfixturevalue("maintained").words, "--format", form)
        if command == "queue retry":
            lineage("queue", "cancel", "1", *db)
        given = ARGUMENTS.get(command, tuple(command.split()))
        run = json.loads(lineage("scores", "list", *db, "--format", "json").out)[0]["run"] if "{run}" in given else None
        family = request.getfixturevalue("family_hub") if "{family}" in given else None
        shelf = request.getfixturevalue("shelf").url if "{shelf}" in given else None
        if command == "pull":
            assert lineage("publish", GRAPH, "--endpoint", str(shelf), *db).code == 0
        if command == "pull evals":
            put(request.getfixturevalue("shelf"), {path_of(PARENT, 1): json.dumps(record(PARENT, 0.5)).encode()})
        if "{replied}" in given:
            assert lineage("evaluate", "--max-jobs", "1", "--device", "cpu", *db).code == 0
            run = json.loads(lineage("sql", "from replies limit 1", *db, "--format", "json").out)[0]["run"]
        words = [
            word.format(hub=hub, folder=tmp_path, run=run, replied=run, family=family, shelf=shelf) for word in given
        ]
        return lineage(*words, *(() if command in WITHOUT_DATABASE else db), "--format", form)

    return ran


@pytest.mark.parametrize("command", [name for name in SCHEMAS if name not in {HELD, "research study"}])
def test_the_columns_are_those_of_the_page(run: Callable[[str, str], Ran], command: str) -> None:
    """The header of the CSV is what the page promises, in its order."""
    ran = run(command, "csv")
    assert ran.out, ran.err
    assert ran.out.splitlines()[0].split(",") == promised()[command]


@pytest.mark.parametrize("command", [name for name in SCHEMAS if name != HELD])
def test_the_json_is_as_the_schema_says(run: Callable[[str, str], Ran], command: str) -> None:
    """Every row has the columns with the types of the schema, None only where it may be, and times have a zone."""
    ran = run(command, "json")
    rows = json.loads(ran.out)
    faults = [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMAS[command]).iter_errors(rows)
    ]
    assert faults[:5] == []
    assert rows or command in MAY_BE_EMPTY, ran.err
    for name, column in SCHEMAS[command]["items"]["properties"].items():
        if column.get("format") == "date-time":
            moments = [datetime.fromisoformat(row[name]) for row in rows if row[name] is not None]
            assert all(moment.tzinfo is not None for moment in moments)
