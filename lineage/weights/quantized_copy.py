"""Whether a matrix is another one rounded to few levels: a quantized copy that was stored as floats again.

Integers of eight or four bits stand for multiples of a scale, one for a row or for a block of a row. So a block of such
a copy has few different numbers, or numbers at whole steps, and they lie from the original as rounding leaves them: up
to half a step, a quarter on average. A training from such a copy lies much closer to it, or further away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.weights.span_rows import SpanPair

_LOW_BITS: Final = 4
_LEVELS_4: Final = 16
_BLOCKS: Final = (0, 256, 128, 64, 32)
"""Numbers that share a scale; 0 is a whole row."""
_STEPS_8: Final = (127, 128)
_SMALL: Final = 24
"""Multiples up to here are tested: a 16-bit float rounds larger ones too far for their step to show."""
_FEWEST: Final = 200
_OFF_GRID: Final = 0.1
"""The mean distance to a whole step, in steps; chance brings 0.25."""
_BEYOND: Final = 0.01
"""The share of numbers that may lie further from the original than the step allows."""
_FURTHEST: Final = 0.6
_ROUNDING_4: Final = (0.15, 0.35)
_ROUNDING_8: Final = (0.2, 0.3)
"""The mean distance from the original in steps, which is 0.25 for even steps; levels of four bits may be uneven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedCopy:
    """Matrices that are another model's, rounded: to `bits` bits in blocks of `block` numbers (0: a row).

    `is_ours` says that ours is the rounded one.
    """

    bits: int
    block: int
    matrices: int
    is_ours: bool


def find_quantized(pairs: Sequence[SpanPair]) -> QuantizedCopy | None:
    """Return how the matrices of one side are those of the other, rounded; None if they are not.

    Matrices that are equal are left out, as embeddings often are, and those with too few numbers to tell; of the
    others, each has to be rounded.
    """
    changed = [pair for pair in pairs if min(pair.a.shape) > 1 and not pair.is_equal]
    if not changed:
        return None
    for is_ours in (False, True):
        sides = [(pair.b, pair.a) if is_ours else (pair.a, pair.b) for pair in changed]
        for bits, block in _grids():
            fit = [_is_rounded(original, copy, bits, block) for original, copy in sides]
            if any(fit) and False not in fit:
                return QuantizedCopy(bits=bits, block=block, matrices=fit.count(True), is_ours=is_ours)
    return None


def _grids() -> Iterator[tuple[int, int]]:
    for bits in (_LOW_BITS, 8):
        for block in _BLOCKS:
            yield bits, block


def _is_rounded(original: NDArray[np.float64], copy: NDArray[np.float64], bits: int, block: int) -> bool | None:
    """Return whether a matrix is another one, rounded; None if it has too few numbers to tell."""
    width = block or copy.shape[1]
    if copy.shape[1] % width:
        return False
    blocks, source = copy.reshape(-1, width), original.reshape(-1, width)
    if bits == _LOW_BITS:
        return _has_few_levels(source, blocks)
    fit = [_is_on_grid(source, blocks, top) for top in _STEPS_8]
    return None if None in fit else any(fit)


def _has_few_levels(source: NDArray[np.float64], blocks: NDArray[np.float64]) -> bool:
    """Return whether blocks have at most 16 different numbers, and each the one nearest to its source."""
    ordered = np.sort(blocks, axis=1)
    gaps = np.diff(ordered, axis=1)
    levels = 1 + np.count_nonzero(gaps > 0, axis=1)
    told = 1 + np.count_nonzero(np.diff(np.sort(source, axis=1), axis=1) > 0, axis=1)
    if levels.max() > _LEVELS_4 or np.median(told) <= _LEVELS_4:
        return False
    steps = np.array([np.median(row[row > 0]) if np.any(row > 0) else 1.0 for row in gaps])[:, None]
    distances = np.abs(source - blocks)
    is_near = np.mean(distances > _FURTHEST * gaps.max(axis=1, keepdims=True)) <= _BEYOND
    return bool(is_near and _ROUNDING_4[0] <= np.mean(distances / steps) <= _ROUNDING_4[1])


def _is_on_grid(source: NDArray[np.float64], blocks: NDArray[np.float64], top: int) -> bool | None:
    """Return whether numbers are whole multiples of their block's largest, divided by the largest integer.

    None if too few are small enough to tell.
    """
    steps = np.abs(blocks).max(axis=1, keepdims=True) / top
    steps = np.where(steps > 0, steps, 1.0)
    multiples = blocks / steps
    small = (np.abs(multiples) <= _SMALL) & (blocks != 0)
    if np.count_nonzero(small) < _FEWEST:
        return None
    off = float(np.mean(np.abs(multiples - np.round(multiples))[small]))
    distances = (np.abs(source - blocks) / steps)[small]
    is_near = np.mean(distances > _FURTHEST) <= _BEYOND
    return bool(off <= _OFF_GRID and is_near and _ROUNDING_8[0] <= np.mean(distances) <= _ROUNDING_8[1])
