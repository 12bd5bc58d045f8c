"""The accuracy of predictions: every scored model is predicted from the others and compared with its score.

The models that somebody chose to score are not a random sample, so this measures predictions on models like those that
are scored. The variances were estimated with the left-out score included, so with few pairs the result is optimistic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.prediction.belief_propagation import leave_out
from lineage.statistics.rates import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.graph.graph import Graph
    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.belief_propagation import NodeMessages, Normal, Posterior

    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % Wilson (1927) interval; if the count is 0, the interval is 0 to 1 and the share nan."""

    hits: int
    count: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share; nan if the count is 0."""
        return self.hits / self.count if self.count else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Mean absolute errors over the same left-out models, in fractions of the range.

    The errors are those of the prediction, of "equal to the nearest scored ancestor" (None unless all of them have
    one), and of "the mean of all others on this instrument". All are nan if `count` is 0.
    """

    count: int
    prediction: float
    ancestor: float | None
    instrument_mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many scores lie within the model's own interval of level 1 - alpha, and the correction that follows.

    `inflation` is the factor by which such intervals are widened (see `inflation_of`); 1 leaves them unchanged.
    """

    within: Share
    inflation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionCheck:
    """The result of leaving each scored model out.

    Coverage is given over all scored models, over those with another scored relative, and over the rest, which only the
    root's prior predicts. `everywhere` compares errors on all scored models, `below_scored` on those with a scored
    ancestor.
    """

    coverage: Coverage
    informed: Coverage
    uninformed: Coverage
    everywhere: Errors
    below_scored: Errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Left-out models, one entry each: node, score, prediction without it, deviation of the difference, and relatives.

    `deviation` is the standard deviation of score minus prediction, measurement error included; `is_informed` says
    whether another score informs the model.
    """

    node: NDArray[np.int32]
    value: Floats
    prediction: Floats
    deviation: Floats
    is_informed: Mask


def leave_each_out(forest: BeliefForest, own: NodeMessages, posterior: Posterior, informed_without: Mask) -> Left:
    """Predict every scored model from the others."""
    at = np.flatnonzero(own.precision > 0)
    cavity: Normal = leave_out(own, posterior, at)
    return Left(
        node=forest.order[at],
        value=own.information[at] / own.precision[at],
        prediction=cavity.mean,
        deviation=np.sqrt(cavity.variance + 1 / own.precision[at]),
        is_informed=informed_without[at],
    )


def calibrate(graph: Graph, left: Left, alpha: float) -> PredictionCheck:
    """Compare left-out scores with their predictions at level 1 - alpha, and with two simple baselines."""
    error = np.abs(left.value - left.prediction)
    scaled = error / left.deviation
    ancestor = nearest_scored_above(graph, left.node)
    score_of = np.full(graph.size, np.nan)
    score_of[left.node] = left.value
    from_ancestor = np.where(ancestor >= 0, np.abs(left.value - score_of[ancestor]), np.nan)
    count = len(left.value)
    others = (left.value.sum() - left.value) / (count - 1) if count > 1 else left.value
    from_mean = np.abs(left.value - others)
    return PredictionCheck(
        coverage=cover(scaled, alpha),
        informed=cover(scaled[left.is_informed], alpha),
        uninformed=cover(scaled[~left.is_informed], alpha),
        everywhere=_errors(error, from_ancestor, from_mean, np.ones(count, dtype=bool)),
        below_scored=_errors(error, from_ancestor, from_mean, ancestor >= 0),
    )


def cover(scaled: Floats, alpha: float) -> Coverage:
    """Return the coverage of intervals of level 1 - alpha from left-out errors in standard deviations.

    If Wilson's interval of the coverage lies entirely below 1 - alpha, the inflation is the ceil((n + 1)(1 - alpha))-th
    smallest error divided by the normal one (the quantile of conformal prediction, Vovk et al. 2005), or the largest
    error if there are too few.
    """
    within = share_of(int((scaled <= normal_reach(alpha)).sum()), len(scaled))
    if not within.count or within.high >= 1 - alpha:
        return Coverage(within=within, inflation=1.0)
    rank = min(int(np.ceil((len(scaled) + 1) * (1 - alpha))), len(scaled))
    return Coverage(within=within, inflation=float(np.sort(scaled)[rank - 1]) / normal_reach(alpha))


def normal_reach(alpha: float) -> float:
    """Return how many standard deviations to each side contain 1 - alpha of a normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2))


def share_of(hits: int, count: int) -> Share:
    """Return a share with its 95 % interval; 0 to 1 if the count is 0."""
    if count == 0:
        return Share(hits=0, count=0, low=0.0, high=1.0)
    low, high = wilson(hits / count, count)
    return Share(hits=hits, count=count, low=float(low), high=float(high))


def nearest_scored_above(graph: Graph, scored: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the nearest scored ancestor of each of the scored nodes, -1 if there is none.

    All parents count; ties go to the edge with the lowest relation, then to the smallest number, as everywhere. On a
    cycle, a parent whose nearest scored model is the node itself offers none.
    """
    marked = np.zeros(graph.size, dtype=bool)
    marked[scored] = True
    source, distance = graph.nearest_marked(marked)
    edges, places = graph.upwards.expand(scored)
    above = graph.upwards.neighbours[edges]
    usable = (source[above] >= 0) & (source[above] != scored[places])
    edges, places, above = edges[usable], places[usable], above[usable]
    best = np.lexsort((source[above], graph.upwards.relations[edges], distance[above], places))
    _, first = np.unique(places[best], return_index=True)
    found = np.full(len(scored), -1, dtype=np.int32)
    found[places[best][first]] = source[above][best][first]
    return found


def _errors(prediction: Floats, ancestor: Floats, instrument_mean: Floats, chosen: Mask) -> Errors:
    count = int(chosen.sum())
    if count == 0:
        return Errors(count=0, prediction=float("nan"), ancestor=None, instrument_mean=float("nan"))
    from_ancestor = float(ancestor[chosen].mean())
    return Errors(
        count=count,
        prediction=float(prediction[chosen].mean()),
        ancestor=None if np.isnan(from_ancestor) else from_ancestor,
        instrument_mean=float(instrument_mean[chosen].mean()),
    )
