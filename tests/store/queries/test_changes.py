"""What happened between two crawls: each kind of change, its window, and what a watch tells of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import FoundModel, GoneModel, PageFacts, Spent
from lineage.errors import UsageError
from store.derive.model_names import NoSuchModel
from store.queries.changes import NothingToCompare, list_changes, list_datasets, members, read_since
from store.queries.news import known_members, notices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.store.conftest import Desk

START = datetime(2026, 3, 1, tzinfo=UTC)
SOON = START + timedelta(hours=1)


def told(desk: Desk, *, since: datetime = SOON, selector: str | None = None) -> list[tuple[object, ...]]:
    """Return model, kind, before and after of what happened, in the order of the kinds."""
    rows = list_changes(desk.database, since, selector=selector).rows
    return sorted((row[:4] for row in rows), key=lambda row: tuple(map(str, row)))


def lose(desk: Desk, *gone: GoneModel, found: Sequence[FoundModel] = (), day: int) -> None:
    """Store what a sweep found of single models."""
    facts = PageFacts(crawl=desk.crawl, seen_at=START + timedelta(days=day), detail=20)
    desk.store.take_models(list(found), list(gone), facts, Spent())


def deleted(number: int) -> GoneModel:
    """Return that a model is not shown any more."""
    return GoneModel(id=f"maple/model-{number}", status="deleted", evidence="HTTP 404")


def test_new_models_come_with_what_they_were_made_of(desk: Desk) -> None:
    """A model first seen in the window is new; one seen before is not, however often it comes again."""
    desk.take([desk.record(1)])
    desk.take([desk.record(1, likes=5), desk.record(2, tags=["base_model:adapter:maple/model-1"])], day=2)
    desk.derive(day=3)
    assert told(desk) == [("maple/model-2", "new", None, "adapter of maple/model-1")]
    assert told(desk, selector="maple/model-1") == []
    assert told(desk, since=START + timedelta(days=3)) == []


def test_a_record_is_compared_with_what_it_was_before_the_first_change(desk: Desk) -> None:
    """Three crawls later the difference is that of the ends, one row a kind; what came back to where it was is none."""
    first = {"tags": ["license:mit", "base_model:finetune:a/b"], "sha": "1", "cardData": {"license": "mit"}}
    middle = {"tags": ["license:gpl-3.0", "base_model:finetune:a/b"], "sha": "2", "cardData": {"license": "gpl-3.0"}}
    last = {"tags": ["license:llama3", "base_model:adapter:a/b"], "sha": "3", "cardData": {"license": "llama3"}}
    desk.take([desk.record(1, **first), desk.record(2, **first)])
    desk.take([desk.record(1, **middle), desk.record(2, **middle)], day=1)
    desk.take([desk.record(1, **last), desk.record(2, **(first | {"sha": "4"}))], day=2)
    desk.derive(day=3)
    assert told(desk) == [
        ("maple/model-1", "card", None, None),
        ("maple/model-1", "licence", "mit", "llama3"),
        ("maple/model-1", "relation", "finetune", "adapter"),
        ("maple/model-1", "revision", "1", "3"),
        ("maple/model-2", "revision", "1", "4"),
    ]
    licences = list_changes(desk.database, START + timedelta(hours=30), kinds=["licence"]).rows
    assert [row[:4] for row in licences] == [
        ("maple/model-1", "licence", "gpl-3.0", "llama3"),
        ("maple/model-2", "licence", "gpl-3.0", "mit"),
    ]


def test_records_without_a_sha_tell_licence_and_parents(desk: Desk) -> None:
    """A bulk listing has no sha: a record is kept where its licence or parents changed, not for other tags."""
    desk.take([desk.record(1, tags=["license:mit", "x"]), desk.record(2, tags=["base_model:a/b"])])
    desk.take([desk.record(1, tags=["y", "license:mit"], sha="1"), desk.record(2, tags=["base_model:a/c"])], day=1)
    desk.derive(day=2)
    assert told(desk) == [("maple/model-2", "parents", "a/b", "a/c")]
    assert desk.rows("select model, reason from history") == [("maple/model-2", "tags")]


def test_a_rename_has_both_names(desk: Desk) -> None:
    """The present id is what is listed, with the name before."""
    desk.take([desk.record(1, id="maple/old")])
    desk.take([desk.record(1, id="maple/new")], day=1)
    desk.derive(day=2)
    assert told(desk, selector="maple/old") == [("maple/new", "renamed", "maple/old", "maple/new")]


def test_what_vanishes_is_told_of_itself_and_of_its_children_once(desk: Desk) -> None:
    """A deletion is a change of the model and of each child; a second sweep that finds the same is none."""
    child = desk.record(2, tags=["base_model:finetune:maple/model-1"])
    desk.take([desk.record(1), child])
    lose(desk, deleted(1), day=1)
    lose(desk, deleted(1), day=2)
    desk.derive(day=2)
    assert told(desk) == [
        ("maple/model-1", "vanished", "present", "deleted"),
        ("maple/model-2", "parent_vanished", "maple/model-1", "deleted"),
    ]
    assert told(desk, since=START + timedelta(days=2)) == []
    assert told(desk, selector="maple/model-1+,declared") == [
        ("maple/model-2", "parent_vanished", "maple/model-1", "deleted")
    ]


def test_what_is_shown_again_has_returned(desk: Desk) -> None:
    """A model that was gone and comes with a page is told as returned, as are its children's parents."""
    desk.take([desk.record(1), desk.record(2, tags=["base_model:finetune:maple/model-1"])])
    lose(desk, deleted(1), day=1)
    desk.take([desk.record(1)], day=2)
    desk.derive(day=3)
    assert told(desk, since=START + timedelta(days=2)) == [
        ("maple/model-1", "returned", "deleted", "present"),
        ("maple/model-2", "parent_returned", "maple/model-1", "present"),
    ]


def test_a_name_taken_by_another_repository_is_recreated(desk: Desk) -> None:
    """The same id with a later `_id` is another model."""
    desk.take([desk.record(1, id="maple/x")])
    desk.take([desk.record(2, id="maple/x")], day=1)
    desk.derive(day=2)
    assert ("maple/x", "recreated", desk.hub_id(1), desk.hub_id(2)) in told(desk)


def test_since_is_a_date_a_crawl_or_the_last_one(desk: Desk) -> None:
    """Each spelling gives a time in UTC; one crawl alone has nothing to compare with."""
    with pytest.raises(NothingToCompare):
        read_since(desk.database, None)
    assert read_since(desk.database, "1") == START
    later = START + timedelta(days=4, microseconds=7)
    desk.store.close_crawl(desk.crawl, "finished", later)
    desk.store.open_crawl("all", "http://127.0.0.1:1", later)
    assert read_since(desk.database, None) == START + timedelta(days=4)
    assert read_since(desk.database, "2026-03-02") == START + timedelta(days=1)
    assert read_since(desk.database, "2026-03-02T01:00+01:00") == START + timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "7", "99999999999999999999", "\uff12", "2026-13-01", "0001-01-01T00:00+01:00"]
)
def test_a_time_that_is_none_is_refused(desk: Desk, text: str) -> None:
    """What is neither a date nor a crawl is a fault of the command line."""
    with pytest.raises(UsageError):
        read_since(desk.database, text)


def test_data_sets_are_counted_over_a_selection(desk: Desk) -> None:
    """Each data set has the number of models that name it, the places, and the model with the most downloads."""
    desk.take(
        [
            desk.record(1, tags=["dataset:elm/a", "dataset:elm/b"], downloads=3),
            desk.record(2, tags=["dataset:elm/a"], cardData={"datasets": ["elm/a"]}, downloads=9),
        ]
    )
    desk.derive()
    assert list_datasets(desk.database).rows == (
        ("elm/a", 2, ["card", "tag"], "maple/model-2"),
        ("elm/b", 1, ["tag"], "maple/model-1"),
    )
    assert list_datasets(desk.database, selector="maple/model-1", limit=1).rows[0][:2] == ("elm/a", 1)


def test_a_round_tells_who_is_new_in_the_selection(desk: Desk) -> None:
    """What the selector did not name before is told with its parents; a rename is no new member."""
    assert known_members(desk.database, "*") is None
    desk.take([desk.record(1), desk.record(2, tags=["base_model:finetune:maple/model-1"])])
    desk.derive(day=1)
    before = known_members(desk.database, "maple/model-1+")
    assert [member.id for member in (before or {}).values()] == ["maple/model-1", "maple/model-2"]
    parent = "base_model:quantized:maple/model-2"
    desk.take([desk.record(2, id="maple/risen", tags=["base_model:finetune:maple/model-1"])], day=2)
    desk.take([desk.record(3, tags=[parent]), desk.record(4)], day=2)
    desk.derive(day=3)
    found = list(notices(desk.database, "maple/model-1+", before, SOON))
    assert [(one["kind"], one["model"]) for one in found] == [
        ("new_derivative", "maple/model-3"),
        ("renamed", "maple/risen"),
    ]
    assert found[0]["made_of"] == "quantized of maple/risen"
    assert found[1]["seen_at"] == "2026-03-03T00:00:00+00:00"
    assert [one["kind"] for one in notices(desk.database, "*", None, SOON)] == ["renamed"]
    assert [one["kind"] for one in notices(desk.database, "maple/model-4", {}, START + timedelta(9))] == ["new_model"]


def test_a_model_to_follow_may_not_be_there_yet(desk: Desk) -> None:
    """A followed model that was not crawled has no members, and is an error where a round did not bring it."""
    desk.take([desk.record(1)])
    desk.derive()
    assert known_members(desk.database, "oak/later") == {}
    with pytest.raises(NoSuchModel):
        members(desk.database, "oak/later")


def test_a_bulk_listing_counts_from_when_it_was_made(desk: Desk) -> None:
    """What a listing changed was seen when the listing was made, long before somebody loads it."""
    made_at, loaded_at = START + timedelta(days=2), START + timedelta(days=900)
    desk.take([desk.record(1, tags=["license:mit"])])
    desk.store.close_crawl(desk.crawl, "finished", START)
    row = desk.store.open_crawl("load", "listing", loaded_at, covers_at=made_at)
    desk.crawl = row.crawl
    desk.take([desk.record(1, tags=["license:gpl"])], day=2)
    desk.derive(day=900)
    since = read_since(desk.database, None)
    assert since == read_since(desk.database, str(row.crawl)) == made_at
    assert [row[:4] for row in list_changes(desk.database, since).rows] == [("maple/model-1", "licence", "mit", "gpl")]


def test_a_crawl_counts_from_its_begin_by_our_clock(desk: Desk) -> None:
    """Sightings are dated by our clock: where it is ahead of the Hub's, what was seen before is not told again."""
    desk.take([desk.record(1)])
    desk.store.close_crawl(desk.crawl, "finished", START)
    begun_at, told_at = START + timedelta(days=3), START - timedelta(days=3)
    row = desk.store.open_crawl("all", "http://127.0.0.1:1", begun_at, covers_at=told_at)
    assert read_since(desk.database, None) == read_since(desk.database, str(row.crawl)) == begun_at
