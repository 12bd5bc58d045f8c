"""The error of a mean over clusters: the closed form is that of the matrices it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.statistics.differences import mean_of_clusters, mean_of_items

SIZES = st.lists(st.integers(1, 9), min_size=2, max_size=12)


@given(SIZES, st.integers(0, 2**32 - 1))
def test_the_closed_form_is_bell_and_mccaffreys(sizes: list[int], seed: int) -> None:
    """Variance and degrees of freedom follow from residuals, adjusted by (I - H) to the power -1/2 in each cluster."""
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
    eigenvalues = np.linalg.eigvalsh(np.array(columns) @ np.array(columns).T)
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
