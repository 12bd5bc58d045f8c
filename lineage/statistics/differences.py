"""The mean of paired differences: its standard error by items or by clusters, and its limits if all are equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.comparison import NO_TAIL, Comparisons, Tail, from_stderr
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.power import minimum_detectable
from lineage.statistics.rates import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.statistics.comparison import Floats

FEWEST_CHANGED: Final = 5
"""The changed items or clusters from which their spread tells what would be found."""
SAME: Final = 1e-12
"""Differences no further apart than this count as equal: the rest is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """An estimated mean: its standard error, the degrees of freedom of its t, and whether all differences were equal.

    `units` is the number of independent units behind it, items or clusters, of which so many are `changed`.
    """

    value: float
    stderr: float
    freedom: float
    units: int
    is_constant: bool
    changed: int = 0
    tail: Tail = NO_TAIL


def mean_of_items(difference: Floats) -> Mean:
    """Return the mean of independent differences (float64 of shape (items,), at least one)."""
    count = len(difference)
    value = float(difference.mean())
    stderr = float(difference.std(ddof=1)) / count**0.5 if count > 1 else float("nan")
    is_constant = bool(np.ptp(difference) <= SAME)
    tail = NO_TAIL if is_constant else _tail(difference - value, stderr)
    changed = int((np.abs(difference) > SAME).sum())
    return Mean(
        value=value,
        stderr=stderr,
        freedom=count - 1,
        units=count,
        is_constant=is_constant,
        changed=changed,
        tail=tail,
    )


def mean_of_clusters(difference: Floats, cluster: NDArray[np.intp]) -> Mean:
    """Return the mean of differences that are independent only between clusters (numbers from 0, without gaps).

    The residuals are summed within each cluster, as Miller (2024, arXiv 2411.00640) advises for evaluations, and the
    square of each sum is divided by one minus the cluster's share of the items. With equal clusters that is the usual
    factor clusters / (clusters - 1) with t of clusters - 1 degrees. With unequal ones, for which the usual factor finds
    nonexistent changes more often than stated, it is the correction of Bell and McCaffrey (2002), Survey Methodology
    28, 169-181, with the smaller degrees of freedom of Imbens and Kolesar (2016), Review of Economics and Statistics
    98, 701-712 (`benchmarks/drift_truth.py` compares them).
    """
    size = np.bincount(cluster).astype(np.float64)
    count, clusters = len(difference), len(size)
    value = float(difference.mean())
    if clusters == 1:
        return Mean(value=value, stderr=float("nan"), freedom=0, units=1, is_constant=False)
    residual: Floats = np.bincount(cluster, weights=difference - value).astype(np.float64)
    share = size / count
    stderr = float(np.sqrt((residual**2 / (1 - share)).sum())) / count
    alike = _likeness(size, residual, float(((difference - value) ** 2).sum()))
    is_constant = bool(np.abs(residual / size).max() <= SAME)
    tail = NO_TAIL if is_constant else _tail(residual * clusters / count, stderr)
    return Mean(
        value=value,
        stderr=stderr,
        freedom=_freedom(size, alike),
        units=clusters,
        is_constant=is_constant,
        changed=int((np.abs(np.bincount(cluster, weights=difference)) > SAME).sum()),
        tail=tail,
    )


def _likeness(size: Floats, residual: Floats, squares: float) -> float:
    """Return the correlation of two items of one cluster, 0 to 1, from each cluster's sum and the sum of squares."""
    pairs = float((size * (size - 1)).sum())
    if not pairs or not squares:
        return 0.0
    shared = (float((residual**2).sum()) - squares) / pairs
    return min(1.0, max(0.0, shared * float(size.sum()) / squares))


def _freedom(size: Floats, alike: float) -> float:
    """Return Satterthwaite's degrees of freedom of the clustered variance, tr(M)^2 / tr(M^2).

    M is G' V G of Imbens and Kolesar, for items that correlate by `alike` within a cluster. Because only a mean is
    estimated, its entry for clusters c and d is d_c (c = d) - sqrt(q_c q_d) (a + b (n_c + n_d)), so no step is
    quadratic.
    """
    count = float(size.sum())
    share = size / count
    q = share**2 / (1 - share)
    diagonal = (1 - alike) * share / (1 - share) / count + alike * q
    a = (1 - alike) / count - alike * float((share**2).sum())
    b = alike / count
    removed = q * (a + 2 * b * size)
    first, second, third = (float((q * size**power).sum()) for power in (0, 1, 2))
    trace = float((diagonal - removed).sum())
    squared = float((diagonal * (diagonal - 2 * removed)).sum()) + (a * first + 2 * b * second) ** 2
    return trace**2 / (squared + 2 * b**2 * (first * third - second**2))


def compare_mean(mean: Mean, count: int, *, alpha: float = ALPHA, margin: float = DEFAULT_MARGIN) -> Comparisons:
    """Return the comparison, of one entry, that follows from an estimated mean of differences.

    What would be found is unknown, NaN, where fewer than FEWEST_CHANGED units changed: their spread says too little
    about it. With 1 of 32 clusters changed, the change that t would promise to find is found in 28 % of cases.
    """
    if mean.is_constant and mean.units > 1:
        found = constant(mean.value, mean.units, count=count, alpha=alpha, margin=margin)
    else:
        found = from_stderr(
            mean.value, mean.stderr, count=count, freedom=mean.freedom, tail=mean.tail, alpha=alpha, margin=margin
        )
    if mean.changed < FEWEST_CHANGED:
        return replace(found, minimum_detectable=np.full_like(found.delta, np.nan))
    return found


def constant(
    delta: float, units: int, *, count: int, alpha: float = ALPHA, margin: float = DEFAULT_MARGIN
) -> Comparisons:
    """Return the comparison if all differences are the same number: there is no spread, but still no certainty.

    If a share u of all items differed otherwise, none of `units` would be among them with probability (1 - u)^units;
    and a difference lies between -1 and 1, so the mean is off by at most u * (1 + |delta|). The limits put alpha / 2 on
    either side (the exact bound behind the "rule of three"; Hanley and Lippman-Hand 1983, JAMA 249, 1743-1745), the
    p-values follow from the same bound, and `stderr` is the half width divided by the normal quantile.
    """
    share = 1 - (alpha / 2) ** (1 / units)
    low, high = delta - share * (1 + delta), delta + share * (1 - delta)
    quantile = normal_quantile(1 - alpha / 2)
    stderr = (high - low) / 2 / quantile
    distance = abs(delta)
    within = ((1 - margin) / (1 - distance)) ** units if distance < margin else 1.0
    figures = {
        "delta": delta,
        "stderr": stderr,
        "ci_low": low,
        "ci_high": high,
        "p_value": min(1.0, 2 * (1 + distance) ** -float(units)),
        "p_equivalence": within,
        "minimum_detectable": minimum_detectable(stderr, alpha=alpha),
        "count": count,
    }
    return Comparisons(**{name: np.array([figure], dtype=np.float64) for name, figure in figures.items()})


def _tail(residual: Floats, stderr: float) -> Tail:
    """Return the tail of a mean of units from their residuals; an unseen unit may change by the whole range.

    So nothing is called equivalent that would not be equivalent if no unit had changed at all (see `constant`).
    """
    units = len(residual)
    return Tail(skew=float((residual**3).sum()) / (units * stderr) ** 3, unseen=1 / units)
