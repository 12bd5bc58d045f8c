"""The family forest in the order in which messages travel: every node behind its parents, children of one side by side.

A node with one parent hangs on it, and on such trees inference is exact. A node with several parents, a merge, is the
head of a tree of its own: it starts from the weighted mean of its parents and tells them nothing in return. What is
scored at or below a merge therefore does not move its parents. That is the only approximation (beside the covariance of
parents in different trees, see `lineage.prediction.merges`), and it keeps the work linear, where an exact answer has no
bound below the cube of what is tangled. Where a third of all nodes are merges it made errors 5 to 21 % larger than the
exact answer's, and 90 % intervals held 89 to 91 % (`benchmarks/prediction.py`); of the Hub's models one in 120 is one.

A cycle is opened at its family's root: of the edges inside it those stay that lead to a parent nearer to a root.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lineage.graph.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.graph.csr import Nodes

Floats: TypeAlias = NDArray[np.float64]
NO_STEP: Final = 255
"""The relation of a node without parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merges:
    """The nodes with several parents: those of the i-th are `parents[starts[i]:starts[i + 1]]`, by position.

    `at` is the position of each, rising, int32; `starts` int64 with one entry more; `weights` float64, 0 or more, of
    sum 1 in each merge.
    """

    at: Nodes
    starts: NDArray[np.int64]
    parents: Nodes
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefForest:
    """A graph without cycles, its nodes sorted into levels; arrays have one entry per position unless said otherwise.

    `order` is the node at each position and `position` the position of each node; `parent` the position of the only
    parent, one level up, or -1 at the head of a tree; `tree` the position of that head; all int32. `relation` is the
    uint8 order of the relation to the parents (the highest where a merge has several), NO_STEP without any. `bounds`
    are the int64 first positions of the levels and the size.
    """

    order: Nodes
    position: Nodes
    parent: Nodes
    tree: Nodes
    relation: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    merges: Merges

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.order)

    def levels(self) -> Iterator[slice]:
        """Yield the positions of each level, the roots first."""
        yield from (slice(low, high) for low, high in pairwise(self.bounds.tolist()))

    def merges_within(self, level: slice) -> slice:
        """Return which merges are in a level."""
        low, high = np.searchsorted(self.merges.at, (level.start, level.stop))
        return slice(int(low), int(high))


def plant(graph: Graph, weights: Floats | None = None) -> BeliefForest:
    """Return the forest of a graph.

    `weights` has a number for each of the graph's upward edges, in their order: how much of the parent went into a
    merge. They are scaled to the sum 1; a merge with a weight that is None (nan), infinite or negative, or with a sum
    of zero, is taken as equal parts. Edges to an only parent need none. Raises ValueError for another length.
    """
    if weights is not None and len(weights) != graph.edge_count:
        raise ValueError(f"there are {len(weights)} weights for {graph.edge_count} edges")
    levels = _levels(graph)
    if sum(map(len, levels)) < graph.size:
        keep = _edges_without_cycles(graph)
        child = np.repeat(np.arange(graph.size, dtype=np.int32), graph.upwards.degrees())
        upwards = graph.upwards
        graph = Graph.from_edges(graph.size, child[keep], upwards.neighbours[keep], upwards.relations[keep])
        weights = None if weights is None else weights[keep]
        levels = _levels(graph)
    return _arrange(graph, levels, weights)


def above_scored(forest: BeliefForest, scored: NDArray[np.bool_]) -> BeliefForest:
    """Return the part of a forest that scores inform: scored positions and everything above them.

    Positions are new; `order` still has the node of each, `position` -1 for a node that is left out.
    """
    keep = scored.copy()
    merges = forest.merges
    counts = np.diff(merges.starts)
    for level in reversed(list(forest.levels())[1:]):
        hanging = np.flatnonzero(keep[level] & (forest.parent[level] >= 0)) + level.start
        keep[forest.parent[hanging]] = True
        which = forest.merges_within(level)
        edges = slice(merges.starts[which.start], merges.starts[which.stop])
        keep[merges.parents[edges][np.repeat(keep[merges.at[which]], counts[which])]] = True
    places = np.concatenate([[0], np.cumsum(keep)])
    new = np.where(keep, places[:-1], -1).astype(np.int32)
    position = new[forest.position]
    kept_merges = keep[merges.at]
    kept_edges = np.repeat(kept_merges, counts)
    parent = forest.parent[keep]
    return BeliefForest(
        order=forest.order[keep],
        position=position,
        parent=np.where(parent >= 0, new[parent], -1).astype(np.int32),
        tree=new[forest.tree[keep]],
        relation=forest.relation[keep],
        bounds=places[forest.bounds],
        merges=Merges(
            at=new[merges.at[kept_merges]],
            starts=np.concatenate([[0], np.cumsum(counts[kept_merges])]),
            parents=new[merges.parents[kept_edges]],
            weights=merges.weights[kept_edges],
        ),
    )


def _levels(graph: Graph) -> list[Nodes]:
    """Sort the nodes by their longest way up (Kahn 1962, a level at a time); nodes on and below cycles are left out."""
    missing = graph.upwards.degrees()
    last_place = np.zeros(graph.size, dtype=np.int64)
    level = np.flatnonzero(missing == 0).astype(np.int32)
    found = []
    while len(level):
        found.append(level)
        edges, _ = graph.downwards.expand(level)
        reached = graph.downwards.neighbours[edges]
        np.subtract.at(missing, reached, 1)
        ready = reached[missing[reached] == 0]
        places = np.arange(len(ready))
        last_place[ready] = places
        level = ready[last_place[ready] == places]
    return found


def _edges_without_cycles(graph: Graph) -> NDArray[np.bool_]:
    """Return which upward edges stay: all between groups, and inside a group those towards its root.

    The distance to the nearest root falls along every edge that stays inside a group, so no cycle is left; every node
    but a root has a parent one nearer, so none loses all of them.
    """
    group, depth = graph.strongly_connected(), graph.labels.depth
    child = np.repeat(np.arange(graph.size, dtype=np.int32), graph.upwards.degrees())
    parent = graph.upwards.neighbours
    return np.asarray((group[child] != group[parent]) | (depth[child] > depth[parent]))


def _arrange(graph: Graph, levels: list[Nodes], weights: Floats | None) -> BeliefForest:
    upwards, degrees = graph.upwards, graph.upwards.degrees()
    order = np.concatenate([*levels, np.zeros(0, np.int32)])
    position = np.empty(graph.size, dtype=np.int32)
    position[order] = np.arange(graph.size, dtype=np.int32)
    bounds = np.concatenate([[0], np.cumsum([len(level) for level in levels], dtype=np.int64)])
    relation_of_node = np.full(graph.size, NO_STEP, dtype=np.uint8)
    parent_of_node = np.full(graph.size, -1, dtype=np.int32)
    below = degrees > 0
    if below.any():
        relation_of_node[below] = np.maximum.reduceat(upwards.relations, upwards.starts[:-1][below])
    single = degrees == 1
    parent_of_node[single] = position[upwards.neighbours[upwards.starts[:-1][single]]]
    parent = parent_of_node[order]
    tree = np.arange(graph.size, dtype=np.int32)
    for low, high in pairwise(bounds[1:].tolist()):
        above = parent[low:high]
        tree[low:high] = np.where(above < 0, tree[low:high], tree[above])
    return BeliefForest(
        order=order,
        position=position,
        parent=parent,
        tree=tree,
        relation=relation_of_node[order],
        bounds=bounds,
        merges=_merges(graph, order, position, weights),
    )


def _merges(graph: Graph, order: Nodes, position: Nodes, weights: Floats | None) -> Merges:
    at = np.flatnonzero(graph.upwards.degrees()[order] > 1).astype(np.int32)
    edges, places = graph.upwards.expand(order[at])
    counts = np.bincount(places, minlength=len(at))
    equal = 1 / counts[places]
    return Merges(
        at=at,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        parents=position[graph.upwards.neighbours[edges]],
        weights=equal if weights is None else _scaled(weights[edges], places, equal),
    )


def _scaled(given: Floats, places: NDArray[np.int64], equal: Floats) -> Floats:
    """Return weights of sum 1, equal ones for every merge that was given something unusable."""
    usable = np.isfinite(given) & (given >= 0)
    sums = np.bincount(places, np.where(usable, given, 0.0))
    broken = (np.bincount(places, ~usable) > 0) | ~np.isfinite(sums) | (sums <= 0)
    return np.where(broken[places], equal, np.where(usable, given, 0.0) / np.where(broken, 1.0, sums)[places])
