"""Records of a comparison: many pairs as arrays, one pair as numbers, and how they follow from a standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN, POWER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

EQUAL: Final = "equal differences"
"""The method where all differences are the same number."""
FIELDS: Final = (
    "delta",
    "stderr",
    "ci_low",
    "ci_high",
    "p_value",
    "p_equivalence",
    "minimum_detectable",
    "count",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """Many comparisons: float64 arrays of one length, one entry per pair, NaN if a value cannot be computed.

    `delta` is the derivative's value minus the reference's, a fraction of the range, positive if riskier; `stderr` is
    its standard error; `ci_low` and `ci_high` bound a two-sided interval of confidence 1 - alpha. `p_value` is the
    two-sided p of no change; `p_equivalence` is the larger of the two one-sided p of a change of the margin or more
    (TOST; Schuirmann 1987). `minimum_detectable` is the change that would be found with power 0.8 at two-sided alpha.
    `count` is the number of common items, or the smaller number of items if the two samples are separate.
    """

    delta: Floats
    stderr: Floats
    ci_low: Floats
    ci_high: Floats
    p_value: Floats
    p_equivalence: Floats
    minimum_detectable: Floats
    count: Floats

    def __len__(self) -> int:
        return len(self.delta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Changes of 0/1 items: of `at_risk` that the reference got right (safe), `worsened` are wrong in the derivative.

    `recovered` counts the items that the reference got wrong and the derivative gets right.
    """

    at_risk: int
    worsened: int
    recovered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison: the fields of `Comparisons` as numbers, and details that only items can give.

    `method` names the test in a few words. `count` is 0 if it is unknown. `flips` is None unless items are 0/1.
    `clusters` is the number of clusters, or None if items are independent. `bootstrap_low` and `bootstrap_high` are
    None unless resamples were requested and the items differ enough to resample.
    """

    method: str
    delta: float
    stderr: float
    ci_low: float
    ci_high: float
    p_value: float
    p_equivalence: float
    minimum_detectable: float
    count: int
    flips: Flips | None = None
    clusters: int | None = None
    bootstrap_low: float | None = None
    bootstrap_high: float | None = None

    @property
    def is_agreement(self) -> bool:
        """Whether the two models agree on every common item."""
        if self.flips is not None:
            return self.count > 0 and self.flips.worsened + self.flips.recovered == 0
        return self.method == EQUAL and self.delta == 0

    @property
    def most_changed(self) -> float:
        """The exact one-sided 95 % upper bound on the share of changed items (of clusters), if none of these changed.

        If a share u changed, none would be among n items with probability (1 - u)^n (see `constant`).
        """
        return float(1 - ALPHA ** (1 / (self.count if self.clusters is None else self.clusters)))

    @property
    def is_supported(self) -> bool:
        """Whether the bootstrap, if there is one, agrees with the interval on whether zero is inside.

        If it disagrees, the skew of the items decides the outcome, and the comparison must be called undecided.
        """
        if self.bootstrap_low is None or self.bootstrap_high is None:
            return True
        return (self.ci_low <= 0 <= self.ci_high) == (self.bootstrap_low <= 0 <= self.bootstrap_high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What a claim of equivalence adds to the standard error; numbers or arrays of shape (pairs,).

    `skew` is the third cumulant of the estimate divided by the cube of its standard error (for a mean, the skewness
    divided by the square root of n). `unseen` is what one more unit with the largest possible change would add to the
    estimate, a fraction of the range.
    """

    skew: ArrayLike = 0.0
    unseen: ArrayLike = 0.0


NO_TAIL: Final = Tail()
PAIRED_T: Final = "paired t"
CLUSTERED_T: Final = "clustered t"
T_TESTS: Final = frozenset({PAIRED_T, CLUSTERED_T})
"""The tests of a mean by its spread, which only knows the changes that a sample holds."""
ROUNDING: Final = 1e-9
"""A skew below this is none."""


def gather(comparisons: Sequence[Comparison]) -> Comparisons:
    """Return single comparisons as arrays, in the order given."""
    columns = {name: np.array([getattr(one, name) for one in comparisons], dtype=np.float64) for name in FIELDS}
    return Comparisons(**columns)


def pick(comparisons: Comparisons, at: int, method: str) -> Comparison:
    """Return one entry of the arrays as a single comparison."""
    return Comparison(
        method=method,
        delta=float(comparisons.delta[at]),
        stderr=float(comparisons.stderr[at]),
        ci_low=float(comparisons.ci_low[at]),
        ci_high=float(comparisons.ci_high[at]),
        p_value=float(comparisons.p_value[at]),
        p_equivalence=float(comparisons.p_equivalence[at]),
        minimum_detectable=float(comparisons.minimum_detectable[at]),
        count=int(np.nan_to_num(comparisons.count[at])),
    )


def from_stderr(
    delta: ArrayLike,
    stderr: ArrayLike,
    *,
    count: ArrayLike,
    freedom: ArrayLike = np.inf,
    tail: Tail = NO_TAIL,
    alpha: float = ALPHA,
    margin: float = DEFAULT_MARGIN,
) -> Comparisons:
    """Return the comparison from an estimate and its standard error, by t with `freedom` degrees (infinite: normal).

    Arrays have shape (pairs,) or broadcast to it. A standard error that is NaN, negative or 0 carries no information:
    everything except `delta` and `count` is NaN there, since no finite sample makes an estimate certain.

    With a skewed `tail`, the p of no change is the larger of that of t and that of t corrected for skew, and the limits
    are the wider ones of the two: t alone finds too many changes among skewed items, and the corrected one among items
    few of which change at all. The correction is the monotone transformation of Hall (1992), JRSS B 54, 221-228.

    A one-sided test relies on one tail, and equivalence is two such tests: a sample that happens to miss the rare large
    changes has both a small mean and a small spread. So `unseen` is added to the standard error as an independent part,
    and t is always corrected for skew.
    """
    delta, stderr, count, freedom = (
        np.array(array, dtype=np.float64, ndmin=1)
        for array in np.broadcast_arrays(delta, stderr, count, np.asarray(freedom, dtype=np.float64))
    )
    stderr[~(stderr > 0)] = np.nan
    quantile, quantile_of_power = _quantile(1 - alpha / 2, freedom), _quantile(POWER, freedom)
    half = quantile * stderr
    change = _unskewed(delta / stderr, np.asarray(tail.skew, dtype=np.float64))
    return Comparisons(
        delta=delta,
        stderr=stderr,
        ci_low=delta - np.maximum(quantile, _skewed(quantile, tail)) * stderr,
        ci_high=delta + np.maximum(quantile, -_skewed(-quantile, tail)) * stderr,
        p_value=2 * _below(-np.minimum(np.abs(delta / stderr), np.abs(change)), freedom),
        p_equivalence=_below(_equivalence_score(delta, stderr, tail, margin), freedom),
        minimum_detectable=half + quantile_of_power * stderr,
        count=count,
    )


def _equivalence_score(delta: Floats, stderr: Floats, tail: Tail, margin: float) -> Floats:
    """Return the larger of the two one-sided statistics; equivalence needs both to be far below 0."""
    wide = np.hypot(stderr, tail.unseen)
    skew = np.asarray(tail.skew, dtype=np.float64) * (stderr / wide) ** 3
    below, above = (_unskewed((delta - distance) / wide, skew) for distance in (margin, -margin))
    found: Floats = np.maximum(below, -above)
    return found


def _skewed(statistic: Floats, tail: Tail) -> Floats:
    """Return the inverse of `_unskewed`."""
    skew = np.asarray(tail.skew, dtype=np.float64)
    is_skewed = np.abs(skew) > ROUNDING
    by = np.where(is_skewed, skew, 1.0)
    found: Floats = np.where(is_skewed, (np.cbrt(1 + by * (statistic - by / 6)) - 1) * 3 / by, statistic)
    return found


def _unskewed(statistic: Floats, skew: Floats) -> Floats:
    return statistic + skew * statistic**2 / 3 + skew**2 * statistic**3 / 27 + skew / 6


def _quantile(level: float, freedom: Floats) -> Floats:
    from scipy.special import ndtri, stdtrit

    if np.isinf(freedom).all():
        return np.asarray(ndtri(level), dtype=np.float64)
    found: Floats = np.where(np.isinf(freedom), ndtri(level), stdtrit(freedom, level))
    return found


def _below(statistic: Floats, freedom: Floats) -> Floats:
    from scipy.special import ndtr, stdtr

    if np.isinf(freedom).all():
        return np.asarray(ndtr(statistic), dtype=np.float64)
    found: Floats = np.where(np.isinf(freedom), ndtr(statistic), stdtr(freedom, statistic))
    return found
