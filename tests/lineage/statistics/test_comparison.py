"""What follows from a standard error: t and normal, equivalence by hand, unknown errors, both kinds of record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from lineage.statistics.comparison import FIELDS, Tail, from_stderr, gather, pick
from lineage.statistics.differences import compare_mean, mean_of_items


def test_t_and_normal_are_scipys() -> None:
    """Finite degrees take t, infinite ones the normal distribution, side by side in one call."""
    found = from_stderr([0.02, 0.02], 0.01, count=[10, 10], freedom=[9, np.inf])
    assert found.p_value == pytest.approx([2 * t.sf(2, 9), 2 * norm.sf(2)])
    assert found.ci_high == pytest.approx([0.02 + 0.01 * t.ppf(0.975, 9), 0.02 + 0.01 * norm.ppf(0.975)])
    assert found.p_equivalence == pytest.approx([t.sf(1, 9), norm.sf(1)])
    assert found.minimum_detectable == pytest.approx(
        [0.01 * (t.ppf(0.975, 9) + t.ppf(0.8, 9)), 0.01 * (norm.ppf(0.975) + norm.ppf(0.8))]
    )


def test_equivalence_takes_the_nearer_margin() -> None:
    """By hand: -0.01 with an error of 0.01 is two errors from -0.03 and four from +0.03."""
    found = from_stderr(-0.01, 0.01, count=50)
    assert found.p_equivalence[0] == pytest.approx(norm.sf(2))
    assert from_stderr(-0.01, 0.01, count=50, margin=0.05).p_equivalence[0] == pytest.approx(norm.sf(4))


def test_equivalence_allows_for_what_was_not_seen_and_for_skew() -> None:
    """An unseen part widens the error as an independent one; skew raises p; the two-sided p stays."""
    plain = from_stderr(0.0, 0.01, count=50)
    wide = from_stderr(0.0, 0.006, count=50, tail=Tail(unseen=0.008))
    skewed = from_stderr(0.0, 0.01, count=50, tail=Tail(skew=0.2))
    assert wide.p_equivalence == pytest.approx(plain.p_equivalence)
    assert skewed.p_equivalence[0] > plain.p_equivalence[0]
    assert skewed.p_value == plain.p_value


@pytest.mark.parametrize("stderr", [0.0, -1.0, np.nan])
def test_an_error_of_nothing_says_nothing(stderr: float) -> None:
    """Only the difference and the number of items are known."""
    found = from_stderr(0.2, stderr, count=3)
    assert (found.delta[0], found.count[0]) == (0.2, 3)
    assert all(np.isnan(getattr(found, name)[0]) for name in FIELDS if name not in {"delta", "count"})


@given(st.floats(-0.5, 0.5), st.floats(1e-3, 0.5), st.floats(1, 1e4))
def test_p_value_and_interval_agree_about_zero(delta: float, stderr: float, freedom: float) -> None:
    """Zero is left out where p is below alpha; the interval is in the margin where equivalence is below half."""
    found = from_stderr(delta, stderr, count=9, freedom=freedom, alpha=0.1)
    if abs(found.p_value[0] - 0.1) > 1e-9:
        assert (found.p_value[0] < 0.1) == (not found.ci_low[0] <= 0 <= found.ci_high[0])
    if abs(found.p_equivalence[0] - 0.05) > 1e-9:
        assert (found.p_equivalence[0] < 0.05) == (found.ci_low[0] > -0.03 and found.ci_high[0] < 0.03)


def test_one_and_many_are_the_same_figures() -> None:
    """Picking one comparison and gathering it again is the identity."""
    found = from_stderr([0.02, -0.1], 0.01, count=[10, 20])
    again = gather([pick(found, at, "unpaired z") for at in range(len(found))])
    assert all(np.array_equal(getattr(again, name), getattr(found, name)) for name in FIELDS)


def test_an_unknown_number_of_items_is_0_in_one_comparison() -> None:
    """Summaries need not say how many items they rest on."""
    assert pick(from_stderr(0.02, 0.01, count=np.nan), 0, "unpaired z").count == 0


def test_few_items_that_hardly_vary_are_not_equivalent() -> None:
    """Their error alone would say so; one unseen item that changes by the whole range is allowed for up to sixty."""
    difference = np.tile([-0.001, 0.001], 25)
    mean = mean_of_items(difference)
    assert from_stderr(mean.value, mean.stderr, count=50, freedom=49).p_equivalence[0] < 0.05
    assert compare_mean(mean, 50).p_equivalence[0] > 0.05
    assert compare_mean(mean_of_items(np.tile(difference, 2)), 100).p_equivalence[0] < 0.05
