"""Records that name themselves badly, or that nothing can be stored of: none of them is lost without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.ingest.ingest import Ingest

if TYPE_CHECKING:
    from tests.store.conftest import Desk


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


def test_a_record_that_the_database_refuses_alone_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be stored at all, such as a record of more than 64 MiB, is a problem with its beginning."""
    adds = Ingest._adds
    monkeypatch.setattr(Ingest, "_adds", lambda self, body: b"too much" not in body and adds(self, body))
    desk.take([desk.record(1, x="too much"), *map(desk.record, (2, 3))])
    assert desk.rows("select id from models order by id") == [("maple/model-2",), ("maple/model-3",)]
    assert desk.rows("select model, field, problem, starts_with(value, '{') from problems") == [
        ("maple/model-1", "record", "refused by the database", True)
    ]
