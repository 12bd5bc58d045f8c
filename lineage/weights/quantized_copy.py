"""Whether a matrix is another one rounded to few levels: a quantized copy that was stored as floats again.

Integers of eight or four bits stand for multiples of a scale, one for a row or for a block of a row. So a block of such
a copy has few different numbers, or numbers at whole steps, and none of them lies further from the original than about
half a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.weights.span_rows import SpanPair

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


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedCopy:
    """Matrices that are another model's, rounded: to `bits` bits in blocks of `block` numbers (0: a row).

    `matrices` of `compared` are; `is_ours` says that ours is the rounded one.
    """

    bits: int
    block: int
    matrices: int
    compared: int
    is_ours: bool


def find_quantized(pairs: Sequence[SpanPair]) -> QuantizedCopy | None:
    """Return how the matrices of one side are those of the other, rounded; None if they are not.

    Matrices that are equal are left out, as embeddings often are; of the others, each has to be rounded.
    """
    changed = [pair for pair in pairs if min(pair.a.shape) > 1 and not pair.is_equal]
    if not changed:
        return None
    for is_ours in (False, True):
        sides = [(pair.b, pair.a) if is_ours else (pair.a, pair.b) for pair in changed]
        for bits, block in _grids():
            fit = sum(_is_rounded(original, copy, bits, block) for original, copy in sides)
            if fit == len(sides):
                return QuantizedCopy(bits=bits, block=block, matrices=fit, compared=len(sides), is_ours=is_ours)
    return None


def _grids() -> Iterator[tuple[int, int]]:
    for bits in (4, 8):
        for block in _BLOCKS:
            yield bits, block


def _is_rounded(original: NDArray[np.float64], copy: NDArray[np.float64], bits: int, block: int) -> bool:
    width = block or copy.shape[1]
    if copy.shape[1] % width:
        return False
    blocks, source = copy.reshape(-1, width), original.reshape(-1, width)
    return _has_few_levels(source, blocks) if bits == 4 else any(_is_on_grid(source, blocks, top) for top in _STEPS_8)  # noqa: PLR2004 - four bits


def _has_few_levels(source: NDArray[np.float64], blocks: NDArray[np.float64]) -> bool:
    """Return whether blocks have at most 16 different numbers, and each the one nearest to its source."""
    ordered = np.sort(blocks, axis=1)
    gaps = np.diff(ordered, axis=1)
    levels = 1 + np.count_nonzero(gaps > 0, axis=1)
    told = 1 + np.count_nonzero(np.diff(np.sort(source, axis=1), axis=1) > 0, axis=1)
    if levels.max() > _LEVELS_4 or np.median(told) <= _LEVELS_4:
        return False
    widest = gaps.max(axis=1, keepdims=True)
    return bool(np.mean(np.abs(source - blocks) > widest) <= _BEYOND)


def _is_on_grid(source: NDArray[np.float64], blocks: NDArray[np.float64], top: int) -> bool:
    """Return whether numbers are whole multiples of their block's largest, divided by the largest integer."""
    steps = np.abs(blocks).max(axis=1, keepdims=True) / top
    steps = np.where(steps > 0, steps, 1.0)
    multiples = blocks / steps
    small = (np.abs(multiples) <= _SMALL) & (blocks != 0)
    if np.count_nonzero(small) < _FEWEST:
        return False
    off = float(np.mean(np.abs(multiples - np.round(multiples))[small]))
    return off <= _OFF_GRID and bool(np.mean((np.abs(source - blocks) > 0.6 * steps)[small]) <= _BEYOND)
