"""The graph of models in compressed arrays: families, reach, cycles and nearest marked ancestors of a whole Hub.

Nodes are numbers from 0; an edge leads from a child to a parent. Everything is breadth first with numpy over the whole
frontier, so the work follows the number of edges and of levels, and a cycle costs nothing but its edges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lineage.graph.csr import Adjacency, Mask, Nodes
from lineage.graph.reachability import (
    Exposure,
    GraphPath,
    RootPairs,
    all_roots,
    nearest_common,
    sum_below,
    ways_between,
    ways_up,
)

if TYPE_CHECKING:
    from typing import Self

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


class Graph:
    """A directed graph of `size` nodes; self loops are dropped, and an edge given twice counts once."""

    def __init__(self, *, parents: Adjacency, children: Adjacency, families: Families | None = None) -> None:
        """Take the two directions, one the other turned, and perhaps the families found earlier."""
        self.size = parents.size
        self.upwards = parents
        self.downwards = children
        self._known_families = families

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
        starts = np.zeros(size + 1, dtype=np.int32)
        np.cumsum(np.bincount(rows, minlength=size), out=starts[1:])
        relations = (keys % _RELATIONS).astype(np.uint8)
        upwards = Adjacency(starts=starts, neighbours=columns, relations=relations)
        return cls(parents=upwards, children=upwards.turned())

    @property
    def edge_count(self) -> int:
        """How many different edges there are, without self loops."""
        return len(self.upwards.neighbours)

    def parents(self, node: int) -> Nodes:
        """Return the parents of a node in rising order."""
        return self.upwards.of(node)

    def children(self, node: int) -> Nodes:
        """Return the children of a node in rising order."""
        return self.downwards.of(node)

    def ancestors(self, node: int) -> Nodes:
        """Return every node that can be reached upwards, in rising order, without the node itself."""
        return self.upwards.reach(node)

    def descendants(self, node: int) -> Nodes:
        """Return every node that can be reached downwards, in rising order, without the node itself."""
        return self.downwards.reach(node)

    def reach(self, nodes: ArrayLike, *, is_up: bool, generations: int | None = None) -> Nodes:
        """Return some nodes and all within so many generations (None for any) above or below, in rising order."""
        adjacency = self.upwards if is_up else self.downwards
        layers = adjacency.layers(np.asarray(nodes, dtype=np.int32), generations)
        return np.sort(np.concatenate(layers)) if layers else np.zeros(0, dtype=np.int32)

    def components(self) -> Nodes:
        """Return for every node the smallest node of its weakly connected component."""
        return self.labels.component

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
        child = np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.upwards.starts))
        from_outside = group[child] != group[self.upwards.neighbours]
        has_parent = np.zeros(self.size, dtype=bool)
        has_parent[group[child[from_outside]]] = True
        is_head = group == np.arange(self.size)
        root, depth = self._spread(np.flatnonzero(is_head & ~has_parent).astype(np.int32))
        members = np.bincount(root, minlength=self.size).astype(np.int32)
        return Families(root=root, depth=depth, size=members[root], component=self._components(root))

    def nearest_marked(self, marked: Mask) -> tuple[Nodes, Nodes]:
        """Find the nearest marked node among every node and its ancestors: its number and its distance, or -1 and -1.

        Ties go to the edge with the lowest relation, then to the smallest number. Raises ValueError for a mask of
        another length than the graph.
        """
        if len(marked) != self.size:
            raise ValueError(f"the mask has {len(marked)} entries for {self.size} nodes")
        return self._spread(np.flatnonzero(marked).astype(np.int32))

    def steps_up(self, source: Nodes, distance: Nodes) -> Nodes:
        """Return for every node its parent on the way to its nearest source, -1 where there is none or it is one.

        `source` and `distance` are what `nearest_marked` found; of several such parents the smallest is taken.
        """
        child = np.repeat(np.arange(self.size, dtype=np.int32), self.upwards.degrees())
        parent = self.upwards.neighbours
        leads = (source[parent] >= 0) & (source[parent] == source[child]) & (distance[parent] == distance[child] - 1)
        steps = np.full(self.size, -1, dtype=np.int32)
        steps[child[leads][::-1]] = parent[leads][::-1]
        return steps

    def paths_to_nearest(self, marked: Mask) -> Iterator[tuple[int, ...]]:
        """Yield the shortest way from each unmarked node up to its nearest marked ancestor, both included.

        Nodes without a marked ancestor have none. Ties and errors are those of `nearest_marked` and `steps_up`.
        """
        source, distance = self.nearest_marked(marked)
        steps = self.steps_up(source, distance).tolist()
        for node in np.flatnonzero((source >= 0) & ~marked).tolist():
            path = [node]
            while (above := steps[path[-1]]) >= 0:
                path.append(above)
            yield tuple(path)

    def path_up(self, node: int, ancestor: int) -> tuple[int, ...]:
        """Return a shortest way from a node up to an ancestor, both included; empty where there is none."""
        return next(ways_up(self.upwards, node, ancestor), ())

    def ways(self, start: int, end: int, limit: int | None = None) -> tuple[GraphPath, ...]:
        """Return all shortest ways between two nodes, at most `limit` of them; none where they share no ancestor.

        Where one is an ancestor of the other, they lead straight; otherwise up to a common ancestor and down again.
        Every parent of a merge counts.
        """
        return tuple(islice(ways_between(self.upwards, start, end), limit))

    def nearest_common(self, nodes: Sequence[int]) -> Nodes:
        """Return the common ancestors of some nodes below which there is no other, in rising order.

        A node counts as its own ancestor; of a cycle all its nodes are common, so all are returned; none for no nodes.
        """
        return nearest_common(self.upwards, self.downwards, self._strong_groups, nodes)

    def roots(self, node: int) -> tuple[tuple[int, int], ...]:
        """Return every root above a node with the number of edges up to it, the nearest first, then by number."""
        found = self.upwards.distances(node)
        tops = (top for top in found if self.heads[top])
        return tuple(sorted(((top, found[top]) for top in tops), key=lambda pair: (pair[1], pair[0])))

    def all_roots(self) -> RootPairs:
        """Return every root of every node, the nearest first."""
        families = self.labels
        return all_roots(self.upwards, self.downwards, self.heads, (families.root, families.depth))

    def depth(self, node: int) -> int:
        """Return the number of edges from a node up to its nearest root."""
        return int(self.labels.depth[node])

    def family(self, node: int) -> Nodes:
        """Return all nodes with the same nearest root as a node, in rising order."""
        return np.flatnonzero(self.labels.root == self.labels.root[node]).astype(np.int32)

    def exposure(self, weights: NDArray[np.int64]) -> Exposure:
        """Return how many descendants every node has, and the sum of their weights and its own.

        Raises ValueError for weights of another length than the graph.
        """
        if len(weights) != self.size:
            raise ValueError(f"there are {len(weights)} weights for {self.size} nodes")
        return sum_below(self.upwards, self.downwards, self.heads, self.labels.depth, weights)

    @cached_property
    def labels(self) -> Families:
        """The families, found once."""
        return self._known_families or self.families()

    @cached_property
    def heads(self) -> Mask:
        """Which nodes are roots."""
        return np.asarray(self.labels.depth == 0)

    @cached_property
    def _strong_groups(self) -> Nodes:
        parents = self.upwards
        return self._smallest(_connected(self.size, parents.neighbours, parents.starts, "strong"))

    def _components(self, root: Nodes) -> Nodes:
        """Return the smallest node of each component: families are connected, and an edge between two joins them."""
        from scipy.sparse import csr_array

        child = np.repeat(np.arange(self.size, dtype=np.int32), self.upwards.degrees())
        lower, upper = root[child], root[self.upwards.neighbours]
        joining = lower != upper
        joined, places = np.unique(np.concatenate([lower[joining], upper[joining]]), return_inverse=True)
        below, above = np.split(places, 2)
        pairs = csr_array((np.ones(len(below), np.uint8), (below, above)), shape=(len(joined), len(joined)))
        labels = np.arange(self.size, dtype=np.int32)
        groups = _connected(len(joined), pairs.indices, pairs.indptr, "weak")
        _, first = np.unique(groups, return_index=True)
        labels[joined] = joined[first[groups]]
        return self._smallest(labels[root])

    def _smallest(self, labels: Nodes) -> Nodes:
        """Rename labels to the smallest node that carries each."""
        smallest = np.zeros(self.size, dtype=np.int32)
        backwards = np.arange(self.size, dtype=np.int32)[::-1]
        smallest[labels[::-1]] = backwards
        return smallest[labels]

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
            edges, places = self.downwards.expand(frontier)
            reached, owners = self.downwards.neighbours[edges], frontier[places]
            fresh = origin[reached] < 0
            reached, edges, owners = reached[fresh], edges[fresh], owners[fresh]
            rank = (self.downwards.relations[edges].astype(np.int64) << _ORIGIN_BITS) | origin[owners]
            np.minimum.at(best, reached, rank)
            positions = np.arange(len(reached))
            last_position[reached] = positions
            frontier = reached[last_position[reached] == positions]
            origin[frontier] = best[frontier] & _ORIGIN_MASK
            distance[frontier] = level
        return origin, distance


def _connected(size: int, neighbours: Nodes, starts: Nodes, connection: Literal["weak", "strong"]) -> Nodes:
    """Return a label for every node that all of its component share."""
    if size == 0:
        return np.zeros(0, dtype=np.int32)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((np.ones(len(neighbours), dtype=np.uint8), neighbours, starts), shape=(size, size))
    _, labels = connected_components(matrix, directed=True, connection=connection)
    return np.asarray(labels, dtype=np.int32)
