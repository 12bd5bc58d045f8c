"""Estimate how far a step moves, by relation and domain, and where roots lie, from the available scores.

A scored child of a scored parent differs from it by d ~ N(mu, tau^2 + its errors), the random-effects model of
meta-analysis; mu and tau^2 are found by restricted maximum likelihood (Patterson & Thompson 1971; Viechtbauer 2005).
Every group is shrunk towards a wider one: relation and domain towards the relation, a relation towards all pairs, all
pairs towards 0 and PRIOR_DEVIATION. The mean is shrunk as if by HELD extra pairs; the logarithm of the variance by a
normal prior of deviation LOOSENESS around that of the wider group, which dominates with few pairs and yields to many. A
group without pairs gets the values of the wider one; without any pairs the prior decides, which is weak on purpose: 5
points.

Errors of child and parent are treated as independent. Scores on the same items share part of them, so in a group that
moves less than the errors, such as quantized copies, the variance is a little too small and the parent's error counts
once more for the child: the two effects oppose each other, and leaving scores out shows what remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.belief_forest import NO_STEP
from lineage.prediction.belief_propagation import Normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.belief_propagation import NodeMessages

RELATIONS: Final = 8
"""The number of relation orders that a graph can hold."""
HELD: Final = 4.0
"""The number of pairs that the wider group's mean counts as."""
LOOSENESS: Final = 1.5
"""Deviation of the logarithm of a group's variance around the wider one's: a factor of 2 in the standard deviation."""
PRIOR_DEVIATION: Final = 0.05
"""Standard deviation of a step without any evidence, as a fraction of the instrument's range."""
FLOOR: Final = 0.001
"""The smallest standard deviation of a step: a tenth of a point, so that no relative counts as the model itself."""
CEILING: Final = 1.0
ROOT_MEAN: Final = 0.5
ROOT_DEVIATION: Final = 0.25
ROOTS_HELD: Final = 1.0
"""The prior of roots, and the number of roots that its mean counts as: anywhere in the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeDifferences:
    """Scored children of scored parents, one entry each: `difference` is child minus parent, `error` its variance.

    The parent of a merge is the weighted mean of its parents, all of which are scored. `relation` is uint8 and `domain`
    int64, both of the child.
    """

    difference: Floats
    error: Floats
    relation: NDArray[np.uint8]
    domain: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTable:
    """Mean and variance of steps in fractions of the range, and the pairs behind them: RELATIONS rows, domain columns.

    The last column is for models without a domain; it holds the estimate of the relation as a whole.
    """

    mean: Floats
    variance: Floats
    pairs: NDArray[np.int64]

    def along(self, forest: BeliefForest, domain: NDArray[np.int64]) -> Normal:
        """Return the step above each position of a forest; roots have none and get 0 and FLOOR squared."""
        below = forest.relation != NO_STEP
        relation = np.where(below, forest.relation, 0)
        return Normal(
            mean=np.where(below, self.mean[relation, domain], 0.0),
            variance=np.where(below, self.variance[relation, domain], FLOOR**2),
        )


def scored_pairs(forest: BeliefForest, own: NodeMessages, domain: NDArray[np.int64]) -> EdgeDifferences:
    """Return the scored pairs of a forest; a merge counts if all its parents are scored."""
    scored = own.precision > 0
    value = np.divide(own.information, own.precision, out=np.zeros(forest.size), where=scored)
    error = np.divide(1.0, own.precision, out=np.zeros(forest.size), where=scored)
    single = np.flatnonzero(scored & (forest.parent >= 0) & scored[forest.parent])
    above = forest.parent[single]
    merges = forest.merges
    rows = np.repeat(np.arange(len(merges.at)), np.diff(merges.starts))
    known = np.bincount(rows, scored[merges.parents], minlength=len(merges.at)) == np.diff(merges.starts)
    full = np.flatnonzero(known & scored[merges.at])
    means = np.bincount(rows, merges.weights * value[merges.parents], minlength=len(merges.at))[full]
    errors = np.bincount(rows, merges.weights**2 * error[merges.parents], minlength=len(merges.at))[full]
    at = np.concatenate([single, merges.at[full]])
    return EdgeDifferences(
        difference=value[at] - np.concatenate([value[above], means]),
        error=error[at] + np.concatenate([error[above], errors]),
        relation=forest.relation[at],
        domain=domain[at],
    )


def estimate_steps(pairs: EdgeDifferences, domains: int) -> StepTable:
    """Estimate the steps by relation and domain; `domains` is their number, including the last one for no domain."""
    start = Normal.of(0.0, PRIOR_DEVIATION**2)
    everything = fit(pairs.difference, pairs.error, start, HELD)
    mean = np.empty((RELATIONS, domains))
    variance = np.empty((RELATIONS, domains))
    counts = np.zeros((RELATIONS, domains), dtype=np.int64)
    np.add.at(counts, (pairs.relation, pairs.domain), 1)
    for relation in range(RELATIONS):
        of_relation = pairs.relation == relation
        wider = fit(pairs.difference[of_relation], pairs.error[of_relation], everything, HELD)
        for domain in range(domains):
            chosen = of_relation & (pairs.domain == domain)
            is_whole = domain == domains - 1
            found = wider if is_whole else fit(pairs.difference[chosen], pairs.error[chosen], wider, HELD)
            mean[relation, domain], variance[relation, domain] = found.mean, found.variance
    return StepTable(mean=mean, variance=variance, pairs=counts)


def estimate_root(forest: BeliefForest, below: NodeMessages) -> Normal:
    """Estimate where roots lie from the evidence that `gather` found below them; each tree counts as one root.

    A tree's evidence is its root plus an error of variance 1 / precision, drift along the tree included, so this is the
    likelihood of the scores themselves. Trees that begin at a merge are excluded.
    """
    is_root = (forest.relation == NO_STEP) & (below.precision > 0)
    precision = below.precision[is_root]
    start = Normal.of(ROOT_MEAN, ROOT_DEVIATION**2)
    return fit(below.information[is_root] / precision, 1 / precision, start, ROOTS_HELD)


def fit(values: Floats, errors: Floats, towards: Normal, held: float) -> Normal:
    """Estimate mean and variance beyond known error variances, shrunk towards a given mean and variance.

    Minimises the restricted likelihood of N(mean, variance + errors) over the variance, with the best mean for each;
    `held` is the number of values that the given mean counts as. The deviation stays between FLOOR and CEILING.
    """
    if not len(values):
        return towards
    from scipy.optimize import minimize_scalar

    def loss(log_variance: float) -> float:
        variance = np.exp(log_variance)
        mean, precision = _best_mean(values, errors, variance, (towards, held))
        spread = variance + errors
        seen = float(np.sum(np.log(spread) + (values - mean) ** 2 / spread))
        away = held * (mean - towards.mean) ** 2 / variance
        looser = ((log_variance - np.log(towards.variance)) / LOOSENESS) ** 2
        return float(seen + away + looser + log_variance + np.log(precision))

    limits = (2 * np.log(FLOOR), 2 * np.log(CEILING))
    variance = np.exp(minimize_scalar(loss, bounds=limits, method="bounded", options={"xatol": 1e-8}).x)
    mean, _ = _best_mean(values, errors, variance, (towards, held))
    return Normal.of(mean, float(variance))


def _best_mean(values: Floats, errors: Floats, variance: float, prior: tuple[Normal, float]) -> tuple[float, float]:
    """Return the mean weighted by precision, including the value it is shrunk towards, and the total precision."""
    towards, held = prior
    weights = 1 / (variance + errors)
    precision = float(weights.sum() + held / variance)
    total = (weights * values).sum()  # a dot product would wake threads that cost more than they add
    return float((total + held * towards.mean / variance) / precision), precision
