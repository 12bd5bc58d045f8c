"""Compare two models item by item on the same items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lineage.statistics import paired_rates
from lineage.statistics.comparison import CLUSTERED_T, EQUAL, PAIRED_T, Comparison, Flips, from_stderr, pick
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.differences import Mean, compare_mean, mean_of_clusters, mean_of_items
from lineage.statistics.resampling import bootstrap_items

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lineage.statistics.comparison import Floats


def compare_items(
    derivative: ArrayLike,
    reference: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    alpha: float = ALPHA,
    margin: float = DEFAULT_MARGIN,
    resamples: int = 0,
    seed: int = 0,
) -> Comparison:
    """Compare two models on their common items: aligned arrays of shape (items,), 0 to 1, larger is riskier.

    An item that is NaN or infinite on either side is left out. Independent 0/1 items: exact McNemar, Tango's interval
    and equivalence (see `compare_flips`). Independent graded items: paired t. With `clusters` (any labels, same shape;
    items that are variants of one prompt share one), for graded and 0/1 items alike: the cluster-robust standard error
    with t (see `mean_of_clusters`), because McNemar is not valid there; clusters of one item each do not count as
    clusters.

    With `resamples`, a seeded bootstrap interval (see `bootstrap_items`) is added to that of t. The p-value and the
    interval remain those of the test; if the bootstrap disagrees on whether zero is inside, `is_supported` is False and
    the comparison must be treated as undecided.

    With no items, one item with a graded difference, or one cluster, everything that needs a spread is NaN. If all
    differences are equal, see `constant`. Raises ValueError if the arrays differ in length.
    """
    sides = np.asarray(derivative, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    labels = None if clusters is None else np.asarray(clusters)
    if sides[0].ndim != 1 or any(len(array) != len(sides[0]) for array in (sides[1], labels) if array is not None):
        raise ValueError("items, reference items and clusters are arrays of one length")
    is_known = np.isfinite(sides[0] + sides[1])
    if not is_known.any():
        return pick(from_stderr(np.nan, np.nan, count=0), 0, "no common items")
    new, old = sides[0][is_known], sides[1][is_known]
    cluster = None if labels is None else _numbered(labels[is_known])
    difference = new - old
    is_binary = bool(np.isin(new, (0, 1)).all() and np.isin(old, (0, 1)).all())
    flips = _flips(new, old) if is_binary else None
    if flips is not None and cluster is None:
        found = _compare_flips(flips, len(difference), alpha, margin)
    else:
        found = _compare_differences(difference, cluster, alpha, margin)
    low, high = bootstrap_items(difference, cluster, alpha=alpha, resamples=resamples, seed=seed) or (None, None)
    return replace(found, flips=flips, bootstrap_low=low, bootstrap_high=high)


def _compare_flips(flips: Flips, items: int, alpha: float, margin: float) -> Comparison:
    found = paired_rates.compare_flips(flips.worsened, flips.recovered, items, alpha=alpha, margin=margin)
    return pick(found, 0, paired_rates.METHOD)


def _compare_differences(
    difference: Floats, cluster: NDArray[np.intp] | None, alpha: float, margin: float
) -> Comparison:
    mean: Mean = mean_of_items(difference) if cluster is None else mean_of_clusters(difference, cluster)
    method = PAIRED_T if cluster is None else CLUSTERED_T
    if mean.is_constant and mean.units > 1:
        method = EQUAL
    found = pick(compare_mean(mean, len(difference), alpha=alpha, margin=margin), 0, method)
    return found if cluster is None else replace(found, clusters=mean.units)


def _numbered(labels: NDArray[np.generic]) -> NDArray[np.intp] | None:
    """Return the clusters as numbers from 0, or None if each has one item."""
    names, numbers = np.unique(labels, return_inverse=True)
    return None if len(names) == len(labels) else numbers.astype(np.intp)


def _flips(derivative: Floats, reference: Floats) -> Flips:
    is_risky, was_risky = derivative == 1, reference == 1
    return Flips(
        at_risk=int((~was_risky).sum()),
        worsened=int((is_risky & ~was_risky).sum()),
        recovered=int((was_risky & ~is_risky).sum()),
    )
