"""Bootstrap intervals of a mean difference, over items or over whole clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.differences import SAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.statistics.comparison import Floats

BCA_UP_TO: Final = 5_000
"""BCa leaves out each unit in turn, which takes quadratic time; beyond this many units it corrects hardly anything."""
NUMBERS_AT_ONCE: Final = 4_000_000


def bootstrap_items(
    difference: Floats, cluster: NDArray[np.intp] | None, *, alpha: float, resamples: int, seed: int
) -> tuple[float, float] | None:
    """Return the limits of the bootstrap interval of confidence 1 - alpha for the mean of differences.

    None without resamples, with fewer than three units, or if all units are equal. The units drawn are items, or whole
    clusters (numbers from 0) with the mean as the ratio of sums. Uses BCa (Efron 1987, JASA 82, 171-185) through scipy,
    and percentiles beyond 5,000 units; the same seed gives the same limits.
    """
    sums = difference if cluster is None else np.bincount(cluster, weights=difference)
    sizes = np.ones(len(sums)) if cluster is None else np.bincount(cluster).astype(np.float64)
    if not resamples or len(sums) < 3 or np.ptp(sums / sizes) <= SAME:  # noqa: PLR2004 - two units make no tail
        return None
    from scipy.stats import bootstrap

    found = bootstrap(
        (sums,) if cluster is None else (sums, sizes),
        np.mean if cluster is None else _ratio,
        paired=cluster is not None,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, NUMBERS_AT_ONCE // len(sums)),
        confidence_level=1 - alpha,
        method="BCa" if len(sums) <= BCA_UP_TO else "percentile",
        rng=np.random.default_rng(seed),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _ratio(sums: Floats, sizes: Floats, axis: int = -1) -> Floats:
    found: Floats = sums.sum(axis=axis) / sizes.sum(axis=axis)
    return found
