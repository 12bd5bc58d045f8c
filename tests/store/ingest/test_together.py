"""Pages that are stored together leave what they leave one after the other, or are refused with nothing stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lineage.crawl_records import NotTogether, PageFacts, Spent, WalkStep
from store.connect import open_database
from store.errors import StoreError
from store.ingest.crawl_store import DuckDBCrawlStore
from tests.store.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from store.database import Database

TABLES = ("models", "history", "aliases", "problems", "status_changes", "walks", "crawls", "changed")
record = Desk.record
FIRST: list[list[dict[str, object]]] = [[record(9), record(8)], [record(7)]]
SOUND: dict[str, list[list[dict[str, object]]]] = {
    "other models": [[record(6), record(5)], [record(4)], [], [record(3)]],
    "known and changed ones": [[record(9, sha="a"), record(8)], [record(7, id="maple/renamed")], [record(2)]],
    "a fault of a value": [[record(6, likes="many")], [record(5, tags=["a", 1])]],
    "one twice, the same": [[record(6)], [record(6), record(5)], [record(9)], [record(9)]],
    "nothing": [[], []],
}
ODD: dict[str, list[list[dict[str, object]]]] = {
    "one in two states": [[record(6)], [record(6, likes=2)]],
    "no name": [[record(6)], [{"_id": record(5)["_id"]}]],
    "a number that is none": [[record(6, downloads=float("nan"))], [record(5)]],
    "one twice on a page": [[record(6), record(6)], [record(5)]],
}


@pytest.fixture
def open_another(tmp_path: Path, open_desk: Callable[..., Desk]) -> Iterator[Callable[[], Desk]]:
    """Give what opens a crawl on a new database."""
    opened: list[tuple[Database, DuckDBCrawlStore]] = []

    def another() -> Desk:
        database = open_database(tmp_path / f"{len(opened)}.duckdb")
        opened.append((database, DuckDBCrawlStore(database)))
        desk = open_desk(*opened[-1])
        for page in FIRST:
            desk.take(page)
        desk.database.run("refresh/mark_fresh", lexicon="x", derived_at=Desk.START)
        return desk

    yield another
    for database, store in opened:
        store.__exit__(None, None, None)
        database.close()


def arrived(pages: Sequence[object]) -> list[tuple[bytes, WalkStep]]:
    """Return pages as they come from a walk."""
    return [
        (json.dumps(page).encode(), WalkStep(walk="created", request=f"page {number}"))
        for number, page in enumerate(pages)
    ]


def content(desk: Desk) -> dict[str, list[Any]]:
    """Return every table that pages change."""
    return {table: desk.rows(f"from hub.{table} order by all") for table in TABLES}


@pytest.mark.parametrize("pages", SOUND.values(), ids=SOUND)
def test_together_is_one_after_the_other(
    pages: list[list[dict[str, object]]], open_another: Callable[[], Desk]
) -> None:
    """Rows, counts and the place of the walk are the same."""
    one, other = open_another(), open_another()
    facts = PageFacts(crawl=one.crawl, seen_at=Desk.START, detail=20, is_live=True)
    singly = [one.store.take_page(body, facts, step, Spent(requests=1)) for body, step in arrived(pages)]
    together = other.store.take_pages(arrived(pages), facts, Spent(requests=len(pages)))
    assert [(page.records, page.known, page.oldest) for page in together] == [
        (page.records, page.known, page.oldest) for page in singly
    ]
    assert content(other) == content(one)


@pytest.mark.parametrize("pages", ODD.values(), ids=ODD)
def test_what_must_be_seen_alone_is_refused(
    pages: list[list[dict[str, object]]], open_another: Callable[[], Desk]
) -> None:
    """Nothing of the pages is stored then, and each can still be taken alone."""
    desk = open_another()
    before = content(desk)
    facts = PageFacts(crawl=desk.crawl, seen_at=Desk.START, detail=20, is_live=True)
    with pytest.raises(NotTogether):
        desk.store.take_pages(arrived(pages), facts, Spent())
    assert content(desk) == before
    for body, step in arrived(pages):
        desk.store.take_page(body, facts, step, Spent())
    assert len(desk.rows("select 1 from hub.models")) > len(before["models"])


def test_an_error_undoes_all_of_the_pages(open_another: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails amid the transaction leaves no page and no step of a walk."""
    desk = open_another()
    before = content(desk)
    facts = PageFacts(crawl=desk.crawl, seen_at=Desk.START, detail=20, is_live=True)
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "_spend", lambda *_: desk.database.run("crawl_store/note", crawl="none", text="x"))
        with pytest.raises(StoreError):
            desk.store.take_pages(arrived(SOUND["other models"]), facts, Spent())
    assert content(desk) == before
    desk.store.take_pages(arrived(SOUND["other models"]), facts, Spent())
    assert len(desk.rows("select 1 from hub.models")) == 7
