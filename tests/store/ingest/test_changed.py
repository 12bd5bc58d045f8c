"""What the ingest lists as changed since the last derivation, and what it only marks as seen again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from lineage.crawl_records import FetchedFile, FoundModel, GoneModel, PageFacts, Spent
from lineage.domains.lexicon_file import default_lexicon
from store.refresh import derive, is_fresh

if TYPE_CHECKING:
    from tests.store.conftest import Desk

TABLES = ("declarations", "evidence", "edges", "nodes", "domains", "families")
SOUND: tuple[dict[str, object], ...] = (
    {"id": "maple/base"},
    {"tags": ["base_model:maple/base"]},
    {"cardData": {"base_model": "maple/model-2"}},
)


def page(desk: Desk, *changes: dict[str, object]) -> list[object]:
    """Return three models, a chain of parents; `changes` replace fields of the first ones."""
    added = (*changes, *({},) * (len(SOUND) - len(changes)))
    return [desk.record(1 + at, **fields, **added[at]) for at, fields in enumerate(SOUND)]


def changed(desk: Desk) -> set[tuple[object, ...]]:
    """Return what is listed as changed, by name."""
    return set(desk.rows("select id, what from hub.changed"))


def content(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return the derived tables."""
    return {table: desk.rows(f"from hub.{table} order by all") for table in TABLES}


def test_the_same_again_leaves_the_derivation_as_it_is(desk: Desk) -> None:
    """A page that is stored already needs no derivation; times of seeing become those that one would write."""
    desk.take(page(desk))
    desk.derive()
    desk.take(page(desk), day=5)
    assert is_fresh(desk.database, default_lexicon())
    assert changed(desk) == set()
    desk.derive(day=6)
    assert desk.rows("select distinct derived_at::date::varchar from hub.derived where name = 'graph'") == [
        ("2026-03-02",)
    ]
    seen = content(desk)
    derive(desk.database, default_lexicon(), desk.START + timedelta(days=7))
    assert content(desk) == seen
    assert desk.rows("select distinct last_seen_at::date::varchar from edges") == [("2026-03-06",)]


def test_only_what_changed_is_listed_until_it_is_derived(desk: Desk) -> None:
    """New and changed records, and both names of a renamed one: each once, emptied by the derivation."""
    desk.take(page(desk))
    assert changed(desk) == set()  # nothing is derived yet: all will be
    desk.derive()
    desk.take([*page(desk, {"tags": ["trl"]}, {"likes": 3}, {"id": "maple/renamed"}), desk.record(4)], day=2)
    assert changed(desk) == {
        ("maple/base", "record"),
        ("maple/model-2", "figures"),
        ("maple/model-3", "renamed"),
        ("maple/renamed", "record"),
        ("maple/model-4", "new"),
    }
    assert not is_fresh(desk.database, default_lexicon())
    desk.derive(day=3)
    assert is_fresh(desk.database, default_lexicon())
    assert changed(desk) == set()


def test_a_poorer_listing_with_nothing_new_changes_nothing(desk: Desk) -> None:
    """Fewer keys, all of them known, are the same record."""
    desk.take(page(desk))
    desk.derive()
    body = desk.rows("select body from hub.models order by hub_id")
    desk.take([{"_id": desk.hub_id(2), "id": "maple/model-2"}], day=2, detail=5)
    assert changed(desk) == set()
    assert desk.rows("select body from hub.models order by hub_id") == body


def test_single_models_and_files_are_listed_too(desk: Desk) -> None:
    """A model that is gone, one that was asked for by a former name, and one with a file; repeated, nothing more."""
    desk.take(page(desk))
    desk.derive()
    facts = PageFacts(crawl=desk.crawl, seen_at=desk.START + timedelta(days=2), detail=20, is_live=True)
    found = FoundModel(body=json.dumps(page(desk)[0]).encode(), former_id="maple/former")
    gone = [
        GoneModel(id="maple/model-3", status="deleted", evidence="HTTP 404"),
        GoneModel(id="maple/never", status="missing", evidence="HTTP 404"),
    ]
    desk.store.take_models([found], gone, facts, Spent())
    assert changed(desk) == {("maple/former", "alias"), ("maple/model-3", "gone"), ("maple/never", "gone")}
    desk.derive(day=3)
    desk.store.take_models([found], gone, facts, Spent())
    assert changed(desk) == set()
    file = FetchedFile(model="maple/model-2", path="README.md", sha=None, content="", absent=None)
    desk.store.take_files([file], [], facts, Spent())
    assert changed(desk) == {("maple/model-2", "file")}


def test_a_deleted_model_that_returns_is_listed(desk: Desk) -> None:
    """The record is the same, but the Hub shows it again."""
    desk.take(page(desk))
    desk.derive()
    facts = PageFacts(crawl=desk.crawl, seen_at=desk.START + timedelta(days=2), detail=20, is_live=True)
    desk.store.take_models([], [GoneModel(id="maple/model-3", status="deleted", evidence="HTTP 404")], facts, Spent())
    desk.derive(day=3)
    desk.take(page(desk), day=4)
    assert changed(desk) == {("maple/model-3", "record")}
    assert desk.rows("select distinct status from models") == [("present",)]
