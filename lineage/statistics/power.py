"""The smallest change that a test can detect with a given standard error."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lineage.statistics.defaults import ALPHA, POWER
from lineage.statistics.rates import normal_quantile

HALVINGS: Final = 14
"""The number of halvings, which locates a change to less than a hundredth of a point."""
UNLIKELY: Final = 1e-9
"""Numbers of flips as improbable as this are left out."""
Number = TypeVar("Number", float, NDArray[np.float64])


def minimum_detectable(stderr: Number, *, alpha: float = ALPHA, power: float = POWER) -> Number:
    """Return the change that a two-sided test at alpha detects with this power, given a difference's standard error.

    The usual normal approximation, which ignores the chance of a detection in the wrong direction.
    """
    return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * stderr


@lru_cache(maxsize=1 << 16)
def detectable_by_mcnemar(items: int, flips: int, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the change of 0/1 items that the exact McNemar test detects with this power; NaN if it detects none.

    So many of the `items` flipped, either way, and half a flip more in a table with one item more each way (Agresti and
    Min 2005): under another change the same share flips, or as much as the change needs. Fewer than six flips one way
    never reach a p of 0.05, which the normal approximation does not know: of 240 items with 2 flips it promises to find
    2.0 points, which are found in 34 % of cases.
    """
    if mcnemar_power(items, flips, 1.0, alpha=alpha) < power:
        return float("nan")
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_found = mcnemar_power(items, flips, middle, alpha=alpha) >= power
        low, high = (low, middle) if is_found else (middle, high)
    return high


def mcnemar_power(items: int, flips: int, change: float, *, alpha: float = ALPHA) -> float:
    """Return the probability that the exact test calls a true `change` (0 to 1) a change for the worse; see above."""
    from scipy.stats import binom

    flipping = min(1.0, max(change, (flips + 1) / (items + 2)))
    worse = (flipping + change) / 2 / flipping
    low, high = (int(binom.ppf(share, items, flipping)) for share in (UNLIKELY, 1 - UNLIKELY))
    flipped = np.arange(low, high + 1)
    least = binom.isf(alpha / 2, flipped, 0.5) + 1  # so many one way, or more, have a tail of alpha / 2 at most
    found = np.where(least > flipped, 0.0, binom.sf(least - 1, flipped, worse))
    return float((binom.pmf(flipped, items, flipping) * found).sum())
