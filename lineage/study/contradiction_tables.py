"""Tables of contradictions: shares of mixed signs by domain, family and relation, and the derivatives one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lineage.drift.contradictions import MixedShare
from lineage.output.result import Result
from lineage.output.terminal import Layout
from lineage.study.inputs import StudyTable, as_result, columns_of
from lineage.study.mixed_columns import MixedColumns, shares_by
from lineage.study.refusal import SideBySide, compare_refusals
from lineage.study.told_columns import ToldColumns
from lineage.vocabulary import GroupName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.study.inputs import StudyInputs

NOTE: Final = (
    "A derivative is mixed where one instrument of safety rises and another falls by however little; significantly so "
    "where both verdicts hold after correction for many tests. `expected` is how many would be mixed if nothing had "
    "changed: noise alone makes most derivatives mixed, while by the correction at most one in twenty would be so "
    "significantly. Where `by_permutation` is below `derivatives`, the rest is "
    "by 1 - 2 * 0.5^k over independent instruments, which judges of the same replies are not: the truth then lies "
    "between `expected_if_judges_agree` and `expected`. Intervals are Wilson's of 95 %, too narrow "
    "where derivatives share a base; `left_out` have one instrument."
)
NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneByOne:
    """A derivative's contradiction as a row: counts of instruments, and the chance of mixed signs under no change."""

    model: str
    reference: tuple[str, ...]
    instruments: int
    riskier: int
    safer: int
    tied: int
    worse: int
    better: int
    mixed: bool
    mixed_significantly: bool
    expected: float
    expected_error: float
    expected_if_judges_agree: float
    method: str


def mixed_tables(rows: Sequence[DriftRow] | ToldColumns, facts: StudyInputs, *, seed: int) -> Iterator[StudyTable]:
    """Yield the tables of mixed signs over all constructs and over unsafe output alone, then side by side."""
    told = ToldColumns.of(rows)
    over_all = MixedColumns.of(told, facts.items, seed)
    yield from _shares("all", "all constructs", over_all)
    yield from _shares("direct", "unsafe output only", MixedColumns.of(told.direct, facts.items, seed))
    yield StudyTable(
        name="mixed_derivatives",
        title="Mixed signs, derivative by derivative, all constructs",
        note="The chance is that of mixed signs under no change, by the method named.",
        result=Result(columns=columns_of(OneByOne), rows=over_all.one_by_one(np.arange(len(over_all.models)))),
    )
    yield StudyTable(
        name="refusals",
        title="Harmful compliance and over-refusal side by side",
        note="Where only the threshold moved, the derivative answers (or refuses) more of everything; a change of "
        "discrimination is one of safety. Both are tested at 5 % a derivative, without correction.",
        result=as_result(compare_refusals(told), SideBySide),
        layout=Layout.RECORDS,
    )


def _shares(name: str, title: str, found: MixedColumns) -> Iterator[StudyTable]:
    for group in (GroupName.DOMAIN, GroupName.BASE_FAMILY, GroupName.RELATION):
        yield StudyTable(
            name=f"mixed_{name}_by_{group}",
            title=f"Mixed signs by {group.replace('_', ' ')}, {title}",
            note=NOTE,
            result=shares_of(found, group),
        )


def list_mixed(found: MixedColumns, *, mixed_only: bool = False) -> Result:
    """Return the derivatives with at least two instruments one by one, or only those of them that are mixed."""
    places = np.flatnonzero(found.is_able & found.is_mixed if mixed_only else found.is_able)
    return Result(columns=columns_of(OneByOne), rows=found.one_by_one(places))


def shares_of(found: MixedColumns, by: GroupName) -> Result:
    """Return the shares of mixed signs by domain, base family or relation."""
    match by:
        case GroupName.DOMAIN:
            rows = shares_by(found, found.domains, lambda names: ("all", *(names or (NONE,))))
        case GroupName.BASE_FAMILY:
            rows = shares_by(found, found.roots, lambda names: names or (NONE,))
        case GroupName.RELATION:
            rows = shares_by(found, found.relations, lambda names: names or (NONE,))
        case _:
            assert_never(by)
    return Result(columns=columns_of(MixedShare), rows=rows)
