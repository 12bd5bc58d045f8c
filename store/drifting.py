"""Drift over a database: the scores and the graph in, rows with verdicts out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.domains import LISTED_CONFIDENCE
from lineage.drift import CommonItems, Evidence, Question, measure
from lineage.drift_rows import Against, DriftRow
from lineage.drift_table import Naming, drift_rows
from lineage.guards import inspect_guards
from lineage.pairs import find_pairs, join_pairs
from store.declarations import as_columns
from store.graph_files import StoredGraph, open_graph
from store.selecting import select
from store.standing import load_measured, load_standings, write_standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.graph import Graph
    from lineage.pairs import Pairs
    from lineage.standings import Standings
    from store.database import Database

NOT_STORED: Final = frozenset(
    {"name", "construct", "direction", "scale", "judge", "root", "domains", "value", "reference_value"}
)
"""Fields of a row that the view `drift` has not: they are joined from other views."""
DRIFT_COLUMNS: Final = tuple(field.name for field in fields(DriftRow) if field.name not in NOT_STORED)


class DatabaseItems:
    """The items that scores share, from a database."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def common(self, derivative: int, reference: int) -> CommonItems:
        """Return the items that two scores share, by the numbers of the scores."""
        return CommonItems(**self._database.arrays("drift/items", derivative=derivative, reference=reference))


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound:
    """The rows of an answer, and what it was asked of: how many of the models asked about have scores and parents."""

    rows: tuple[DriftRow, ...]
    models: int
    scored: int


def find_drift(database: Database, selector: str | None, against: Sequence[Against], question: Question) -> DriftFound:
    """Return the drift of the models that a selector names (null for all), one family of tests for each `against`.

    Raises what `store.selecting.select` raises.
    """
    stored = open_graph(database)
    wanted = _wanted(database, selector, stored.graph.size)
    standings = load_standings(database)
    rows = tuple(_rows(database, stored, standings, wanted, against, question, by_family=False))
    scored = np.unique(standings.node[wanted[standings.node]]) if len(standings) else standings.node
    return DriftFound(rows=rows, models=int(wanted.sum()), scored=len(scored))


def refresh(database: Database) -> None:
    """Compute what follows from the scores anew, in one transaction: whose they are, and how far models moved."""
    with database.transaction():
        refresh_within(database)


def refresh_within(database: Database) -> None:
    """Compute what follows from the scores anew within the caller's transaction; nothing where there are none."""
    if not database.value("score/count_scores"):
        return
    write_standing(database)
    stored = open_graph(database)
    standings = load_standings(database)
    everything = np.ones(stored.graph.size, dtype=bool)
    rows = _rows(database, stored, standings, everything, tuple(Against), Question(), by_family=True)
    database.run("drift/clear_drift")
    stored_rows = (tuple(getattr(row, name) for name in DRIFT_COLUMNS) for row in rows)
    with database.columns("lent_drift", **as_columns(DRIFT_COLUMNS, stored_rows)):
        database.run("drift/insert_drift")


def _wanted(database: Database, selector: str | None, size: int) -> NDArray[np.bool_]:
    wanted = np.zeros(size, dtype=bool)
    wanted[slice(None) if selector is None else select(database, selector)] = True
    return wanted


def _rows(
    database: Database,
    stored: StoredGraph,
    standings: Standings,
    wanted: NDArray[np.bool_],
    against: Sequence[Against],
    question: Question,
    *,
    by_family: bool,
) -> Iterator[DriftRow]:
    measured = load_measured(database)
    graph = stored.graph
    pairs = join_pairs([find_pairs(graph, standings, measured, one, wanted) for one in against])
    evidence = Evidence(
        standings=standings,
        measured=measured,
        items=DatabaseItems(database),
        guards=inspect_guards(graph.size, standings, measured),
    )
    drift = measure(evidence, pairs, _families(graph, standings, pairs, by_family=by_family), question)
    domains = cast("list[tuple[str, list[str]]]", database.run("drift/domains", confidence=LISTED_CONFIDENCE).rows)
    naming = Naming(
        id_of=stored.index.id,
        root_of=lambda node: stored.index.id(int(graph.labels.root[node])),
        domains=dict(domains),
    )
    return drift_rows(drift, evidence, naming, question)


def _families(graph: Graph, standings: Standings, pairs: Pairs, *, by_family: bool) -> NDArray[np.int32]:
    """Return the family of tests of each pair: that of its root, or one for all."""
    if by_family:
        return graph.labels.root[standings.node[pairs.row]]
    return np.zeros(len(pairs), dtype=np.int32)
