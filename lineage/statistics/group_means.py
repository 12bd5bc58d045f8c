"""Means of a group without those members that a guess may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]


def mean_of_others(values: Floats, weights: Floats, within: Places, without: Places, instead: Floats) -> Floats:
    """Return for each row the weighted mean over its group `within`, excluding rows that share its `without`.

    A row with nothing left gets its value of `instead`.
    """
    pair = number_pairs(within, without)
    total = np.bincount(within, weights * values)[within] - np.bincount(pair, weights * values)[pair]
    weight = np.bincount(within, weights)[within] - np.bincount(pair, weights)[pair]
    is_left = np.bincount(within)[within] > np.bincount(pair)[pair]
    means: Floats = np.divide(total, weight, out=instead.copy(), where=is_left)
    return means


def number_pairs(first: Places, second: Places) -> Places:
    """Return a number from 0 for each pair of two numbers."""
    places: Places = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1]
    return places
