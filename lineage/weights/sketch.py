"""A sketch of 64 bytes by which relatives are found among all models, without comparing pair by pair.

Each of 512 bits says whether one number of the embedding lies above the median of its row: 64 columns, spread evenly,
of each of the first eight rows. Fine-tuning hardly moves a number across the median; independent models agree on half
of the bits. A sketch only proposes: what it proposes is tested (`lineage.weights.independence`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SKETCH_BYTES: Final = 64
_ROWS: Final = 8
_COLUMNS: Final = 64
_FEWEST_ROWS: Final = 4
LARGEST_DISTANCE: Final = 0.3
"""The share of bits in which relatives may differ: 4-bit copies differ in 15 %, other families in 45 % and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSketch:
    """The sketch of one model: `bits` are 64 bytes, of which the first `rows` times 8 say something."""

    bits: bytes
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearSketch:
    """One that lies near: its place among those searched, and the share of bits that differ, 0 to 1."""

    place: int
    distance: float


def draw_sketch(rows: NDArray[np.float32]) -> WeightSketch | None:
    """Return the sketch of an embedding's first rows, float (rows, columns).

    None with fewer than 4 rows or 64 columns, which say too little.
    """
    count, width = min(len(rows), _ROWS), rows.shape[1]
    if count < _FEWEST_ROWS or width < _COLUMNS:
        return None
    first = np.nan_to_num(rows[:count])
    columns = np.linspace(0, width - 1, _COLUMNS).round().astype(np.int64)
    above = first[:, columns] > np.median(first, axis=1, keepdims=True)
    return WeightSketch(bits=np.packbits(above).tobytes().ljust(SKETCH_BYTES, b"\0"), rows=count)


class SketchIndex:
    """The sketches of models whose embeddings are equally wide, searched by counting the bits that differ."""

    def __init__(self, bits: NDArray[np.uint8], rows: NDArray[np.integer]) -> None:
        """Take sketches as uint8 (models, 64), and how many rows each has, 4 to 8, as integers (models,).

        Raises ValueError for other shapes and numbers.
        """
        if bits.shape != (len(rows), SKETCH_BYTES) or (
            len(rows) and not _FEWEST_ROWS <= rows.min() <= rows.max() <= _ROWS
        ):
            raise ValueError("sketches have 64 bytes and 4 to 8 rows each")
        self._words = np.ascontiguousarray(bits).view(np.uint64)
        self._rows = rows.astype(np.uint16)

    def find_near(self, sketch: WeightSketch, *, distance: float = LARGEST_DISTANCE) -> tuple[NearSketch, ...]:
        """Return the sketches within a distance, nearest first; only rows that both have are compared."""
        ours = np.frombuffer(sketch.bits, dtype=np.uint64)
        common = np.minimum(self._rows, sketch.rows)
        differing = np.zeros(len(self._words), dtype=np.uint16)
        for row in range(sketch.rows):  # the eight bytes of a row are one word
            differing += np.where(common > row, np.bitwise_count(self._words[:, row] ^ ours[row]), 0)
        shares = differing / (common * _COLUMNS)
        near = np.flatnonzero(shares <= distance)
        order = near[np.argsort(shares[near], kind="stable")]
        return tuple(NearSketch(place=int(place), distance=float(shares[place])) for place in order)
