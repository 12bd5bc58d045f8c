"""The exact test of one origin: how often it errs under the null, and what it does not apply to."""

from __future__ import annotations

from math import factorial, log10

import numpy as np
import pytest

from lineage.weights.independence import MOST_UNITS, OriginTest, Untestable, log10_p_of, measure_origin


def rows_of(seed: int, rows: int = 16, columns: int = 64) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return rows of independent numbers."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def test_the_bound_is_one_over_the_factorial() -> None:
    """P(F >= f) <= 1/f!, and no fixed point says nothing."""
    assert [10 ** log10_p_of(count) for count in range(6)] == pytest.approx(
        [1 / factorial(count) for count in range(6)]
    )
    assert log10_p_of(0) == 0.0


def test_independent_rows_match_as_a_random_permutation_does() -> None:
    """Over 2,000 pairs the mean of fixed points is 1, their variance is 1, and no bound is passed too often."""
    found = [measure_origin(rows_of(2 * pair), rows_of(2 * pair + 1)) for pair in range(2000)]
    points = np.array([one.fixed_points for one in found if isinstance(one, OriginTest)])
    assert len(points) == 2000
    assert points.mean() == pytest.approx(1, abs=0.1)  # four standard errors of a Poisson mean
    assert points.var() == pytest.approx(1, abs=0.2)
    for count in range(1, 5):
        share = float(np.mean(points >= count))
        assert share <= 1 / factorial(count) + 3 * np.sqrt(1 / factorial(count) / 2000)


def test_a_permuted_copy_is_not_recognised() -> None:
    """Its columns are the same, at other places: who permutes a model's coordinates hides where it comes from."""
    ours = rows_of(1)
    permuted = ours[:, np.random.default_rng(2).permutation(64)]
    found = measure_origin(ours, permuted)
    assert isinstance(found, OriginTest)
    assert found.fixed_points <= 6


@pytest.mark.parametrize("change", [0.001, 0.01, 0.1, 0.5])
def test_a_changed_copy_is_recognised(change: float) -> None:
    """Up to half of a number's size in noise, every column still matches itself."""
    ours = rows_of(3)
    found = measure_origin(ours, ours + change * rows_of(4))
    assert isinstance(found, OriginTest)
    assert found.log10_p < -60
    assert found.correlation > 0.8


def test_ties_are_not_matched_in_their_order() -> None:
    """Columns that are all alike would match themselves; shuffled, they match as chance has it."""
    seen = []
    for draw in range(50):
        ours, theirs = np.sign(rows_of(draw, rows=4)), np.sign(rows_of(1000 + draw, rows=4))
        found = measure_origin(ours, theirs, draw=draw)
        assert isinstance(found, OriginTest)
        seen.append(found.fixed_points)
    assert max(seen) <= 6
    assert np.mean(seen) == pytest.approx(1, abs=0.6)


def test_rows_that_say_nothing_are_left_out() -> None:
    """Rows of zeros, repeated rows and rows that are not finite do not count; fewer than four are not tested."""
    ours = rows_of(5, rows=8)
    ours[1] = 0
    ours[2] = ours[3]
    ours[4, 0] = np.inf
    found = measure_origin(ours, ours.copy())
    assert isinstance(found, OriginTest)
    assert found.rows == 5
    few = measure_origin(ours[:5], ours[:5].copy())
    assert few == Untestable(reason="2 of their common rows say something; 4 are needed")


def test_columns_that_say_nothing_are_left_out() -> None:
    """A column that does not vary matches nothing; with fewer than 32 others nothing is said."""
    ours = rows_of(6)
    ours[:, 40:] = ours[:1, 40:]
    found = measure_origin(ours, ours.copy())
    assert isinstance(found, OriginTest | Untestable)
    narrow = measure_origin(rows_of(6, columns=31), rows_of(7, columns=31))
    assert narrow == Untestable(reason="31 of their columns say something; 32 are needed")


def test_columns_in_an_order_are_not_tested() -> None:
    """Principal components fall in size with their number, in every model: that is no origin."""
    falling = np.linspace(3, 0.1, 64, dtype=np.float32)
    found = measure_origin(rows_of(8) * falling, rows_of(9) * falling)
    assert isinstance(found, Untestable)
    assert "order of their own" in found.reason


def test_of_wide_rows_some_columns_are_drawn() -> None:
    """Of 2,000 columns 512 are tested, the same ones of both."""
    ours = rows_of(10, columns=2000)
    found = measure_origin(ours, ours + 0.01 * rows_of(11, columns=2000))
    assert isinstance(found, OriginTest)
    assert (found.units, found.fixed_points) == (MOST_UNITS, MOST_UNITS)
    assert found.log10_p == pytest.approx(-log10(factorial(512)), rel=1e-9)


def test_other_shapes_are_an_error() -> None:
    """Two matrices of one shape are needed."""
    with pytest.raises(ValueError, match="one shape"):
        measure_origin(rows_of(1), rows_of(1, rows=8))
