"""Ids to numbers and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.id_index import GraphIndex, Numbers, Picked

if TYPE_CHECKING:
    from collections.abc import Iterable

IDS = st.sets(st.text(st.characters(exclude_categories=["Cs"])), max_size=20)


def index_of(ids: Iterable[str]) -> GraphIndex:
    """Return the index of sorted ids."""
    encoded = [one.encode() for one in ids]
    return GraphIndex.from_bytes(b"".join(encoded), np.array([len(one) for one in encoded], dtype=np.int64))


@given(IDS)
def test_every_id_finds_its_number_and_its_way_back(ids: set[str]) -> None:
    """Numbers follow the order of the bytes, whatever the letters, and lead back to the same ids."""
    ordered = sorted(ids, key=lambda one: one.encode())
    index = index_of(ordered)
    assert [index.number(one) for one in ordered] == list(range(len(ordered)))
    assert list(index) == ordered
    assert index.take(np.arange(len(ordered))[::-1]) == ordered[::-1]
    assert [index.id(number) for number in range(len(ordered))] == ordered


@given(IDS, IDS)
def test_ids_that_come_and_go_leave_the_index_of_the_others(before: set[str], after: set[str]) -> None:
    """It is the index of the ids afterwards, and every id that stays is told its new number."""
    index = index_of(sorted(before, key=lambda one: one.encode()))
    changed, numbers = index.with_changes(sorted(before - after), sorted(after - before))
    assert list(changed) == sorted(after, key=lambda one: one.encode())
    assert changed.starts[-1] == len(changed.text)
    stays = [number for number in numbers.tolist() if number >= 0]
    assert changed.take(np.array(stays, dtype=np.int64)) == [one for one in index if one in after]
    assert [number < 0 for number in numbers.tolist()] == [one not in after for one in index]


def test_an_id_that_is_not_there_cannot_be_removed() -> None:
    """It raises KeyError."""
    with pytest.raises(KeyError):
        index_of(["a"]).with_changes(["b"], [])


@given(IDS, st.text())
def test_an_unknown_id_has_no_number(ids: set[str], other: str) -> None:
    """A text that is not among the ids, a lone surrogate too, raises KeyError."""
    index = index_of(sorted(ids - {other}, key=lambda one: one.encode()))
    with pytest.raises(KeyError):
        index.number(other)


def test_what_is_no_text_has_no_number() -> None:
    """Anything but text raises KeyError."""
    with pytest.raises(KeyError):
        index_of(["a"]).number(0)


def test_lengths_that_do_not_fit_are_refused() -> None:
    """The bytes must be as many as the lengths say."""
    with pytest.raises(ValueError, match="3 bytes, not 2"):
        GraphIndex.from_bytes(b"abc", np.array([1, 1]))


def test_picked_labels_are_those_of_the_whole() -> None:
    """A part of the nodes keeps its labels under numbers of its own; the others are none of it."""
    part = Picked(index_of(["a", "b", "c", "d"]), np.array([1, 3]))
    assert (len(part), part.number("d"), list(part.take(np.array([1, 0])))) == (2, 1, ["d", "b"])
    for other in ("a", "c", "e"):
        with pytest.raises(KeyError):
            part.number(other)
    with pytest.raises(KeyError):
        Numbers(2).number("a")
