"""All tables of a study, in reading order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.drift.drift_row import told_of_safety
from lineage.study.agreement import agreement_table
from lineage.study.contradiction_tables import mixed_tables
from lineage.study.groups import group_tables
from lineage.study.judges import judge_tables
from lineage.study.metadata_prediction import prediction_tables
from lineage.study.persistence import persistence_table
from lineage.study.risky_bases import risky_bases_table
from lineage.study.study_findings import findings_table
from lineage.study.told_columns import ToldColumns
from lineage.vocabulary import Against

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.study.inputs import StudyInputs, StudyTable


def study_tables(
    rows: Sequence[DriftRow],
    facts: StudyInputs,
    *,
    against: Against = Against.SCORED_ANCESTOR,
    domain: str | None = None,
    seed: int = 0,
    withheld: int | None = None,
) -> tuple[StudyTable, ...]:
    """Return `tables_of` the rows against one kind of ancestor, for one domain or for all.

    Rows against other ancestors are left out: a derivative has a drift against each, and only one counts. `withheld`
    is how many comparisons on safety have no conclusion if they are not among the rows.
    """
    asked = [row for row in rows if row.against == against and (domain is None or domain in row.domains)]
    told = told_of_safety(asked)
    if withheld is None:
        withheld = sum(row.is_safety for row in asked) - len(told)
    return tables_of(ToldColumns.of(told), facts, seed=seed, withheld=withheld)


def tables_of(told: ToldColumns, facts: StudyInputs, *, seed: int, withheld: int) -> tuple[StudyTable, ...]:
    """Return the findings, then the tables over conclusions on safety against one kind of ancestor.

    `seed` is for the permutations; the same seed gives the same tables. An empty table has its columns and no rows.
    `withheld` is how many comparisons on safety have no conclusion.
    """
    tables = (
        *mixed_tables(told, facts, seed=seed),
        risky_bases_table(told),
        persistence_table(told),
        *group_tables(told, facts),
        agreement_table(told),
        *judge_tables(told, facts),
        *prediction_tables(told, facts),
    )
    return (findings_table(told, withheld, tables), *tables)
