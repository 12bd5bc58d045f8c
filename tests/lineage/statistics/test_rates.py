"""Rates of independent samples: published limits, and tests that agree with scipy's and with numerical maximisation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binomtest, chi2_contingency

from lineage.statistics.rates import change_score, distance_score, newcombe, rate_variance, wilson

COUNTS = st.integers(1, 5_000).flatmap(lambda items: st.tuples(st.integers(0, items), st.just(items)))


def one(number: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return an array of one number."""
    return np.array([float(number)])


@pytest.mark.parametrize(
    ("right", "items", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_the_published_one(right: int, items: int, low: float, high: float) -> None:
    """The four examples of Newcombe (1998), method 3."""
    assert list(wilson(right / items, items)) == pytest.approx([low, high], abs=5e-5)


@given(COUNTS, st.sampled_from([0.01, 0.05, 0.2]))
def test_wilson_is_scipys_and_holds_its_rate(counts: tuple[int, int], alpha: float) -> None:
    """The interval is that of `binomtest`, and the observed rate is in it, at 0 and 1 too."""
    right, items = counts
    low, high = wilson(right / items, items, alpha)
    found = binomtest(right, items).proportion_ci(1 - alpha, method="wilson")
    assert [low, high] == pytest.approx([found.low, found.high], abs=1e-12)
    assert low <= right / items <= high


def test_no_items_say_nothing() -> None:
    """Without items, or with an unknown number of them, limits are unknown."""
    for items in (0, np.nan):
        assert np.isnan(wilson(0.5, items)).all()


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_a_difference_has_the_published_limits(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """The eight examples of Newcombe (1998), method 10."""
    found = newcombe(first[0] / first[1], first[1], second[0] / second[1], second[1])
    assert list(found) == pytest.approx([low, high], abs=5e-5)


@given(COUNTS, COUNTS)
def test_the_test_of_no_change_is_pearsons_with_one_item_fewer(first: tuple[int, int], second: tuple[int, int]) -> None:
    """The square of z is scipy's uncorrected chi-squared times (N - 1) / N, and 0 where both rates are 0 or 1."""
    (a, m), (b, n) = first, second
    z = float(change_score(one(a / m), one(m), one(b / n), one(n))[0])
    if a + b in {0, m + n}:
        assert z == 0
        return
    expected = chi2_contingency([[a, m - a], [b, n - b]], correction=False).statistic * (m + n - 1) / (m + n)
    assert z * z == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert z == 0 or np.sign(z) == np.sign(a * n - b * m)


@given(COUNTS, COUNTS, st.sampled_from([-0.2, -0.03, 0.03, 0.1]))
def test_the_test_of_a_distance_rests_on_the_likeliest_rates(
    first: tuple[int, int], second: tuple[int, int], distance: float
) -> None:
    """The closed form gives the z that numerical maximisation of the likelihood gives."""
    (a, m), (b, n) = first, second

    def unlikelihood(rate: float) -> float:
        other = rate - distance
        return -float(xlogy(a, rate) + xlogy(m - a, 1 - rate) + xlogy(b, other) + xlogy(n - b, 1 - other))

    limits = (max(0.0, distance), min(1.0, 1 + distance))
    rate = minimize_scalar(unlikelihood, bounds=limits, method="bounded", options={"xatol": 1e-12}).x
    variance = rate * (1 - rate) / m + (rate - distance) * (1 - rate + distance) / n
    expected = (a / m - b / n - distance) / np.sqrt(variance * (m + n) / (m + n - 1))
    found = distance_score(one(a / m), one(m), one(b / n), one(n), distance)[0]
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_a_rate_of_nothing_still_has_an_error() -> None:
    """At 0 and 1 the variance is Wilson's, in between the binomial one, and it never falls below Wilson's."""
    low, half, high = rate_variance(np.array([0.0, 0.5, 1.0]), np.array([100.0, 100.0, 100.0]))
    assert half == pytest.approx(0.0025)
    assert low == high == pytest.approx((float(wilson(0.0, 100)[1]) / 2 / 1.959964) ** 2, rel=1e-6)
    assert rate_variance(one(1e-6), one(100)) == low
