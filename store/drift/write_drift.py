"""Measure the drift of every score and store it, a batch of models at a time, in columns that never become rows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lineage.drift.guards import inspect_guards
from lineage.drift.measure import DriftInputs, DriftSettings, measure
from lineage.drift.nearest_scored import AGAINST, ScorePairs
from lineage.drift.table import POINTS, RELATIONS, Naming
from lineage.drift.verdict_columns import drift_columns
from lineage.statistics.verdicts import VERDICTS
from store.derive.graph_cache import open_graph
from store.drift.lineages import LineageReader
from store.drift.measure import DatabaseItems
from store.drift.scored_nodes import open_scored_nodes
from store.scores.current import load_identities, write_current_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from lineage.parents.origin import Origin
    from store.database import Database
    from store.drift.scored_nodes import ScoredNodes

BLOCK: Final = 300_000
"""Scores that are read at a time, with those of the ancestors of their models."""
BATCH: Final = 100_000
"""Scores whose drift is measured at a time."""
NO_SCORE: Final = -1


def refresh(database: Database) -> None:
    """Derive again from the scores, in one transaction, which models they belong to and how far models drifted."""
    with database.transaction():
        refresh_within(database)


def refresh_within(database: Database) -> None:
    """Derive again from the scores within the caller's transaction; do nothing if there are none."""
    if database.value("scores/count_scores"):
        derive_again(database)


def derive_again(database: Database) -> None:
    """Derive again from the scores within the caller's transaction, also where the last one has just gone."""
    write_current_scores(database)
    write_drift(database)
    database.run("queue/set_drift_current", is_current=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What all batches share: the scores, the pairs of each kind of ancestor in order, and what is said of them."""

    nodes: ScoredNodes
    inputs: DriftInputs
    doubts: NDArray[np.float64]
    origins: Mapping[str, Origin]
    settings: DriftSettings


def write_drift(database: Database) -> None:
    """Store the drift of every current score against all kinds of ancestors, at the default settings.

    Memory holds the scores of a block of models and of their ancestors.
    """
    stored, lineages = open_graph(database), LineageReader(database)
    database.run("drift/clear_drift")
    for are_files in (False, True):
        for chosen in _blocks(database, are_files=are_files):
            above = stored.graph.reach(chosen, is_up=True).astype(np.int32)
            nodes = open_scored_nodes(database, stored, above, with_files=True)
            every = np.arange(nodes.graph.size, dtype=np.int32)
            is_wanted = np.isin(nodes.repositories(every), chosen) & ((every >= stored.graph.size) == are_files)
            _write_block(database, nodes, is_wanted, lineages)


def _blocks(database: Database, *, are_files: bool) -> Iterator[NDArray[np.int32]]:
    """Yield the nodes with current scores, or those whose files have some, in blocks of so many scores."""
    scored = database.arrays("current_scores/scored", are_files=are_files)
    block = (np.cumsum(scored["scores"]) - scored["scores"]) // BLOCK
    for number in np.unique(block).tolist():
        yield scored["nid"][block == number]


def _write_block(database: Database, nodes: ScoredNodes, is_wanted: NDArray[np.bool_], lineages: LineageReader) -> None:
    """Store the drift of the scores of the wanted nodes."""
    current, identities = nodes.current, load_identities(database)
    pairs = nodes.find_pairs(identities, AGAINST, is_wanted)
    found, doubts = lineages.find(nodes, pairs), np.full(len(pairs), np.nan)
    doubts[list(found.doubts)] = list(found.doubts.values())
    written = _Written(
        nodes=nodes,
        inputs=DriftInputs(
            current=current,
            identities=identities,
            items=DatabaseItems(database),
            guards=inspect_guards(nodes.graph.size, current, identities),
        ),
        doubts=doubts,
        origins=found.origins,
        settings=DriftSettings(),
    )
    for places in _batches(nodes, pairs):
        _write(database, written, _taken(pairs, places), places)


def _batches(nodes: ScoredNodes, pairs: ScorePairs) -> Iterator[NDArray[np.int64]]:
    """Yield the places of the pairs of some models at a time: each model's together, whatever they are against."""
    node = nodes.current.node
    first = 0
    while first < len(node):
        end = int(np.searchsorted(node, node[min(first + BATCH, len(node)) - 1], "right"))
        places = np.flatnonzero((pairs.row >= first) & (pairs.row < end))
        if len(places):
            yield places
        first = end


def _taken(pairs: ScorePairs, places: NDArray[np.int64]) -> ScorePairs:
    return ScorePairs(**{one.name: getattr(pairs, one.name)[places] for one in fields(ScorePairs)})


def _write(database: Database, written: _Written, pairs: ScorePairs, places: NDArray[np.int64]) -> None:
    """Measure and store the pairs; `places` are theirs among all."""
    inputs, nodes = written.inputs, written.nodes
    drift = measure(inputs, nodes.told(pairs), written.settings)
    sure = written.doubts[places]
    naming = Naming(
        id_of=nodes.id_of,
        root_of=nodes.id_of,
        domains={},
        doubts={int(place): float(sure[place]) for place in np.flatnonzero(~np.isnan(sure))},
        origins=written.origins,
    )
    told = drift_columns(drift, inputs, naming, written.settings)
    columns: dict[str, Any] = {
        **_ends(nodes, drift.pairs),
        **_likely(written, drift.pairs.reference),
        **told.figures,
        **told.counts,
        **{f"{name}_place": column.place for name, column in told.texts.items()},
        "verdict_place": drift.verdict,
        "reason": told.reason,
    }
    with database.columns("lent_drift", **columns):
        database.run(
            "drift/insert_drift",
            **{f"{name}s": list(column.texts) for name, column in told.texts.items()},
            against=[one.value for one in AGAINST],
            relations=[one.value for one in RELATIONS],
            verdicts=[one.value for one in VERDICTS],
            instruments=[one.key for one in inputs.identities],
            margin=written.settings.margin * POINTS,
        )


def _ends(nodes: ScoredNodes, pairs: ScorePairs) -> dict[str, Any]:
    """Return what the two models of each pair are called, and the numbers of both and of their scores."""
    current = nodes.current
    node, has_score = current.node[pairs.row], pairs.reference_row >= 0
    return {
        "model": _by_node(node, nodes.id_of),
        "reference": _by_node(pairs.reference, lambda one: None if one < 0 else nodes.id_of(one)),
        "nid": nodes.repositories(node),
        "is_file": node >= nodes.stored.graph.size,
        "score": current.score[pairs.row],
        "reference_score": np.where(has_score, current.score[pairs.reference_row], NO_SCORE),
        "instrument_place": current.instrument[pairs.row],
        "reference_instrument_place": np.where(has_score, current.instrument[pairs.reference_row], NO_SCORE),
        "against_place": pairs.against,
        "relation_place": pairs.relation,
        "distance": pairs.distance,
    }


def _likely(written: _Written, reference: NDArray[np.int32]) -> dict[str, Any]:
    """Return what each reference was probably made from although it declares no parent."""

    def origin(node: int) -> Origin | None:
        return None if node < 0 else written.origins.get(written.nodes.id_of(node))

    def parent(node: int) -> str | None:
        return None if (found := origin(node)) is None else found.likely_parent

    def confidence(node: int) -> float | None:
        return None if (found := origin(node)) is None else found.confidence

    return {"likely_parent": _by_node(reference, parent), "likely_confidence": _by_node(reference, confidence)}


def _by_node(nodes: NDArray[np.int32], of: Callable[[int], object]) -> NDArray[np.object_]:
    """Return what is said of each node, asked once a node."""
    distinct, place = np.unique(nodes, return_inverse=True)
    found = np.empty(len(distinct), dtype=object)
    found[:] = [of(node) for node in distinct.tolist()]
    taken: NDArray[np.object_] = found[place]
    return taken
