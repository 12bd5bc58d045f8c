"""Calibrations of judges and rules in the database; each is stored once, however often it is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from store.lent_columns import as_columns
from store.scores.write import forget_drift

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.scores.scorer_agreement import ScorerAgreement
    from store.database import Database

RATES: Final = ("precision", "recall", "false_positive_rate", "false_negative_rate")
CALIBRATION_COLUMNS: Final = (
    "calibration",
    "scorer",
    "judge",
    "judge_prompt_hash",
    "labels_hash",
    "items",
    "unread",
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
    *(f"{rate}{limit}" for rate in RATES for limit in ("", "_low", "_high")),
)


def write_calibration(database: Database, calibration: ScorerAgreement, measured_at: datetime) -> bool:
    """Store a calibration and return whether it is new.

    Verdicts on what the scorer scored follow from it, so they go until drift is measured again.
    """
    with database.transaction():
        with database.columns("lent_calibrations", **as_columns(CALIBRATION_COLUMNS, [_row(calibration)])):
            is_new = bool(database.run("scores/add_scorer_agreement", measured_at=measured_at).rows)
        if is_new:
            judge, prompt = calibration.judge, calibration.judge_prompt_hash
            scored = database.run("scores/scored_by", scorer=calibration.scorer, judge=judge, prompt=prompt).rows
            if scored:
                forget_drift(database, [cast("int", named) for (named,) in scored])
    return is_new


def _row(calibration: ScorerAgreement) -> tuple[object, ...]:
    figures = {figure.name: figure for figure in calibration.figures()}
    rates = (figures[name] for name in RATES)
    return (
        calibration.key,
        calibration.scorer,
        calibration.judge,
        calibration.judge_prompt_hash,
        calibration.labels_hash,
        calibration.items,
        calibration.unread,
        calibration.true_positives,
        calibration.false_positives,
        calibration.true_negatives,
        calibration.false_negatives,
        *(limit for rate in rates for limit in (rate.value, rate.low, rate.high)),
    )
