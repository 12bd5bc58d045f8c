"""Rows of many matrices of a model, and which of them another model has as well.

A matrix is known by its role and layer, not by its name, because models of one family name their parts differently
from library to library. Only the rows that both were read of are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from lineage.weights.tensor_roles import TensorRole

_DIGITS: Final[Mapping[str, int]] = {"F64": 23, "F32": 23, "F16": 10, "BF16": 7, "F8_E4M3": 3, "F8_E5M2": 2}
"""Binary digits behind the first; F64 is read as F32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpan:
    """Whole rows of one tensor, from `first_row` on, as float32 (rows, columns); a vector is one row.

    `tensor_rows` is how many rows the tensor has in all, and `dtype` how its file stores it. `layer` counts from 0 and
    is None for a part of no layer.
    """

    role: TensorRole
    layer: int | None
    dtype: str
    tensor_rows: int
    first_row: int
    rows: NDArray[np.float32] = field(repr=False, compare=False)

    @property
    def stop_row(self) -> int:
        """The row behind the last."""
        return self.first_row + len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanReading:
    """What was read of one model: at most one span for a role and a layer, and what that cost."""

    model: str
    revision: str
    spans: tuple[RowSpan, ...]
    bytes_read: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanPair:
    """The same rows of two models, float64 (rows, columns), from `first_row` on."""

    ours: RowSpan
    theirs: RowSpan
    first_row: int
    a: NDArray[np.float64] = field(repr=False, compare=False)
    b: NDArray[np.float64] = field(repr=False, compare=False)

    @property
    def change(self) -> NDArray[np.float64]:
        """What has to be added to ours to have theirs."""
        return self.b - self.a

    @property
    def is_equal(self) -> bool:
        """Whether all numbers are the same."""
        return bool(np.array_equal(self.a, self.b))


def pair_spans(ours: SpanReading, theirs: SpanReading) -> tuple[SpanPair, ...]:
    """Return the rows that were read of both, in the order of ours; rows with numbers that are not finite are left."""
    return tuple(_pairs(ours, theirs))


def _pairs(ours: SpanReading, theirs: SpanReading) -> Iterator[SpanPair]:
    known = {(span.role, span.layer): span for span in theirs.spans}
    for span in ours.spans:
        other = known.get((span.role, span.layer))
        if other is None or span.rows.shape[1] != other.rows.shape[1]:
            continue
        first, stop = max(span.first_row, other.first_row), min(span.stop_row, other.stop_row)
        if first >= stop:
            continue
        a = span.rows[first - span.first_row : stop - span.first_row].astype(np.float64)
        b = other.rows[first - other.first_row : stop - other.first_row].astype(np.float64)
        if np.all(np.isfinite(a)) and np.all(np.isfinite(b)):
            yield SpanPair(ours=span, theirs=other, first_row=first, a=a, b=b)


def rounding_steps(rows: NDArray[np.float64], dtype: str) -> NDArray[np.float64]:
    """Return the distance between neighbours in a floating type at each number; 0.0 for a type of another kind.

    A number of binary exponent e has neighbours 2**(e - 7) away in BF16, which keeps seven digits behind the first.
    """
    digits = _DIGITS.get(dtype)
    if digits is None:
        return np.zeros_like(rows)
    _, exponents = np.frexp(rows)
    return np.where(rows == 0, 0.0, np.ldexp(1.0, exponents - 1 - digits))


def rounding_energy(rows: NDArray[np.float64], dtype: str) -> float:
    """Return the sum of squares that rounding to a type is expected to add: a twelfth of each step's square."""
    return float(np.sum(rounding_steps(rows, dtype) ** 2) / 12)
