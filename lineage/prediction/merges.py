"""The starting point of a merge: the weighted mean of its parents, and the variance of that mean.

The variance is sum of w^2 V plus twice the sum of w w' C over pairs of parents. The covariance C of two parents in one
tree is exact: siblings share the uncertainty about their base, and ignoring it would make the result look too certain.
Parents in different trees count as independent, which holds unless one of the trees begins at a merge of a relative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats

    Integers = NDArray[np.int64]


def weighted_parents(
    forest: BeliefForest, which: slice, mean: Floats, variance: Floats, pull: Floats
) -> tuple[Floats, Floats]:
    """Return mean and variance of the weighted mean of the parents of some merges; all the parents are already solved.

    `mean`, `variance` and `pull` are those of a `Posterior`; only the entries above the merges are read.
    """
    merges = forest.merges
    edges = slice(merges.starts[which.start], merges.starts[which.stop])
    parents, weights = merges.parents[edges].astype(np.int64), merges.weights[edges]
    count = which.stop - which.start
    rows = np.repeat(np.arange(count), np.diff(merges.starts[which.start : which.stop + 1]))
    means = np.bincount(rows, weights * mean[parents], minlength=count).astype(np.float64)
    return means, _variance_of_sums(forest, (rows, parents, weights), (variance, pull), count)


def _variance_of_sums(
    forest: BeliefForest, terms: tuple[Integers, Integers, Floats], solved: tuple[Floats, Floats], count: int
) -> Floats:
    """Return the variances of `count` sums of `coefficient * x`, given as terms (row, position, coefficient).

    In each tree the deepest terms are replaced by their regression on the parent, x = pull * parent + rest, where the
    rest has a known variance and is independent of everything above, until one term remains. The work grows with the
    length of the paths from the terms to their common ancestor.
    """
    variance, pull = solved
    total = np.zeros(count)
    rows, positions, coefficients = _joined(forest, *terms)
    while len(rows):
        trees = forest.tree[positions]
        starts = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (trees[1:] != trees[:-1])])
        lengths = np.diff(np.r_[starts, len(rows)])
        lone = np.repeat(lengths == 1, lengths)
        total += np.bincount(rows[lone], coefficients[lone] ** 2 * variance[positions[lone]], minlength=count)
        level = np.searchsorted(forest.bounds, positions, side="right")
        steps = (level == np.repeat(np.maximum.reduceat(level, starts), lengths)) & ~lone
        lower, upper = positions[steps], forest.parent[positions[steps]]
        rest = variance[lower] - pull[lower] ** 2 * variance[upper]
        total += np.bincount(rows[steps], coefficients[steps] ** 2 * rest, minlength=count)
        coefficients[steps] *= pull[lower]
        positions[steps] = upper
        rows, positions, coefficients = _joined(forest, rows[~lone], positions[~lone], coefficients[~lone])
    return total


def _joined(
    forest: BeliefForest, rows: Integers, positions: Integers, coefficients: Floats
) -> tuple[Integers, Integers, Floats]:
    """Add up the terms with the same row and position, and sort them by row, tree and position."""
    order = np.lexsort((positions, forest.tree[positions], rows))
    rows, positions, coefficients = rows[order], positions[order], coefficients[order]
    if not len(rows):
        return rows, positions, coefficients
    first = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (positions[1:] != positions[:-1])])
    return rows[first], positions[first], np.add.reduceat(coefficients, first)
