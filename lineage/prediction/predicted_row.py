"""Predictions for unscored models as rows, in the range of the instrument; they are not scores."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.output.result import Result, in_points, known
from lineage.prediction.predict import Observations, fit_prediction, predict_part
from lineage.statistics.rates import rate_variance
from lineage.vocabulary import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.graph.graph import Graph
    from lineage.prediction.belief_forest import BeliefForest
    from lineage.prediction.predict import FittedPrediction, Predictions
    from lineage.prediction.weight_steps import WeightCheck

PREDICTED: Final = "predicted"
LEVEL: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedRow:
    """The prediction for one model on one instrument, in the instrument's range.

    `mean` and `standard_deviation` describe the model's true score; `low` to `high` contains it with probability 0.9.
    `mean`, `low` and `high` are clipped to the range. `is_informed` is False if no relative is scored, `by_weights`
    True if it rests on how the model's weights moved too.
    """

    model: str
    instrument: str
    name: str
    state: str
    mean: float
    standard_deviation: float
    low: float
    high: float
    is_informed: bool
    by_weights: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """The accuracy of predictions on one instrument, measured by leaving each scored model out in turn.

    `covered` of `models` scores lay in their 90 % interval (`coverage`, with Wilson's interval) before the intervals
    were widened by `inflation`. Errors are mean absolute errors in points of the range over the `compared` models that
    have a scored ancestor: of the prediction, of "equal to the nearest scored ancestor" and of "the mean of all
    others"; None if there is no such model.
    """

    instrument: str
    name: str
    models: int
    covered: int
    coverage: float | None
    coverage_low: float | None
    coverage_high: float | None
    inflation: float
    compared: int
    error: float | None
    error_of_ancestor: float | None
    error_of_mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightCheckRow:
    """How well weights told drift on one instrument, with each family or each method left out in turn.

    `models` scored models in `groups` families or methods were compared. Errors are mean absolute errors in points, of
    models and then of groups: of what weights tell, of "no change" and of the mean of the family's other members.
    `gain_over_...` are lower limits of how much smaller the first is, for the four such limits of an instrument
    together at 95 %; None with fewer than three groups. `is_used` is the same for both rows of an instrument: weights
    are used where all four limits are above 0.
    """

    instrument: str
    name: str
    left_out: str
    groups: int
    models: int
    error: float | None
    error_of_no_change: float | None
    error_of_family_mean: float | None
    gain_over_no_change: float | None
    gain_over_family_mean: float | None
    is_used: bool


def observe(current: CurrentScores, slot: int) -> Observations:
    """Return the usable scores of a slot that have a standard error, as observations.

    A rate with a known number of items gets its error from them; other scores need their own standard error.
    """
    rate_error = np.sqrt(rate_variance(current.value, np.where(current.items > 0, current.items, np.nan)))
    error = np.where(current.is_rate & (current.items > 0), rate_error, current.stderr)
    chosen = (current.slot == slot) & current.is_usable & np.isfinite(error)
    return Observations(node=current.node[chosen], value=np.clip(current.value[chosen], 0, 1), stderr=error[chosen])


def predicted_rows(found: Predictions, measured: StoredIdentity, id_of: Callable[[int], str]) -> Iterable[PredictedRow]:
    """Yield one row per prediction, converted back to the range of the instrument."""
    columns = (
        *(found.node, found.mean, found.standard_deviation, found.low, found.high),
        *(found.is_informed, found.is_by_weights),
    )
    for node, mean, deviation, low, high, is_informed, by_weights in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        ends = sorted(_in_range(measured, share) for share in (low, high))
        yield PredictedRow(
            model=id_of(node),
            instrument=measured.key,
            name=measured.instrument.name,
            state=PREDICTED,
            mean=_in_range(measured, mean),
            standard_deviation=deviation * measured.instrument.span,
            low=ends[0],
            high=ends[1],
            is_informed=is_informed,
            by_weights=by_weights,
        )


def calibration_row(found: Predictions, measured: StoredIdentity) -> CalibrationRow | None:
    """Return the accuracy of predictions on the scored models; None if nothing is scored."""
    calibration = found.calibration
    if calibration is None:
        return None
    within, errors = calibration.coverage.within, calibration.below_scored
    return CalibrationRow(
        instrument=measured.key,
        name=measured.instrument.name,
        models=within.count,
        covered=within.hits,
        coverage=known(within.share),
        coverage_low=known(within.low),
        coverage_high=known(within.high),
        inflation=calibration.informed.inflation,
        compared=errors.count,
        error=in_points(errors.prediction),
        error_of_ancestor=in_points(errors.ancestor),
        error_of_mean=in_points(errors.instrument_mean),
    )


def weight_check_rows(check: WeightCheck, measured: StoredIdentity) -> Iterable[WeightCheckRow]:
    """Yield one row for each way of leaving out."""
    for one in check.left_out:
        yield WeightCheckRow(
            instrument=measured.key,
            name=measured.instrument.name,
            left_out=one.by,
            groups=one.groups,
            models=check.models,
            error=in_points(one.error),
            error_of_no_change=in_points(one.error_of_no_change),
            error_of_family_mean=in_points(one.error_of_family_mean),
            gain_over_no_change=in_points(one.gain_over_no_change),
            gain_over_family_mean=in_points(one.gain_over_family_mean),
            is_used=check.is_better,
        )


def predict_slot(
    graph: Graph,
    observations: Observations,
    nodes: NDArray[np.int32],
    domains: NDArray[np.int64],
    fitted: FittedPrediction,
    forest: BeliefForest,
) -> Predictions:
    """Predict nodes without a score in a slot from those with one; `domains` has one entry per node, -1 for none.

    `graph` and `observations` are those of some whole components, `fitted` is what `fit_slot` learnt from all.
    """
    return predict_part(graph, observations, fitted, groups=domains, alpha=1 - LEVEL, nodes=nodes, forest=forest)


def fit_slot(
    graph: Graph, observations: Observations, domains: NDArray[np.int64], forest: BeliefForest
) -> FittedPrediction:
    """Fit the predictions of a slot to the whole graph; the arguments are those of `predict_slot`."""
    return fit_prediction(graph, observations, groups=domains, alpha=1 - LEVEL, forest=forest)


def as_result(rows: Iterable[PredictedRow] | Iterable[CalibrationRow] | Iterable[WeightCheckRow], kind: type) -> Result:
    """Return rows of one kind as a result."""
    names = tuple(one.name for one in fields(kind))
    return Result(columns=names, rows=tuple(tuple(getattr(row, name) for name in names) for row in rows))


def _in_range(measured: StoredIdentity, share: float) -> float:
    """Convert a share of risk to a value of the instrument, clipped to its range."""
    instrument, kept = measured.instrument, min(max(share, 0.0), 1.0)
    if instrument.direction is Direction.LOWER_IS_SAFER:
        return instrument.low + kept * instrument.span
    return instrument.high - kept * instrument.span
