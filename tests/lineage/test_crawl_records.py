"""The records that crawl and store exchange: sparing in what they print, and unchangeable."""

from dataclasses import FrozenInstanceError

import pytest

from lineage.crawl_records import FoundModel, Spent, UnreadablePage, WalkRow


def test_a_record_is_not_printed_with_its_body() -> None:
    """A model's body may be megabytes of a stranger's text: it stays out of every trace."""
    assert "secret" not in repr(FoundModel(body=b"secret", former_id="a/b"))


def test_a_walk_cannot_be_changed() -> None:
    """What was stored of a walk changes in the store alone."""
    walk = WalkRow(walk="created", request="first")
    with pytest.raises(FrozenInstanceError):
        walk.request = "second"  # type: ignore[misc] # the point of the test
    assert (walk.pages, walk.records, walk.top_id, walk.last_id) == (0, 0, None, None)
    assert Spent() == Spent(requests=0, size_bytes=0)


def test_an_unreadable_page_says_what_to_do() -> None:
    """The error has a sentence and a way out."""
    assert str(UnreadablePage()) == "The page is not JSON, and no record could be read from it."
    assert "again" in UnreadablePage().hint
