"""Exact inference on the forest in two passes: gather evidence upwards, then spread it downwards.

The model: a child is its parent plus a step, x_c = x_p + N(mu, v); a root is N(m, V); a measurement is x plus an error
of known variance. On a tree the two passes give the exact posterior of every node (Pearl 1988, belief propagation;
Felsenstein 1973 for Gaussian steps along a tree). All arrays are float64 in the forest's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.prediction.merges import weighted_parents

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMessages:
    """The evidence about each node: `precision` is the sum of 1 / variance, `information` the sum of value / variance.

    Both are 0 without evidence.
    """

    precision: Floats
    information: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A normal distribution, or an array of them: mean and variance."""

    mean: Floats
    variance: Floats

    @classmethod
    def of(cls, mean: float, variance: float) -> Self:
        """Return a single distribution."""
        return cls(mean=np.array(mean), variance=np.array(variance))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """The mean and variance of every node given all measurements, and its regression on its parent.

    `pull` is covariance / variance of the parent: the regression of a node on its parent, or of a merge on the weighted
    mean of its parents; 0 for a root.
    """

    mean: Floats
    variance: Floats
    pull: Floats


def measure(size: int, positions: NDArray[np.integer], values: Floats, variances: Floats) -> NodeMessages:
    """Return the evidence from some measurements; several of one node are combined by their precision.

    Raises ValueError unless every variance is positive and every number finite.
    """
    if not (np.isfinite(values).all() and np.isfinite(variances).all() and (variances > 0).all()):
        raise ValueError("values must be finite and their variances finite and above 0")
    precision, information = np.zeros(size), np.zeros(size)
    np.add.at(precision, positions, 1 / variances)
    np.add.at(information, positions, values / variances)
    return NodeMessages(precision=precision, information=information)


def gather(forest: BeliefForest, own: NodeMessages, steps: Normal) -> NodeMessages:
    """Return the evidence about each node from measurements at or below it, within its tree."""
    precision, information = own.precision.copy(), own.information.copy()
    for level in reversed(list(forest.levels())[1:]):
        known = np.flatnonzero((precision[level] > 0) & (forest.parent[level] >= 0)) + level.start
        above = forest.parent[known]
        kept = 1 / (1 + precision[known] * steps.variance[known])
        np.add.at(precision, above, kept * precision[known])
        np.add.at(information, above, kept * (information[known] - precision[known] * steps.mean[known]))
    return NodeMessages(precision=precision, information=information)


def spread(forest: BeliefForest, below: NodeMessages, steps: Normal, root: Normal) -> Posterior:
    """Return the posterior of every node from the result of `gather`; `root` is one distribution, or one per node."""
    mean, variance, pull = np.empty(forest.size), np.empty(forest.size), np.zeros(forest.size)
    root_mean, root_variance = (np.broadcast_to(part, (forest.size,)) for part in (root.mean, root.variance))
    for number, level in enumerate(forest.levels()):
        if number == 0:
            start = Normal(mean=root_mean[level], variance=root_variance[level])
            mean[level], variance[level], _ = _updated(start, below, level)
            continue
        above = forest.parent[level]
        step = steps.variance[level]
        keep = 1 / (1 + below.precision[level] * step)
        pull[level] = keep
        mean[level] = keep * (mean[above] + steps.mean[level] + step * below.information[level])
        variance[level] = step * keep + keep * keep * variance[above]
        which = forest.merges_within(level)
        if which.start < which.stop:
            at = forest.merges.at[which]
            means, variances = weighted_parents(forest, which, mean, variance, pull)
            start = Normal(mean=means + steps.mean[at], variance=variances + steps.variance[at])
            mean[at], variance[at], pull[at] = _updated(start, below, at)
    return Posterior(mean=mean, variance=variance, pull=pull)


def solve(forest: BeliefForest, own: NodeMessages, steps: Normal, root: Normal) -> Posterior:
    """Return the posterior of every node: `gather`, then `spread`."""
    return spread(forest, gather(forest, own, steps), steps, root)


def leave_out(own: NodeMessages, posterior: Posterior, at: NDArray[np.integer]) -> Normal:
    """Return the prediction for each of some measured nodes without its own measurements (its cavity).

    Exact without a second pass: the node's own evidence is divided out of the posterior, 1 / V' = 1 / V - precision.
    """
    left = 1 - own.precision[at] * posterior.variance[at]
    mean = (posterior.mean[at] - posterior.variance[at] * own.information[at]) / left
    return Normal(mean=mean, variance=posterior.variance[at] / left)


def informed(forest: BeliefForest, own: NodeMessages) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which nodes a measurement informs, first counting each node's own measurements, then without them.

    The second mask shows where `leave_out` rests on more than the root's prior.
    """
    measured = own.precision > 0
    counts = np.bincount(forest.tree[measured], minlength=forest.size)
    by_tree = counts > 0
    merges = forest.merges
    from_above = np.zeros(forest.size, dtype=bool)
    for level in forest.levels():
        which = forest.merges_within(level)
        if which.start < which.stop:
            edges = slice(merges.starts[which.start], merges.starts[which.stop])
            first = merges.starts[which] - merges.starts[which.start]
            at = merges.at[which]
            from_above[at] = np.logical_or.reduceat(by_tree[forest.tree[merges.parents[edges]]], first)
            by_tree[at] |= from_above[at]
    others = counts[forest.tree] - measured > 0
    return by_tree[forest.tree], others | from_above[forest.tree]


def value_of_information(
    forest: BeliefForest, posterior: Posterior, weights: Floats, measurement_variance: Floats
) -> Floats:
    """Return for every node how much measuring it would reduce the sum of weight * variance over all nodes.

    The gain of node j is the sum over i of w_i C_ij^2 / (V_j + t_j), where t_j is the variance of the measurement. On a
    tree the covariance C is V_j times the regressions along the path, so two passes give the gain exactly for all j.
    The effect on merges below is first-order and ignores what two parents share, and a merge does not inform its
    parents, as in `spread`: there the gain is a lower estimate.
    """
    squared = posterior.pull**2
    below = np.array(weights, dtype=np.float64)
    merges = forest.merges
    levels = list(forest.levels())
    for level in reversed(levels[1:]):
        which = forest.merges_within(level)
        edges = slice(merges.starts[which.start], merges.starts[which.stop])
        at = np.repeat(merges.at[which], np.diff(merges.starts[which.start : which.stop + 1]))
        np.add.at(below, merges.parents[edges], merges.weights[edges] ** 2 * squared[at] * below[at])
        hanging = np.flatnonzero(forest.parent[level] >= 0) + level.start
        np.add.at(below, forest.parent[hanging], squared[hanging] * below[hanging])
    beside = np.zeros(forest.size)
    for level in levels[1:]:
        hanging = np.flatnonzero(forest.parent[level] >= 0) + level.start
        above = forest.parent[hanging]
        upwards = squared[hanging] * (posterior.variance[above] / posterior.variance[hanging]) ** 2
        beside[hanging] = upwards * (below[above] - squared[hanging] * below[hanging] + beside[above])
    return posterior.variance**2 * (below + beside) / (posterior.variance + measurement_variance)


def _updated(start: Normal, below: NodeMessages, at: slice | NDArray[np.integer]) -> tuple[Floats, Floats, Floats]:
    """Return mean and variance of tree heads after the evidence below, and the remaining share of the start."""
    keep = 1 / (1 + below.precision[at] * start.variance)
    return keep * (start.mean + start.variance * below.information[at]), start.variance * keep, keep
