"""Learn the steps from every score of the forest, not only from scored pairs: siblings of an unscored parent help too.

Pairs are few when scores are scattered: with 5,000 scores among 100,000 models, about a hundred had a scored parent. So
the estimate from pairs is only the start. Each round solves the forest, takes the posterior mean and variance of every
step e, and moves the mean and variance of every group to match; the variance by the fixed point sum of (e - mu)^2 =
tau^2 * sum of gamma, where gamma = 1 - variance of e / tau^2 is the share of a step that the scores determine (MacKay
1992; it converges to the same point as expectation maximisation, in fewer rounds). Groups are shrunk towards wider ones
as in `variances`, each step counting by its gamma.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.belief_forest import NO_STEP, above_scored
from lineage.prediction.belief_propagation import NodeMessages, Normal, gather, spread
from lineage.prediction.variances import (
    CEILING,
    FLOOR,
    HELD,
    LOOSENESS,
    PRIOR_DEVIATION,
    StepTable,
    estimate_root,
    estimate_steps,
    scored_pairs,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.belief_propagation import Posterior

ROUNDS: Final = 100
NEWTON_STEPS: Final = 30
"""Newton's steps each cover at least one unit of the logarithm until near; deviations span 14 units."""
SETTLED: Final = 1e-3
"""Rounds end when no group's variance changes by more than this fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of one round over the steps of each group, about the group's `mean`; RELATIONS rows, domains as columns.

    `gamma` counts the steps as far as scores determine them, `excess` sums e - mean, `squares` its square.
    """

    mean: Floats
    gamma: Floats
    excess: Floats
    squares: Floats

    def held(self, towards: Normal, axis: int | tuple[int, ...]) -> Normal:
        """Return mean and variance of groups joined along some axes (none: each group), shrunk towards a wider one."""
        count = self.gamma.sum(axis, keepdims=True) + HELD
        first = (self.gamma * self.mean + self.excess).sum(axis, keepdims=True)
        mean = (first + HELD * towards.mean) / count
        shift = self.mean - mean
        squares = self.squares + 2 * self.excess * shift + self.gamma * shift**2
        away = HELD * (mean - towards.mean) ** 2
        variance = _likeliest(squares.sum(axis, keepdims=True) + away, count - HELD, towards.variance)
        return Normal(mean=mean, variance=variance)


def learn_steps(forest: BeliefForest, own: NodeMessages, domain: NDArray[np.int64], domains: int) -> StepTable:
    """Estimate the steps by relation and domain; arguments and result as in `variances`, by position."""
    scored = own.precision > 0
    core = above_scored(forest, scored)
    at = forest.position[core.order]
    evidence = NodeMessages(precision=own.precision[at], information=own.information[at])
    domain = domain[at]
    table = estimate_steps(scored_pairs(core, evidence, domain), domains)
    if not scored.any():
        return table
    for _ in range(ROUNDS):
        steps = table.along(core, domain)
        below = gather(core, evidence, steps)
        posterior = spread(core, below, steps, estimate_root(core, below))
        taken = taken_steps(core, below, steps, posterior)
        moved = _moved(table, _sums(core, table, taken, steps, domain))
        is_settled = np.allclose(np.log(moved.variance), np.log(table.variance), atol=SETTLED, rtol=0)
        table = moved
        if is_settled:
            break
    return table


def taken_steps(forest: BeliefForest, below: NodeMessages, steps: Normal, posterior: Posterior) -> Normal:
    """Return mean and variance of the step above each node given all scores; without a step, those of the prior."""
    mean, variance = steps.mean.copy(), steps.variance.copy()
    hanging = np.flatnonzero(forest.parent >= 0)
    above = forest.parent[hanging]
    mean[hanging] = posterior.mean[hanging] - posterior.mean[above]
    shared = 2 * posterior.pull[hanging] * posterior.variance[above]
    variance[hanging] = posterior.variance[hanging] + posterior.variance[above] - shared
    merged = forest.merges.at[below.precision[forest.merges.at] > 0]
    keep, precision = posterior.pull[merged], below.precision[merged]
    start = (1 / keep - 1) / precision
    start_mean = posterior.mean[merged] / keep - start * below.information[merged]
    share = steps.variance[merged] / start
    mean[merged] += share * (posterior.mean[merged] - start_mean)
    variance[merged] -= share**2 * (start - posterior.variance[merged])
    return Normal(mean=mean, variance=variance)


def _sums(forest: BeliefForest, table: StepTable, taken: Normal, steps: Normal, domain: NDArray[np.int64]) -> Sums:
    at = np.flatnonzero(forest.relation != NO_STEP)
    excess = taken.mean[at] - steps.mean[at]
    gamma, first, second = (np.zeros(table.mean.shape) for _ in range(3))
    groups = (forest.relation[at], domain[at])
    np.add.at(gamma, groups, 1 - taken.variance[at] / steps.variance[at])
    np.add.at(first, groups, excess)
    np.add.at(second, groups, excess**2)
    return Sums(mean=table.mean, gamma=np.maximum(gamma, 0), excess=first, squares=second)


def _likeliest(squares: Floats, gamma: Floats, towards: Floats) -> Floats:
    """Solve squares / variance - gamma = 2 * log(variance / towards) / LOOSENESS^2 by Newton's method from below."""
    logs = np.full(np.broadcast_shapes(squares.shape, towards.shape), 2 * np.log(FLOOR))
    pull = 2 / LOOSENESS**2
    for _ in range(NEWTON_STEPS):
        seen = squares * np.exp(-logs)
        logs += (seen - gamma - pull * (logs - np.log(towards))) / (seen + pull)
        logs = np.clip(logs, 2 * np.log(FLOOR), 2 * np.log(CEILING))
    return np.asarray(np.exp(logs))


def _moved(table: StepTable, sums: Sums) -> StepTable:
    """Return the table after one round: all groups together, then each relation, then each domain within it."""
    everything = sums.held(Normal.of(0.0, PRIOR_DEVIATION**2), (0, 1))
    by_relation = sums.held(everything, 1)
    by_group = sums.held(by_relation, ())
    mean, variance = by_group.mean.copy(), by_group.variance.copy()
    mean[:, -1:], variance[:, -1:] = by_relation.mean, by_relation.variance
    return StepTable(mean=mean, variance=variance, pairs=table.pairs)
