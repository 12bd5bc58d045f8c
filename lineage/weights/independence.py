"""An exact test of whether the rows of two models' matrices come from one initialisation.

The coordinates of a network's inner layers have no order of their own: of two networks that were initialised
independently, any matching of the coordinates of one to those of the other is as good as another. So the columns of
some rows of A are matched to those of the same rows of B in the best way (linear assignment on correlations), and the
columns that are matched to the column of the same number are counted. If A and B are independent, and columns of one
of them exchangeable, the matching is a uniformly random permutation; with f fixed points or more it has a probability
of at most 1/f!, because a permutation of n has C(n, f) (n-f)! / n! = 1/f! expected sets of f fixed points.

"One initialisation" is all that it says: two trainings from one random seed are no fine-tunes of each other. It is not
valid for coordinates that have an order: fixed position tables, embeddings rotated to their principal components, the
halves of rotary heads. Two columns that are alike would be matched in their order; so the columns of one side are
shuffled first, by a draw that follows from neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log, log10
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_ROWS: Final = 4
"""With two rows, ties alone let a quarter of unrelated pairs seem related."""
MOST_UNITS: Final = 512
"""512 columns can give p = 1e-1167; an assignment of 4,096 takes a minute."""
_FEWEST_UNITS: Final = 32
_ORDERED_SHARE: Final = 0.5
_MATRIX: Final = 2
_SMALLEST: Final = 1e-9
_DRAW: Final = 20261202


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginTest:
    """The outcome of one test: `fixed_points` of `units` columns on `rows` rows, and log10 of the bound on p.

    `correlation` is the mean correlation of columns of the same number, between -1 and 1.
    """

    fixed_points: int
    units: int
    rows: int
    log10_p: float
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Untestable:
    """Two matrices that the test does not apply to, and why."""

    reason: str


def measure_origin(
    ours: NDArray[np.float32], theirs: NDArray[np.float32], *, draw: int = _DRAW
) -> OriginTest | Untestable:
    """Test whether two matrices, float (rows, columns) of one shape, come from one initialisation.

    Rows that say nothing (constant, not finite, or equal to another row) are left out. `draw` seeds the shuffle and the
    choice of columns where there are more than 512. Raises ValueError if the shapes differ.
    """
    if ours.shape != theirs.shape or ours.ndim != _MATRIX:
        raise ValueError("two matrices of one shape are needed")
    kept = _telling_rows(ours) & _telling_rows(theirs)
    a, b = ours[kept].astype(np.float64), theirs[kept].astype(np.float64)
    if len(a) < FEWEST_ROWS:
        return Untestable(reason=f"{len(a)} of their common rows say something; {FEWEST_ROWS} are needed")
    chosen = choose_columns(a.shape[1], draw=draw)
    a, b = a[:, chosen], b[:, chosen]
    a, b, alive = _normalised(a, b)
    units = int(alive.sum())
    if units < _FEWEST_UNITS:
        return Untestable(reason=f"{units} of their columns say something; {_FEWEST_UNITS} are needed")
    if max(_order(ours[kept]), _order(theirs[kept])) > _ORDERED_SHARE:
        return Untestable(reason="their columns have an order of their own, as those of principal components do")
    fixed = count_fixed_points(a[:, alive], b[:, alive], np.random.default_rng([draw, units]))
    return OriginTest(
        fixed_points=fixed,
        units=units,
        rows=len(a),
        log10_p=log10_p_of(fixed),
        correlation=float(np.mean(np.sum(a[:, alive] * b[:, alive], axis=0))),
    )


def choose_columns(width: int, *, draw: int = _DRAW) -> NDArray[np.int64]:
    """Return the numbers of the columns that are compared of so many, ascending: all, or 512 that follow from them."""
    if width <= MOST_UNITS:
        return np.arange(width)
    return np.sort(np.random.default_rng(draw).choice(width, MOST_UNITS, replace=False))


def log10_p_of(fixed_points: int, matchings: int = 1) -> float:
    """Return log10 of the bound m^f / f! on the probability of so many fixed points or more in m matchings."""
    return min(0.0, fixed_points * log10(matchings) - lgamma(fixed_points + 1) / log(10))


def _telling_rows(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which rows are finite, not constant, and seen for the first time."""
    is_finite: NDArray[np.bool_] = np.all(np.isfinite(rows), axis=1)
    finite = np.where(is_finite[:, None], rows, 0)
    first = np.zeros(len(rows), dtype=np.bool_)
    first[np.unique(finite, axis=0, return_index=True)[1]] = True
    kept: NDArray[np.bool_] = first & is_finite & (finite.max(axis=1) > finite.min(axis=1))
    return kept


def _normalised(
    ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return both with rows of mean 0 and spread 1, columns of mean 0 and length 1; and which columns vary in both."""
    sides = []
    for rows in (ours, theirs):
        centred = rows - rows.mean(axis=1, keepdims=True)
        scale = centred.std(axis=1, keepdims=True)
        centred = centred / np.where(scale > 0, scale, 1)
        centred -= centred.mean(axis=0)
        sides.append(centred)
    lengths = [np.linalg.norm(side, axis=0) for side in sides]
    varies = (lengths[0] > _SMALLEST) & (lengths[1] > _SMALLEST)
    return sides[0] / np.where(varies, lengths[0], 1), sides[1] / np.where(varies, lengths[1], 1), varies


def _order(rows: NDArray[np.float32]) -> float:
    """Return how much the spread of columns follows their number: the size of the rank correlation, 0 to 1."""
    from scipy.stats import rankdata

    ranks = rankdata(rows.astype(np.float64).std(axis=0))
    return float(abs(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1])) if np.ptp(ranks) > 0 else 0.0


def count_fixed_points(ours: NDArray[np.float64], theirs: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Return how many columns are matched to that of the same number, in the best matching of (rows, columns)."""
    from scipy.optimize import linear_sum_assignment

    shuffled = rng.permutation(theirs.shape[1])
    _, matched = linear_sum_assignment(ours.T @ theirs[:, shuffled], maximize=True)
    return int(np.sum(shuffled[matched] == np.arange(ours.shape[1])))
