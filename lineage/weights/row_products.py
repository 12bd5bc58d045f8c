"""Whether the rows of two models agree up to a turn of their coordinates: by the products of the rows with each other.

Whoever permutes, turns or flips the hidden coordinates of a network changes every row and none of their products. So
the cosines between rows, of which their mean was taken, are compared with those between the same rows of another model.
They have no exact null: models that were trained on like text have like products of tokens that are alike. The bounds
stand above what was measured between models that were trained independently (`lineage docs weights`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS: Final = 32
"""Rows whose products are kept: 528 numbers."""
_FEWEST_ROWS: Final = 8
_MANY_ROWS: Final = 16
_LEAST_OF_FEW: Final = 0.98
_LEAST_OF_MANY: Final = 0.9
_EQUAL: Final = 1e-3
"""Two rows this close to each other, as a share of their length, are one: unused tokens, most often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductAgreement:
    """The correlation, -1 to 1, of the cosines between `rows` rows of one model with those of another."""

    correlation: float
    rows: int

    @property
    def is_turned(self) -> bool:
        """Whether the rows are the same up to a turn: more than strangers of a common text agree on so many rows."""
        return self.correlation >= (_LEAST_OF_MANY if self.rows >= _MANY_ROWS else _LEAST_OF_FEW)


def multiply_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the products of the first 32 rows of a matrix, float (rows, columns), with each other."""
    first = rows[:MOST_ROWS].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # a file may hold infinite numbers and none
        return (first @ first.T).astype(np.float32)


def compare_products(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> ProductAgreement | None:
    """Compare the products of the same rows of two models, float (rows, rows); None if fewer than eight say something.

    Rows that are zero, not finite, or equal to an earlier one say nothing.
    """
    count = min(len(ours), len(theirs))
    sides = [products[:count, :count].astype(np.float64) for products in (ours, theirs)]
    kept = _telling(sides[0]) & _telling(sides[1])
    rows = int(kept.sum())
    if rows < _FEWEST_ROWS:
        return None
    above = np.triu_indices(rows, 1)
    a, b = (_cosines(side[np.ix_(kept, kept)])[above] for side in sides)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return ProductAgreement(correlation=float(np.corrcoef(a, b)[0, 1]), rows=rows)


def _telling(products: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which rows are finite, not zero, and no copy of an earlier one."""
    lengths: NDArray[np.float64] = np.diagonal(products)
    is_finite = np.isfinite(lengths)
    is_sound = is_finite & (lengths > 0) & np.all(np.isfinite(products) | ~is_finite, axis=1)
    with np.errstate(invalid="ignore"):
        distances = lengths[:, None] + lengths[None, :] - 2 * products
        is_equal = np.tril(distances <= _EQUAL**2 * lengths[:, None], -1) & is_sound
    return np.asarray(is_sound & ~is_equal.any(axis=1))


def _cosines(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosines between rows from which their mean was taken."""
    centred = products - products.mean(axis=0) - products.mean(axis=1, keepdims=True) + products.mean()
    lengths = np.sqrt(np.maximum(np.diag(centred), np.finfo(np.float64).tiny))
    return np.asarray(centred / np.outer(lengths, lengths))
