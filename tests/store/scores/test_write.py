"""Scores are stored once, whole or not at all, and linked to models whenever those come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.scores.score import Identity, ItemScores
from lineage.vocabulary import Construct
from store.drift.write_drift import refresh
from store.scores.write import OtherDirection, write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

    Make = Callable[..., Score]

SCORES = "select * exclude (last_read_at) from hub.scores order by all"
WHOLE = SCORES, "from hub.items order by all", "from hub.instruments order by all"


def test_the_same_scores_twice_change_nothing(desk: Desk, make_score: Make) -> None:
    """What is read twice is one run, whatever the file is called; only when it was last read is noted."""
    scores = [make_score("maple/model-1", 40, with_items=True), make_score("maple/model-2", 80)]
    assert write_scores(desk.database, scores, desk.START) == (tuple(scores), ())
    assert desk.rows("select count(*) from hub.items") == [(400,)]
    before = [desk.rows(text) for text in WHOLE]
    again = [replace(score, origin="copy.csv") for score in scores]
    later = desk.START + timedelta(days=3)
    assert write_scores(desk.database, again, later) == ((), tuple(again))
    assert [desk.rows(text) for text in WHOLE] == before
    assert desk.rows("select distinct last_read_at from hub.scores") == [(later,)]


def test_items_in_another_order_are_the_same_run(make_score: Make) -> None:
    """A run is its items and their values, not their order in a file."""
    score = make_score("maple/model-1", 40, with_items=True)
    assert score.item_scores is not None
    turned = ItemScores(items=score.item_scores.items[::-1], values=score.item_scores.values[::-1])
    assert replace(score, item_scores=turned).run == score.run
    other = ItemScores(items=score.item_scores.items, values=score.item_scores.values[::-1])
    assert replace(score, item_scores=other).run != score.run


def test_a_score_of_an_unknown_model_waits_for_it(desk: Desk, make_score: Make) -> None:
    """It is kept by its name and linked when a crawl finds the model."""
    write_scores(desk.database, [make_score("maple/model-7", 40)], desk.START)
    desk.take([desk.record(1)])
    desk.derive()
    assert desk.rows("select model, is_known from scores") == [("maple/model-7", False)]
    desk.take([desk.record(7)])
    desk.derive(day=2)
    assert desk.rows("select model, is_known, is_standing from scores") == [("maple/model-7", True, True)]


def test_names_lead_to_models_as_everywhere(desk: Desk, make_score: Make) -> None:
    """Former names and other capitals lead to the model of today."""
    desk.take([desk.record(1, id="maple/old")])
    desk.take([desk.record(1, id="maple/new"), desk.record(2)], day=1)
    write_scores(desk.database, [make_score("maple/old", 40), make_score("Maple/Model-2", 40)], desk.START)
    desk.derive(day=2)
    assert sorted(desk.rows("select named, model from scores")) == [
        ("Maple/Model-2", "maple/model-2"),
        ("maple/old", "maple/new"),
    ]


def test_the_state_follows_from_the_revision(desk: Desk, make_score: Make) -> None:
    """Measured at today's commit, at another one, before the last change, and reported."""
    sha, other = "a" * 40, "b" * 40
    changed = (desk.START + timedelta(days=10)).isoformat()
    desk.take([desk.record(1, sha=sha, lastModified=changed)])
    write_scores(
        desk.database,
        [
            make_score("maple/model-1", 1, revision=sha[:8]),
            make_score("maple/model-1", 2, revision=other),
            make_score("maple/model-1", 3),
            make_score("maple/model-1", 4, measured_at=desk.START + timedelta(days=11)),
            make_score("maple/model-1", 5, measured_at=None),
            make_score("maple/model-1", 6, is_reported=True),
            make_score("maple/model-1", 7, revision="main"),
        ],
        desk.START,
    )
    desk.derive(day=12)
    assert desk.rows("select cast(round(value * 400) as integer), state from scores order by value") == [
        (1, "measured"),
        (2, "stale"),
        (3, "stale"),
        (4, "measured"),
        (5, "measured"),
        (6, "reported"),
        (7, "stale"),
    ]


def test_the_measured_speaks_before_the_reported_and_the_stale(desk: Desk, make_score: Make) -> None:
    """Then items before none, then the latest."""
    sha = "a" * 40
    desk.take([desk.record(1, sha=sha)])
    desk.derive()
    candidates = [
        make_score("maple/model-1", 1, revision="b" * 40, measured_at=desk.START + timedelta(days=9)),
        make_score("maple/model-1", 2, is_reported=True, measured_at=desk.START + timedelta(days=8)),
        make_score("maple/model-1", 3, revision=sha, measured_at=desk.START),
        make_score("maple/model-1", 4, revision=sha, measured_at=desk.START + timedelta(days=1)),
        make_score("maple/model-1", 5, revision=sha, measured_at=desk.START, with_items=True),
    ]
    spoken = []
    for score in candidates:
        write_scores(desk.database, [score], desk.START)
        refresh(desk.database)
        ((value,),) = desk.rows("select cast(round(value * 400) as integer) from scores where is_standing")
        spoken.append(value)
    assert spoken == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("high", [100.0, 49.0])
def test_a_unit_of_another_declaration_is_converted(desk: Desk, make_score: Make, high: float) -> None:
    """The database keeps one unit an identity; per cent and share meet there, ends exactly: they are 0/1 items."""
    other = replace(make_score("maple/model-1", 0).instrument, high=high)
    write_scores(desk.database, [make_score("maple/model-1", 40)], desk.START)
    shares = ItemScores(items=("a", "b"), values=np.array([0.0, high]))
    score = make_score("maple/model-2", 0, instrument=other, value=high / 2, stderr=high / 20)
    write_scores(desk.database, [score, replace(score, item_scores=shares)], desk.START)
    assert desk.rows("select distinct value, stderr from scores where value > 0.2") == [(0.5, 0.05)]
    assert desk.rows("select value from items order by item") == [(0.0,), (1.0,)]


def test_another_meaning_of_a_name_is_refused_whole(desk: Desk, make_score: Make) -> None:
    """An instrument cannot be harm today and bias tomorrow, and nothing of such a file is stored."""
    write_scores(desk.database, [make_score("maple/model-1", 40)], desk.START)
    before = [desk.rows(text) for text in WHOLE]
    bias = replace(make_score("maple/model-2", 0).instrument, construct=Construct.BIAS)
    fresh = make_score("maple/model-3", 9, with_items=True)
    with pytest.raises(OtherDirection, match="harm is unsafe_output and lower_is_safer in this database"):
        write_scores(desk.database, [fresh, make_score("maple/model-2", 50, instrument=bias)], desk.START)
    assert [desk.rows(text) for text in WHOLE] == before


def test_identities_share_a_slot_where_only_items_differ(desk: Desk, make_score: Make) -> None:
    """Another judge is another slot."""
    write_scores(
        desk.database,
        [
            make_score("maple/model-1", 1),
            make_score("maple/model-1", 2, identity=Identity(name="harm", item_set_hash="x")),
            make_score("maple/model-1", 3, judge="ash-judge"),
        ],
        desk.START,
    )
    assert desk.rows(
        "select list(coalesce(judge, item_set_hash, 'none') order by number) from hub.instruments "
        "group by slot order by slot"
    ) == [(["none", "x"],), (["ash-judge"],)]


def test_reply_lengths_are_averaged_where_known(desk: Desk, make_score: Make) -> None:
    """Unknown lengths are None among the items and left out of the mean."""
    items = ItemScores(
        items=("a", "b", "c"), values=np.zeros(3), reply_lengths=np.array([100, -1, 300], dtype=np.int32)
    )
    write_scores(desk.database, [make_score("maple/model-1", 0, item_scores=items)], desk.START)
    assert desk.rows("select reply_length from scores") == [(200.0,)]
    assert desk.rows("select reply_length from items order by item") == [(100,), (None,), (300,)]


def test_refresh_does_nothing_without_scores(database: Database) -> None:
    """A database without scores has no drift to write."""
    refresh(database)
    assert database.run("scores/count_scores").rows == ((0,),)
