"""The noise floor: the range of values of the same weights, and how it carries to other numbers of items."""

from __future__ import annotations

import numpy as np
import pytest

from lineage.statistics.noise_floor import NoiseFloor, floor_of_runs


def test_the_floor_is_the_largest_difference_of_two_runs() -> None:
    """Of three runs of four items, one of which flips twice."""
    runs = [np.array(one, dtype=np.float64) for one in ((0, 0, 1, 1), (1, 0, 1, 1), (0, 0, 1, 0))]
    assert floor_of_runs(runs) == NoiseFloor(runs=3, items=4, floor=0.5, changed=0.5)


def test_flips_that_cancel_are_counted_though_no_value_changed() -> None:
    """Both runs have one right."""
    found = floor_of_runs([np.array([0.0, 1.0]), np.array([1.0, 0.0])])
    assert (found.floor, found.changed) == (0, 1)


@pytest.mark.parametrize("runs", [[], [np.ones(3)], [np.ones(3), np.ones(2)], [np.ones(0), np.ones(0)]])
def test_nothing_to_compare_is_refused(runs: list[np.ndarray]) -> None:
    """One run, runs of other numbers of items, and runs of none."""
    with pytest.raises(ValueError, match="two runs"):
        floor_of_runs(runs)


def test_fewer_items_are_noisier_and_more_are_not_trusted_to_be_quieter() -> None:
    """A quarter of the items has twice the floor; four times as many, and an unknown number, have the same."""
    floor = NoiseFloor(runs=8, items=400, floor=0.01, changed=0.1)
    assert floor.on(np.array([100, 400, 1_600, np.nan, 0])).tolist() == pytest.approx([0.02, 0.01, 0.01, 0.01, 0.01])
