"""How two models of one origin differ: what is frozen, rounded, quantized, of low rank, edited, or plainly trained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.weights.kinship import Kinship, measure_kinship
from lineage.weights.number_formats import round_to
from lineage.weights.span_rows import RowSpan, SpanReading, pair_spans, rounding_energy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lineage.weights.conftest import Model, Workshop


def compare(workshop: Workshop, ours: Model, theirs: Model, *, dtype: str = "F32", rows: int = 32) -> Kinship:
    """Return how two models differ, both stored as a type."""
    kinship = measure_kinship(
        workshop.read(ours, dtype=dtype, rows=rows), workshop.read(theirs, name="maple/child", dtype=dtype, rows=rows)
    )
    assert kinship is not None
    return kinship


def test_a_copy_is_equal_in_all(workshop: Workshop) -> None:
    """Every role is frozen, nothing changed, and no form of a change is told."""
    base = workshop.make_base()
    kinship = compare(workshop, base, base)
    assert (kinship.model, kinship.other) == ("maple/base", "maple/child")
    assert (kinship.equal_share, kinship.change, kinship.extra_rows) == (1, 0, 0)
    assert {role.role for role in kinship.roles if role.is_frozen} == {key[0] for key in base}
    assert (kinship.rounded_to, kinship.quantized, kinship.spectra, kinship.edit) == (None, None, (), None)


def test_a_full_fine_tune_moves_all_roles_in_many_directions(workshop: Workshop) -> None:
    """The change is that of the numbers, no role is frozen, each rank is high, and there is no common direction."""
    base = workshop.make_base()
    kinship = compare(workshop, base, workshop.tune(base, seed=1))
    assert kinship.equal_share < 0.01
    query = next(role for role in kinship.roles if role.role == "query")
    assert query.change == pytest.approx(0.02, rel=0.02)
    assert (query.parts, query.numbers) == (6, 6 * 64 * 96)
    assert not any(role.is_frozen for role in kinship.roles)
    assert {spectrum.kind for spectrum in kinship.spectra if spectrum.rows == 64} == {"high"}
    assert "low" not in {spectrum.kind for spectrum in kinship.spectra}
    assert kinship.edit is not None
    assert kinship.edit.cosine < 0.5
    assert not kinship.edit.is_edited
    assert (kinship.quantized, kinship.rounded_to) == (None, None)


@pytest.mark.parametrize("dtype", ["F32", "BF16"])
@pytest.mark.parametrize("rank", [1, 8, 16])
def test_a_merged_adapter_has_its_rank(workshop: Workshop, rank: int, dtype: str) -> None:
    """The rank is told to the number, also behind 16-bit rounding, and what it left alone is frozen."""
    base = workshop.store(workshop.make_base(), dtype)
    kinship = compare(workshop, base, workshop.adapt(base, rank=rank), dtype=dtype)
    assert {spectrum.rank for spectrum in kinship.spectra} == {rank}
    assert {spectrum.kind for spectrum in kinship.spectra} == {"low"}
    assert {spectrum.role for spectrum in kinship.spectra} == {"query"}
    assert {role.role for role in kinship.roles if not role.is_frozen} == {"query"}
    if rank == 8:
        assert all(spectrum.energy_8 > 0.98 for spectrum in kinship.spectra)


def test_a_rank_is_not_told_where_it_cannot_be(workshop: Workshop) -> None:
    """Not from fewer than 16 rows, and not where rounding makes most of the change."""
    base = workshop.make_base()
    assert compare(workshop, base, workshop.adapt(base, rank=1), rows=7).spectra == ()
    tuned = workshop.tune(base, seed=1, change=0.001)
    found = compare(workshop, base, tuned, dtype="BF16").spectra
    assert {spectrum.kind for spectrum in found if spectrum.role == "query"} == {"open"}


def test_an_adapter_of_many_directions_is_not_low(workshop: Workshop) -> None:
    """A rank of more than a quarter of the rows is open; one of more than half cannot be told from a fine-tune."""
    base = workshop.make_base()
    for rank, kind in ((17, "open"), (32, "open"), (40, "high")):
        found = compare(workshop, base, workshop.adapt(base, rank=rank)).spectra
        assert {spectrum.kind for spectrum in found} == {kind}


@pytest.mark.parametrize("dtype", ["F32", "BF16"])
def test_a_direction_taken_out_is_found(workshop: Workshop, dtype: str) -> None:
    """One direction in all writers: cosine 1, rank one; the layers that it was taken out of are counted."""
    base = workshop.make_base()
    edit = compare(workshop, base, workshop.edit(base, layers=(2, 3, 5)), dtype=dtype).edit
    assert edit is not None
    assert edit.is_edited
    assert (edit.matrices, edit.layers, edit.rows) == (6, 3, 32)
    assert edit.cosine > 0.99
    assert edit.first > 0.95


def test_an_adapter_of_rank_one_is_no_edit(workshop: Workshop) -> None:
    """Its change has rank one in each matrix as well, in another direction each."""
    base = workshop.make_base()
    edit = compare(workshop, base, workshop.adapt(base, rank=1, roles=("attention_output", "down"))).edit
    assert edit is not None
    assert edit.first > 0.99
    assert edit.cosine < 0.5
    assert not edit.is_edited


def test_an_edit_takes_three_matrices_and_eight_rows(workshop: Workshop) -> None:
    """Fewer say nothing: two directions of few numbers agree by chance."""
    base = workshop.make_base()
    assert compare(workshop, base, workshop.edit(base, layers=(2,))).edit is None
    assert compare(workshop, base, workshop.edit(base), rows=7).edit is None
    assert compare(workshop, base, workshop.edit(base), rows=8).edit is not None


@pytest.mark.parametrize("dtype", ["F32", "BF16"])
@pytest.mark.parametrize(("bits", "block"), [(8, 0), (8, 32), (4, 0), (4, 32)])
def test_a_quantized_copy_is_found_from_either_side(workshop: Workshop, bits: int, block: int, dtype: str) -> None:
    """Its bits and its block, whichever of the two is the copy."""
    base = workshop.make_base()
    copy = workshop.quantize(base, bits=bits, block=block)
    for is_ours, pair in ((False, (base, copy)), (True, (copy, base))):
        found = compare(workshop, *pair, dtype=dtype).quantized
        assert found is not None
        assert (found.bits, found.block, found.is_ours) == (bits, block, is_ours)
        assert found.matrices == 24


@pytest.mark.parametrize(("bits", "block"), [(8, 0), (4, 32)])
@pytest.mark.parametrize("change", [0.002, 0.1])
def test_a_training_from_a_quantized_base_is_no_copy(workshop: Workshop, bits: int, block: int, change: float) -> None:
    """The base has few levels, but its child lies much closer to them, or further away, than rounding leaves it."""
    base = workshop.quantize(workshop.make_base(), bits=bits, block=block)
    change = change if bits == 8 else 5 * change
    kinship = compare(workshop, base, workshop.tune(base, seed=1, change=change))
    assert kinship.quantized is None
    assert compare(workshop, base, workshop.adapt(base, rank=8)).quantized is None


def test_a_matrix_of_few_numbers_does_not_decide(workshop: Workshop) -> None:
    """One that is too small to tell is left out of the count; if all are, nothing is told."""
    base = workshop.make_base() | {("output_head", None): np.full((2, 96), 0.01, dtype=np.float32)}
    base["output_head", None][:, 0] = 0.02
    copy = workshop.quantize(base, bits=8, block=0)
    found = compare(workshop, base, copy).quantized
    assert found is not None
    assert (found.bits, found.matrices) == (8, 24)
    few = {key: rows for key, rows in base.items() if key[0] == "output_head"}
    assert compare(workshop, few, {key: copy[key] for key in few}).quantized is None


def test_a_quantized_fine_tune_is_no_copy(workshop: Workshop) -> None:
    """Its numbers lie at whole steps, but further from the base than a step: it was made of another model."""
    base = workshop.make_base()
    tuned = workshop.quantize(workshop.tune(base, seed=1, change=0.5), bits=8, block=0)
    assert compare(workshop, base, tuned).quantized is None


@pytest.mark.parametrize("dtype", ["BF16", "F16"])
def test_a_rounded_copy_is_found_from_either_side(workshop: Workshop, dtype: str) -> None:
    """The type, and which of the two is the rounded one."""
    base = workshop.make_base()
    wide, narrow = workshop.read(base), workshop.read(base, dtype=dtype)
    for is_ours, ours, theirs in ((False, wide, narrow), (True, narrow, wide)):
        kinship = measure_kinship(ours, theirs)
        assert kinship is not None
        assert (kinship.rounded_to, kinship.is_ours_rounded, kinship.quantized) == (dtype, is_ours, None)


def test_more_rows_of_the_embedding_are_counted(workshop: Workshop) -> None:
    """The larger vocabulary of theirs counts up, that of ours down; unknown without an embedding."""
    base = workshop.make_base()
    more = base | {("token_embedding", None): np.concatenate([base["token_embedding", None]] * 2)}
    assert compare(workshop, base, more).extra_rows == 200
    assert compare(workshop, more, base).extra_rows == -200


def test_only_common_rows_are_compared(workshop: Workshop, without: Callable[[SpanReading, str], SpanReading]) -> None:
    """Rows of other places, other widths and other roles are left out; without any there is no kinship."""
    base = workshop.make_base()
    few, many = workshop.read(base, rows=8), workshop.read(base, rows=32)
    assert {len(pair.a) for pair in pair_spans(few, many) if pair.ours.role == "down"} == {8}
    assert all(pair.is_equal for pair in pair_spans(few, many))
    assert "down" not in {pair.ours.role for pair in pair_spans(few, without(many, "down"))}
    up = next(span for span in few.spans if span.role == "up")
    for other in (replace(up, first_row=0), replace(up, rows=up.rows[:, :10]), replace(up, layer=9)):
        left, right = (replace(few, spans=(span,)) for span in (up, other))
        assert measure_kinship(left, right) is None


def test_numbers_that_are_none_are_left_out() -> None:
    """A part with infinite numbers or none at all says nothing, and nothing breaks."""
    rows = np.ones((4, 8), dtype=np.float32)
    span = RowSpan(role="up", layer=0, dtype="F32", tensor_rows=4, first_row=0, rows=rows)
    good = SpanReading(model="maple/base", revision="main", spans=(span,))
    bad = replace(good, spans=(replace(span, rows=np.full((4, 8), np.nan, dtype=np.float32)),))
    assert measure_kinship(good, bad) is None
    empty = replace(good, spans=(replace(span, rows=rows[:0]),))
    assert measure_kinship(good, empty) is None
    zero = replace(good, spans=(replace(span, rows=0 * rows),))
    kinship = measure_kinship(zero, good)
    assert kinship is not None
    assert kinship.change is None


def test_rounding_adds_a_twelfth_of_a_steps_square() -> None:
    """The estimate is that of the numbers themselves; wide types add nothing."""
    rows = np.random.default_rng(0).normal(size=(200, 200))
    for dtype in ("BF16", "F16"):
        rounded = round_to(rows.astype(np.float32), dtype)
        assert rounded is not None
        assert rounding_energy(rows, dtype) == pytest.approx(float(np.sum((rows - rounded) ** 2)), rel=0.05)
    assert 0 < rounding_energy(rows, "F32") < 1e-10
    assert rounding_energy(rows, "I8") == 0
    assert rounding_energy(np.zeros((2, 2)), "BF16") == 0
