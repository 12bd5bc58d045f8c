"""What a record was before: renames, new revisions and cards, repositories made anew, older and poorer listings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineage.crawl_records import FoundModel, GoneModel, PageFacts, Spent

if TYPE_CHECKING:
    from tests.store.conftest import Desk

START = datetime(2026, 3, 1, tzinfo=UTC)


def days(desk: Desk, column: str) -> object:
    """Return a time of the only model in whole days after the first."""
    (row,) = desk.rows(f"select epoch({column}) from models where status <> 'renamed'")  # noqa: S608 -- a column of ours
    return (float(str(row[0])) - START.timestamp()) / 86_400


def test_a_new_revision_keeps_the_old_record(desk: Desk) -> None:
    """Another sha moves the old record to the history, with when it was seen and when replaced."""
    desk.take([desk.record(1, sha="old")])
    desk.take([desk.record(1, sha="new")], day=2)
    rows = desk.rows("select model, revision, reason, date_diff('day', seen_at, replaced_at), record from history")
    assert [row[:4] for row in rows] == [("maple/model-1", "old", "revision", 2)]
    assert json.loads(str(rows[0][4]))["sha"] == "old"
    assert desk.rows("select revision from models") == [("new",)]


def test_a_new_card_keeps_the_old_record(desk: Desk) -> None:
    """Another card under the same sha is history as well."""
    desk.take([desk.record(1, sha="one", cardData={"license": "mit"})])
    desk.take([desk.record(1, sha="one", cardData={"license": "apache-2.0"})], day=1)
    assert desk.rows("select reason from history") == [("card",)]


def test_counts_are_no_history(desk: Desk) -> None:
    """Downloads and likes change all the time and keep no old record."""
    desk.take([desk.record(1, sha="one", likes=1)])
    desk.take([desk.record(1, sha="one", likes=2)], day=1)
    assert desk.rows("from history") == []
    assert desk.rows("select likes from models") == [(2,)]


def test_a_rename_is_an_alias_and_history(desk: Desk) -> None:
    """The same `_id` under a new id: the old name leads to the new, whoever declared it."""
    desk.take([desk.record(1, id="maple/old")])
    desk.take(
        [desk.record(1, id="maple/new"), desk.record(2, tags=["base_model:maple/old"])],
        day=1,
    )
    desk.derive(day=2)
    assert desk.rows("select alias, id, evidence from aliases") == [("maple/old", "maple/new", "rename")]
    assert desk.rows("select model, reason from history") == [("maple/old", "renamed")]
    assert desk.rows("select parent, resolution, parent_status from edges") == [("maple/new", "renamed", "present")]
    assert desk.rows("select id, status, status_evidence from models where status = 'renamed'") == [
        ("maple/old", "renamed", "now maple/new")
    ]
    assert desk.database.value("models/find_exact", name="maple/old", is_derived=False) == "maple/new"


def test_a_rename_back_and_forth_stays_one_model(desk: Desk) -> None:
    """A name that a model has again is no alias of it any more."""
    for day, name in enumerate(["maple/a", "maple/b", "maple/a", "maple/b", "maple/a"]):
        desk.take([desk.record(1, id=name)], day=day)
    assert desk.rows("select alias, id from aliases") == [("maple/b", "maple/a")]
    assert desk.rows("select id, status from models order by id") == [("maple/a", "present"), ("maple/b", "renamed")]


def test_a_name_made_anew_leads_to_the_later_repository(desk: Desk) -> None:
    """A deleted repository whose name is taken again moves to the history when the graph is resolved."""
    desk.take([desk.record(1, id="maple/same", sha="first")])
    desk.take([desk.record(2, id="maple/same", sha="second"), desk.record(3, tags=["base_model:maple/same"])], day=1)
    desk.derive(day=2)
    assert desk.rows("select hub_id, revision from models where id = 'maple/same'") == [(desk.hub_id(2), "second")]
    assert desk.rows("select hub_id, reason, revision from history") == [(desk.hub_id(1), "recreated", "first")]
    assert desk.rows("select child, parent from edges") == [("maple/model-3", "maple/same")]
    desk.take([desk.record(2, id="maple/same", sha="second")], day=3)
    desk.derive(day=4)
    assert desk.rows("select count(*) from history") == [(1,)]


def test_an_older_listing_leaves_the_later_state(desk: Desk) -> None:
    """A listing of earlier times adds what is unknown, moves first sights back, and changes nothing else."""
    desk.take([desk.record(1, sha="later", id="maple/new")], day=5)
    stored = desk.take([desk.record(1, sha="earlier", id="maple/old"), desk.record(2)], day=0)
    assert (stored.known, stored.newer) == (1, 1)
    assert desk.rows("select id, revision from models where status = 'present' order by id") == [
        ("maple/model-2", None),
        ("maple/new", "later"),
    ]
    assert desk.rows("from history") == []
    desk.rows("delete from hub.models where id = 'maple/model-2'")
    assert (days(desk, "first_seen_at"), days(desk, "last_seen_at")) == (0, 5)


def test_a_poorer_page_keeps_the_keys_that_it_does_not_know(desk: Desk) -> None:
    """Keys that were not asked for keep their old value; those that were are new; the detail stays the richest."""
    desk.take([desk.record(1, sha="one", cardData={"license": "mit"}, likes=1, tags=["a"])], detail=20)
    stored = desk.take([desk.record(1, likes=2, tags=["b"])], day=1, detail=10)
    assert stored.richer == 1
    ((text,),) = desk.rows("select record from records")
    body = json.loads(str(text))
    assert (body["sha"], body["cardData"], body["likes"], body["tags"]) == ("one", {"license": "mit"}, 2, ["b"])
    assert desk.rows("select revision, license, likes from models") == [("one", "mit", 2)]
    assert desk.rows("from history") == []
    desk.take([desk.record(1, likes=3)], day=2, detail=20)
    assert desk.rows("select revision, license, likes from models") == [(None, None, 3)]


def test_poor_pages_that_follow_each_other_lose_nothing(desk: Desk) -> None:
    """A second poorer page still knows that the stored record is richer."""
    desk.take([desk.record(1, sha="one")], detail=20)
    for day in (1, 2, 3):
        desk.take([desk.record(1, likes=day)], day=day, detail=10)
    assert desk.rows("select revision, likes from models") == [("one", 3)]


def test_looked_up_models_bring_their_former_names(desk: Desk) -> None:
    """A model found under another name than asked for is stored with that name as alias, also when it needs mending."""
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    found = [
        FoundModel(body=json.dumps(desk.record(1)).encode(), former_id="maple/was-1"),
        FoundModel(body=json.dumps(desk.record(2)).encode()),
        FoundModel(body=json.dumps(desk.record(3, note="half \ud83d")).encode(), former_id="maple/was-3"),
        FoundModel(body=json.dumps(desk.record(4)).encode(), former_id="maple/model-4"),
        FoundModel(body=b"<html>", former_id="maple/was-5"),
        FoundModel(body=json.dumps(desk.record(6, deep=eval_depth(900))).encode(), former_id="maple/was-6"),
    ]
    for _ in range(2):
        desk.store.take_models(found, [], facts, Spent(requests=6))
    assert desk.rows("select alias, id, evidence from aliases order by alias") == [
        ("maple/was-1", "maple/model-1", "redirect"),
        ("maple/was-3", "maple/model-3", "redirect"),
        ("maple/was-6", "maple/model-6", "redirect"),
    ]


def eval_depth(levels: int) -> list[object]:
    """Return lists in lists, so many deep."""
    nested: list[object] = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested


def test_a_model_that_is_gone_keeps_its_record(desk: Desk) -> None:
    """What the Hub does not show any more changes its status alone, and is present again when it comes back."""
    desk.take([desk.record(1, sha="one"), desk.record(2, tags=["base_model:maple/private", "base_model:maple/never"])])
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    gone = [
        GoneModel(id="maple/model-1", status="deleted", evidence="HTTP 404"),
        GoneModel(id="maple/private", status="private", evidence="HTTP 403"),
        GoneModel(id="maple/never", status="missing", evidence="HTTP 404: never there"),
    ]
    desk.store.take_models([], gone, facts, Spent())
    desk.store.take_models([], [*gone, gone[0]], facts, Spent())
    desk.derive()
    rows = desk.rows("select id, status, status_evidence, revision from models where id <> 'maple/model-2' order by id")
    assert rows == [
        ("maple/model-1", "deleted", "HTTP 404", "one"),
        ("maple/never", "missing", "HTTP 404: never there", None),
        ("maple/private", "private", "HTTP 403", None),
    ]
    assert desk.rows("select parent, parent_status from edges order by parent") == [
        ("maple/never", "missing"),
        ("maple/private", "private"),
    ]
    desk.take([desk.record(1, sha="one")], day=1)
    assert desk.rows("select status, status_evidence from models where id = 'maple/model-1'") == [("present", None)]
