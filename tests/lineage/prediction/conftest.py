"""A dense twin of the forest: one system of all nodes, merges speaking in both directions; slow, exact, short."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest

if TYPE_CHECKING:
    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.belief_propagation import NodeMessages, Normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """Mean of every node, and the covariance of every two, by position."""

    mean: Floats
    covariance: Floats

    @property
    def variance(self) -> Floats:
        """The variance of every node."""
        return np.diag(self.covariance)


@pytest.fixture(scope="session", autouse=True)
def _imported() -> None:
    """Import what is imported late, so that no single drawn example pays for it."""
    for name in ("scipy.optimize", "scipy.sparse.csgraph", "scipy.special", "scipy.stats"):
        import_module(name)


class DenseSolver(Protocol):
    """What the fixture `solve_densely` gives."""

    def __call__(self, forest: BeliefForest, own: NodeMessages, steps: Normal, root: Normal) -> Dense:
        """Solve a forest."""


@pytest.fixture(name="solve_densely", scope="session")
def fixture_solve_densely() -> DenseSolver:
    """Give a function that inverts the precision of all nodes at once."""
    return solve


def solve(forest: BeliefForest, own: NodeMessages, steps: Normal, root: Normal) -> Dense:
    """Add one factor a node: the weighted mean of its parents plus a step, or the root's prior."""
    size = forest.size
    precision, information = np.diag(own.precision), own.information.copy()
    for at in range(size):
        row = np.zeros(size)
        row[at] = 1.0
        mean, variance = float(root.mean), float(root.variance)
        parents, weights = parents_of(forest, at)
        if parents:
            row[parents] -= weights
            mean, variance = steps.mean[at], steps.variance[at]
        precision = precision + np.outer(row, row) / variance
        information = information + row * mean / variance
    covariance: Floats = np.linalg.inv(precision).astype(np.float64)
    return Dense(mean=covariance @ information, covariance=covariance)


def parents_of(forest: BeliefForest, at: int) -> tuple[list[int], list[float]]:
    """Return the positions of the parents of a position, and their weights."""
    merge = np.flatnonzero(forest.merges.at == at)
    if len(merge):
        edges = slice(forest.merges.starts[merge[0]], forest.merges.starts[merge[0] + 1])
        return forest.merges.parents[edges].tolist(), forest.merges.weights[edges].tolist()
    return ([], []) if forest.parent[at] < 0 else ([int(forest.parent[at])], [1.0])
