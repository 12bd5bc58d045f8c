"""How well the base's score predicts the derivative's score, and whether it predicts the drift.

If nothing drifted, the base's score would be the derivative's, and their correlation near one: a high correlation
proves little if drift is small compared with the differences between bases. So the error is shown beside that of other
guesses, and the base's score is also compared with the drift, which it must predict to be of any use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.contradictions import FEW
from lineage.study.correlations import pearson, spearman
from lineage.study.inputs import StudyTable, as_result
from lineage.study.told_columns import ToldColumns
from lineage.vocabulary import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow

    Floats = NDArray[np.float64]

NOTE: Final = (
    "Scores and errors in points, more is riskier. `no_change_error` is the mean absolute drift, the error of taking "
    "the base's score for the derivative's; `other_mean_error` that of guessing the mean of the derivatives of other "
    "bases; `line_error` that of a line through those of other bases. Intervals are as of so many `bases`, whose "
    "derivatives are not independent. `drift_by_noise` is the correlation of base and drift that the error of the "
    "base's score alone makes: it enters both, once with each sign."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """One instrument: the base's score against the derivative's, then against drift; None if unknown."""

    instrument: str
    construct: str
    derivatives: int
    bases: int
    score_spearman: float | None
    score_spearman_low: float | None
    score_spearman_high: float | None
    score_pearson: float | None
    score_pearson_low: float | None
    score_pearson_high: float | None
    no_change_error: float
    other_mean_error: float | None
    line_error: float | None
    drift_spearman: float | None
    drift_spearman_low: float | None
    drift_spearman_high: float | None
    drift_pearson: float | None
    drift_by_noise: float | None

    @property
    def is_few(self) -> bool:
        """Whether there are too few bases to conclude much."""
        return self.bases < FEW


def persistence_table(rows: Iterable[DriftRow] | ToldColumns) -> StudyTable:
    """Return how well the base predicts, one row per instrument; their levels differ, so they are never pooled."""
    return StudyTable(
        name="base_predicts",
        title="Does the base's score predict the derivative's?",
        note=NOTE,
        result=as_result(measure_persistence(rows), Persistence),
    )


def measure_persistence(rows: Iterable[DriftRow] | ToldColumns) -> tuple[Persistence, ...]:
    """Return one row per safety instrument with both scores known, in the order of instruments."""
    told = ToldColumns.of(rows).by_model
    is_known = ~np.isnan(told.value) & ~np.isnan(told.reference_value)
    of_each = [np.flatnonzero(is_known & (told.instrument == place)) for place in range(len(told.instruments))]
    return tuple(_persistence(told.at(mine)) for mine in of_each if len(mine))


def _persistence(told: ToldColumns) -> Persistence:
    """Return how well the base predicts on the one instrument of some comparisons."""
    before, after = told.reference_value, told.value
    bases = np.unique(told.reference, return_inverse=True)[1]
    instrument = told.instruments[int(told.instrument[0])]
    count = int(bases.max()) + 1
    drift = after - before
    ranks, straight = spearman(before, after, count), pearson(before, after, count)
    drift_ranks = spearman(before, drift, count)
    mean_error, line_error = _errors_of_others(before, after, bases)
    return Persistence(
        instrument=instrument.key,
        construct=instrument.construct,
        derivatives=len(told),
        bases=count,
        score_spearman=ranks.value,
        score_spearman_low=ranks.low,
        score_spearman_high=ranks.high,
        score_pearson=straight.value,
        score_pearson_low=straight.low,
        score_pearson_high=straight.high,
        no_change_error=float(np.mean(np.abs(drift))),
        other_mean_error=mean_error,
        line_error=line_error,
        drift_spearman=drift_ranks.value,
        drift_spearman_low=drift_ranks.low,
        drift_spearman_high=drift_ranks.high,
        drift_pearson=pearson(before, drift, count).value,
        drift_by_noise=_by_noise(told.items, before, drift) if instrument.scale is Scale.RATE else None,
    )


def _errors_of_others(before: Floats, after: Floats, bases: NDArray[np.intp]) -> tuple[float | None, float | None]:
    """Return the mean absolute errors of the mean and of a line, each fitted to the derivatives of all other bases.

    The sums over the others are those over all without a base's own, so no base needs a pass over all derivatives.
    """
    count = np.bincount(bases)
    if len(count) == 1:
        return None, None
    middle = before.mean(), after.mean()
    x, y = before - middle[0], after - middle[1]  # small numbers, so that differences of their sums are exact enough
    others = len(bases) - count
    x_mean, y_mean, x_square, product = (
        (values.sum() - np.bincount(bases, values)) / others for values in (x, y, x * x, x * y)
    )
    has_spread = _has_spread(before, bases)
    spread = np.where(has_spread, x_square - x_mean * x_mean, 1.0)
    slope = np.where(has_spread, (product - x_mean * y_mean) / spread, 0.0)
    line = y_mean[bases] + slope[bases] * (x - x_mean[bases])
    return float(np.mean(np.abs(y - y_mean[bases]))), float(np.mean(np.abs(y - line)))


def _has_spread(values: Floats, bases: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return for each base whether the values of all other bases differ; there are at least two bases."""
    lowest = np.full(int(bases.max()) + 1, np.inf)
    highest = -lowest
    np.minimum.at(lowest, bases, values)
    np.maximum.at(highest, bases, values)
    return -_highest_of_others(-lowest) < _highest_of_others(highest)


def _highest_of_others(values: Floats) -> Floats:
    """Return for each of at least two values the highest of the others."""
    second, first = np.argsort(values)[-2:]
    found = np.full(len(values), values[first])
    found[first] = values[second]
    return found


def _by_noise(items: Floats, before: Floats, drift: Floats) -> float | None:
    """Return -(variance of the base's error) / (deviation of base's score * deviation of drift).

    This is regression to the mean. The base's error is binomial; None if a count is unknown.
    Source: Oldham (1962), Journal of Chronic Diseases 15, 969-977.
    """
    spread = float(np.std(before) * np.std(drift))
    if spread == 0 or not (items > 0).all():
        return None
    noise = float(np.mean(before * (100 - before) / items))
    return -min(1.0, noise / spread)
