"""0/1 items answered by both models: the exact McNemar test, and Tango's score for interval and equivalence.

Everything follows from three counts per pair, which a database can sum for many pairs: the items, those that only the
derivative gets wrong (worsened), and those that only the reference gets wrong (recovered).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.comparison import Comparisons
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.power import detectable_by_mcnemar, minimum_detectable
from lineage.statistics.rates import normal_quantile, score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lineage.statistics.comparison import Floats

METHOD: Final = "exact McNemar"
FEW_FLIPS: Final = 30
"""Fewer flips than this are too few for the normal formula of what would be found."""
HALVINGS: Final = 30
"""The number of halvings, which locates the limits to 2 / 2^30 of the range."""


def compare_flips(
    worsened: ArrayLike,
    recovered: ArrayLike,
    items: ArrayLike,
    *,
    alpha: float = ALPHA,
    margin: float = DEFAULT_MARGIN,
) -> Comparisons:
    """Compare pairs by their counts of 0/1 items, arrays of shape (pairs,); NaN if there are no items.

    `p_value` is the exact McNemar test (binomial over the items that flipped: 1947, Psychometrika 12, 153-157). It is
    conservative: far below the level if few items flip. `ci_low` and `ci_high` are Tango's score interval (1998,
    Statistics in Medicine 17, 891-908), or wider where all flips go one way. `p_equivalence` is his score test at both
    margins, so a pair with flips both ways is equivalent at alpha exactly if the interval of confidence 1 - 2 * alpha
    lies within the margin. If no item flipped, it is exact: under a change of the margin a share of at least the margin
    flips. An interval may exclude zero although the exact p does not reach alpha; the p decides. `stderr` is that of
    the difference with half an item added to each cell (Agresti and Min 2005, Statistics in Medicine 24, 729-740), so
    it is never 0.
    """
    worsened, recovered, items = (
        np.array(array, dtype=np.float64, ndmin=1) for array in np.broadcast_arrays(worsened, recovered, items)
    )
    items[~(items > 0)] = np.nan
    stderr = _flip_error(worsened, recovered, items)
    quantile = normal_quantile(1 - alpha / 2)
    below, above = _one_way(worsened, recovered, items, alpha), _one_way(recovered, worsened, items, alpha)
    return Comparisons(
        delta=(worsened - recovered) / items,
        stderr=stderr,
        ci_low=np.minimum(_limit(worsened, recovered, items, quantile), below),
        ci_high=-np.minimum(_limit(recovered, worsened, items, quantile), above),
        p_value=_mcnemar(worsened, recovered, items),
        p_equivalence=_equivalence(worsened, recovered, items, margin),
        minimum_detectable=_detectable(worsened + recovered, items, stderr, alpha),
        count=items,
    )


def _detectable(flips: Floats, items: Floats, stderr: Floats, alpha: float) -> Floats:
    """Return the change that would be found: by the exact power where few items flip, else by the normal formula."""
    found = minimum_detectable(stderr, alpha=alpha)
    for place in np.flatnonzero((flips < FEW_FLIPS) & ~np.isnan(items)).tolist():
        found[place] = detectable_by_mcnemar(int(items[place]), int(flips[place]), alpha=alpha)
    return found


def flip_score(worsened: Floats, recovered: Floats, items: Floats, distance: Floats | float) -> Floats:
    """Return z for a true difference of `distance` (-1 to 1); 0 if nothing contradicts it.

    Source: Tango (1998): the maximum-likelihood share of recovered items under that hypothesis is the positive root of
    a quadratic equation, and the variance follows from it.
    """
    b = distance * (2 * items - worsened + recovered) - worsened - recovered
    c = -recovered * distance * (1 - distance)
    root = np.sqrt(np.maximum(b * b - 8 * items * c, 0))
    # This form of the root avoids subtracting nearly equal numbers.
    share = np.where(
        b < 0, (root - b) / (4 * items), np.divide(-2 * c, root + b, out=np.zeros_like(c), where=b + root > 0)
    )
    variance = items * (2 * share + distance * (1 - distance))
    return score(worsened - recovered - items * distance, np.maximum(variance, 0))


def _mcnemar(worsened: Floats, recovered: Floats, items: Floats) -> Floats:
    """Return scipy's `binomtest(worsened, worsened + recovered)`: at one half, twice the smaller tail."""
    from scipy.special import bdtr

    is_known = ~np.isnan(items + worsened + recovered)
    flipped = np.where(is_known, worsened + recovered, 0).astype(np.int64)
    tail = bdtr(np.minimum(worsened, recovered), flipped, 0.5)
    found: Floats = np.where(is_known, np.minimum(2 * tail, 1), np.nan)
    return found


def _equivalence(worsened: Floats, recovered: Floats, items: Floats, margin: float) -> Floats:
    from scipy.special import ndtr

    below, above = (flip_score(worsened, recovered, items, distance) for distance in (margin, -margin))
    found: Floats = np.where(worsened + recovered > 0, ndtr(np.maximum(below, -above)), (1 - margin) ** items)
    return found


def _flip_error(worsened: Floats, recovered: Floats, items: Floats) -> Floats:
    total = items + 2
    flipped, moved = (worsened + recovered + 1) / total, (worsened - recovered) / total
    return np.sqrt((flipped - moved * moved) / total)


def _one_way(worsened: Floats, recovered: Floats, items: Floats, alpha: float) -> Floats:
    """Return the exact lower limit where all items that flipped did so in one direction, infinite elsewhere.

    The difference is a single share there, of which the score interval holds 93.6 % instead of 95 %: Clopper and
    Pearson (1934), Biometrika 26, 404-413.
    """
    from scipy.special import betaincinv

    is_up, is_down = (worsened > 0) & (recovered == 0), (recovered > 0) & (worsened == 0)
    most = np.maximum(items - recovered, 1e-9)
    up = betaincinv(np.maximum(worsened, 1), items - worsened + 1, alpha / 2)
    down = np.where(recovered >= items, 1.0, betaincinv(recovered + 1, most, 1 - alpha / 2))
    return np.select([is_up, is_down], [up, -down], np.inf)


def _limit(worsened: Floats, recovered: Floats, items: Floats, quantile: float) -> Floats:
    """Return the lower limit, the distance with the score `quantile`, by bisection; the score falls with distance."""
    low = np.full(items.shape, -1.0)
    high = (worsened - recovered) / items
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_outside = flip_score(worsened, recovered, items, middle) > quantile
        low, high = np.where(is_outside, middle, low), np.where(is_outside, high, middle)
    return np.where(np.isnan(items), np.nan, low)
