"""Conclusions as arrays say what the rows say: which count for a model, and what they show together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.drift.chance import by_chance
from lineage.drift.contradictions import MixedShare, find_contradictions, share_mixed
from lineage.drift.drift_row import by_model
from lineage.study.contradiction_tables import OneByOne, mixed_tables
from lineage.study.inputs import StudyInputs, as_result
from lineage.study.study_findings import chance_of_columns
from lineage.study.told_columns import ToldColumns, coded, first_of_each, numbered
from lineage.vocabulary import Construct, GroupName, Verdict
from tests.lineage.study.conftest import one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.drift.contradictions import Contradiction
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.study.conftest import RowMaker

GROUPS: dict[GroupName, Callable[[Contradiction], tuple[str, ...]]] = {
    GroupName.DOMAIN: lambda one: ("all", *(one.domains or ("none",))),
    GroupName.BASE_FAMILY: lambda one: (one.root or "none",),
    GroupName.RELATION: lambda one: one.relations or ("none",),
}
Drawn = tuple[int, int, int, int, int, Verdict, str | None, tuple[str, ...]]
COMPARISONS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 4),
        st.integers(0, 2),
        st.integers(1, 2),
        st.integers(-2, 2),
        st.sampled_from([Verdict.WORSE, Verdict.BETTER, Verdict.UNDECIDED]),
        st.sampled_from([None, "adapter", "merge"]),
        st.sampled_from([(), ("legal",), ("medical", "legal")]),
    ),
    max_size=40,
)


def rows_of(row: RowMaker, drawn: list[Drawn]) -> list[DriftRow]:
    """Return rows: instruments 3 and 4 are two judges' of one name, and are not about unsafe output."""
    return [
        row(
            f"m{model}",
            f"x{min(instrument, 3)}",
            delta / 4,
            instrument=f"x{instrument}",
            construct=Construct.BIAS if instrument > 2 else Construct.UNSAFE_OUTPUT,
            reference=f"b{reference}",
            distance=distance,
            verdict=verdict,
            relation=relation,
            domains=domains,
            q_value=0.5 if delta else None,
        )
        for model, instrument, reference, distance, delta, verdict, relation, domains in drawn
    ]


@given(COMPARISONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_the_same_comparison_counts_for_a_model(row: RowMaker, drawn: list[Drawn]) -> None:
    """Of several references, arrays choose the one that rows choose; what chance makes of all is the same too."""
    rows = rows_of(row, drawn)
    told = ToldColumns.of(rows)
    chosen = [one for mine in by_model(rows).values() for one in mine]
    found = told.by_model
    assert list(zip(found.delta.tolist(), found.distance.tolist(), strict=True)) == [
        (one.delta, one.distance) for one in chosen
    ]
    fields = ("model", "instrument", "name", "reference", "root", "relation", "domains", "value", "items", "sign")
    assert [[getattr(one, name) for name in fields] for one in found.rows(np.arange(len(found)))] == [
        [getattr(one, name) for name in fields] for one in chosen
    ]
    assert chance_of_columns(told) == by_chance(rows)


@given(COMPARISONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_contradictions_in_arrays_are_those_of_rows(row: RowMaker, drawn: list[Drawn]) -> None:
    """One by one and as shares by domain, family and relation, over all constructs and over unsafe output alone."""
    rows = rows_of(row, drawn)
    tables = {one.name: one.result for one in mixed_tables(rows, StudyInputs(), seed=0)}
    for name, direct_only in (("all", False), ("direct", True)):
        found = find_contradictions(rows, direct_only=direct_only)
        for group in GroupName:
            expected = as_result(share_mixed(found, GROUPS[group]), MixedShare)
            assert tables[f"mixed_{name}_by_{group}"] == expected
    expected = as_result(map(one_by_one, find_contradictions(rows)), OneByOne)
    assert tables["mixed_derivatives"] == expected


def test_places_follow_the_order_of_names() -> None:
    """None and no text have no place; numbers of combinations follow places, and those by occurrence do not."""
    codes, names = coded(["b", None, "a", "", "b"])
    assert (codes.tolist(), names) == ([1, -1, 0, -1, 1], ("a", "b"))
    assert numbered(codes, codes).tolist() == [2, 0, 1, 0, 2]
    assert [one.tolist() for one in first_of_each(numbered(codes))] == [[0, 1, 2, 1, 0], [0, 1, 2]]


def test_unknown_figures_are_none_again(row: RowMaker) -> None:
    """A row from the arrays says what it was made from, and a count is whole."""
    rows = [row("b", "x", 1.0, value=3.0, items=7, judge="j"), row("a", "y", -1.0, root=None, relation="merge")]
    fields = ("model", "construct", "judge", "root", "relation", "value", "reference_value", "items")
    assert [[getattr(one, name) for name in fields] for one in ToldColumns.of(rows).rows(np.arange(2))] == [
        [getattr(one, name) for name in fields] for one in rows
    ]


def test_numbers_do_not_overflow() -> None:
    """Many columns of large places are numbered as few are."""
    wide = np.array([2**31 - 2, 0, 2**31 - 2], dtype=np.int32)
    assert numbered(wide, wide, wide).tolist() == [1, 0, 1]
