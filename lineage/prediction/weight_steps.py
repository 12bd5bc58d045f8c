"""Steps that weights tell: how far a model's score moved from its parent's, by how its weights moved.

What is learnt is a line through zero: no change of weights, no drift. Whether it may be used is judged first, with each
family left out in turn and with each method left out in turn. Both times it must beat "no change" and "the mean of the
family's other members" beyond chance; else it is withheld, and predictions are as they would be without weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lineage.prediction.variances import FLOOR
from lineage.statistics.defaults import ALPHA
from lineage.statistics.group_means import mean_of_others
from lineage.statistics.ridge import learn_slopes, predict_left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.belief_propagation import NodeMessages, Normal

    Groups = NDArray[np.intp]

LeftOutKind: TypeAlias = Literal["family", "method"]
LEAST_GROUPS: Final = 3
"""The fewest families, and methods, without which nothing is judged, and so nothing told."""
_COMPARISONS: Final = 4
"""Two ways to leave out, two guesses to beat: each interval is of a quarter of alpha (Bonferroni)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightFeatures:
    """What weights tell of some models and their parents, one row each.

    `node` is int32 and ascends; `values` is float64 (nodes, features), each 0 where nothing moved; `method` (intp) is
    equal for models that were made alike.
    """

    node: NDArray[np.int32]
    values: Floats
    method: Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How the line did on groups that it had not seen: mean absolute errors of models, then of groups, as shares.

    `gain_over_...` are lower limits of how much smaller its error is than that of the guess, Student's t over groups,
    of 95 % for the four such limits of an instrument together. All are None with fewer than three groups.
    """

    by: LeftOutKind
    groups: int
    error: float | None = None
    error_of_no_change: float | None = None
    error_of_family_mean: float | None = None
    gain_over_no_change: float | None = None
    gain_over_family_mean: float | None = None

    @property
    def is_better(self) -> bool:
        """Whether it beats both guesses beyond chance."""
        gains = (self.gain_over_no_change, self.gain_over_family_mean)
        return all(gain is not None and gain > 0 for gain in gains)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightCheck:
    """Whether weights tell the drift of models that were not seen; `models` is how many scored ones were compared."""

    models: int
    left_out: tuple[LeftOut, ...]

    @property
    def is_better(self) -> bool:
        """Whether weights may be used."""
        return bool(self.left_out) and all(one.is_better for one in self.left_out)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightRule:
    """The line that was learnt: slopes float64 (features,), and the variance of a step about what it tells."""

    slopes: Floats
    variance: float
    check: WeightCheck


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredMoves:
    """Scored models with a scored parent whose weights were read: `place` is that of each in the features.

    `difference` is child minus parent and `error` its variance, as shares of the range.
    """

    place: NDArray[np.intp]
    difference: Floats
    error: Floats
    family: Groups


def scored_moves(forest: BeliefForest, own: NodeMessages, features: WeightFeatures) -> ScoredMoves:
    """Return which of the models with features are scored, and so are their only parents."""
    at = forest.position[features.node]
    above = forest.parent[at]
    place = np.flatnonzero((above >= 0) & (own.precision[at] > 0) & (own.precision[np.maximum(above, 0)] > 0))
    child, parent = at[place], above[place]
    values = [own.information[side] / own.precision[side] for side in (child, parent)]
    return ScoredMoves(
        place=place,
        difference=values[0] - values[1],
        error=1 / own.precision[child] + 1 / own.precision[parent],
        family=forest.tree[child].astype(np.intp),
    )


def learn_rule(features: WeightFeatures, moves: ScoredMoves) -> tuple[WeightRule, Floats]:
    """Learn the line and judge it; also returns what it tells of each scored model without its family.

    With too few families or methods the slopes are 0 and nothing is judged.
    """
    values, difference = features.values[moves.place], moves.difference
    family, method = (_numbered(groups) for groups in (moves.family, features.method[moves.place]))
    counts = {"family": _count(family), "method": _count(method)}
    if min(counts.values()) < LEAST_GROUPS:
        left_out = (LeftOut(by="family", groups=counts["family"]), LeftOut(by="method", groups=counts["method"]))
        check = WeightCheck(models=len(difference), left_out=left_out)
        return WeightRule(slopes=np.zeros(values.shape[1]), variance=FLOOR**2, check=check), np.zeros(len(difference))
    unseen = {name: _unseen(values, difference, groups) for name, groups in (("family", family), ("method", method))}
    spread = float(np.mean((difference - unseen["family"]) ** 2 - moves.error))
    check = WeightCheck(
        models=len(difference),
        left_out=(
            _judge("family", difference, unseen["family"], family, np.arange(len(family)), family),
            _judge("method", difference, unseen["method"], method, method, family),
        ),
    )
    slopes = learn_slopes(*_mirrored(values, difference, family))
    return WeightRule(slopes=slopes, variance=max(spread, FLOOR**2), check=check), unseen["family"]


def tell_steps(forest: BeliefForest, steps: Normal, features: WeightFeatures, rule: WeightRule) -> Normal:
    """Return the steps along a forest, those of models with features as the line tells them."""
    at = forest.position[features.node]
    has_parent = forest.parent[at] >= 0
    mean, variance = steps.mean.copy(), steps.variance.copy()
    mean[at[has_parent]] = (features.values @ rule.slopes)[has_parent]
    variance[at[has_parent]] = rule.variance
    return type(steps)(mean=mean, variance=variance)


def _unseen(values: Floats, difference: Floats, groups: Groups) -> Floats:
    """Return what the line that was learnt from all other groups tells of each model."""
    return predict_left_out(*_mirrored(values, difference, groups))[: len(difference)]


def _mirrored(values: Floats, difference: Floats, groups: Groups) -> tuple[Floats, Floats, Floats, Groups]:
    """Return each model twice, once with all signs turned, so that a line with an intercept goes through zero."""
    return (
        np.concatenate([values, -values]),
        np.concatenate([difference, -difference]),
        np.ones(2 * len(difference)),
        np.concatenate([groups, groups]),
    )


def _judge(
    by: LeftOutKind, difference: Floats, told: Floats, groups: Groups, hidden: Groups, family: Groups
) -> LeftOut:
    """Compare errors by group; the family's mean is over its members that do not share the model's `hidden` number."""
    from scipy.stats import t as student

    ones, everywhere = np.ones(len(difference)), np.zeros(len(difference), dtype=np.intp)
    others = mean_of_others(difference, ones, everywhere, hidden, np.zeros(len(difference)))
    mean = mean_of_others(difference, ones, family, hidden, others)
    errors = [_by_group(np.abs(difference - guess), groups) for guess in (told, np.zeros(len(difference)), mean)]
    reach = student.ppf(1 - ALPHA / _COMPARISONS / 2, len(errors[0]) - 1) / len(errors[0]) ** 0.5
    gains = [float((guess - errors[0]).mean() - reach * (guess - errors[0]).std(ddof=1)) for guess in errors[1:]]
    return LeftOut(
        by=by,
        groups=len(errors[0]),
        error=float(errors[0].mean()),
        error_of_no_change=float(errors[1].mean()),
        error_of_family_mean=float(errors[2].mean()),
        gain_over_no_change=gains[0],
        gain_over_family_mean=gains[1],
    )


def _by_group(errors: Floats, groups: Groups) -> Floats:
    means: Floats = np.bincount(groups, errors) / np.bincount(groups)
    return means


def _count(groups: Groups) -> int:
    return int(groups.max(initial=-1)) + 1


def _numbered(groups: Groups) -> Groups:
    return np.unique(groups, return_inverse=True)[1].astype(np.intp)
