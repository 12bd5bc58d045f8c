"""Find the nearest ancestor of each score that has a score too, by passing queries upwards until they meet one.

The work grows with the number of scores, not with slots times nodes. A query is a node and a slot. It is passed on to
the parents only if none of them has a score in that slot, and all queries to a parent about a slot share its answer: a
thousand children of an unscored model cost one query beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from lineage.graph.csr import distinct
from lineage.graph.graph import Graph
from lineage.vocabulary import Against

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lineage.graph.csr import Mask, Nodes

    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]
    Orders = NDArray[np.int8]

NONE: Final = -1
_PLACE_BITS: Final = 32
_PLACE_MASK: Final = (1 << _PLACE_BITS) - 1
_CELLS_A_SCORE: Final = 8
_CELLS_ALWAYS: Final = 1_000_000
_UNRANKED: Final = np.iinfo(np.int64).max
_ABOVE_ALL: Final = np.iinfo(np.int8).max
AGAINST: Final = tuple(Against)
"""The ancestor of each code: `AGAINST[code]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePairs:
    """The compared scores: arrays of one length (int32).

    `row` and `reference_row` are indices into the current scores, the second -1 if the reference has no score of this
    instrument; `reference` is the reference's node, -1 if no ancestor is scored; `against` is an index into `AGAINST`,
    -1 for a reference that was named;
    `distance` counts generations, and `relation` is the order of the relation of the derivative's own edge on the path;
    both are -1 if there is no reference, if it was named, or if weights contradict its being an ancestor (`is_denied`).
    """

    row: Ints
    reference_row: Ints
    reference: Ints
    against: Ints
    distance: Ints
    relation: Ints

    def __len__(self) -> int:
        return len(self.row)

    @property
    def is_denied(self) -> NDArray[np.bool_]:
        """Which pairs are not compared because weights contradict that the reference is an ancestor."""
        found: NDArray[np.bool_] = (self.against >= 0) & (self.reference >= 0) & (self.distance < 0)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _ScoreIndex:
    """Scores sorted by node, then slot: a place is a position in that order, `order` the row of each place.

    `order` is None if the rows were already sorted. `cells` has the place of every slot of every scored node, -1 if it
    has none; None if most cells would be empty. `line` is 0 for a node without scores; for another it is its first
    cell, or 1 without cells.
    """

    slots: int
    keys: Longs
    node: Nodes
    slot: Longs
    order: Nodes | None
    line: Nodes
    cells: Nodes | None

    @classmethod
    def of(cls, size: int, node: ArrayLike, slot: ArrayLike) -> Self:
        """Sort the scores of a graph of this size. Raises ValueError as `nearest_scored` does."""
        node, slot = np.asarray(node, dtype=np.int32), np.asarray(slot, dtype=np.int64)
        if node.shape != slot.shape:
            raise ValueError("node and slot must be of one length")
        if len(node) and not 0 <= node.min() <= node.max() < size:
            raise ValueError(f"a node is not within 0 <= node < {size}")
        if len(slot) and slot.min() < 0:
            raise ValueError("a slot is negative")
        slots = int(slot.max()) + 1 if len(slot) else 1
        keys = node * np.int64(slots) + slot
        order = None
        if (keys[1:] <= keys[:-1]).any():
            order = np.argsort(keys).astype(np.int32)
            keys, node, slot = keys[order], node[order], slot[order]
            if (keys[1:] == keys[:-1]).any():
                raise ValueError("a node has two scores in one slot")
        line, cells = _table(size, slots, node, slot)
        return cls(slots=slots, keys=keys, node=node, slot=slot, order=order, line=line, cells=cells)

    def find(self, node: Nodes, slot: Longs) -> Longs:
        """Return the place of the score of each node and slot, or -1."""
        line = self.line[node]
        if self.cells is not None:
            return np.asarray(self.cells[line + slot], dtype=np.int64)
        places = np.full(len(node), NONE, np.int64)
        at = np.flatnonzero(line)
        places[at] = find_keys(self.keys, node[at] * np.int64(self.slots) + slot[at])
        return places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climbed:
    """The place of the nearest scored ancestor, its distance, and the relation of the first edge; -1 if there is none.

    The first entries are the queries in order, followed by the nodes visited on the way. `lower` and `upper` are the
    entries of the nodes that passed a query on and of the nodes that received it.
    """

    place: Longs
    distance: Nodes
    relation: Orders
    lower: Longs
    upper: Longs

    def meeting(self, own: Longs) -> Longs:
        """Return which queries were passed on to a node whose answer is the query's `own` score."""
        is_first = self.lower < len(own)
        lower, upper = self.lower[is_first], self.upper[is_first]
        return distinct(lower[self.place[upper] == own[lower]])

    def with_others(self, at: Longs, others: _Climbed) -> _Climbed:
        """Return these answers with some replaced."""
        place, distance, relation = self.place.copy(), self.distance.copy(), self.relation.copy()
        for mine, theirs in ((place, others.place), (distance, others.distance), (relation, others.relation)):
            mine[at] = theirs[: len(at)]
        return _Climbed(place=place, distance=distance, relation=relation, lower=self.lower, upper=self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passed:
    """Queries (`lower`) that were passed on, the node they went to (`upper`), and the relation of that edge."""

    lower: Longs
    upper: Longs
    relation: NDArray[np.uint8]


class _KnownKeys:
    """Keys of visited nodes, and their numbers, in sorted runs of decreasing length."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._runs: list[tuple[Longs, Longs]] = []

    def number(self, keys: Longs) -> tuple[Longs, Longs]:
        """Return the number of each key, and the new keys in the order of their numbers."""
        fresh = distinct(keys)
        for known, _ in self._runs:
            fresh = fresh[find_keys(known, fresh) < 0]
        self._add(fresh)
        numbers = np.empty(len(keys), np.int64)
        for known, known_numbers in self._runs:
            places = find_keys(known, keys)
            is_here = places >= 0
            numbers[is_here] = known_numbers[places[is_here]]
        return numbers, fresh

    def _add(self, fresh: Longs) -> None:
        """Add keys; runs are merged so that their number stays within the logarithm of the number of keys."""
        run = (fresh, self._count + np.arange(len(fresh)))
        self._count += len(fresh)
        while self._runs and len(self._runs[-1][0]) <= len(run[0]):
            earlier = self._runs.pop()
            keys, numbers = (np.concatenate(pair) for pair in zip(earlier, run, strict=True))
            order = np.argsort(keys)
            run = (keys[order], numbers[order])
        self._runs.append(run)


def nearest_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> ScorePairs:
    """Find for every score of a model with parents the nearest proper ancestor that has a score in the same slot.

    `node` and `slot` are integers from 0, one entry per score, in any order; input sorted by node, then slot, is
    faster. `wanted` marks the nodes whose scores are searched for, or None for all. Every parent counts. Ties are
    broken as `Graph.nearest_marked` does: by the lowest relation of the model's own edge, then by the smallest node. In
    a cycle, a model is never its own ancestor. Raises ValueError for arrays of different lengths, a node outside the
    graph, a negative slot, a mask of another length than the graph, and two scores of one node and slot.
    """
    scores = _ScoreIndex.of(graph.size, node, slot)
    asked = _asked(graph, scores, wanted)
    places, distance, relation = _nearest_places(graph, scores, asked)
    reference = np.where(places < 0, NONE, scores.node[places])
    return _as_pairs(scores, Against.SCORED_ANCESTOR, asked, places, reference, distance, relation)


def parents_scored(graph: Graph, node: ArrayLike, slot: ArrayLike, wanted: Mask | None = None) -> ScorePairs:
    """Return an entry for every score and parent: the parent's score in the same slot, or -1.

    Arguments and errors are those of `nearest_scored`. The parents of one score are in ascending order.
    """
    scores = _ScoreIndex.of(graph.size, node, slot)
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
    scores = _ScoreIndex.of(graph.size, node, slot)
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


def _asked(graph: Graph, scores: _ScoreIndex, wanted: Mask | None) -> Longs:
    """Return the places of the wanted scores whose models have parents."""
    is_asked = graph.upwards.degrees() > 0
    if wanted is not None:
        if len(wanted) != graph.size:
            raise ValueError(f"the mask has {len(wanted)} entries for {graph.size} nodes")
        is_asked &= wanted
    return np.flatnonzero(is_asked[scores.node])


def _as_pairs(
    scores: _ScoreIndex,
    against: Against,
    place: NDArray[np.integer],
    reference_place: NDArray[np.integer],
    reference: NDArray[np.integer],
    distance: NDArray[np.integer],
    relation: NDArray[np.integer],
) -> ScorePairs:
    """Turn places into rows, and sort the pairs by row."""
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


def _nearest_places(graph: Graph, scores: _ScoreIndex, asked: Longs) -> tuple[Longs, Nodes, Orders]:
    """Return place, distance and relation of the nearest scored ancestor of the scores at the places `asked`.

    The relation is that of the first edge on the path; all three are -1 if no ancestor has a score in the slot. A score
    is never its own answer: one that a cycle leads back to itself is searched again, alone.
    """
    found = _climb(graph, scores, scores.node[asked], scores.slot[asked], np.arange(scores.slots))
    again = found.meeting(asked)
    if len(again):
        own = asked[again]
        alone = _climb(graph, scores, scores.node[own], np.arange(len(own)), scores.slot[own], own)
        found = found.with_others(again, alone)
    first = slice(len(asked))
    return found.place[first], found.distance[first], found.relation[first]


def _climb(
    graph: Graph, scores: _ScoreIndex, node: Nodes, group: Longs, slot: Longs, own: Longs | None = None
) -> _Climbed:
    """Climb from every node to its nearest scored ancestor; nodes of one group share their results.

    `slot` is the slot of each group, `own` the place of the score that a group must not find, or None if any will do. A
    node's own score never counts, but others may reach it through a cycle (`meeting`).
    """
    size, has_parents = np.int64(graph.size), graph.upwards.degrees() > 0
    asked, first = _KnownKeys(len(node)), 0
    ranks, passed = [], []
    while len(node):
        edges, owners = graph.upwards.expand(node)
        above, relation = graph.upwards.neighbours[edges], graph.upwards.relations[edges]
        groups = group[owners]
        place = scores.find(above, slot[groups])
        if own is not None:
            place[place == own[groups]] = NONE
        rank = _least(len(node), owners, relation, place)
        ranks.append(rank)
        is_open = (rank == _UNRANKED)[owners] & has_parents[above]
        owners, above, relation = owners[is_open], above[is_open], relation[is_open]
        numbers, fresh = asked.number(group[owners] * size + above)
        passed.append(_Passed(lower=owners + first, upper=numbers, relation=relation))
        first += len(node)
        node, group = (fresh % size).astype(np.int32), fresh // size
    if not ranks:
        nothing = np.zeros(0, np.int64)
        return _answers(nothing, _Passed(lower=nothing, upper=nothing, relation=np.zeros(0, np.uint8)))
    return _answers(
        np.concatenate(ranks),
        _Passed(
            lower=np.concatenate([one.lower for one in passed]),
            upper=np.concatenate([one.upper for one in passed]),
            relation=np.concatenate([one.relation for one in passed]),
        ),
    )


def _answers(rank: Longs, passed: _Passed) -> _Climbed:
    """Carry the results of scored parents down to the nodes that reached them through others."""
    is_answered = rank != _UNRANKED
    place = np.where(is_answered, rank & _PLACE_MASK, NONE)
    distance = np.where(is_answered, 1, NONE).astype(np.int32)
    relation = np.where(is_answered, rank >> _PLACE_BITS, NONE).astype(np.int8)
    if len(passed.lower):
        # A spread breaks ties by the smallest number, so nodes with an answer are numbered in its order.
        is_waiting = np.zeros(len(rank), dtype=bool)
        is_waiting[passed.lower] = is_waiting[passed.upper] = True
        knowing = np.flatnonzero(is_waiting & is_answered)
        waiting = np.flatnonzero(is_waiting & ~is_answered)
        members = np.concatenate([knowing[np.argsort(place[knowing], kind="stable")], waiting])
        number = np.zeros(len(rank), np.int32)
        number[members] = np.arange(len(members))
        askers = Graph.from_edges(len(members), number[passed.lower], number[passed.upper], passed.relation)
        source, steps = askers.nearest_marked(np.arange(len(members)) < len(knowing))
        is_reached = steps > 0
        reached = members[is_reached]
        place[reached] = place[members[source[is_reached]]]
        distance[reached] = steps[is_reached] + 1
        relation[reached] = _first_relations(number, passed, steps)[is_reached]
    return _Climbed(place=place, distance=distance, relation=relation, lower=passed.lower, upper=passed.upper)


def _first_relations(number: Nodes, passed: _Passed, steps: Nodes) -> Orders:
    """Return the lowest relation of the edges by which each node was reached, the first criterion for ties."""
    lower, upper = number[passed.lower], number[passed.upper]
    is_way = (steps[upper] >= 0) & (steps[upper] == steps[lower] - 1)
    relation = np.full(len(steps), np.iinfo(np.int8).max, np.int8)
    np.minimum.at(relation, lower[is_way], passed.relation[is_way].astype(np.int8))
    return relation


def _least(count: int, owners: Longs, relation: NDArray[np.uint8], place: Longs) -> Longs:
    """Return for each of `count` owners the lowest relation and place of its scored parents, as one number."""
    rank = np.full(count, _UNRANKED, np.int64)
    is_hit = place >= 0
    np.minimum.at(rank, owners[is_hit], (relation[is_hit].astype(np.int64) << _PLACE_BITS) | place[is_hit])
    return rank


def _table(size: int, slots: int, node: Nodes, slot: Longs) -> tuple[Nodes, Nodes | None]:
    """Return `line` and `cells` of a `_ScoreIndex`; no cells if the table would be too large for its scores."""
    is_first = np.ones(len(node), dtype=bool)
    is_first[1:] = node[1:] != node[:-1]
    scored = node[is_first]
    line = np.zeros(size, np.int32)
    if (len(scored) + 1) * slots > max(_CELLS_A_SCORE * len(node), _CELLS_ALWAYS):
        line[scored] = 1
        return line, None
    line[scored] = np.arange(1, len(scored) + 1, dtype=np.int32) * np.int32(slots)
    cells = np.full((len(scored) + 1) * slots, NONE, np.int32)
    cells[line[node] + slot] = np.arange(len(node), dtype=np.int32)
    return line, cells


def find_keys(keys: Longs, wanted: Longs) -> Longs:
    """Return the position of each wanted key in the sorted keys, or -1."""
    if not len(keys):
        return np.full(len(wanted), NONE, np.int64)
    places = np.searchsorted(keys, wanted)
    places[places == len(keys)] = 0
    places[keys[places] != wanted] = NONE
    return places
