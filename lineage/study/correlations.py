"""Pearson's and Spearman's correlations, with intervals for the number of truly independent pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST: Final = 4
"""The fewest pairs: Fisher's transformation needs n - 3 > 0."""
CONFIDENCE_95: Final = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A coefficient from -1 to 1 with its 95 % interval; None if it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None


NO_CORRELATION: Final = Correlation(value=None, low=None, high=None)


def pearson(first: Floats, second: Floats, independent: int | None = None) -> Correlation:
    """Return Pearson's r of two arrays of one shape; see `_with_interval` for `independent`.

    Standard error of atanh(r): 1 / sqrt(n - 3). Source: Fisher (1921), Metron 1, 3-32.
    """
    return _with_interval(_coefficient(first, second), len(first) if independent is None else independent, 1.0)


def spearman(first: Floats, second: Floats, independent: int | None = None) -> Correlation:
    """Return Spearman's rank correlation of two arrays of one shape; ties get mean ranks.

    Standard error of atanh(r): sqrt((1 + r^2 / 2) / (n - 3)). Source: Bonett and Wright (2000), Psychometrika 65,
    23-28.
    """
    from scipy.stats import rankdata

    value = _coefficient(rankdata(first), rankdata(second)) if len(first) else None
    widening = 1.0 if value is None else math.sqrt(1 + value * value / 2)
    return _with_interval(value, len(first) if independent is None else independent, widening)


def _coefficient(first: Floats, second: Floats) -> float | None:
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:  # noqa: PLR2004 - two points make a line
        return None
    spread = float(np.std(first) * np.std(second))
    if spread == 0:
        return None
    covariance = float(np.mean((first - first.mean()) * (second - second.mean())))
    return min(1.0, max(-1.0, covariance / spread))


def _with_interval(value: float | None, independent: int, widening: float) -> Correlation:
    """Return the interval by Fisher's z for this number of independent pairs.

    Derivatives of one base share its score and its noise: counting them as independent would make the interval too
    narrow. Using the number of bases instead makes it rather too wide, which is the safe side.
    """
    if value is None:
        return NO_CORRELATION
    if independent < LEAST or abs(value) == 1:
        return Correlation(value=value, low=None, high=None)
    half = CONFIDENCE_95 * widening / math.sqrt(independent - 3)
    middle = math.atanh(value)
    return Correlation(value=value, low=math.tanh(middle - half), high=math.tanh(middle + half))
