"""Calibrations in the database: once however often they are measured, with their intervals, for users to query."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lineage.scores.scorer_agreement import calibrate
from store.scores.scorer_agreement import write_calibration

if TYPE_CHECKING:
    from tests.store.conftest import Desk


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
