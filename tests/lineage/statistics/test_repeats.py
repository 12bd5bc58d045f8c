"""Runs of one recipe: t over runs, and nothing from one run."""

from __future__ import annotations

import math

import pytest
from scipy.stats import t

from lineage.statistics.repeats import compare_runs


def test_runs_are_compared_by_their_own_spread() -> None:
    """By hand: 0.1, 0.2 and 0.3 above the reference, an error of 0.1 over the root of 3, t with two degrees."""
    found = compare_runs([0.4, 0.5, math.nan, 0.6], 0.3)
    assert (found.method, found.count) == ("t over runs", 3)
    assert found.stderr == pytest.approx(0.1 / 3**0.5)
    assert found.p_value == pytest.approx(2 * t.sf(0.2 / found.stderr, 2))
    assert found.ci_low == pytest.approx(0.2 - t.ppf(0.975, 2) * found.stderr)


def test_close_runs_can_be_equivalent() -> None:
    """Ten runs that hardly differ from their reference: within three points, by t with nine degrees."""
    runs = [0.5 + 0.002 * (at - 4.5) for at in range(10)]
    found = compare_runs(runs, 0.5)
    assert found.p_equivalence == pytest.approx(t.sf(0.03 / found.stderr, 9))


def test_one_run_says_nothing_of_the_method() -> None:
    """Its difference is known, its spread is not; without any run there is nothing to ask."""
    found = compare_runs([0.4], 0.3)
    assert found.delta == pytest.approx(0.1)
    assert math.isnan(found.p_value)
    with pytest.raises(ValueError, match="no run"):
        compare_runs([math.nan], 0.3)
