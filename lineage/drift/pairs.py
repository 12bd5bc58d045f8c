"""Which scores are compared: those of parents, of the nearest scored ancestor, or of the root.

If the ancestor has no score that can be compared, one of the same instrument that cannot is named instead, so that the
result can say what differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.nearest_scored import NONE, ScoreIndex, nearest_places
from lineage.vocabulary import Against

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.graph.csr import Mask
    from lineage.graph.graph import Graph

    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]

_ABOVE_ALL: Final = np.iinfo(np.int8).max
AGAINST: Final = tuple(Against)
"""The ancestor of each code: `AGAINST[code]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePairs:
    """What is compared: arrays of one length (int32).

    `row` and `reference_row` are places in the current scores, the second -1 where the reference has no score of this
    instrument; `reference` is the reference's node, -1 where no ancestor is scored; `against` is a place in `AGAINST`;
    `distance` counts generations and `relation` is the order of that of the derivative's own edge on the way; both -1
    where there is no reference.
    """

    row: Ints
    reference_row: Ints
    reference: Ints
    against: Ints
    distance: Ints
    relation: Ints

    def __len__(self) -> int:
        return len(self.row)


def find_pairs(
    graph: Graph,
    current: CurrentScores,
    identities: Sequence[StoredIdentity],
    against: Against,
    wanted: Mask | None = None,
) -> ScorePairs:
    """Return what the scores of the wanted nodes (a mask, or None for all) are compared with, in the order of the rows.

    A model without parents has no pair. With `Against.PARENT` there is one pair for each parent.
    """
    find = {
        Against.PARENT: parents_scored,
        Against.SCORED_ANCESTOR: nearest_scored,
        Against.ROOT: roots_scored,
    }[against]
    found = find(graph, current.node, current.slot, wanted)
    if against is Against.SCORED_ANCESTOR:
        if len({one.instrument.name for one in identities}) == len({one.slot for one in identities}):
            return found
        named = _first_of_names(current, identities)
        return _filled(found, nearest_scored(graph, current.node[named.rows], named.names, wanted), current, named)
    named = _first_of_names(current, identities)
    theirs = named.find(found.reference, named.name_of[found.row])
    return replace(found, reference_row=np.where(found.reference_row < 0, theirs, found.reference_row))


def join_pairs(parts: Sequence[ScorePairs]) -> ScorePairs:
    """Return several sets of pairs as one, in their order."""
    names = ("row", "reference_row", "reference", "against", "distance", "relation")
    return ScorePairs(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def nearest_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> ScorePairs:
    """Find for every score of a model with parents the nearest proper ancestor that has a score in the same slot.

    `node` and `slot` are integers from 0, one entry per score, in any order; sorted by node, then slot, they are found
    faster. `wanted` marks the nodes whose scores are asked about, or None for all. Every parent counts. Ties are broken
    as `Graph.nearest_marked` does: by the lowest relation of the model's own edge, then by the smallest node. On a
    cycle, a model is never its own ancestor. Raises ValueError for arrays of different lengths, a node outside the
    graph, a negative slot, a mask of another length than the graph, and two scores of one node and slot.
    """
    scores = ScoreIndex.of(graph.size, node, slot)
    asked = _asked(graph, scores, wanted)
    places, distance, relation = nearest_places(graph, scores, asked)
    reference = np.where(places < 0, NONE, scores.node[places])
    return _as_pairs(scores, Against.SCORED_ANCESTOR, asked, places, reference, distance, relation)


def parents_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> ScorePairs:
    """Return an entry for every score and parent: the parent's score in the same slot, or -1.

    Arguments and errors are those of `nearest_scored`. The parents of one score stand in rising order.
    """
    scores = ScoreIndex.of(graph.size, node, slot)
    asked = _asked(graph, scores, wanted)
    edges, owners = graph.upwards.expand(scores.node[asked])
    parents = graph.upwards.neighbours[edges]
    places = scores.find(parents, scores.slot[asked[owners]])
    relation, distance = graph.upwards.relations[edges], np.ones(len(places), np.int32)
    return _as_pairs(scores, Against.PARENT, asked[owners], places, parents, distance, relation)


def roots_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> ScorePairs:
    """Return an entry for every score of a model that is not its own root: the root's score in the same slot, or -1.

    The root is `graph.labels.root`. Arguments and errors are those of `nearest_scored`.
    """
    scores = ScoreIndex.of(graph.size, node, slot)
    root, depth = graph.labels.root, graph.labels.depth
    asked = _asked(graph, scores, wanted)
    asked = asked[root[scores.node[asked]] != scores.node[asked]]
    below = scores.node[asked]
    edges, owners = graph.upwards.expand(below)
    parents = graph.upwards.neighbours[edges]
    is_on_way = (depth[parents] == depth[below[owners]] - 1) & (root[parents] == root[below[owners]])
    relation = np.full(len(asked), _ABOVE_ALL, np.int8)
    np.minimum.at(relation, owners[is_on_way], graph.upwards.relations[edges[is_on_way]].astype(np.int8))
    places = scores.find(root[below], scores.slot[asked])
    return _as_pairs(scores, Against.ROOT, asked, places, root[below], depth[below], relation)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The first row of each node and instrument name: `rows` with `names` (codes), and the code of every row."""

    rows: Ints
    names: Ints
    name_of: Ints
    keys: NDArray[np.int64]
    count: int

    def find(self, node: NDArray[np.integer], name: NDArray[np.integer]) -> Ints:
        """Return the row of each node and name, -1 where there is none."""
        if not len(self.keys):
            return np.full(len(node), NONE, dtype=np.int32)
        wanted = node.astype(np.int64) * self.count + name
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[places] == wanted, self.rows[places], NONE).astype(np.int32)


def _first_of_names(current: CurrentScores, identities: Sequence[StoredIdentity]) -> _Names:
    codes: dict[str, int] = {}
    by_instrument = np.array([codes.setdefault(one.instrument.name, len(codes)) for one in identities], dtype=np.int32)
    name_of = by_instrument[current.instrument] if len(identities) else np.zeros(0, dtype=np.int32)
    count = max(len(codes), 1)
    keys, rows = np.unique(current.node.astype(np.int64) * count + name_of, return_index=True)
    return _Names(rows=rows.astype(np.int32), names=name_of[rows], name_of=name_of, keys=keys, count=count)


def _filled(found: ScorePairs, others: ScorePairs, current: CurrentScores, named: _Names) -> ScorePairs:
    """Return pairs with a score of the same name if none can be compared; `others` are the pairs by name."""
    missing = np.flatnonzero(found.reference_row < 0)
    if not len(missing):
        return found
    by_key = np.full(len(named.rows), NONE, dtype=np.int64)
    by_key[others.row] = np.arange(len(others))
    rows = found.row[missing]
    wanted = current.node[rows].astype(np.int64) * named.count + named.name_of[rows]
    at = by_key[np.searchsorted(named.keys, wanted)]
    is_there = at >= 0
    is_there[is_there] = others.reference_row[at[is_there]] >= 0
    places, at = missing[is_there], at[is_there]
    columns = {name: getattr(found, name).copy() for name in ("reference_row", "reference", "distance", "relation")}
    columns["reference_row"][places] = named.rows[others.reference_row[at]]
    for name in ("reference", "distance", "relation"):
        columns[name][places] = getattr(others, name)[at]
    return replace(found, **columns)


def _asked(graph: Graph, scores: ScoreIndex, wanted: Mask | None) -> Longs:
    """Return the places of the wanted scores whose models have parents."""
    is_asked = graph.upwards.degrees() > 0
    if wanted is not None:
        if len(wanted) != graph.size:
            raise ValueError(f"the mask has {len(wanted)} entries for {graph.size} nodes")
        is_asked &= wanted
    return np.flatnonzero(is_asked[scores.node])


def _as_pairs(
    scores: ScoreIndex,
    against: Against,
    place: NDArray[np.integer],
    reference_place: NDArray[np.integer],
    reference: NDArray[np.integer],
    distance: NDArray[np.integer],
    relation: NDArray[np.integer],
) -> ScorePairs:
    """Turn places into rows, and bring the pairs into rising order of their rows."""
    row, reference_row, by_row = place, reference_place, np.arange(len(place))
    if scores.order is not None:
        row = scores.order[place]
        reference_row = np.where(reference_place < 0, NONE, scores.order[reference_place])
        by_row = np.argsort(row, kind="stable")
    columns = {
        "row": row,
        "reference_row": reference_row,
        "reference": reference,
        "against": np.full(len(row), AGAINST.index(against)),
        "distance": distance,
        "relation": relation,
    }
    return ScorePairs(**{name: column[by_row].astype(np.int32) for name, column in columns.items()})
