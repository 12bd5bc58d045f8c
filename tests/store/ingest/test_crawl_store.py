"""The shelf: a page and its checkpoint are one, and a crawl goes on from what is stored."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from lineage.crawl_records import FetchedFile, FileHash, PageFacts, Spent, WalkRow, WalkStep
from lineage.domains.lexicon_file import default_lexicon
from store.connect import open_database
from store.errors import StoreError
from store.ingest.crawl_store import DuckDBCrawlStore
from store.ingest.ingest import Ingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.crawl_store import CrawlStore
    from store.database import Database
    from tests.store.conftest import Desk

    Rows = Callable[[Database, str], list[tuple[object, ...]]]

START = datetime(2026, 3, 1, tzinfo=UTC)
ENDPOINT = "http://127.0.0.1:1"


class Killed(BaseException):
    """Stands for a process that ends between two statements."""


def everything(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    tables = desk.rows("select table_name from duckdb_tables() where schema_name = 'hub' order by 1")
    return {str(name): desk.rows(f"from hub.{name} order by all") for (name,) in tables}


def test_a_page_and_its_checkpoint_are_one(desk: Desk) -> None:
    """Killed while the checkpoint is written, nothing of the page is there, and the next take works."""
    desk.take([desk.record(1, sha="one"), desk.record(2)])
    before = everything(desk)
    body = json.dumps([desk.record(1, sha="two", tags=5), desk.record(2, id="maple/renamed"), 7]).encode()
    facts = PageFacts(crawl=desk.crawl, seen_at=START + timedelta(days=1), detail=20)

    def checkpoint(page: object) -> None:
        assert desk.rows("select count(*) from hub.models where sha = 'two'") == [(1,)]
        raise Killed(page)

    with Ingest(desk.database) as ingest, pytest.raises(Killed):
        ingest.take(body, facts, checkpoint)
    assert everything(desk) == before


def test_a_statement_that_fails_leaves_nothing_of_the_page(desk: Desk) -> None:
    """An error of the database inside the checkpoint undoes the page too."""
    before = everything(desk)
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    with pytest.raises(StoreError):
        desk.store._ingest.take(json.dumps([desk.record(1)]).encode(), facts, lambda _: _fail(desk.database))
    assert everything(desk) == before
    desk.take([desk.record(1)])
    assert desk.rows("select count(*) from models") == [(1,)]


def _fail(database: Database) -> None:
    database.run("crawl_store/note", crawl="no number", text="x")


def test_a_walk_moves_on_with_its_pages(desk: Desk) -> None:
    """A page moves the request, counts, and widens the bounds; without a next request the walk is done."""
    store, facts = desk.store, PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    body = json.dumps([desk.record(5), desk.record(9)]).encode()
    store.take_page(body, facts, WalkStep(walk="created", request="second"), Spent(requests=2, size_bytes=7))
    (walk,) = store.open_walks(desk.crawl)
    assert (walk.request, walk.pages, walk.records) == ("second", 1, 2)
    assert (walk.top_id, walk.last_id) == (desk.hub_id(9), desk.hub_id(5))
    body = json.dumps([desk.record(1)]).encode()
    store.take_page(body, facts, WalkStep(walk="created", request=None), Spent(requests=1, size_bytes=1))
    assert store.open_walks(desk.crawl) == ()
    assert desk.rows("select pages, state from hub.walks") == [(2, "done")]
    assert desk.rows("select requests, bytes, records, state from crawls") == [(3, 8, 3, "running")]


def test_a_crawl_that_stopped_is_the_one_that_goes_on(tmp_path: Path) -> None:
    """After the process ends, the same scope and endpoint is the same crawl with the same walks; others are new."""
    path = tmp_path / "a.duckdb"
    first = open_database(path)
    with DuckDBCrawlStore(first) as store:
        row = store.open_crawl("all", ENDPOINT, START)
        assert row.is_new
        store.add_walks(row.crawl, [WalkRow(walk="a", request="1"), WalkRow(walk="b", request="2")])
        store.add_walks(row.crawl, [WalkRow(walk="b", request="9"), WalkRow(walk="c", request="3")])
        store.end_walk(row.crawl, "a")
    first.close()
    second = open_database(path)
    with DuckDBCrawlStore(second) as store:
        again = store.open_crawl("all", ENDPOINT, START + timedelta(days=1))
        assert (again.crawl, again.is_new, again.started_at) == (row.crawl, False, START)
        assert [(walk.walk, walk.request) for walk in store.open_walks(again.crawl)] == [("b", "2"), ("c", "3")]
        assert store.open_crawl("medical", ENDPOINT, START).crawl != row.crawl
        store.close_crawl(row.crawl, "finished", START)
        assert store.open_crawl("all", ENDPOINT, START).is_new
    second.close()


def test_a_note_is_kept_once_and_short(desk: Desk) -> None:
    """Saying the same thing again adds nothing; long words are cut."""
    for _ in range(3):
        desk.store.note(desk.crawl, "the Hub refused `baseModels`")
    desk.store.note(desk.crawl, "x" * 10_000)
    ((notes,),) = desk.rows("select notes from crawls")
    assert [len(note) for note in cast("list[str]", notes)] == [28, 500]


@pytest.mark.parametrize("siblings", [False, True])
def test_only_what_matters_is_kept_where_asked(desk: Desk, *, siblings: bool) -> None:
    """Of a page of changed records the known, the tagged, the named and the descendants are kept, the others not."""
    desk.take([desk.record(1), desk.record(2, id="maple/medical-llm", pipeline_tag="text-generation")])
    desk.derive()
    desk.store.set_relevance(default_lexicon(), since=START - timedelta(days=10), siblings=siblings)
    page = [
        desk.record(1, likes=5),
        desk.record(10, id="maple/clinical-notes", lastModified=str(START)),
        desk.record(11, id="maple/unrelated", lastModified=str(START)),
        desk.record(12, id="maple/heir", tags=["base_model:finetune:maple/medical-llm"], lastModified=str(START)),
        desk.record(13, id="maple/sibling", tags=["base_model:maple/model-1"], lastModified=str(START)),
        desk.record(14, id="maple/clinical-old", lastModified=str(START - timedelta(days=100))),
        desk.record(15, id="maple/odd", tags=7, lastModified=5),
    ]
    desk.take(cast("list[object]", page), day=1, only_relevant=True)
    kept = {str(name) for (name,) in desk.rows("select id from hub.models where hub_id >= '6500000a'")}
    assert {"maple/clinical-notes", "maple/heir"} <= kept
    assert not {"maple/unrelated", "maple/clinical-old"} & kept
    assert ("maple/sibling" in kept) is siblings
    assert desk.rows("select likes from hub.models where id = 'maple/model-1'") == [(5,)]


def test_files_are_kept_with_their_revision_and_replaced_whole(desk: Desk) -> None:
    """Files of a new revision remove those of the old, also where a file is not there any more; others are kept."""
    desk.take([desk.record(1, id="maple/medical-1", sha="one")])
    desk.derive()
    assert [one.model for one in desk.store.undeclared(["medical"], trees=False)] == ["maple/medical-1"]
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=0)
    card = "---\nbase_model: [maple/base, 5, {name: maple/other}]\n---\n"
    files = [
        FetchedFile(model="maple/medical-1", path="README.md", sha="one", content=card, absent=None),
        FetchedFile(model="maple/medical-1", path="adapter_config.json", sha="one", content=None, absent="HTTP 404"),
        FetchedFile(model="maple/medical-1", path="other.txt", sha="one", content="base_model: x/y", absent=None),
    ]
    large = FileHash(
        model="maple/medical-1", path="model.safetensors", sha="one", size_bytes=2**40, oid="a", lfs_oid="b"
    )
    desk.store.take_files(files, [large], facts, Spent(requests=3))
    desk.derive(day=2)
    assert desk.store.undeclared(["medical"], trees=False) == ()
    assert desk.store.files_asked(desk.crawl) == (3, 0)
    assert {str(parent) for (parent,) in desk.rows("select parent from edges")} == {"maple/base", "maple/other"}
    assert desk.rows("select size_bytes, lfs_oid from hub.file_hashes") == [(2**40, "b")]
    desk.store.take_files(files[1:2], [], facts, Spent())
    assert len(desk.rows("from hub.files")) == 3
    assert len(desk.rows("from hub.file_hashes")) == 1
    desk.store.take_files([replace(files[1], sha="two")], [], facts, Spent())
    assert desk.rows("select path, absent from hub.files") == [("adapter_config.json", "HTTP 404")]
    assert desk.rows("from hub.file_hashes") == []


def test_adapter_and_merge_files_name_parents(desk: Desk) -> None:
    """What software wrote into its configuration is evidence of its own kind."""
    desk.take([desk.record(1), desk.record(2)])
    config = json.dumps({"base_model_name_or_path": "maple/base"})
    files = [
        FetchedFile(model="maple/model-1", path="adapter_config.json", sha=None, content=config, absent=None),
        FetchedFile(
            model="maple/model-2", path="mergekit_config.yml", sha=None, content="models: [{model: a/b}, {model: c/d}]",
            absent=None,
        ),
    ]  # fmt: skip
    desk.store.take_files(files, [], PageFacts(crawl=desk.crawl, seen_at=START, detail=0), Spent())
    desk.derive()
    assert desk.rows("select child, parent, relation, evidence from edges order by all") == [
        ("maple/model-1", "maple/base", "finetune", "adapter_config"),
        ("maple/model-2", "a/b", "merge", "mergekit"),
        ("maple/model-2", "c/d", "merge", "mergekit"),
    ]


def test_the_store_is_the_crawlers_shelf(desk: Desk) -> None:
    """Every method that the crawl needs is there; mypy holds the signatures to the protocol."""
    store: CrawlStore = desk.store
    assert store is desk.store
