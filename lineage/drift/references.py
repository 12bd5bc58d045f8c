"""What a score is compared with: the scores of parents, of the nearest scored ancestor, and of the root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.nearest_scored import NONE, Lookups, ScoreIndex, climb

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lineage.graph.csr import Mask, Nodes
    from lineage.graph.graph import Graph

    Longs = NDArray[np.int64]
    Orders = NDArray[np.int8]

_ABOVE_ALL: Final = np.iinfo(np.int8).max


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Which score each score of a derivative is compared with; arrays of one length, rising by `row`.

    `row` is the place of the derivative's score in the arrays that were asked about, `reference_row` that of the
    ancestor's score, -1 where none can be named (int32). `distance` is the number of edges between the two (int32),
    `relation` the order (`Relation.order`, int8) of the derivative's own edge on the way. Parents and roots are named
    where they have no score, with distance and relation; where no ancestor is scored at all, these are -1.
    """

    row: Nodes
    reference_row: Nodes
    distance: Nodes
    relation: Orders

    def __len__(self) -> int:
        return len(self.row)


def nearest_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> References:
    """Find for every score of a model with parents the nearest proper ancestor that has a score in the same slot.

    `node` and `slot` are integers from 0, an entry a score, in any order; sorted by node, then slot, they are found
    faster. `wanted` marks the nodes whose scores are asked about, or None for all. Every parent counts. Ties are broken
    as `Graph.nearest_marked` does: by the lowest relation of the model's own edge, then by the smallest node. On a
    cycle, a model is never its own ancestor. Raises ValueError for arrays of different lengths, a node outside the
    graph, a negative slot, a mask of another length than the graph, and two scores of one node and slot.
    """
    scores = ScoreIndex.of(graph.size, node, slot)
    asked = _asked(graph, scores, wanted)
    slots = np.arange(scores.slots)
    found = climb(graph, scores, Lookups(node=scores.node[asked], group=scores.slot[asked], slot=slots, own=None))
    again = found.meeting(asked)
    if len(again):
        own = asked[again]
        alone = Lookups(node=scores.node[own], group=np.arange(len(own)), slot=scores.slot[own], own=own)
        found = found.with_others(again, climb(graph, scores, alone))
    first = slice(len(asked))
    return _as_references(scores, asked, found.place[first], found.distance[first], found.relation[first])


def parents_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> References:
    """Return an entry for every score and parent: the parent's score in the same slot, or -1.

    Arguments and errors are those of `nearest_scored`. The parents of one score stand in rising order.
    """
    scores = ScoreIndex.of(graph.size, node, slot)
    asked = _asked(graph, scores, wanted)
    edges, owners = graph.upwards.expand(scores.node[asked])
    places = scores.find(graph.upwards.neighbours[edges], scores.slot[asked[owners]])
    relation = graph.upwards.relations[edges].astype(np.int8)
    return _as_references(scores, asked[owners], places, np.ones(len(places), np.int32), relation)


def roots_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> References:
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
    return _as_references(scores, asked, places, depth[below], relation)


def _asked(graph: Graph, scores: ScoreIndex, wanted: Mask | None) -> Longs:
    """Return the places of the scores that are asked about and whose models have parents."""
    is_asked = graph.upwards.degrees() > 0
    if wanted is not None:
        if len(wanted) != graph.size:
            raise ValueError(f"the mask has {len(wanted)} entries for {graph.size} nodes")
        is_asked &= wanted
    return np.flatnonzero(is_asked[scores.node])


def _as_references(scores: ScoreIndex, place: Longs, reference: Longs, distance: Nodes, relation: Orders) -> References:
    """Turn places into rows, and bring them into rising order."""
    if scores.order is None:
        return References(
            row=place.astype(np.int32), reference_row=reference.astype(np.int32), distance=distance, relation=relation
        )
    row = scores.order[place]
    by_row = np.argsort(row, kind="stable")
    reference_row = np.where(reference < 0, NONE, scores.order[reference])
    return References(
        row=row[by_row],
        reference_row=reference_row[by_row].astype(np.int32),
        distance=distance[by_row],
        relation=relation[by_row],
    )
