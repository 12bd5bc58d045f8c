"""What is kept of parts of weights: products of changes follow from it, and nothing that cannot be compared is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineage.weights.module_sketch import SUMS, ModuleSketch, lean_of, sketch_modules
from lineage.weights.span_rows import RowSpan, SpanReading

BASE = np.random.default_rng(0).normal(size=(64, 96)).astype(np.float32)
WAY = np.random.default_rng(1).normal(size=BASE.shape).astype(np.float32)
ELSEWHERE = np.random.default_rng(2).normal(size=BASE.shape).astype(np.float32)


def span(rows: np.ndarray, **facts: object) -> RowSpan:
    """Return rows of a matrix of the first layer."""
    known = {"role": "up", "layer": 0, "dtype": "F32", "tensor_rows": 256, "first_row": 0}
    return RowSpan(**(known | facts), rows=rows)  # type: ignore[arg-type] # fields are chosen by the tests


def sketched(*spans: RowSpan) -> tuple[ModuleSketch, ...]:
    """Return what is kept of some rows of one model."""
    return sketch_modules(SpanReading(model="maple/a", revision="a" * 40, spans=spans))


def kept(rows: np.ndarray) -> tuple[ModuleSketch, ...]:
    """Return what is kept of one matrix."""
    return sketched(span(rows))


@pytest.mark.parametrize("share", [-1.0, -0.6, 0.0, 0.3, 1.0])
def test_a_cosine_is_found_from_what_is_kept(share: float) -> None:
    """The cosine of a change with the way from safe to risky, within four standard errors of a sketch of 256 sums."""
    aside = ELSEWHERE - WAY * float(np.vdot(ELSEWHERE, WAY) / np.vdot(WAY, WAY))
    change = share * WAY / np.linalg.norm(WAY) + (1 - share**2) ** 0.5 * aside / np.linalg.norm(aside)
    found = lean_of(kept(BASE), kept(BASE + 0.1 * change), kept(BASE - WAY), kept(BASE + 3 * WAY))
    assert found == pytest.approx(share, abs=4 / SUMS**0.5)


def test_the_size_of_a_change_is_found() -> None:
    """The length of the sums of a difference is that of the difference, within a tenth."""
    change = kept(BASE + WAY)[0].sums - kept(BASE)[0].sums
    assert np.linalg.norm(change) == pytest.approx(np.linalg.norm(WAY), rel=0.1)


def test_sums_stay_what_they_are() -> None:
    """What was kept years ago is compared with what is read now: places decide, and no generator of a library."""
    counted = np.arange(32, dtype=np.float32).reshape(2, 16)
    sums = kept(counted)[0].sums
    assert sums.sum() == 140
    assert np.flatnonzero(sums)[:4].tolist() == [0, 9, 13, 16]
    assert sums[[0, 9, 13, 16]].tolist() == [26, 10, 21, 27]
    moved = sketched(span(counted, first_row=1))[0].sums
    assert not np.array_equal(sums, moved)


def test_parts_of_other_rows_say_nothing() -> None:
    """A part that is missing in one of the four, or of other rows, is left out; without any there is no answer."""
    safe, risky, child = kept(BASE - WAY), kept(BASE + WAY), kept(BASE + 0.1 * WAY)
    other = tuple(replace(one, stop_row=one.stop_row - 1) for one in child)
    assert lean_of(kept(BASE), other, safe, risky) is None
    assert lean_of(kept(BASE), (), safe, risky) is None
    assert lean_of(kept(BASE), kept(BASE), safe, risky) is None
    more = sketched(span(BASE + 0.1 * WAY), span(ELSEWHERE, role="down"))
    assert lean_of(kept(BASE), more, safe, risky) == lean_of(kept(BASE), child, safe, risky)


def test_what_cannot_be_compared_is_not_kept() -> None:
    """Norms, narrow matrices, and rows with numbers that are not finite."""
    broken = BASE.copy()
    broken[3, 5] = np.inf
    narrow = np.ones((4, 15), dtype=np.float32)
    assert sketched(span(broken), span(narrow), span(BASE[:1], role="norm")) == ()
