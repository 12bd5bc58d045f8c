"""The mean of items and its standard error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lineage.scores.standard_error import mean_and_error

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=40)


@given(values=VALUES)
def test_the_error_is_scipys(values: list[float]) -> None:
    """Without clusters the standard error of the mean is what scipy gives."""
    mean, error = mean_and_error(np.array(values))
    assert mean == pytest.approx(sum(values) / len(values))
    assert error == pytest.approx(float(stats.sem(values)), abs=1e-12)


@given(values=VALUES)
def test_clusters_of_one_change_little(values: list[float]) -> None:
    """Items that each stand alone in a cluster give the plain error but for the factor that n makes of n - 1."""
    count = len(values)
    _, plain = mean_and_error(np.array(values))
    _, clustered = mean_and_error(np.array(values), [str(number) for number in range(count)])
    assert plain is not None
    assert clustered == pytest.approx(plain * np.sqrt((count - 1) / count), abs=1e-12)


@given(values=VALUES, copies=st.integers(2, 5))
def test_copies_in_a_cluster_add_no_knowledge(values: list[float], copies: int) -> None:
    """Items that repeat each other within their cluster leave the error as it was with one of them."""
    names = [str(number) for number in range(len(values))]
    _, single = mean_and_error(np.array(values), names)
    _, repeated = mean_and_error(np.array(values * copies), names * copies)
    assert repeated == pytest.approx(single, abs=1e-12)


def test_one_item_or_one_cluster_has_no_error() -> None:
    """What cannot be estimated is None."""
    assert mean_and_error(np.array([1.0])) == (1.0, None)
    assert mean_and_error(np.array([0.0, 1.0]), ["a", "a"]) == (0.5, None)
