"""The error of a mean over clusters: the closed form is that of the matrices it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.statistics.differences import mean_of_clusters, mean_of_items

SIZES = st.lists(st.integers(1, 9), min_size=2, max_size=12)


@given(SIZES, st.integers(0, 2**32 - 1))
def test_the_closed_form_is_that_of_the_matrices(sizes: list[int], seed: int) -> None:
    """Residuals are adjusted by (I - H)^(-1/2) in each cluster; degrees are those for the correlation found."""
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    difference = np.random.default_rng(seed).standard_normal(len(cluster))
    count = len(cluster)
    annihilator = np.eye(count) - np.full((count, count), 1 / count)
    residual = annihilator @ difference
    variance, columns = 0.0, []
    for number in range(len(sizes)):
        inside = cluster == number
        values, vectors = np.linalg.eigh(annihilator[np.ix_(inside, inside)])
        weights = vectors @ np.diag(values**-0.5) @ vectors.T @ np.full(inside.sum(), 1 / count)
        variance += float(weights @ residual[inside]) ** 2
        columns.append(annihilator[:, inside] @ weights)
    is_same = cluster[:, None] == cluster[None, :]
    is_pair = is_same & ~np.eye(count, dtype=bool)
    products = np.outer(residual, residual)
    alike = min(1.0, max(0.0, products[is_pair].mean() / (residual**2).mean())) if is_pair.any() else 0.0
    covariance = (1 - alike) * np.eye(count) + alike * is_same
    eigenvalues = np.linalg.eigvals(np.array(columns) @ covariance @ np.array(columns).T).real
    found = mean_of_clusters(difference, cluster)
    assert found.stderr == pytest.approx(variance**0.5)
    assert found.freedom == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
    assert found.freedom <= len(sizes) - 1 + 1e-9


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_clusters_of_one_are_items(items: int, seed: int) -> None:
    """Error, degrees of freedom and skew are those of independent items."""
    difference = np.random.default_rng(seed).standard_normal(items)
    one, other = mean_of_items(difference), mean_of_clusters(difference, np.arange(items))
    assert (one.value, one.units) == (other.value, other.units)
    assert [one.stderr, one.freedom, one.tail.skew] == pytest.approx([other.stderr, other.freedom, other.tail.skew])
