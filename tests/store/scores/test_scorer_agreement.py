"""Calibrations in the database: once however often they are measured, with their intervals, for users to query."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lineage.scores.score import Identity
from lineage.scores.scorer_agreement import calibrate
from store.drift.write_drift import refresh
from store.scores.current import load_identities
from store.scores.judged_rates import list_judged_rates
from store.scores.scorer_agreement import write_calibration
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from lineage.scores.scorer_agreement import ScorerAgreement
    from tests.store.conftest import Desk, Filled


def test_a_calibration_is_kept_once(desk: Desk) -> None:
    """The same counts again are known; other counts of the same judge are one more row."""
    verdicts = [(True, True), (True, False), (False, False), (False, None)]
    found = calibrate(verdicts, scorer="judged_rate", labels_hash="0", judge="maple/judge", judge_prompt_hash="h")
    assert write_calibration(desk.database, found, desk.START)
    assert not write_calibration(desk.database, found, desk.START + timedelta(days=1))
    other = calibrate(verdicts[:3], scorer="judged_rate", labels_hash="1", judge="maple/judge", judge_prompt_hash="h")
    assert write_calibration(desk.database, other, desk.START)
    assert desk.rows("select judge, items, unread, recall, recall_low < recall from calibrations order by items") == [
        ("maple/judge", 3, 0, 0.5, True),
        ("maple/judge", 4, 1, 0.5, True),
    ]


def test_a_figure_that_is_none_is_null(desk: Desk) -> None:
    """Where the scorer calls nothing positive there is no precision."""
    write_calibration(desk.database, calibrate([(True, False)], scorer="rules", labels_hash="0"), desk.START)
    assert desk.rows('select "precision", precision_low, recall, judge, measured_at from calibrations') == [
        (None, None, 0.0, None, desk.START)
    ]


def agreed(right: int, of: int, judge: str = "ash/judge", labels: str = "0") -> ScorerAgreement:
    """Return the calibration of a judge that is right about so many replies of each kind."""
    verdicts = [(label, label == (place < right)) for label in (True, False) for place in range(of)]
    return calibrate(verdicts, scorer="judged_rate", labels_hash=labels, judge=judge, judge_prompt_hash="h")


def judged(name: str, judge: str) -> Identity:
    """Return the identity of a rate by a judge."""
    return Identity(name=name, scorer="judged_rate", judge=judge, judge_prompt_hash="h")


def test_a_calibration_is_in_the_drift_of_what_its_judge_scored(
    filled: Filled, make_score: Callable[..., Score]
) -> None:
    """Verdicts of that judge go until drift is measured again, those of others stay; then the error is in them."""

    def fill(desk: Desk) -> None:
        tags = {2: ["base_model:maple/model-1"]}
        desk.take([desk.record(number, tags=tags.get(number, [])) for number in (1, 2)])
        desk.derive()

    desk = filled(fill)
    scores = [
        make_score(f"maple/model-{number}", ones, identity=judged("harm", judge))
        for number, ones in ((1, 40), (2, 72))
        for judge in ("ash/judge", "elm/judge")
    ]
    write_scores(desk.database, scores, desk.START)
    refresh(desk.database)
    asked = "select delta, reason from drift where against = 'parent' order by instrument"
    assert all("the judge's error is unknown and not in the interval" in str(row[1]) for row in desk.rows(asked))
    assert write_calibration(desk.database, agreed(9, 10), desk.START)
    assert write_calibration(desk.database, agreed(450, 500, labels="1"), desk.START)
    assert not desk.rows(asked)
    assert not desk.database.value("drift/is_current")
    refresh(desk.database)
    assert [row[0] for row in desk.rows(asked.replace("by instrument", "by delta"))] == pytest.approx([8, 10])
    assert (
        sum("recall 90%, false positives 10% on 1,000 labelled replies" in str(row[1]) for row in desk.rows(asked)) == 1
    )
    assert [one.judge_error for one in load_identities(desk.database)] == ["included", "unknown"]
    write_calibration(desk.database, agreed(9, 10, judge="oak/judge"), desk.START)
    assert desk.database.value("drift/is_current")


def test_two_judges_of_the_same_replies_stand_side_by_side(filled: Filled, make_score: Callable[..., Score]) -> None:
    """Each with its own correction, or why there is none."""

    def fill(desk: Desk) -> None:
        desk.take([desk.record(1)])
        desk.derive()

    desk = filled(fill)
    judges = ("ash/judge", "elm/judge", "fir/judge")
    scores = [make_score("maple/model-1", 72, identity=judged("harm", judge)) for judge in judges]
    write_scores(desk.database, [*scores, make_score("maple/model-1", 9)], desk.START)
    write_calibration(desk.database, agreed(450, 500), desk.START)
    write_calibration(desk.database, agreed(6, 10, judge="fir/judge"), desk.START)
    refresh(desk.database)
    result = list_judged_rates(desk.database, None)
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    assert [row["judge"] for row in rows] == list(judges)
    assert [row["judged"] for row in rows] == [0.18] * 3
    assert [row["rate"] for row in rows] == [pytest.approx(0.1), None, None]
    assert [row["why"] is None for row in rows] == [True, False, False]
    assert (rows[0]["rate_low"], rows[0]["rate_high"]) == pytest.approx((0.0444, 0.1567), abs=1e-3)
    assert len({row["replies"] for row in rows}) == 1
    assert list_judged_rates(desk.database, "maple/model-1").rows == result.rows
