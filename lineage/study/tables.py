"""All tables of a study, in reading order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.study.agreement import agreement_table
from lineage.study.contradiction_tables import mixed_tables
from lineage.study.groups import group_tables
from lineage.study.judges import judge_tables
from lineage.study.metadata_prediction import prediction_tables
from lineage.study.persistence import persistence_table
from lineage.study.risky_bases import risky_bases_table
from lineage.study.study_findings import findings_table
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
) -> tuple[StudyTable, ...]:
    """Return the findings, then the tables over the rows against one kind of ancestor, for one domain or for all.

    Rows against other ancestors are left out: a derivative has a drift against each, and only one counts. `seed` is for
    the permutations; the same seed gives the same tables. An empty table has its columns and no rows.
    """
    asked = [row for row in rows if row.against == against and (domain is None or domain in row.domains)]
    tables = (
        *mixed_tables(asked, facts, seed=seed),
        risky_bases_table(asked),
        persistence_table(asked),
        *group_tables(asked, facts),
        agreement_table(asked),
        *judge_tables(asked, facts),
        *prediction_tables(asked, facts),
    )
    return (findings_table(asked, tables), *tables)
