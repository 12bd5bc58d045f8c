"""The exact answers to compare predictions with: one linear system of all nodes, merges in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from lineage.prediction.predict import Model

    Floats = NDArray[np.float64]


def system_of(model: Model) -> tuple[csc_array, Floats]:
    """Return precision matrix and information vector of all nodes, by position."""
    from scipy.sparse import coo_array, diags_array

    forest, merges = model.forest, model.forest.merges
    hanging = np.flatnonzero(forest.parent >= 0)
    owner = np.repeat(merges.at, np.diff(merges.starts))
    rows = np.r_[np.arange(forest.size), hanging, owner]
    columns = np.r_[np.arange(forest.size), forest.parent[hanging], merges.parents]
    entries = np.r_[np.ones(forest.size), -np.ones(len(hanging)), -merges.weights]
    factors = coo_array((entries, (rows, columns)), shape=(forest.size, forest.size)).tocsr()
    is_root = (forest.parent < 0) & ~np.isin(np.arange(forest.size), merges.at)
    mean = np.where(is_root, model.root.mean, model.steps.mean)
    precision = 1 / np.where(is_root, model.root.variance, model.steps.variance)
    matrix = factors.T @ diags_array(precision) @ factors + diags_array(model.own.precision)
    return matrix.tocsc(), factors.T @ (precision * mean) + model.own.information


def solve_densely(model: Model) -> tuple[Floats, Floats]:
    """Return mean and variance of every node by inverting the whole matrix."""
    matrix, information = system_of(model)
    covariance = np.linalg.inv(matrix.toarray())
    return covariance @ information, np.diag(covariance)
