"""The noise floor: how far runs of the same weights differ by themselves, through batches and orders of items.

Floating-point sums depend on what is computed together, so one model measured twice can get two values. A test over
items knows the flips that this makes one by one, but no shift of all items together, and of graded items it takes any
shift for a change. So what is no larger than runs of the same weights have differed is no finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.statistics.comparison import Floats

DEFAULT_RUNS: Final = 8
"""If values of runs are normal, another pair differs by more than the range of eight in about one case of twenty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """What `runs` of the same weights on the same `items` gave.

    `floor` is the largest difference of two runs' values, `changed` the share of items that did not get one value in
    all runs; both are shares, of the range and of the items.
    """

    runs: int
    items: int
    floor: float
    changed: float

    def on(self, count: Floats) -> Floats:
        """Return the floor for values over so many items, NaN if unknown: higher for fewer, never lower for more."""
        known = np.where(np.isnan(count) | (count <= 0), self.items, count)
        found: Floats = self.floor * np.sqrt(np.maximum(1.0, self.items / known))
        return found


def floor_of_runs(runs: Sequence[Floats]) -> NoiseFloor:
    """Return the noise floor of runs: arrays of shape (items,), the items in one order, shares of the range.

    Raises ValueError for fewer than two runs, and for runs of different items or of none.
    """
    if len(runs) < 2 or len({len(one) for one in runs}) > 1 or not len(runs[0]):  # noqa: PLR2004 -- two differ
        raise ValueError("a floor needs two runs of the same items")
    values = np.stack(runs)
    means = values.mean(axis=1)
    changed = (values != values[0]).any(axis=0)
    return NoiseFloor(
        runs=len(runs), items=values.shape[1], floor=float(means.max() - means.min()), changed=float(changed.mean())
    )
