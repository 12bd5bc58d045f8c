"""Rates of independent samples: Wilson's interval, Newcombe's interval for a difference, and score tests of one.

The score tests estimate the two rates under their null hypothesis, so neither has a variance of zero at 0 or 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lineage.statistics.defaults import ALPHA

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lineage.statistics.comparison import Floats


def wilson(rate: ArrayLike, count: ArrayLike, alpha: float = ALPHA) -> tuple[Floats, Floats]:
    """Return the limits of Wilson's score interval of confidence 1 - alpha for a rate (0 to 1) among `count` items.

    Arrays broadcast; NaN in gives NaN out, and no items give NaN. Source: Wilson (1927), in the form of Newcombe
    (1998), Statistics in Medicine 17, 857-872, method 3.
    """
    z2 = normal_quantile(1 - alpha / 2) ** 2
    rate, count = np.asarray(rate, dtype=np.float64), np.asarray(count, dtype=np.float64)
    count = np.where(count > 0, count, np.nan)
    centre = rate + z2 / (2 * count)
    half = np.sqrt(z2 * (rate * (1 - rate) / count + z2 / (4 * count * count)))
    scale = 1 / (1 + z2 / count)
    # Rounding must not put a rate of 0 or 1 outside its own interval.
    return np.clip((centre - half) * scale, 0, rate), np.clip((centre + half) * scale, rate, 1)


def newcombe(
    rate: ArrayLike, count: ArrayLike, other_rate: ArrayLike, other_count: ArrayLike, alpha: float = ALPHA
) -> tuple[Floats, Floats]:
    """Return the limits of the interval of confidence 1 - alpha for `rate - other_rate` of two independent samples.

    Arrays broadcast. Source: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10 (square and add of Wilson's
    limits).
    """
    rate, other_rate = np.asarray(rate, dtype=np.float64), np.asarray(other_rate, dtype=np.float64)
    low, high = wilson(rate, count, alpha)
    other_low, other_high = wilson(other_rate, other_count, alpha)
    delta = rate - other_rate
    return delta - np.hypot(rate - low, other_high - other_rate), delta + np.hypot(high - rate, other_rate - other_low)


def change_score(rate: Floats, count: Floats, other_rate: Floats, other_count: Floats) -> Floats:
    """Return z for no difference between two independent rates; 0 if both are 0 or both are 1.

    The variance is pooled and multiplied by N / (N - 1). This "N - 1" chi-squared test keeps its level, whereas
    Pearson's is too liberal and Yates' and Fisher's are too conservative: Campbell (2007), Statistics in Medicine 26,
    3661-3675.
    """
    total = count + other_count
    pooled = (rate * count + other_rate * other_count) / total
    variance = np.maximum(pooled * (1 - pooled), 0) * total * total / (count * other_count * (total - 1))
    delta = rate - other_rate
    z = np.divide(delta, np.sqrt(variance), out=np.zeros_like(delta), where=variance > 0)
    z[np.isnan(delta + total)] = np.nan
    return z


def distance_score(rate: Floats, count: Floats, other_rate: Floats, other_count: Floats, distance: float) -> Floats:
    """Return z for a difference of `distance`, -1 to 1, between two independent rates.

    Source: Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454: the maximum-likelihood rates under that
    hypothesis in closed form; with the factor N / (N - 1) of Miettinen and Nurminen (1985), ibid. 4, 213-226.
    """
    ratio = other_count / count
    a = 1 + ratio
    b = -(a + rate + ratio * other_rate + distance * (ratio + 2))
    c = distance * (distance + 2 * rate + a) + rate + ratio * other_rate
    d = -rate * distance * (1 + distance)
    shift = b / (3 * a)
    v = shift * (shift * shift - c / (2 * a)) + d / (2 * a)
    u = np.copysign(np.sqrt(np.maximum(shift * shift - c / (3 * a), 0)), v)
    cosine = np.divide(v, u * u * u, out=np.ones_like(v), where=u != 0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    expected = np.clip(2 * u * np.cos(angle) - shift, max(distance, 0), min(1 + distance, 1))
    other_expected = expected - distance
    total = count + other_count
    variance = expected * (1 - expected) / count + other_expected * (1 - other_expected) / other_count
    return score(rate - other_rate - distance, variance * total / (total - 1))


def score(gap: Floats, variance: Floats) -> Floats:
    """Return a gap divided by the root of its variance; if that is 0, 0 for no gap and infinity for any other."""
    impossible = np.where((gap == 0) | np.isnan(gap), gap, np.copysign(np.inf, gap))
    z: Floats = np.divide(gap, np.sqrt(variance), out=impossible, where=variance != 0)
    return z


def rate_variance(rate: Floats, count: Floats, alpha: float = ALPHA) -> Floats:
    """Return the variance of an observed rate, rate * (1 - rate) / count, but near 0 and 1 never less than Wilson's.

    Wilson's variance there is the half width of his interval for a rate of 0, divided by its quantile, squared.
    """
    z2 = normal_quantile(1 - alpha / 2) ** 2
    floor = z2 / (4 * (count + z2) ** 2)
    return np.maximum(rate * (1 - rate) / count, floor)


def normal_quantile(level: float) -> float:
    """Return the quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(level))
