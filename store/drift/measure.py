"""Drift of a database: takes scores and graph, returns rows with verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.drift_row import SafetyRows
from lineage.drift.guards import inspect_guards
from lineage.drift.measure import CommonItems, DriftInputs, DriftSettings, measure
from lineage.drift.pairs import pairs_with
from lineage.drift.table import Naming, drift_rows
from lineage.scores.instruments import check_known_names
from lineage.selectors.records import EVERYTHING_WORDS
from store.derive.graph_cache import open_graph
from store.drift.lineages import LineageReader, stored_lineages
from store.drift.scored_nodes import named_node, open_scored_nodes
from store.drift.verdicts import (
    SafetyVerdicts,
    VerdictQuery,
    count_scored,
    lent_nodes,
    listed_domains,
    read_told,
    read_verdicts,
)
from store.queries.select import SelectedScores, select, select_scores
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import StoredIdentity
    from lineage.drift.drift_row import DriftRow
    from lineage.drift.nearest_scored import ScorePairs
    from lineage.vocabulary import Against
    from store.database import Database
    from store.drift.scored_nodes import ScoredNodes

NO_SCORE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftQuery:
    """A query on drift: against which ancestors, on which instruments (empty for all), and with what confidence.

    `reference` is the node that everything is compared with instead, or None.
    """

    against: tuple[Against, ...]
    settings: DriftSettings = field(default_factory=DriftSettings)
    instruments: frozenset[str] = frozenset()
    reference: int | None = None

    def asks(self, name: str) -> bool:
        """Return whether the query covers an instrument."""
        return not self.instruments or name in self.instruments


def check_instruments(wanted: Iterable[str], identities: Iterable[StoredIdentity]) -> None:
    """Raise UnknownInstrument for names without a score in this database."""
    check_known_names(wanted, (one.instrument.name for one in identities))


class DatabaseItems:
    """The items that scores share, read from a database."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    def common(self, derivative: int, reference: int) -> CommonItems:
        """Return the items that two scores share; the arguments are the scores' numbers."""
        return CommonItems(**self._database.arrays("drift/items", derivative=derivative, reference=reference))


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound:
    """The rows of an answer, the number of selected models, and how many of them have scores.

    `scores` has for each row the numbers of the two scores, the second -1 if the reference has none.
    """

    rows: tuple[DriftRow, ...]
    scores: tuple[tuple[int, int], ...]
    models: int
    scored: int


def find_drift(
    database: Database,
    selector: str | None,
    against: Sequence[Against],
    settings: DriftSettings,
    *,
    instruments: Sequence[str] | None = None,
    reference: str | None = None,
    with_files: bool = False,
) -> DriftFound:
    """Return the drift of the models that a selector matches, or None for all.

    The stored verdicts are read; they are computed here only for other settings, a named reference or a named file.
    `instruments` are the requested names, or None for all; guards apply in any case. `reference` is a model, or a file
    of one, with which everything is compared instead of with ancestors. Models that scores came of since drift was
    measured have no rows until it is measured again. `with_files` adds the files of the models that
    have scores of their own. Raises what `store.queries.select.select` raises, NoSuchModel and NoSuchFile, and
    UnknownInstrument for a name without a score here.
    """
    if with_files:
        chosen = select_scores(database, selector)
    else:
        chosen = SelectedScores(numbers=selected_numbers(database, selector))
    return drift_of(
        database, chosen, against, settings, instruments=instruments, reference=reference, with_files=with_files
    )


def drift_of(
    database: Database,
    selected: SelectedScores,
    against: Sequence[Against],
    settings: DriftSettings,
    *,
    instruments: Sequence[str] | None = None,
    reference: str | None = None,
    with_files: bool = False,
) -> DriftFound:
    """Return the drift of some models, and with files of theirs: what `find_drift` returns of a selector."""
    stored = open_graph(database)
    if reference is None and settings == DriftSettings() and not selected.only:
        query = stored_verdicts(database, selected.numbers, against, instruments, with_files=with_files)
        return _found(read_verdicts(database, query), len(selected.numbers), count_scored(database, query))
    named = None if reference is None else named_node(database, stored, reference)
    starts = selected.numbers if named is None else np.append(selected.numbers, named[0])
    chosen = None if len(selected.numbers) == stored.graph.size else selected.numbers
    above = None if chosen is None else stored.graph.reach(starts, is_up=True)
    nodes = open_scored_nodes(database, stored, above, with_files=with_files)
    wanted, current = nodes.wanted(selected), nodes.current
    asked = DriftQuery(
        against=tuple(against),
        settings=settings,
        instruments=frozenset(instruments or ()),
        reference=None if named is None else nodes.file(*named),
    )
    found = tuple(_rows(database, nodes, wanted, asked, chosen))
    if not database.value("drift/is_current"):
        with lent_nodes(database, chosen) as is_all:
            told = {str(model) for (model,) in database.run("drift/told_models", is_all=is_all).rows}
        found = tuple(one for one in found if one[0].model in told)
    scored = np.unique(nodes.repositories(current.node[wanted[current.node]]))
    return _found(found, len(selected.numbers), len(scored))


def find_told(
    database: Database,
    selector: str | None,
    against: Against,
    settings: DriftSettings,
    *,
    domain: str | None = None,
) -> SafetyVerdicts:
    """Return the conclusions on the safety of the models that a selector matches (None: all), of one domain or all.

    Raises what `find_drift` raises.
    """
    if settings == DriftSettings():
        query = stored_verdicts(database, selected_numbers(database, selector), (against,), None, with_files=False)
        return read_told(database, query, domain)
    found = find_drift(database, selector, (against,), settings)
    asked = [
        (row, scores)
        for row, scores in zip(found.rows, found.scores, strict=True)
        if row.is_safety and (domain is None or domain in row.domains)
    ]
    told = [(row, scores) for row, scores in asked if row.is_told]
    return SafetyVerdicts(
        rows=SafetyRows(row for row, _ in told),
        scores=tuple(scores for _, scores in told),
        withheld=len(asked) - len(told),
    )


def _found(rows: Iterable[tuple[DriftRow, tuple[int, int]]], models: int, scored: int) -> DriftFound:
    pairs = tuple(rows)
    return DriftFound(
        rows=tuple(row for row, _ in pairs), scores=tuple(scores for _, scores in pairs), models=models, scored=scored
    )


def stored_verdicts(
    database: Database,
    numbers: NDArray[np.int32],
    against: Sequence[Against],
    instruments: Sequence[str] | None,
    *,
    with_files: bool,
) -> VerdictQuery:
    """Return the query for the stored verdicts on some models of the graph; raises UnknownInstrument."""
    check_instruments(instruments or (), load_identities(database))
    is_all = len(numbers) == open_graph(database).graph.size
    return VerdictQuery(
        nodes=numbers[:0] if is_all else numbers,
        is_all=is_all,
        against=tuple(against),
        names=frozenset(instruments or ()),
        with_files=with_files,
    )


def selected_numbers(database: Database, selector: str | None) -> NDArray[np.int32]:
    """Return the numbers of the models that a selector matches, None for all; raises what `select` raises."""
    return select(database, EVERYTHING_WORDS[0] if selector is None else selector)


def _pairs(
    nodes: ScoredNodes, identities: Sequence[StoredIdentity], wanted: NDArray[np.bool_], asked: DriftQuery
) -> ScorePairs:
    if asked.reference is not None:
        return pairs_with(nodes.current, identities, asked.reference, wanted)
    return nodes.find_pairs(identities, asked.against, wanted)


def _naming(
    database: Database, nodes: ScoredNodes, pairs: ScorePairs, asked: DriftQuery, chosen: NDArray[np.int32] | None
) -> Naming:
    """Return the names of what is compared; `chosen` are the nodes of the models, None for all."""
    domains = listed_domains(database, chosen)
    graph, index = nodes.graph, nodes.stored.index
    for repository, variant in nodes.files:
        name = index.id(repository)
        domains[f"{name}{variant}"] = domains.get(name, ())
    is_stored = asked.reference is None and bool(database.value("drift/is_current"))
    lineages = (
        stored_lineages(database, nodes, pairs, chosen) if is_stored else LineageReader(database).find(nodes, pairs)
    )
    return Naming(
        id_of=nodes.id_of,
        root_of=lambda node: index.id(int(graph.labels.root[node])),
        domains=domains,
        doubts=lineages.doubts,
        origins=lineages.origins,
    )


def _rows(
    database: Database,
    nodes: ScoredNodes,
    wanted: NDArray[np.bool_],
    asked: DriftQuery,
    chosen: NDArray[np.int32] | None,
) -> Iterator[tuple[DriftRow, tuple[int, int]]]:
    """Yield the requested rows, each with the numbers of its two scores."""
    identities, graph, current = load_identities(database), nodes.graph, nodes.current
    named = np.array([asked.asks(one.instrument.name) for one in identities], dtype=bool)
    check_instruments(asked.instruments, identities)
    pairs = _pairs(nodes, identities, wanted, asked)
    inputs = DriftInputs(
        current=current,
        identities=identities,
        items=DatabaseItems(database),
        guards=inspect_guards(graph.size, current, identities),
    )
    is_named = named[current.instrument[pairs.row]] if len(pairs) else np.zeros(0, dtype=bool)
    drift = measure(inputs, nodes.told(pairs), asked.settings, is_named)
    theirs = np.full(len(pairs), NO_SCORE, dtype=np.int32)
    has_reference = pairs.reference_row >= 0
    theirs[has_reference] = current.score[pairs.reference_row[has_reference]]
    places = np.flatnonzero(is_named)
    scores = zip(current.score[pairs.row[places]].tolist(), theirs[places].tolist(), strict=True)
    naming = _naming(database, nodes, pairs, asked, chosen)
    yield from zip(drift_rows(drift, inputs, naming, asked.settings, places.tolist()), scores, strict=True)
