"""The family forest in message-passing order: every node after its parents, the children of one node adjacent.

A node with one parent hangs below it, and on such trees inference is exact. A node with several parents, a merge, is
the head of its own tree: it starts from the weighted mean of its parents and sends no message back. Scores at or below
a merge therefore do not move its parents. This is the only approximation (apart from the covariance of parents in
different trees, see `lineage.prediction.merges`). It keeps the work linear; an exact answer can cost the cube of the
number of entangled nodes. Where a third of all nodes are merges, errors were 5 to 21 % larger than those of the exact
answer, and 90 % intervals covered 89 to 91 % (`benchmarks/prediction.py`); on the Hub, one model in 120 is a merge.

A cycle is opened at its family's root: of the edges inside it, only those to a parent nearer to a root remain.
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
"""The relation of a node that has no parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merges:
    """Nodes with several parents: those of merge i are `parents[starts[i]:starts[i + 1]]`, by position.

    `at` is the position of each merge, ascending, int32; `starts` is int64 with one entry more than there are merges;
    `weights` are float64, 0 or more, and sum to 1 within each merge.
    """

    at: Nodes
    starts: NDArray[np.int64]
    parents: Nodes
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefForest:
    """A graph without cycles, its nodes sorted into levels; unless noted, arrays have one entry per position.

    `order` is the node at each position and `position` the position of each node; `parent` is the position of the only
    parent, one level up, or -1 at the head of a tree; `tree` is the position of that head; all int32. `relation` is the
    uint8 order of the relation to the parents (the highest if a merge has several), NO_STEP without parents. `bounds`
    is int64: the first position of each level, then the size.
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
        """The number of nodes."""
        return len(self.order)

    def levels(self) -> Iterator[slice]:
        """Yield the positions of each level, the roots first."""
        yield from (slice(low, high) for low, high in pairwise(self.bounds.tolist()))

    def merges_within(self, level: slice) -> slice:
        """Return the range of merges in a level."""
        low, high = np.searchsorted(self.merges.at, (level.start, level.stop))
        return slice(int(low), int(high))


def plant(graph: Graph, weights: Floats | None = None) -> BeliefForest:
    """Build the forest of a graph.

    `weights` has a number for each of the graph's upward edges, in their order: the share of the parent in a merge. The
    weights of a merge are scaled to sum to 1; if one is unknown (nan), infinite or negative, or if they sum to zero,
    the parents count equally. The weight of an edge to an only parent is ignored. Raises ValueError for another length.
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
    """Return the part of a forest that scores inform: the scored positions and everything above them.

    Positions are renumbered; `order` still holds the node of each, and `position` is -1 for nodes that are left out.
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
    """Sort the nodes by their longest path up (Kahn 1962, one level at a time), except nodes on and below cycles."""
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
    """Return which upward edges to keep: all between groups and, inside a group, those towards its root.

    The distance to the nearest root falls along every edge kept inside a group, so no cycle remains; every node except
    a root has a parent that is one step nearer, so none loses all of its parents.
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
    """Return weights that sum to 1; a merge with unusable weights gets equal ones."""
    usable = np.isfinite(given) & (given >= 0)
    sums = np.bincount(places, np.where(usable, given, 0.0))
    broken = (np.bincount(places, ~usable) > 0) | ~np.isfinite(sums) | (sums <= 0)
    return np.where(broken[places], equal, np.where(usable, given, 0.0) / np.where(broken, 1.0, sums)[places])
