"""Records that are too large together, that share a name, or that end a walk too soon: no other record is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from store.errors import CannotWrite, TooLittleMemory
from store.ingest.ingest import Ingest

if TYPE_CHECKING:
    from lineage.crawl_records import PageStored
    from store.ingest.json_repair import Mend
    from tests.store.conftest import Desk

LARGE = 150_000
TIGHT = "170MB"


def test_a_page_that_needs_too_much_memory_is_stored_by_parts(desk: Desk) -> None:
    """Records that DuckDB cannot read at once are all stored, and one that it cannot read alone is a problem."""
    desk.database.run("database/bound_memory", size=TIGHT)
    large = [desk.record(number, cardData={"language": ["x" * LARGE], "license": "mit"}) for number in range(1, 25)]
    page = [*large[:20], desk.record(90, cardData={"language": ["x" * LARGE * 40]}), *large[20:]]
    stored = desk.take(page)
    assert desk.rows("select count(*), count(distinct license) from models") == [(24, 1)]
    assert (stored.records, stored.oldest) == (24, desk.hub_id(1))
    assert desk.rows("select model, problem from problems") == [
        ("maple/model-90", "refused by the database, or too large for the memory that it may use (LINEAGE_MEMORY)")
    ]


def test_what_is_read_at_once_but_not_stored_at_once_is_stored_by_parts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that runs out while a page is written costs no record: the page is whole, in one transaction."""
    write = Ingest._replace

    def replace(self: Ingest, page: PageStored, mends: tuple[Mend, ...], *, is_live: bool) -> None:
        if page.records > 1:
            raise TooLittleMemory(self._database.path, "too little")
        write(self, page, mends, is_live=is_live)

    monkeypatch.setattr(Ingest, "_replace", replace)
    stored = desk.take([desk.record(number, x=rf"{number}") for number in (1, 2, 3)])
    assert (stored.records, stored.repositories) == (3, 3)
    assert desk.rows("select count(*) from models") == [(3,)]
    assert desk.rows("select requests, records from crawls") == [(1, 3)]


def test_a_disk_that_refuses_is_no_fault_of_the_records(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that was not read because of the disk is not stored as read: the crawl ends, and goes on there later."""

    def refuse(self: Ingest, *_: bytes) -> None:
        raise CannotWrite(self._database.path, "no space left on device")

    monkeypatch.setattr(Ingest, "_read", refuse)
    with pytest.raises(CannotWrite):
        desk.take([desk.record(1)])
    assert desk.rows("select requests, records from crawls") == [(0, 0)]
    assert desk.rows("from problems") == []


@pytest.mark.parametrize("is_first", [True, False])
def test_a_record_without_a_number_displaces_no_repository(desk: Desk, *, is_first: bool) -> None:
    """Of a record under its name and a repository of that name with an `_id`, the repository is the model."""
    page = [desk.record(1, likes=5), desk.record(1, _id=None, likes=7)]
    desk.take(page[::-1] if is_first else page)
    desk.derive()
    assert desk.rows("select hub_id, likes from models") == [(desk.hub_id(1), 5)]
    assert desk.rows("select hub_id, reason from history") == [("id:maple/model-1", "recreated")]


def test_one_wrong_time_does_not_end_a_walk_through_news(desk: Desk) -> None:
    """A single time of change before all others of a page is not how far the walk has come; two are."""
    moment = desk.START.replace(microsecond=0)
    recent = [(moment - timedelta(days=day)).isoformat() for day in range(3)]
    odd = "0001-01-01T00:00:00Z"
    for times, oldest in (((*recent, odd), recent[2]), ((recent[0], odd, odd), "0001-01-01T00:00:00+00:00")):
        stored = desk.take([desk.record(number, lastModified=time) for number, time in enumerate(times, 1)])
        assert stored.oldest_modified_at is not None
        assert stored.oldest_modified_at.isoformat() == oldest
