"""The false discovery rate of a family, and of many in one pass: what scipy says of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from lineage.statistics.multiplicity import q_values

P = st.one_of(st.just(float("nan")), st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0, 1e-300]))
TESTS = st.lists(st.tuples(P, st.sampled_from([-3, 0, 1, 70_000, 2**40])), min_size=1, max_size=80)


def test_the_example_of_1995() -> None:
    """The fifteen p-values of Benjamini and Hochberg: four are below 0.05."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p_values += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert (q_values(p_values) <= 0.05).sum() == 4
    assert q_values(p_values)[3] == pytest.approx(0.0095 * 15 / 4)


@given(TESTS)
def test_every_group_is_what_scipy_says(tests: list[tuple[float, int]]) -> None:
    """Unknown p stay unknown and do not count; q is scipy's for each group alone, and for all as one family."""
    p_values, group = np.array([p for p, _ in tests]), np.array([number for _, number in tests])
    found, whole = q_values(p_values, group), q_values(p_values)
    is_known = ~np.isnan(p_values)
    assert np.isnan(found[~is_known]).all()
    for number in set(group[is_known].tolist()):
        chosen = is_known & (group == number)
        np.testing.assert_array_equal(found[chosen], false_discovery_control(p_values[chosen]))
    if is_known.any():
        np.testing.assert_array_equal(whole[is_known], false_discovery_control(p_values[is_known]))


@given(TESTS)
def test_q_is_no_smaller_than_p_and_keeps_its_order(tests: list[tuple[float, int]]) -> None:
    """A smaller p never has the larger q."""
    p_values = np.array([p for p, _ in tests])
    found = q_values(p_values)
    order = np.argsort(p_values[~np.isnan(p_values)])
    assert (np.diff(found[~np.isnan(p_values)][order]) >= 0).all()
    assert (found >= p_values)[~np.isnan(p_values)].all()


def test_nothing_tested_is_nothing_adjusted() -> None:
    """Without any p, nothing is known, with groups and without."""
    assert np.isnan(q_values([np.nan, np.nan], [1, 2])).all()
    assert len(q_values([])) == 0
