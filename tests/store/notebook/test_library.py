"""The door for Python programs, and that its documentation runs."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import pytest

import lineage
from lineage.scores.instruments import UnknownInstrument
from store.connect import open_database
from store.derive.model_names import NoSuchModel, NotResolved
from store.drift.write_drift import refresh
from store.errors import NoDatabase
from store.ingest.crawl_store import DuckDBCrawlStore
from store.scores.write import write_scores
from store.serving.endpoints import told_by_chance

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

PAGE = Path(__file__).resolve().parents[3] / "docs" / "python.md"
MODELS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("maple/legal-base", 1000, 9, []),
    ("cedar/legal-chat", 400, 8, ["base_model:finetune:maple/legal-base"]),
    ("oak/legal-lora", 50, 7, ["base_model:adapter:maple/legal-base"]),
    ("cedar/legal-merge", 100, 6, ["base_model:merge:cedar/legal-chat", "base_model:merge:pine/base"]),
    ("cedar/legal-merge-GGUF", 10, 5, ["base_model:quantized:cedar/legal-merge"]),
    ("oak/alone", 1, 4, []),
    ("pine/base", 30, 3, []),
)


HARMFUL = {"maple/legal-base": 40, "cedar/legal-chat": 100, "oak/legal-lora": 42}


@pytest.fixture(name="path")
def fixture_path(
    tmp_path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk], make_score: Callable[..., Score]
) -> Path:
    """Give the file of the seven models that the page speaks of, and of the harmful replies of three among 400."""
    path = tmp_path / "lineage.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take(
            [
                desk.record(number, id=name, downloads=downloads, likes=likes, tags=tags)
                for number, (name, downloads, likes, tags) in enumerate(MODELS)
            ]
        )
        desk.derive()
    scores = [make_score(model, ones, with_items=True) for model, ones in HARMFUL.items()]
    write_scores(writer, scores, desk.START)
    refresh(writer)
    writer.close()
    return path


def test_the_page_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of the page gives what the page says."""
    for package in ("pandas", "polars", "pyarrow", "resvg_py"):
        pytest.importorskip(package, reason=f"the page shows {package}")
    monkeypatch.chdir(path.parent)
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried > 25
    assert failed == 0


def test_a_graph_says_what_else_it_knows(path: Path) -> None:
    """Children, members, exposure and cycles; a name in other capitals leads to its model."""
    with lineage.open(path) as library:
        graph = library.graph()
        assert graph.children("MAPLE/legal-BASE") == ["cedar/legal-chat", "oak/legal-lora"]
        assert graph.members("cedar/legal-merge-GGUF") == ["cedar/legal-merge", "cedar/legal-merge-GGUF", "pine/base"]
        assert graph.exposure("pine/base") == 140
        assert graph.cycles() == []
        assert [way.length for way in graph.ways("cedar/legal-merge", "maple/legal-base")] == [2]
        shown = library.show("cedar/legal-merge").records()
        assert {row["name"] for row in shown if row["section"] == "parents"} == {"cedar/legal-chat", "pine/base"}


def test_a_family_is_a_plain_graph_with_attributes(path: Path) -> None:
    """It is networkx's own, and can be changed."""
    with lineage.open(path) as library:
        family = library.graph().family("maple/legal-base")
    assert type(family) is nx.DiGraph
    assert set(family.nodes["maple/legal-base"]) == {
        *("status", "author", "created_at", "library", "license", "downloads", "likes", "domains")
    }
    edge = family.edges["maple/legal-base", "cedar/legal-chat"]
    assert (edge["relation"], edge["evidence"]) == ("finetune", "tag")
    assert 0 < edge["confidence"] <= 1
    family.add_edge("oak/legal-lora", "mine")


def test_a_closed_database_leaves_the_graph(path: Path) -> None:
    """Arrays outlive the connection they came from."""
    library = lineage.open(path)
    graph = library.graph()
    library.close()
    assert graph.descendants("pine/base") == ["cedar/legal-merge", "cedar/legal-merge-GGUF"]


def test_wrong_names_and_files_are_said(path: Path) -> None:
    """A model that is not here, a file that is not, and an order that does not exist raise."""
    with lineage.open(path) as library:
        with pytest.raises(NoSuchModel, match="nobody"):
            library.graph().descendants("nobody")
        with pytest.raises(ValueError, match="beauty"):
            library.models(sort="beauty")
    with pytest.raises(NoDatabase):
        lineage.open(path.with_name("other.duckdb"))


def test_scores_and_drift_are_those_of_the_commands(path: Path) -> None:
    """Filters and kinds of ancestors pass through, and what is unknown raises."""
    with lineage.open(path) as library:
        assert repr(library) == "<Library of lineage.duckdb>"
        assert library.scores(instrument="other").rows == ()
        assert len(library.scores("maple/legal-base+", state="measured").rows) == 3
        states = {row["model"]: row["state"] for row in library.coverage().records()}
        assert states == {name: "measured" if name in HARMFUL else "unscored" for name, *_ in MODELS}
        rows = library.drift(against=["parent", "root"], instruments=["harm"]).records()
        assert {(row["model"], row["against"], row["reference"]) for row in rows} == {
            (model, against, "maple/legal-base")
            for model in ("cedar/legal-chat", "oak/legal-lora")
            for against in ("parent", "root")
        }
        told = "Of 2 models compared, chance alone would call"
        assert told in library.drift(instruments=["harm"])._repr_html_()
        assert told_by_chance(library._database, {"against": "scored_ancestor"}) == library.drift().note
        assert told in library.family("maple/legal-base").table()._repr_html_()
        (shares,) = library.contradictions(by="base_family").records()
        assert (shares["group"], shares["left_out"]) == ("maple/legal-base", 2)
        every = library.predictions(informed_only=False).records()
        assert {row["model"] for row in every} == {name for name, *_ in MODELS} - {*HARMFUL}
        assert {row["state"] for row in every} == {"predicted"}
        with pytest.raises(UnknownInstrument, match="other"):
            library.drift(instruments=["other"])
        with pytest.raises(ValueError, match="uncle"):
            library.drift(against="uncle")
        with pytest.raises(ValueError, match="moon"):
            library.contradictions(by="moon")


def test_a_model_without_a_number_yet_says_so(
    path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]
) -> None:
    """A record that came after the graph was computed is not in it, and the error says what to do."""
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take([desk.record(99, id="oak/newer")])
    writer.close()
    with lineage.open(path) as library, pytest.raises(NotResolved, match="oak/newer"):
        library.graph().parents("oak/newer")


def test_the_declared_edges_alone_are_a_graph_too(
    tmp_path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]
) -> None:
    """For programs that want no conclusions; what is handed over to networkx holds none either."""
    base, copy = "maple/ward-notes-7b", "elm/ward-notes-7b-GGUF"
    writer = open_database(tmp_path / "inferred.duckdb")
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take([desk.record(1, id=base), desk.record(2, id=copy)])
        desk.derive()
    writer.close()
    with lineage.open(tmp_path / "inferred.duckdb") as db:
        every, declared = db.graph(), db.graph(inferred=False)
        assert (every.descendants(base), declared.descendants(base)) == ([copy], [])
        assert [list(graph.subgraph([base, copy]).edges) for graph in (every, declared)] == [[(base, copy)], []]
        assert every.subgraph([base, copy]).edges[base, copy]["inferred"]
