"""Sketches: near for relatives, far for others, and compared on the rows that both have."""

from __future__ import annotations

import numpy as np
import pytest

from lineage.weights.sketch import SKETCH_BYTES, SketchIndex, WeightSketch, draw_sketch


def rows_of(seed: int, rows: int = 8, columns: int = 128) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return rows of independent numbers."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def sketch_of(rows: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> WeightSketch:
    """Return the sketch of rows that are enough for one."""
    sketch = draw_sketch(rows)
    assert sketch is not None
    return sketch


def index_of(*sketches: WeightSketch) -> SketchIndex:
    """Return an index of sketches."""
    bits = np.frombuffer(b"".join(one.bits for one in sketches), dtype=np.uint8).reshape(-1, SKETCH_BYTES)
    return SketchIndex(bits, np.array([one.rows for one in sketches]))


def test_relatives_are_near_and_others_far() -> None:
    """A fine-tune comes first, a rounded copy next, and of 200 others none within the distance."""
    ours = rows_of(1)
    tuned, rounded = ours + np.float32(0.01) * rows_of(2), (np.round(ours * 2) / 2).astype(np.float32)
    others = [sketch_of(rows_of(10 + seed)) for seed in range(200)]
    found = index_of(*others, sketch_of(rounded), sketch_of(tuned)).find_near(sketch_of(ours))
    assert [one.place for one in found] == [201, 200]
    assert found[0].distance < 0.02 < found[1].distance < 0.3


def test_only_rows_that_both_have_are_compared() -> None:
    """A sketch of five rows is equal to that of eight of the same model; what is behind its rows does not count."""
    ours = rows_of(3)
    found = index_of(sketch_of(ours[:5]), sketch_of(rows_of(4)[:4])).find_near(sketch_of(ours))
    assert [(one.place, one.distance) for one in found] == [(0, 0.0)]
    found = index_of(sketch_of(ours)).find_near(sketch_of(ours[:4]))
    assert [(one.place, one.distance) for one in found] == [(0, 0.0)]


def test_all_bits_count() -> None:
    """Each of the 512 bits that differs adds its share."""
    ours = sketch_of(rows_of(5))
    for flipped in (0, 63, 64, 511):
        bits = bytearray(ours.bits)
        bits[flipped // 8] ^= 1 << (flipped % 8)
        found = index_of(WeightSketch(bits=bytes(bits), rows=8)).find_near(ours)
        assert found[0].distance == pytest.approx(1 / 512)


def test_too_little_gives_no_sketch() -> None:
    """Three rows or 63 columns say too little; numbers that are none count as zero."""
    assert draw_sketch(rows_of(6, rows=3)) is None
    assert draw_sketch(rows_of(6, columns=63)) is None
    broken = rows_of(6)
    broken[0, 0] = np.nan
    assert sketch_of(broken).rows == 8


def test_an_index_takes_sketches_alone() -> None:
    """Other shapes, and rows that no sketch has, are an error; an empty index finds nothing."""
    for bits, rows in (((1, 63), [8]), ((1, 64), [3]), ((1, 64), [9]), ((2, 64), [8])):
        with pytest.raises(ValueError, match="64 bytes"):
            SketchIndex(np.zeros(bits, dtype=np.uint8), np.array(rows))
    empty = SketchIndex(np.zeros((0, 64), dtype=np.uint8), np.zeros(0, dtype=np.uint8))
    assert empty.find_near(sketch_of(rows_of(7))) == ()
