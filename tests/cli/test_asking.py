"""The commands that read: what they answer, in each form, and what they say when there is nothing to answer."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from lineage.domains.lexicon_file import default_lexicon
from lineage.output.result import Result
from lineage.output.terminal import Layout, as_table
from lineage.text.plain import plain
from lineage.vocabulary import Format, Relation, StatusName
from store.commands import printing
from store.commands.printing import print_rows
from store.connect import open_database
from store.errors import StatementRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Runs

Row = dict[str, Any]
EVERYTHING = ("models", "--limit", "0", "--format", "json")


class PiecesOut(io.StringIO):
    """What is written, piece by piece."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str, /) -> int:
        """Keep a piece."""
        self.written.append(text)
        return super().write(text)


@pytest.fixture
def ask(lineage: Runs, crawled: Path) -> Callable[..., list[Row]]:
    """Give a function that runs a command on the crawled database and returns the rows of its JSON."""

    def asked(*arguments: str) -> list[Row]:
        ran = lineage(*arguments, "--db", str(crawled), "--format", "json")
        assert (ran.code, ran.err) == (0, "")
        rows = json.loads(ran.out)
        assert isinstance(rows, list)
        return rows

    return asked


@pytest.fixture
def parent(ask: Callable[..., list[Row]]) -> str:
    """Give the model with the most derivatives."""
    rows = ask("sql", "select parent, count(*) as n from edges group by all order by n desc, parent limit 1")
    return str(rows[0]["parent"])


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("models",),
        ("sql", "from edges"),
        ("show", "PARENT"),
        ("tree", "PARENT"),
        ("tree", "PARENT", "--up"),
    ],
)
def test_an_answer_is_the_same_in_every_form(
    lineage: Runs, crawled: Path, parent: str, command: tuple[str, ...]
) -> None:
    """JSON and CSV have the same columns and number of rows; a table says something; stderr stays empty."""
    words = [parent if word == "PARENT" else word for word in command]
    ran = {form: lineage(*words, "--db", str(crawled), "--format", form) for form in ("table", "json", "csv")}
    assert {form: (one.code, one.err) for form, one in ran.items()} == dict.fromkeys(ran, (0, ""))
    objects = json.loads(ran["json"].out)
    rows = list(csv.DictReader(io.StringIO(ran["csv"].out)))
    assert len(objects) == len(rows)
    assert all(set(one) == set(other) for one, other in zip(objects, rows, strict=True))
    assert ran["table"].out.strip()
    assert all(line == line.rstrip() for line in ran["table"].out.splitlines())


def test_status_counts_what_is_there(ask: Callable[..., list[Row]]) -> None:
    """The counts of status are those of the views, and the shares of a section make one."""
    told = {(row["section"], row["name"]): row for row in ask("status")}
    for row in ask("sql", "select relation, count(*) as n from edges group by all"):
        assert told["edges by relation", row["relation"]]["value"] == row["n"]
    for row in ask("sql", "select status, count(*) as n from models group by all"):
        assert told["models", row["status"]]["value"] == row["n"]
    coverage = [row["share"] for row in told.values() if row["section"].startswith("models by what they say")]
    assert sum(coverage) == pytest.approx(1)
    assert told["last crawls", "1: all"]["value"].startswith("finished")


def test_status_says_that_a_crawl_was_stopped(lineage: Runs, own_db: Path) -> None:
    """A crawl that is not at its end is told as stopped, and that the graph is older than the records."""
    database = open_database(own_db)
    database.run("crawl_store/end", crawl=1, state="running", now=None)
    database.run("ingest/forget_fresh")
    database.close()
    told = lineage("status", "--db", str(own_db)).out
    assert "stopped (the same command goes on)" in told
    assert "lineage resolve" in told


@pytest.mark.parametrize("command", [("models",), ("show", "PARENT"), ("tree", "PARENT")])
def test_a_stale_graph_is_told(lineage: Runs, own_db: Path, parent: str, command: tuple[str, ...]) -> None:
    """Where records came after parents were computed, stderr says so, until `resolve` computed them."""
    words = [parent if word == "PARENT" else word for word in command]
    database = open_database(own_db)
    database.run("ingest/forget_fresh")
    database.close()
    assert "lineage resolve" in lineage(*words, "--db", str(own_db)).err
    assert lineage("resolve", "--db", str(own_db)).code == 0
    assert lineage(*words, "--db", str(own_db)).err == ""


def test_resolving_anew_changes_nothing(lineage: Runs, own_db: Path) -> None:
    """The same records and the same lexicon give the same graph."""
    before = lineage("sql", "from edges order by all", "--db", str(own_db), "--format", "csv").out
    status = lineage("resolve", "--db", str(own_db), "--format", "csv")
    after = lineage("sql", "from edges order by all", "--db", str(own_db), "--format", "csv").out
    assert status.code == 0
    assert status.out.startswith("section,name,value")
    assert before == after


@pytest.mark.parametrize("domain", default_lexicon().names)
def test_models_of_a_domain(ask: Callable[..., list[Row]], domain: str) -> None:
    """Every model listed for a domain has it; its own are those that do not inherit it."""
    rows = ask("models", "--domain", domain, "--limit", "0")
    own = {row["id"] for row in ask("models", "--domain", domain, "--own", "--limit", "0")}
    assert all(any(text.startswith(domain) for text in row["domains"]) for row in rows)
    assert {row["id"] for row in rows if domain in row["domains"]} <= own | {row["id"] for row in rows}
    assert own
    assert own <= {row["id"] for row in rows}


@pytest.mark.parametrize("relation", Relation)
def test_models_of_a_relation(ask: Callable[..., list[Row]], relation: Relation) -> None:
    """Every model listed for a relation was made that way, as far as is known; a selector names the same."""
    rows = ask("models", "--relation", relation, "--limit", "0")
    assert rows
    assert all({relation, f"{relation} (inferred)"} & set(row["relations"]) for row in rows)
    assert rows == ask("models", f"relation:{relation}", "--limit", "0")


@pytest.mark.parametrize(
    ("option", "column"), [("--author", "author"), ("--library", "library"), ("--license", "license")]
)
def test_models_of_an_author_library_or_licence(ask: Callable[..., list[Row]], option: str, column: str) -> None:
    """A filter by a plain column gives the models that have that value, all of them."""
    found = ask("sql", "select author, library, license from models")
    (name, count), *_ = Counter(row[column] for row in found if row[column]).most_common()
    assert len(ask("models", option, name, "--limit", "0")) == count


def test_models_with_and_without_a_parent(ask: Callable[..., list[Row]]) -> None:
    """Declared and undeclared models are all models; the parents of the undeclared are marked as inferred."""
    declared, undeclared = (ask("models", option, "--limit", "0") for option in ("--declared", "--undeclared"))
    assert all(row["parents"] for row in declared)
    assert all(parent.endswith(" (inferred)") for row in undeclared for parent in row["parents"])
    assert not any(parent.endswith(" (inferred)") for row in declared for parent in row["parents"])
    assert len(declared) + len(undeclared) == len(ask("models", "--limit", "0"))


def test_models_with_and_without_results(ask: Callable[..., list[Row]]) -> None:
    """Scored models report at least one result, unscored ones none."""
    scored, unscored = (ask("models", option, "--limit", "0") for option in ("--scored", "--unscored"))
    assert all(row["reported_results"] > 0 for row in scored)
    assert not any(row["reported_results"] for row in unscored)
    assert scored
    assert unscored


def test_models_in_order(ask: Callable[..., list[Row]]) -> None:
    """A listing is ordered by what was asked for, the greatest first, and ends at its limit."""
    likes = [row["likes"] or 0 for row in ask("models", "--sort", "likes", "--limit", "7")]
    assert len(likes) == 7
    assert likes == sorted(likes, reverse=True)
    sure = ask("models", "--domain", "legal", "--confidence", "0.5", "--limit", "0")
    assert sure
    assert all(row["domain_confidence"] >= 0.5 for row in sure)


def test_no_model_is_an_answer_too(lineage: Runs, crawled: Path) -> None:
    """Filters that nothing passes end with 1; stdout has the columns alone, stderr the reason."""
    ran = lineage("models", "--search", "no-such-name", "--db", str(crawled), "--format", "csv")
    assert ran.code == 1
    assert ran.out.startswith("id,")
    assert ran.out.count("\n") == 1
    assert "no model matches the selector" in ran.err


@pytest.mark.parametrize("status", StatusName)
def test_models_of_a_status(lineage: Runs, crawled: Path, status: StatusName) -> None:
    """Every model listed for a status has it; where there is none, the answer is no."""
    ran = lineage(*EVERYTHING, "--status", status, "--db", str(crawled))
    rows = json.loads(ran.out)
    assert ran.code == (0 if rows else 1)
    assert {row["status"] for row in rows} <= {status}


def test_show_finds_other_spellings(ask: Callable[..., list[Row]], parent: str) -> None:
    """The id in other capitals, and a former name, lead to the same model."""
    told = ask("show", parent)
    assert {"section": "model", "name": "id", "value": parent} in told
    assert ask("show", parent.upper()) == told
    former = ask("sql", "select alias, id from aliases order by alias limit 1")
    for row in former:
        assert {"section": "model", "name": "id", "value": row["id"]} in ask("show", row["alias"])


@pytest.mark.parametrize("command", ["show", "tree"])
def test_an_unknown_model_brings_the_nearest(lineage: Runs, crawled: Path, parent: str, command: str) -> None:
    """A misspelt id ends with 1, names what was asked, and suggests what was meant; stdout stays empty."""
    ran = lineage(command, parent + "x", "--db", str(crawled))
    assert (ran.code, ran.out) == (1, "")
    assert repr(parent + "x") in ran.err
    assert f"did you mean {parent}" in ran.err


def test_a_tree_begins_at_its_model(lineage: Runs, crawled: Path, parent: str) -> None:
    """The first line is the model; every child of it is below, and a child's way up leads back."""
    down = lineage("tree", parent, "--full", "--db", str(crawled)).out.splitlines()
    assert down[0].startswith(parent)
    rows = json.loads(lineage("tree", parent, "--depth", "1", "--db", str(crawled), "--format", "json").out)
    assert rows
    for row in rows:
        assert row["parent"] == parent
        assert any(plain(row["id"]) in line for line in down[1:])
    up = lineage("tree", rows[0]["id"], "--up", "--db", str(crawled)).out.splitlines()
    assert up[0].startswith(rows[0]["id"])
    assert any(parent in line for line in up[1:])


def test_sql_reads_a_statement_from_stdin(lineage: Runs, crawled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` takes the statement from stdin; stdin that is no text is a usage error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"select 1 as one")))
    assert lineage("sql", "-", "--db", str(crawled), "--format", "csv").out == "one\n1\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"select '\xff'")))
    ran = lineage("sql", "-", "--db", str(crawled))
    assert ran.code == 2
    assert "byte 8" in ran.err


@pytest.mark.parametrize(
    "query",
    [
        "delete from hub.models",
        "create table x as select 1",
        "copy (select 1) to 'x.csv'",
        "attach 'x.duckdb'",
        "select * from read_text('README.md')",
        "install httpfs",
        "select 1; select 2",
        "",
        "selec 1",
        "select * from nowhere",
    ],
)
def test_sql_only_reads(lineage: Runs, own_db: Path, tmp_path: Path, query: str) -> None:
    """What would write, read other files or is no statement is refused with 2; nothing changes and no file appears."""
    before = own_db.read_bytes()
    ran = lineage("sql", query, "--db", str(own_db))
    assert (ran.code, ran.out) == (2, "")
    assert "only statements that read are possible" in ran.err
    assert own_db.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [own_db.name]


def test_a_narrow_terminal(lineage: Runs, crawled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns a listing leaves columns out and says so, a wide row becomes lines, and nothing is wider."""
    monkeypatch.setenv("COLUMNS", "80")
    listing = lineage("models", "--db", str(crawled))
    assert listing.out.startswith("id ")
    assert "more columns" in listing.err
    record = lineage("sql", "from edges limit 2", "--db", str(crawled))
    assert record.out.splitlines()[0].startswith("child ")
    assert record.err == ""
    status = lineage("status", "--db", str(crawled))
    assert max(map(len, (listing.out + record.out + status.out).splitlines())) <= 80


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV])
def test_an_answer_for_programs_is_written_row_by_row(form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are, no more than one of them is ever one text."""
    out = PiecesOut()
    monkeypatch.setattr(sys, "stdout", out)
    rows = tuple((f"maple/model-{number}", number) for number in range(50))
    assert print_rows(("id", "likes"), rows, form)
    assert out.getvalue().count("maple/") == 50
    assert max(one.count("maple/") for one in out.written) == 1
    assert out.getvalue().endswith("]\n" if form is Format.JSON else "maple/model-49,49\n")
    assert not print_rows(("id", "likes"), (), form)


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV])
def test_an_answer_for_programs_is_written_while_it_is_read(form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a row is asked for, the row before the last one is written."""
    out = PiecesOut()
    monkeypatch.setattr(sys, "stdout", out)
    behind = []

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(50):
            behind.append(number - out.getvalue().count("maple/"))
            yield (f"maple/model-{number}",)

    print_rows(("id",), rows(), form)
    assert max(behind) <= 1


@pytest.mark.parametrize("columns", ["20", "200"])
def test_a_table_is_the_same_from_memory_and_from_a_file(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that wait in a file until all widths are known come back as they were, whatever they hold."""
    monkeypatch.setenv("COLUMNS", columns)
    rows: tuple[tuple[object, ...], ...] = (
        ("a\x1fb", 1, None),
        ("two\nlines\r\n\u2028", -1.5, ""),
        ("", None, ["x", None]),
        ("\ud800 wide \u6a21", True, {}),
    )
    texts = []
    for most in (1, 10_000):
        out = PiecesOut()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(printing, "KEPT_IN_MEMORY", most)
        for layout in (Layout.COLUMNS, Layout.RECORDS):
            assert print_rows(("id", "likes", "more"), rows, Format.TABLE, layout, ("more",))
            text, _ = as_table(Result(columns=("id", "likes", "more"), rows=rows), layout, int(columns), ("more",))
            assert out.getvalue().endswith(text)
        texts.append(out.getvalue())
    assert texts[0] == texts[1]


FAULTY = "select if(range = {place}, error('met it'), range) as number from range(400000)"


@pytest.mark.parametrize("form", list(Format))
def test_a_fault_in_a_late_row_is_told(
    form: Format, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written before a fault is told to be a part, and is no whole JSON; of a table nothing is written."""
    out = PiecesOut()
    monkeypatch.setattr(sys, "stdout", out)

    def rows() -> Iterator[tuple[object, ...]]:
        yield from ((number,) for number in range(9))
        raise StatementRefused("met it")

    with pytest.raises(StatementRefused):
        print_rows(("number",), rows(), form)
    is_table = form is Format.TABLE
    assert ("8" not in out.getvalue()) is is_table
    assert ("not whole" not in capsys.readouterr().err) is is_table
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_a_statement_that_fails_late_fails(lineage: Runs, crawled: Path, form: str) -> None:
    """However much was written before, the exit code says that it is no answer."""
    ran = lineage("sql", FAULTY.format(place=390_000), "--db", str(crawled), "--format", form)
    assert ran.code == 2
    assert "met it" in ran.err
    assert "390001" not in ran.out


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_a_fault_in_an_early_row_writes_nothing(lineage: Runs, crawled: Path, form: str) -> None:
    """A statement that fails on its first rows answers nothing at all."""
    ran = lineage("sql", FAULTY.format(place=5), "--db", str(crawled), "--format", form)
    assert (ran.code, ran.out) == (2, "")
    assert "not whole" not in ran.err
