"""Signal detection: a share as a normal quantile, which sets discrimination apart from a threshold.

Half an item is added to each cell, so that no share is 0 or 1 (Hautus 1995, Behavior Research Methods 27, 46-51); the
variance is that of Gourevitch and Galanter (1967), Psychometrika 32, 25-33.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NORMAL: Final = NormalDist()


def quantile_of_share(share: float, items: int) -> tuple[float, float]:
    """Return the normal quantile of a share of 0 to 1 of so many items, and the variance of that quantile."""
    corrected = (share * items + 0.5) / (items + 1)
    quantile = NORMAL.inv_cdf(corrected)
    return quantile, corrected * (1 - corrected) / (items * NORMAL.pdf(quantile) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileShift:
    """The normal quantiles of a share before and after, with the variance of each and that of their difference."""

    before: float
    after: float
    variance_before: float
    variance_after: float
    variance: float

    @property
    def change(self) -> float:
        """How far the quantile moved."""
        return self.after - self.before


def compare_shares(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> QuantileShift:
    """Compare two shares of the same items, in the same order, at least one; the items are taken as independent.

    A quarter of an item is added to each of the four cells, so that each share is corrected as `quantile_of_share`
    does; the covariance of the two shares makes the difference as certain as pairs allow.
    """
    items = len(before)
    (old, old_variance), (new, new_variance) = (
        quantile_of_share(float(side.mean()), items) for side in (before, after)
    )
    both = (int((before & after).sum()) + 0.25) / (items + 1)
    shares = [(int(side.sum()) + 0.5) / (items + 1) for side in (before, after)]
    covariance = (both - shares[0] * shares[1]) / (items * NORMAL.pdf(old) * NORMAL.pdf(new))
    return QuantileShift(
        before=old,
        after=new,
        variance_before=old_variance,
        variance_after=new_variance,
        variance=max(old_variance + new_variance - 2 * covariance, 0.0),
    )
