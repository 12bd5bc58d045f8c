"""Tables for notebooks: the views whole, statements that read, and what is said where a package is missing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import lineage
from lineage.errors import MissingPackage
from lineage.output.result import Result
from store.connect import open_database
from store.errors import StatementRefused
from store.ingest.crawl_store import DuckDBCrawlStore
from store.notebook.frames import NoSuchTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from store.database import Database
    from store.notebook.library import Library
    from tests.store.conftest import Desk


@pytest.fixture(name="library")
def fixture_library(tmp_path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]) -> Iterator[Library]:
    """Give three models, one of them with a hostile name and a data set, open to be read."""
    path = tmp_path / "lineage.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take(
            [
                desk.record(1, downloads=5),
                desk.record(2, id="oak/\u202e</script>", tags=["base_model:maple/model-1", "dataset:oak/notes"]),
                desk.record(3),
            ]
        )
        desk.derive()
    writer.close()
    with lineage.open(path) as library:
        yield library


def test_a_view_is_the_same_in_all_three(library: Library) -> None:
    """As many rows and the same columns, or None as None, lists as lists, and every text unchanged."""
    for package in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(package, reason="a reader of tables")
    table = library.table("models")
    arrow, pandas, polars = table.to_arrow(), table.to_pandas(), table.to_polars()
    assert tuple(arrow.column_names) == tuple(pandas.columns) == tuple(polars.columns) == table.columns
    ids = {"maple/model-1", "oak/\u202e</script>", "maple/model-3"}
    assert set(arrow["id"].to_pylist()) == set(pandas["id"]) == set(polars["id"]) == ids
    assert arrow["downloads"].null_count == int(pandas["downloads"].isna().sum()) == polars["downloads"].null_count()
    assert ["oak/notes"] in arrow["datasets"].to_pylist()
    assert str(arrow.schema.field("last_seen_at").type) == "timestamp[us, tz=UTC]"


def test_every_view_can_be_read(library: Library) -> None:
    """The names are those of docs/schema.md."""
    pytest.importorskip("pyarrow", reason="a reader of tables")
    names = [str(row[0]) for row in library.sql("select view_name from duckdb_views() where not internal").rows]
    assert len(names) > 10
    for name in names:
        assert library.table(name).to_arrow().num_columns > 1


@pytest.mark.parametrize("name", ["hub.models", "nothing", "models; drop view models", 'models"', ""])
def test_a_name_that_is_none_is_told(library: Library, name: str) -> None:
    """Names are no SQL: only a view's own name opens it."""
    with pytest.raises(NoSuchTable, match=r"the tables are advisories, .*models"):
        library.table(name)


def test_a_statement_only_reads(library: Library) -> None:
    """With parameters; what would write, and what has a fault, is refused before or while it is read."""
    pytest.importorskip("pyarrow", reason="a reader of tables")
    found = library.query("select id from models where downloads = ?", [5]).to_arrow()
    assert found["id"].to_pylist() == ["maple/model-1"]
    for text in ("create table a as select 1", "select 1; select 2", "select nothing", "copy models to 'x.csv'"):
        with pytest.raises(StatementRefused):
            library.query(text)
    with pytest.raises(StatementRefused):
        library.query("select error('late')").to_arrow()


@pytest.mark.parametrize(
    ("package", "form", "install"),
    [
        ("pyarrow", "to_arrow", "pip install pyarrow"),
        ("pandas", "to_pandas", "pip install pandas pyarrow"),
        ("polars", "to_polars", "pip install polars pyarrow"),
    ],
)
def test_a_missing_package_is_named(
    library: Library, monkeypatch: pytest.MonkeyPatch, package: str, form: str, install: str
) -> None:
    """The error says what needs it and what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackage, match=f"{form} needs {package}") as caught:
        getattr(library.table("models"), form)()
    assert install in caught.value.hint


def test_an_answer_is_the_same_in_all_three_too(library: Library) -> None:
    """Numbers, lists and times keep their types; a column of several types is read as text, and None stays None."""
    for package in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(package, reason="a reader of answers")
    models = library.models()
    arrow, pandas, polars = models.to_arrow(), models.to_pandas(), models.to_polars()
    assert tuple(arrow.column_names) == tuple(pandas.columns) == tuple(polars.columns) == models.columns
    assert arrow["downloads"].to_pylist() == [row["downloads"] for row in models.records()]
    assert polars["parents"].to_list()[-1] == pandas["parents"].iloc[-1].tolist()
    assert str(arrow.schema.field("created_at").type) == "timestamp[us, tz=UTC]"
    mixed = Result(columns=("a", "a"), rows=((1, None), ("\ud800", 2**70))).to_arrow()
    assert mixed.to_pydict() == {"a": ["1", "\ufffd"], "a_1": [None, str(2**70)]}
    assert Result(columns=("a",), rows=()).to_pandas().columns.tolist() == ["a"]
    assert library.select("*").to_polars()["id"].to_list() == sorted(arrow["id"].to_pylist())


def test_a_notebook_shows_the_first_rows(library: Library) -> None:
    """With hostile names escaped and hidden letters visible; of a longer answer it says how many rows there are."""
    shown = library.query("select id, downloads from models order by id")._repr_html_()
    assert "&lt;/script&gt;" in shown
    assert "\u202e" not in shown
    assert "</script" not in shown
    assert "all rows" in shown
    assert '<td style="text-align: right; vertical-align: top; white-space: nowrap">5</td>' in shown
    numbers = library.sql("select range as n from range(1200)")
    assert numbers._repr_html_().count("<tr>") == 51
    assert "1,200 rows; the first 50 are shown" in numbers._repr_html_()
    assert "the first 50 rows" in library.query("select * from range(1200)")._repr_html_()
    assert repr(numbers) == "<Result: 1,200 rows of n>"
