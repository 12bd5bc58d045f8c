"""The graph of models in compressed arrays: families, reach, cycles and nearest marked ancestors of a whole Hub.

Nodes are numbers from 0; an edge leads from a child to a parent. Everything is breadth first with numpy over the whole
frontier, so the work follows the number of edges and of levels, and a cycle costs nothing but its edges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from typing import Self

Nodes: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]

_RELATIONS: Final = 8
_ORIGIN_BITS: Final = 32
_ORIGIN_MASK: Final = (1 << _ORIGIN_BITS) - 1
_UNREACHED: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """Where every node belongs; four int32 arrays with one entry a node.

    `root` is the nearest root above the node (a root is its own), `depth` the number of edges up to it, `size` how many
    nodes share that root, `component` the smallest node of the weakly connected component.
    """

    root: Nodes
    depth: Nodes
    size: Nodes
    component: Nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adjacency:
    """Neighbours of every node: those of node i are `neighbours[starts[i]:starts[i + 1]]`, in rising order."""

    starts: NDArray[np.int64]
    neighbours: Nodes
    relations: NDArray[np.uint8]

    def of(self, node: int) -> Nodes:
        return self.neighbours[self.starts[node] : self.starts[node + 1]]

    def expand(self, nodes: Nodes) -> tuple[NDArray[np.int64], Nodes]:
        """Return the positions of all edges of some nodes, and beside each the node that it belongs to."""
        first = self.starts[nodes]
        counts = self.starts[nodes.astype(np.int64) + 1] - first
        owners = np.repeat(nodes, counts)
        offsets = np.repeat(first - (np.cumsum(counts) - counts), counts)
        return offsets + np.arange(len(owners)), owners


class Graph:
    """A directed graph of `size` nodes; self loops are dropped, and an edge given twice counts once."""

    def __init__(self, *, size: int, parents: _Adjacency, children: _Adjacency) -> None:
        self.size = size
        self._parents = parents
        self._children = children

    @classmethod
    def from_edges(cls, size: int, child: ArrayLike, parent: ArrayLike, relation: ArrayLike | None = None) -> "Self":
        """Build a graph from two arrays of node numbers, and perhaps the order of each edge's relation (0 to 7).

        An edge given with several relations keeps the lowest. Raises ValueError for arrays of different lengths, a node
        outside `0 <= node < size`, or a relation out of range.
        """
        lower = np.asarray(child, dtype=np.int64)
        upper = np.asarray(parent, dtype=np.int64)
        order = np.zeros(len(lower), np.int64) if relation is None else np.asarray(relation, dtype=np.int64)
        if not len(lower) == len(upper) == len(order):
            raise ValueError("child, parent and relation must be of one length")
        for values, limit in ((lower, size), (upper, size), (order, _RELATIONS)):
            if len(values) and not 0 <= values.min() <= values.max() < limit:
                raise ValueError(f"a value is not within 0 <= value < {limit}")
        proper = lower != upper
        keys = np.sort((lower[proper] * size + upper[proper]) * _RELATIONS + order[proper])
        pairs = keys // _RELATIONS
        first = np.ones(len(pairs), dtype=bool)
        first[1:] = pairs[1:] != pairs[:-1]
        pairs, keys = pairs[first], keys[first]
        rows, columns = pairs // max(size, 1), (pairs % max(size, 1)).astype(np.int32)
        starts = np.zeros(size + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=size), out=starts[1:])
        relations = (keys % _RELATIONS).astype(np.uint8)
        upwards = _Adjacency(starts=starts, neighbours=columns, relations=relations)
        turned = csr_array((relations, columns, starts), shape=(size, size)).tocsc()
        downwards = _Adjacency(
            starts=turned.indptr.astype(np.int64), neighbours=turned.indices.astype(np.int32), relations=turned.data
        )
        return cls(size=size, parents=upwards, children=downwards)

    @property
    def edge_count(self) -> int:
        """How many different edges there are, without self loops."""
        return len(self._parents.neighbours)

    def parents(self, node: int) -> Nodes:
        """Return the parents of a node in rising order."""
        return self._parents.of(node)

    def children(self, node: int) -> Nodes:
        """Return the children of a node in rising order."""
        return self._children.of(node)

    def ancestors(self, node: int) -> Nodes:
        """Return every node that can be reached upwards, in rising order, without the node itself."""
        return self._reach(self._parents, node)

    def descendants(self, node: int) -> Nodes:
        """Return every node that can be reached downwards, in rising order, without the node itself."""
        return self._reach(self._children, node)

    def reach(self, nodes: ArrayLike, *, is_up: bool, generations: int | None = None) -> Nodes:
        """Return some nodes and all within so many generations (null for any) above or below, in rising order."""
        adjacency = self._parents if is_up else self._children
        starts = np.asarray(nodes, dtype=np.int32)
        seen = np.zeros(self.size, dtype=bool)
        seen[starts] = True
        frontier, generation = np.unique(starts), 0
        while len(frontier) and generation != generations:
            edges, _ = adjacency.expand(frontier)
            reached = adjacency.neighbours[edges]
            frontier = np.unique(reached[~seen[reached]])
            seen[frontier] = True
            generation += 1
        return np.flatnonzero(seen).astype(np.int32)

    def components(self) -> Nodes:
        """Return for every node the smallest node of its weakly connected component."""
        return self._smallest(self._labels("weak"))

    def strongly_connected(self) -> Nodes:
        """Return for every node the smallest node of its strongly connected group; itself where it is on no cycle."""
        return self._strong_groups

    def cycles(self) -> tuple[Nodes, ...]:
        """Return the strongly connected groups of more than one node, each and all in rising order."""
        label = self._strong_groups
        heads = np.unique(label[label != np.arange(self.size)])
        return tuple(np.flatnonzero(label == head).astype(np.int32) for head in heads)

    def families(self) -> Families:
        """Find the nearest root above every node.

        A root is a node without parents; in a strongly connected group that no outside node is a parent of, it is the
        smallest node. Of several nearest roots, the one over the edge with the lowest relation is taken, then the
        smallest number.
        """
        group = self._strong_groups
        child = np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self._parents.starts))
        from_outside = group[child] != group[self._parents.neighbours]
        has_parent = np.zeros(self.size, dtype=bool)
        has_parent[group[child[from_outside]]] = True
        is_head = group == np.arange(self.size)
        root, depth = self._spread(np.flatnonzero(is_head & ~has_parent).astype(np.int32))
        members = np.bincount(root, minlength=self.size).astype(np.int32)
        return Families(root=root, depth=depth, size=members[root], component=self.components())

    def nearest_marked(self, marked: Mask) -> tuple[Nodes, Nodes]:
        """Find the nearest marked node among every node and its ancestors: its number and its distance, or -1 and -1.

        Ties go to the edge with the lowest relation, then to the smallest number. Raises ValueError for a mask of
        another length than the graph.
        """
        if len(marked) != self.size:
            raise ValueError(f"the mask has {len(marked)} entries for {self.size} nodes")
        return self._spread(np.flatnonzero(marked).astype(np.int32))

    def path_up(self, node: int, ancestor: int) -> tuple[int, ...]:
        """Return a shortest way from a node up to an ancestor, both included; empty where there is none."""
        below: dict[int, int] = {}
        frontier = np.array([node], dtype=np.int32)
        seen = {node}
        while len(frontier) and ancestor not in seen:
            edges, owners = self._parents.expand(frontier)
            reached: list[int] = []
            for upper, lower in zip(self._parents.neighbours[edges].tolist(), owners.tolist(), strict=True):
                if upper not in seen:
                    seen.add(upper)
                    below[upper] = lower
                    reached.append(upper)
            frontier = np.array(sorted(reached), dtype=np.int32)
        return tuple(_walk_down(below, ancestor))[::-1] if ancestor in seen else ()

    @cached_property
    def _strong_groups(self) -> Nodes:
        return self._smallest(self._labels("strong"))

    def _labels(self, connection: Literal["weak", "strong"]) -> Nodes:
        if self.size == 0:
            return np.zeros(0, dtype=np.int32)
        data = np.ones(self.edge_count, dtype=np.uint8)
        matrix = csr_array((data, self._parents.neighbours, self._parents.starts), shape=(self.size, self.size))
        _, labels = connected_components(matrix, directed=True, connection=connection)
        return np.asarray(labels, dtype=np.int32)

    def _smallest(self, labels: Nodes) -> Nodes:
        """Rename labels to the smallest node that carries each."""
        smallest = np.zeros(self.size, dtype=np.int32)
        backwards = np.arange(self.size, dtype=np.int32)[::-1]
        smallest[labels[::-1]] = backwards
        return smallest[labels]

    def _reach(self, adjacency: _Adjacency, node: int) -> Nodes:
        seen = np.zeros(self.size, dtype=bool)
        seen[node] = True
        frontier = np.array([node], dtype=np.int32)
        levels = [np.zeros(0, dtype=np.int32)]
        while len(frontier):
            edges, _ = adjacency.expand(frontier)
            reached = adjacency.neighbours[edges]
            frontier = np.unique(reached[~seen[reached]])
            seen[frontier] = True
            levels.append(frontier)
        return np.sort(np.concatenate(levels))

    def _spread(self, sources: Nodes) -> tuple[Nodes, Nodes]:
        """Walk down from all sources at once; return the nearest source of every node and its distance, -1 for none."""
        origin = np.full(self.size, -1, dtype=np.int32)
        distance = np.full(self.size, -1, dtype=np.int32)
        origin[sources] = sources
        distance[sources] = 0
        best = np.full(self.size, _UNREACHED, dtype=np.int64)
        last_position = np.zeros(self.size, dtype=np.int64)
        frontier, level = sources, 0
        while len(frontier):
            level += 1
            edges, owners = self._children.expand(frontier)
            reached = self._children.neighbours[edges]
            fresh = origin[reached] < 0
            reached, edges, owners = reached[fresh], edges[fresh], owners[fresh]
            rank = (self._children.relations[edges].astype(np.int64) << _ORIGIN_BITS) | origin[owners]
            np.minimum.at(best, reached, rank)
            positions = np.arange(len(reached))
            last_position[reached] = positions
            frontier = reached[last_position[reached] == positions]
            origin[frontier] = best[frontier] & _ORIGIN_MASK
            distance[frontier] = level
        return origin, distance


def _walk_down(below: dict[int, int], top: int) -> Iterator[int]:
    node: int | None = top
    while node is not None:
        yield node
        node = below.get(node)
