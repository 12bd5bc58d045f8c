"""Products of rows: alike for copies that were turned, not for others, whatever the rows hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lineage.weights.row_products import MOST_ROWS, ProductAgreement, compare_products, multiply_rows

Rows = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def rows_of(seed: int, rows: int = 40, columns: int = 64) -> Rows:
    """Return rows of independent numbers."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def agreement_of(ours: Rows, theirs: Rows) -> ProductAgreement:
    """Return how the products of rows agree."""
    found = compare_products(multiply_rows(ours), multiply_rows(theirs))
    assert found is not None
    return found


def turned(rows: Rows, seed: int = 3) -> Rows:
    """Return rows whose coordinates were rotated."""
    draw = np.random.default_rng(seed)
    turn = np.linalg.qr(draw.normal(size=(rows.shape[1], rows.shape[1])))[0]
    made: Rows = (rows @ turn).astype(np.float32)
    return made


def test_a_turn_leaves_the_products() -> None:
    """Rotated, permuted, flipped and scaled copies agree, also where all was changed a little before."""
    ours = rows_of(1)
    source = np.random.default_rng(2)
    flipped = ours * source.choice([-1, 1], size=64).astype(np.float32)
    for theirs in (turned(ours), ours[:, source.permutation(64)], flipped, 3 * turned(ours)):
        found = agreement_of(ours, theirs)
        assert found.correlation == pytest.approx(1, abs=1e-4)
        assert (found.rows, found.is_turned) == (MOST_ROWS, True)
    assert agreement_of(ours, turned(ours + 0.1 * rows_of(5))).is_turned
    assert not agreement_of(ours, turned(ours + 2 * rows_of(5))).is_turned


def test_strangers_do_not_agree() -> None:
    """Two hundred pairs, on few rows and on many; the same rows in another order do not agree either."""
    for rows in (8, 12, 16, 32):
        found = [agreement_of(rows_of(seed, rows), rows_of(1000 + seed, rows)) for seed in range(50)]
        assert not any(one.is_turned for one in found)
    ours = rows_of(1)
    assert not agreement_of(ours, turned(ours[::-1])).is_turned


def test_what_tokens_have_in_common_is_no_turn() -> None:
    """Strangers who put the same tokens into groups agree in part; few rows ask for more than many."""
    groups = np.repeat(rows_of(7, 4), 10, axis=0), np.repeat(rows_of(8, 4), 10, axis=0)
    found = agreement_of(groups[0] + rows_of(9), groups[1] + rows_of(10))
    assert 0.2 < found.correlation < 0.9
    assert not found.is_turned
    assert ProductAgreement(correlation=0.95, rows=16).is_turned
    assert not ProductAgreement(correlation=0.95, rows=15).is_turned


def test_rows_that_say_nothing_are_left_out() -> None:
    """Zeros, copies of an earlier row, and rows of numbers that are not finite; of fewer than eight rows nothing."""
    ours = rows_of(1, 16)
    ours[4] = ours[2]
    theirs = turned(ours)
    ours[0], theirs[1, 3] = 0, np.inf
    theirs[5] = np.nan
    assert agreement_of(ours, theirs).rows == 12
    assert agreement_of(ours, theirs).is_turned
    assert compare_products(multiply_rows(ours[:10]), multiply_rows(theirs[:10])) is None
    same = np.ones((20, 64), dtype=np.float32)
    assert compare_products(multiply_rows(same), multiply_rows(same)) is None
    assert compare_products(multiply_rows(ours[:0]), multiply_rows(ours)) is None


@given(arrays(np.float32, (20, 64)), st.integers(0, 20))
def test_any_numbers_are_compared_or_not(numbers: Rows, count: int) -> None:
    """No error and no warning, whatever a file holds."""
    found = compare_products(multiply_rows(numbers), multiply_rows(rows_of(1)[:count]))
    assert found is None or -1.001 <= found.correlation <= 1.001 or np.isnan(found.correlation)
