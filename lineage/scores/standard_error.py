"""The mean of one run's items and its standard error, clustered if several items vary one prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST: Final = 2


def mean_and_error(values: NDArray[np.float64], clusters: Sequence[str] | None = None) -> tuple[float, float | None]:
    """Return the mean of `values` (n of them, n >= 1) and its standard error; None below two items or two clusters.

    Without clusters the error is sd / sqrt(n), the variance with n - 1. With clusters it is sqrt(sum over clusters of
    (sum of deviations in the cluster)^2) / n (Miller 2024, arXiv 2411.00640; Liang and Zeger 1986, without a
    small-sample correction): for clusters of one item, the former times sqrt((n - 1) / n).
    """
    count = len(values)
    mean = float(np.mean(values))
    if clusters is None:
        return mean, float(np.std(values, ddof=1) / np.sqrt(count)) if count >= FEWEST else None
    names, places = np.unique(np.asarray(clusters, dtype=object), return_inverse=True)
    if len(names) < FEWEST:
        return mean, None
    sums = np.bincount(places, weights=values - mean)
    return mean, float(np.sqrt(np.sum(sums**2)) / count)
