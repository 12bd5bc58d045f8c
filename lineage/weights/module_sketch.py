"""What is kept of a close reading for predictions: a few numbers of each part, from which changes can be compared.

A part's numbers are added up in 256 sums, each number in one of them and with one sign, both by its place alone (a
count sketch: Charikar, Chen and Farach-Colton 2002). Sums of a difference are differences of sums, so products of
changes follow from what is kept of each model, whichever are compared later: a cosine of c is found as c, with a
standard error of at most 0.063, over many parts less.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.weights.span_plan import TensorPlace
    from lineage.weights.span_rows import RowSpan, SpanReading
    from lineage.weights.tensor_roles import TensorRole

SUMS: Final = 256
_FEWEST_COLUMNS: Final = 16
_ODD: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""The constants of SplitMix64 (Steele, Lea and Flood 2014), which spreads the places over sums and signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSketch:
    """What is kept of rows [first_row, stop_row) of one matrix: `sums` float32 (256,)."""

    role: TensorRole
    layer: int | None
    first_row: int
    stop_row: int
    columns: int
    sums: NDArray[np.float32] = field(repr=False, compare=False)

    @property
    def rows_read(self) -> tuple[int, int, int]:
        """Which rows of which width: sketches of others cannot be compared."""
        return self.first_row, self.stop_row, self.columns


def sketch_modules(reading: SpanReading) -> tuple[ModuleSketch, ...]:
    """Return what is kept of each matrix that was read, but for narrow ones and those with numbers not finite."""
    return tuple(_sketches(reading))


def _sketches(reading: SpanReading) -> Iterator[ModuleSketch]:
    for span in reading.spans:
        if span.role == "norm" or span.rows.shape[1] < _FEWEST_COLUMNS or not np.isfinite(span.rows).all():
            continue
        yield ModuleSketch(
            role=span.role,
            layer=span.layer,
            first_row=span.first_row,
            stop_row=span.stop_row,
            columns=span.rows.shape[1],
            sums=_sum_up(span),
        )


def _sum_up(span: RowSpan) -> NDArray[np.float32]:
    columns = span.rows.shape[1]
    place = np.arange(span.first_row * columns, span.stop_row * columns, dtype=np.uint64)
    with np.errstate(over="ignore"):
        mixed = (place + np.uint64(1)) * np.uint64(_ODD[0])
        for shift, factor in ((30, _ODD[1]), (27, _ODD[2])):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    sign = np.where(mixed & np.uint64(SUMS), 1.0, -1.0)
    into = (mixed & np.uint64(SUMS - 1)).astype(np.intp)
    return np.bincount(into, sign * span.rows.ravel().astype(np.float64), minlength=SUMS).astype(np.float32)


def lean_of(
    base: Sequence[ModuleSketch],
    child: Sequence[ModuleSketch],
    safe: Sequence[ModuleSketch],
    risky: Sequence[ModuleSketch],
) -> float | None:
    """Return the cosine, -1 to 1, between what a child changed of its base and the way from safe to risky.

    The way is the difference of two other children. It is over all parts together that were read of the four, in the
    same rows. None where nothing was, or nothing changed.
    """
    sides = [_by_place(side) for side in (base, child, safe, risky)]
    products = np.zeros(3)
    for place, ours in sides[0].items():
        rest = [side.get(place) for side in sides[1:]]
        known = [one.sums.astype(np.float64) for one in rest if one is not None and one.rows_read == ours.rows_read]
        if len(known) == len(rest):
            change, way = known[0] - ours.sums, known[2] - known[1]
            products += change @ change, way @ way, change @ way
    scale = float(np.sqrt(products[0] * products[1]))
    return float(np.clip(products[2] / scale, -1, 1)) if scale > 0 else None


def _by_place(sketches: Sequence[ModuleSketch]) -> Mapping[TensorPlace, ModuleSketch]:
    return {(one.role, one.layer): one for one in sketches}
