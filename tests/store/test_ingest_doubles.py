"""Records of a page that meet: doubles, numbers that are broken, and one that displaces another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.store.conftest import Desk


def test_the_last_of_doubles_in_a_page_is_kept(desk: Desk) -> None:
    """A repository that a page brings twice is stored once, as it came last."""
    stored = desk.take([desk.record(1, likes=1), desk.record(2), desk.record(1, likes=2)])
    assert (stored.records, stored.repositories) == (3, 2)
    assert desk.rows("select likes from models where id = 'maple/model-1'") == [(2,)]


def test_broken_numbers_make_two_models_never_one(desk: Desk) -> None:
    """What is no `_id`, or becomes equal by mending, says of nobody who they are: both are there by their names."""
    page = (
        rb'[{"_id":"a\ud800b","id":"a/b"},{"_id":"a\udfffb","id":"c/d"},{"_id":"a","id":"e/f"},{"_id":"a","id":"g/h"}]'
    )
    for day in (0, 1):
        desk.take(page, day=day)
        assert desk.rows("select hub_id from models order by id") == [
            (f"id:{name}",) for name in ("a/b", "c/d", "e/f", "g/h")
        ]
        assert desk.rows("select model, count(*) from problems group by all order by all") == [
            ("a/b", 2),
            ("c/d", 2),
            ("e/f", 1),
            ("g/h", 1),
        ]


@pytest.mark.parametrize(
    ("page", "left_out"),
    [
        (rb'[{"_id":"1","id":"a/\ud800","n":1},{"_id":"1","id":"a/\udfff","n":2}]', ["a/\ufffd"]),
        (b'[{"_id":"%024d","id":"a/b"},{"_id":"%024d","id":"c/d"}]' % (1, 1), ["a/b"]),
        (b'[{"_id":"%024d","id":"a/b","n":1},{"_id":"%024d","id":"a/b","n":2}]' % (1, 1), []),
        (b'[{"id":"a/b"},{"id":"a/b"}]', []),
    ],
    ids=["names that mending makes equal", "two names", "one name", "twice"],
)
def test_a_record_that_another_displaces_is_told(desk: Desk, page: bytes, left_out: list[str]) -> None:
    """Of two records of a page with one number, or one name and no number, the earlier is told, once."""
    for day in (0, 1):
        desk.take(page, day=day)
        assert desk.rows("select count(*) from models") == [(1,)]
        assert desk.rows("select model from problems where starts_with(problem, 'left out')") == [
            (name,) for name in left_out
        ]
