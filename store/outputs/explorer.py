"""The explorer page's data from a database: the selected models, their ancestors, and everything known about both."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.explorer.compression import MOST_PIECES
from lineage.explorer.inputs import About, Found
from lineage.vocabulary import Direction
from store.derive.graph_cache import open_graph
from store.derive.graph_tables import load_declared_graph
from store.drift.fitted_predictions import open_relatives
from store.jobs.queue import queue_state
from store.queries.known_domains import known_domains, known_names
from store.queries.origins import read_origins
from store.queries.select import select
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import StoredIdentity
    from lineage.explorer.inputs import Columns
    from lineage.graph.graph import Graph
    from lineage.parents.origin import Origin
    from store.database import Database
    from store.derive.graph_cache import StoredGraph

PREDICTED: Final = 2_000
"""A page has predictions for at most this many unscored models, the most used: more would fill most of the page."""
PACKAGE: Final = "hub-lineage"


def find_explorer(
    database: Database,
    selector: str | None,
    *,
    inferred: bool = True,
    predicted: int = PREDICTED,
    chosen: NDArray[np.int32] | None = None,
) -> Found:
    """Return what a page shows about the models that a selector matches, or None for all.

    `chosen` are the models' numbers, ascending, if they are known already: `selector` only describes them then.
    `inferred` includes edges that nobody declared; drift comes from the database either way. `predicted` limits how
    many unscored models get predictions; 0 for none. Raises what `store.queries.select.select` raises.
    """
    stored = open_graph(database)
    everything = selector is None
    if chosen is None:
        chosen = np.arange(stored.graph.size, dtype=np.int32) if everything else select(database, selector or "")
    graph = stored.graph if inferred else load_declared_graph(database)
    members = chosen if everything else _with_ancestors(graph, chosen)
    measured = load_identities(database)
    tables = _tables(database, members, inferred=inferred)
    predictions, left_out = _predictions(database, stored, measured, chosen, predicted)
    return Found(
        numbers=members.astype(np.int64),
        is_selected=np.isin(members, chosen, assume_unique=True),
        outside=_names_outside(database, members, tables),
        measured=measured,
        about=_about(database, selector, left_out, inferred=inferred),
        origins=_origins(database, tables["models"]["id"], members),
        predicted=predictions,
        **tables,
    )


def _with_ancestors(graph: Graph, chosen: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the selected models, and for those without a selected parent one path up to the nearest root."""
    is_in = np.zeros(graph.size, dtype=bool)
    is_in[chosen] = True
    child = np.repeat(np.arange(graph.size, dtype=np.int32), graph.upwards.degrees())
    hangs = np.zeros(graph.size, dtype=bool)
    hangs[child[is_in[graph.upwards.neighbours]]] = True
    step = graph.steps_up(graph.labels.root, graph.labels.depth)
    waiting = step[chosen[~hangs[chosen]]]
    while len(waiting := np.unique(waiting[waiting >= 0])):
        fresh = waiting[~is_in[waiting]]
        is_in[fresh] = True
        waiting = step[fresh]
    return np.flatnonzero(is_in).astype(np.int32)


def _tables(database: Database, members: NDArray[np.int32], *, inferred: bool) -> dict[str, Columns]:
    """Return the columns of the page's tables, straight from SQL into arrays."""
    with database.columns("lent_members", nid=members):
        database.run("explorer/number_evidence")
        return {
            "models": database.arrays("explorer/models", domains=known_names(database), confidence=LISTED_CONFIDENCE),
            "edges": database.arrays("explorer/edges", inferred=inferred),
            "proofs": database.arrays("explorer/proofs", most=MOST_PIECES),
            "scores": database.arrays("explorer/scores"),
            "drift": database.arrays("explorer/drift"),
            "jobs": database.arrays("explorer/jobs"),
            "repairs": database.arrays("explorer/repairs"),
        }


def _names_outside(database: Database, members: NDArray[np.int32], tables: dict[str, Columns]) -> dict[int, str]:
    """Return the ids, by number, of parents and references that are not among the members."""
    mentioned = np.concatenate([tables["edges"]["parent"], tables["drift"]["reference"]]).astype(np.int64)
    outside = np.setdiff1d(mentioned[mentioned >= 0], members)
    with database.columns("lent_members", nid=outside.astype(np.int32)):
        rows = cast("list[tuple[int, str]]", database.run("graph/names").rows)
    return dict(rows)


def _predictions(
    database: Database,
    stored: StoredGraph,
    measured: Sequence[StoredIdentity],
    chosen: NDArray[np.int32],
    limit: int,
) -> tuple[Columns, int]:
    """Return predictions for the most used unscored models, and the number of other models that have some."""
    near = open_relatives(database, stored, chosen)
    unscored = np.setdiff1d(chosen, near.scored)
    found: list[tuple[NDArray[np.generic], ...]] = [
        tuple(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, float, float, float))
    ]
    informed = np.zeros(stored.graph.size, dtype=bool)
    if limit and len(unscored):
        kept = unscored[np.argsort(-stored.downloads[unscored], kind="stable")[:limit]]
        for slot in near.slots_of(chosen):
            number = next(at for at, one in enumerate(measured) if one.slot == slot)
            told = near.predict(slot, unscored)
            informed[told.node[told.is_informed]] = True
            rows = told.is_informed & np.isin(told.node, kept)
            node = told.node[rows].astype(np.int64)
            shares = _as_declared(measured[number], told.mean[rows], told.low[rows], told.high[rows])
            found.append((node, np.full(len(node), number), *shares))
        informed[kept] = False
    names = ("model", "instrument", "mean", "low", "high")
    columns = {name: np.concatenate(parts) for name, parts in zip(names, zip(*found, strict=True), strict=True)}
    return columns, int(informed.sum())


def _as_declared(
    one: StoredIdentity, mean: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Return shares of risk as shares of the declared range, clipped to it, the lower end first."""
    mean, low, high = (np.clip(share, 0, 1) for share in (mean, low, high))
    if one.instrument.direction is Direction.LOWER_IS_SAFER:
        return mean, low, high
    return 1 - mean, 1 - high, 1 - low


def _origins(database: Database, ids: NDArray[np.generic], members: NDArray[np.int32]) -> dict[int, Origin]:
    """Return what is known of those of the members without a parent of which something is, by number."""
    number_of = dict(zip(ids.tolist(), members.tolist(), strict=True))
    found = read_origins(database, number_of, is_notable=True)
    return {number_of[model]: origin for model, origin in found.items()}


def _about(database: Database, selector: str | None, left_out: int, *, inferred: bool) -> About:
    fresh = {str(name): value for _, name, value in database.run("models/freshness_rows").rows}
    return About(
        selector=selector,
        seen_at=cast("str | None", fresh.get("last record seen")),
        resolved_at=cast("str | None", fresh.get("graph resolved")),
        version=_version(),
        domains=known_domains(database),
        is_drift_current=queue_state(database).is_drift_current,
        unpredicted=left_out,
        is_declared_only=not inferred,
    )


def _version() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "unknown"
