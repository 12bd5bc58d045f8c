"""What a close comparison tells, in words and as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lineage.weights.kinship import measure_kinship
from lineage.weights.kinship_findings import tell_findings
from lineage.weights.kinship_table import tabulate_findings, tabulate_mixture

if TYPE_CHECKING:
    from lineage.weights.kinship_findings import WeightFinding
    from lineage.weights.span_rows import SpanReading
    from tests.lineage.weights.conftest import Model, Workshop


def find(ours: SpanReading, theirs: SpanReading) -> dict[str, WeightFinding]:
    """Return what is told of two readings, by kind."""
    kinship = measure_kinship(ours, theirs)
    assert kinship is not None
    return {found.kind: found for found in tell_findings(kinship)}


def test_each_form_of_a_change_has_its_word(workshop: Workshop) -> None:
    """An equal copy, a training, an adapter, an edit, each with the number it rests on."""
    base = workshop.make_base()
    expected: list[tuple[Model, set[str]]] = [
        (base, {"equal", "parent open"}),
        (workshop.tune(base, seed=1), {"high rank", "parent open"}),
        (workshop.adapt(base, rank=8), {"frozen parts", "low rank", "parent open"}),
        (workshop.adapt(base, rank=30), {"frozen parts", "rank open", "parent open"}),
        (workshop.edit(base), {"frozen parts", "edited direction", "parent open"}),
    ]
    for model, kinds in expected:
        assert find(workshop.read(base), workshop.read(model, name="maple/child")).keys() == kinds
    low = find(workshop.read(base), workshop.read(expected[2][0]))
    assert low["low rank"].number == 8
    assert "on 64 rows" in low["low rank"].reason
    assert low["frozen parts"].number == 5
    edited = find(workshop.read(base), workshop.read(expected[4][0]))["edited direction"]
    assert edited.number == pytest.approx(1)
    assert "12 matrices in 6 layers" in edited.reason


@pytest.mark.parametrize("is_ours", [False, True])
def test_the_parent_is_named_where_the_child_lacks_something(workshop: Workshop, *, is_ours: bool) -> None:
    """Digits, levels, or a larger vocabulary; from either side it is the same model."""
    base = workshop.make_base()
    parent = workshop.read(base, name="maple/parent")
    rounded = workshop.read(base, name="maple/child", dtype="BF16")
    quantized = workshop.read(workshop.quantize(base, bits=4, block=32), name="maple/child")
    spans = tuple(replace(span, tensor_rows=span.tensor_rows + 8) for span in parent.spans)
    extended = replace(parent, model="maple/child", spans=spans)
    for child, kind in ((rounded, "rounded copy"), (quantized, "quantized copy"), (extended, "larger vocabulary")):
        found = find(child, parent) if is_ours else find(parent, child)
        assert kind in found
        assert found["parent"].reason.startswith("maple/parent: ")
        assert "maple/child" in found[kind].reason
        assert not {"low rank", "high rank", "parent open"} & found.keys()


def test_a_rank_that_was_not_measured_is_open(workshop: Workshop) -> None:
    """The reason says that too few rows were read, or what was measured."""
    base = workshop.make_base()
    few = (workshop.read(base, rows=4), workshop.read(workshop.tune(base, seed=1), rows=4))
    assert find(*few)["rank open"].reason.startswith("not measured: too few rows")


def test_findings_are_a_table(workshop: Workshop) -> None:
    """One row per finding, others in turn; what has no rows in common says so."""
    base = workshop.make_base()
    ours = workshop.read(base)
    others = [workshop.read(workshop.adapt(base, rank=8), name="maple/adapted"), replace(ours, model="b/c", spans=())]
    table = tabulate_findings(ours, others)
    assert table.columns == ("model", "other", "finding", "number", "reason")
    assert [row[1:4] for row in table.rows] == [
        ("maple/adapted", "frozen parts", 5.0),
        ("maple/adapted", "low rank", 8.0),
        ("maple/adapted", "parent open", None),
        ("b/c", "not comparable", None),
    ]


def test_a_mixture_is_a_table(workshop: Workshop) -> None:
    """Weights where they explain the child; parents without weights; and no fit, with the reason."""
    base = workshop.make_base()
    parents = [workshop.tune(base, seed=seed) for seed in (1, 2)]
    read = [workshop.read(parent, name=f"maple/p{number}") for number, parent in enumerate(parents)]
    origin = workshop.read(base)
    table, is_mixture = tabulate_mixture(workshop.read(workshop.mix(parents, (0.75, 0.25))), read, origin)
    assert is_mixture
    assert [row[1] for row in table.rows] == ["maple/p0", "maple/p1", "maple/base"]
    assert [row[2] for row in table.rows] == pytest.approx([0.75, 0.25, 0], abs=0.001)
    assert {row[4] for row in table.rows} == {"mixture"}
    table, is_mixture = tabulate_mixture(workshop.read(workshop.drop(base, parents, share=0.9)), read, origin)
    assert is_mixture
    assert {row[4] for row in table.rows} == {"parents, not weights"}
    assert {row[2] for row in table.rows} == {None}
    table, is_mixture = tabulate_mixture(workshop.read(workshop.tune(base, seed=9)), read, None)
    assert not is_mixture
    assert [(row[2], row[3], row[4]) for row in table.rows] == [(None, None, "no mixture")] * 2
    table, is_mixture = tabulate_mixture(read[0], [read[1], read[1]], origin)
    assert not is_mixture
    assert all("not fitted" in str(row[4]) for row in table.rows)
