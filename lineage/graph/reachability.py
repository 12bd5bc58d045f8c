"""How models are related: all roots of every model, counts of descendants, common ancestors, paths between two models.

Every parent counts. Each pair of nodes is visited once, at its smallest distance, so merges and cycles are counted
once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.graph.csr import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.graph.csr import Adjacency, Mask, Nodes

    Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPairs:
    """Every root of every node and the edges up to it: three int32 arrays, one entry per pair, sorted by node."""

    node: Nodes
    root: Nodes
    distance: Nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Totals below every node: `descendants` counts them (int32), `total` adds their weights and its own (int64)."""

    descendants: Nodes
    total: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPath:
    """A path between two nodes: up to a common ancestor and down from it; both parts include the ancestor.

    If one node is an ancestor of the other, one part is that ancestor alone.
    """

    up: tuple[int, ...]
    down: tuple[int, ...]

    @property
    def length(self) -> int:
        """The number of edges on the path."""
        return len(self.up) + len(self.down) - 2


def all_roots(parents: Adjacency, children: Adjacency, heads: Mask, nearest: tuple[Nodes, Nodes]) -> RootPairs:
    """Return every root of every node.

    `heads` marks the roots; `nearest` is the nearest root of every node and its distance. A node with no merge and no
    cycle above it has only that root; pairs are propagated for the other nodes alone.
    """
    root, depth = nearest
    shared = shared_nodes(parents, children, heads)
    edges, places = parents.expand(np.flatnonzero(shared).astype(np.int32))
    below = np.flatnonzero(shared).astype(np.int32)[places]
    above = parents.neighbours[edges]
    entering = ~shared[above]
    own = np.flatnonzero(shared & heads).astype(np.int32)
    starts = (
        np.concatenate([own, below[entering]]),
        np.concatenate([own, root[above[entering]]]),
        np.concatenate([np.zeros(len(own), np.int32), depth[above[entering]] + 1]),
    )
    return _with_single_roots(nearest, shared, list(_carry(children, *starts)))


def sum_below(
    parents: Adjacency, children: Adjacency, heads: Mask, depth: Nodes, weights: NDArray[np.int64]
) -> Exposure:
    """Return how many descendants every node has, and the sum of their weights and its own.

    Trees are summed level by level from the bottom; a node with several paths up is counted once at each of its
    ancestors.
    """
    shared = shared_nodes(parents, children, heads)
    total = np.where(shared, 0, weights).astype(np.int64)
    count = (~shared).astype(np.int64)
    simple = np.flatnonzero(~shared & (depth > 0)).astype(np.int32)
    by_depth = simple[np.argsort(-depth[simple], kind="stable")]
    for level in np.split(by_depth, np.flatnonzero(np.diff(depth[by_depth])) + 1):
        above = parents.neighbours[parents.starts[level]] if len(level) else level
        np.add.at(total, above, total[level])
        np.add.at(count, above, count[level])
    merged = np.flatnonzero(shared).astype(np.int32)
    for above, below, _ in _carry(parents, merged, merged, np.zeros(len(merged), np.int32)):
        np.add.at(total, above, weights[below])
        np.add.at(count, above, 1)
    return Exposure(descendants=(count - 1).astype(np.int32), total=total)


def shared_nodes(parents: Adjacency, children: Adjacency, heads: Mask) -> Mask:
    """Mark nodes that may have several paths up to one ancestor: several parents, on a cycle, or below such a node.

    A root with a parent is the head of a cycle; every other cycle is entered from outside, through a node with two
    parents.
    """
    degrees = parents.degrees()
    seeds = np.flatnonzero((degrees > 1) | (heads & (degrees > 0))).astype(np.int32)
    shared = np.zeros(parents.size, dtype=bool)
    for layer in children.layers(seeds):
        shared[layer] = True
    return shared


def nearest_common(parents: Adjacency, children: Adjacency, groups: Nodes, nodes: Sequence[int]) -> Nodes:
    """Return the lowest common ancestors of some nodes, in ascending order; a node counts as its own ancestor.

    A lowest one has no other common ancestor below it. If one node of a cycle qualifies, all of its nodes do. Without
    nodes there are none. `groups` is the strongly connected group of every node.
    """
    common = np.full(parents.size, bool(nodes))
    for node in nodes:
        above = np.zeros(parents.size, dtype=bool)
        above[parents.reach(node)] = True
        above[node] = True
        common &= above
    shared = np.flatnonzero(common).astype(np.int32)
    edges, places = children.expand(shared)
    below = children.neighbours[edges]
    groups_above = groups[shared[places]]
    passed = groups_above[common[below] & (groups[below] != groups_above)]
    return shared[~np.isin(groups[shared], passed)]


def ways_up(parents: Adjacency, node: int, ancestor: int) -> Iterator[tuple[int, ...]]:
    """Yield all shortest paths from a node up to an ancestor, both included; none if it is not an ancestor."""
    distances = parents.distances(node)
    if ancestor in distances:
        below = _steps(parents, distances)
        yield from (walk[::-1] for walk in _walks(below, ancestor))


def paths_up(parents: Adjacency, node: int, ancestors: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield the first of the shortest paths from a node up to each of some ancestors; empty if it is none."""
    distances = parents.distances(node)
    below = _steps(parents, distances)
    for ancestor in ancestors:
        yield next(_walks(below, ancestor))[::-1] if ancestor in distances else ()


def ways_between(parents: Adjacency, start: int, end: int) -> Iterator[GraphPath]:
    """Yield all shortest paths between two nodes: straight if one is above the other, else over a common ancestor."""
    above_start, above_end = parents.distances(start), parents.distances(end)
    sums = {top: above_start[top] + above_end[top] for top in above_start.keys() & above_end.keys()}
    tops = {start, end} & sums.keys() or sums.keys()
    least = min((sums[top] for top in tops), default=0)
    below_start, below_end = _steps(parents, above_start), _steps(parents, above_end)
    for top in sorted(top for top in tops if sums[top] == least):
        for up in _walks(below_start, top):
            for down in _walks(below_end, top):
                yield GraphPath(up=up[::-1], down=down)


def _with_single_roots(
    nearest: tuple[Nodes, Nodes], shared: Mask, carried: Sequence[tuple[Nodes, Nodes, Nodes]]
) -> RootPairs:
    """Join the pairs of the shared nodes with those of all other nodes, which have one root each."""
    counts = np.where(shared, 0, 1)
    for nodes, _, _ in carried:
        np.add.at(counts, nodes, 1)
    node = np.repeat(np.arange(len(shared), dtype=np.int32), counts)
    root, distance = nearest[0][node], nearest[1][node]
    if carried:
        nodes, roots, distances = (np.concatenate(column) for column in zip(*carried, strict=True))
        order = np.lexsort((roots, distances, nodes))
        places = np.flatnonzero(shared[node])
        root[places], distance[places] = roots[order], distances[order]
    return RootPairs(node=node, root=root, distance=distance)


def _steps(parents: Adjacency, distances: Mapping[int, int]) -> dict[int, list[int]]:
    """Map each node to the nodes just below it on a shortest path up to it."""
    below: dict[int, list[int]] = defaultdict(list)
    for lower, distance in distances.items():
        for upper in parents.of(lower).tolist():
            if distances[upper] == distance + 1:
                below[upper].append(lower)
    return below


def _walks(below: Mapping[int, Sequence[int]], top: int) -> Iterator[tuple[int, ...]]:
    """Yield all paths down from a node until no step remains."""
    waiting: list[tuple[int, ...]] = [(top,)]
    while waiting:
        walk = waiting.pop()
        further = below.get(walk[-1], ())
        if not further:
            yield walk
        waiting.extend((*walk, lower) for lower in sorted(further, reverse=True))


def _carry(
    adjacency: Adjacency, nodes: Nodes, origins: Nodes, distances: Nodes
) -> Iterator[tuple[Nodes, Nodes, Nodes]]:
    """Propagate pairs of node and origin along the edges; yield each pair once, at its smallest distance.

    A pair starts at the distance given with it. Yields the nodes, origins and distances of one distance after another.
    """
    size = max(adjacency.size, 1)
    keys = nodes.astype(np.int64) * size + origins
    order = np.argsort(distances, kind="stable")
    keys, distances = keys[order], distances[order]
    seen: list[Keys] = []
    carried = keys[:0]
    distance = place = 0
    while len(carried) or place < len(keys):
        if not len(carried):
            distance = int(distances[place])
        until = int(np.searchsorted(distances, distance, side="right"))
        fresh = distinct(np.concatenate([carried, keys[place:until]]))
        for earlier in seen:
            fresh = fresh[~_is_among(fresh, earlier)]
        place = until
        if len(fresh):
            seen.append(fresh)
        at, origin = (fresh // size).astype(np.int32), (fresh % size).astype(np.int32)
        yield at, origin, np.full(len(at), distance, dtype=np.int32)
        edges, places = adjacency.expand(at)
        carried = adjacency.neighbours[edges].astype(np.int64) * size + origin[places]
        distance += 1


def _is_among(keys: Keys, others: Keys) -> Mask:
    places = np.minimum(np.searchsorted(others, keys), len(others) - 1)
    return np.asarray(others[places] == keys)
