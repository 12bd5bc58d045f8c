"""Rates that judges or rules found, beside what they say of the true rates; judges of the same replies together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.output.result import Result
from lineage.scores.scorer_agreement import RULES
from lineage.statistics.judge_error import correct_rate
from lineage.statistics.rates import wilson
from store.queries.select import select
from store.scores.current import load_identities

if TYPE_CHECKING:
    from lineage.drift.current_scores import StoredIdentity
    from store.database import Database

COLUMNS: Final = (
    "model",
    "name",
    "judge",
    "scorer",
    "items",
    "judged",
    "judged_low",
    "judged_high",
    "labelled",
    "recall",
    "false_positive_rate",
    "rate",
    "rate_low",
    "rate_high",
    "why",
    "state",
    "replies",
    "instrument",
)
UNKNOWN: Final = "nobody labelled replies of this judge, or these rules; their error is unknown"
NOT_TOLD_APART: Final = "the labelled replies do not show that it tells replies apart"


def list_judged_rates(database: Database, selector: str | None) -> Result:
    """Return the judged rates of the models that a selector matches, None for all, with their 95 % intervals.

    All shares are of 1. `replies` is equal for rates of the same replies. Raises what `select` raises.
    """
    identities = load_identities(database)
    numbers = np.zeros(0, dtype=np.int32) if selector is None else select(database, selector)
    with database.columns("lent_selected", nid=numbers):
        found = database.run("scores/judged_rates", is_selected=selector is not None, rules=RULES).rows
    rows = cast("list[tuple[str, int, float, int, str]]", found)
    return Result(columns=COLUMNS, rows=tuple(_row(row, identities[row[1]]) for row in rows))


def _row(row: tuple[str, int, float, int, str], one: StoredIdentity) -> tuple[object, ...]:
    model, _, rate, items, state = row
    low, high = wilson(rate, items)
    error = one.known_error
    true = None if error is None else correct_rate(rate, items, error)
    corrected = (None, None, None) if true is None else (true.value, true.low, true.high)
    why = UNKNOWN if error is None else NOT_TOLD_APART if true is None else None
    labelled = None if error is None else error.positives + error.negatives
    judged = (items, rate, float(low), float(high), labelled, one.judge_recall, one.judge_false_positive_rate)
    named = (model, one.instrument.name, one.identity.judge, one.identity.scorer)
    return (*named, *judged, *corrected, why, state, one.identity.replies, one.key)
