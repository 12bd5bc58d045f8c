"""The graph of models in compressed arrays: families, reachability, cycles and nearest ancestors of the whole Hub.

Nodes are numbered from 0; an edge leads from a child to a parent. Every search is breadth first, with numpy over the
whole frontier, so the work grows with the number of edges and levels, and a cycle costs no more than its edges.
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
    paths_up,
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
    """The family of every node: four int32 arrays with one entry per node.

    `root` is the nearest root above the node (a root is its own), `depth` the number of edges up to it, `size` the
    number of nodes that share that root, `component` the smallest node of the weakly connected component.
    """

    root: Nodes
    depth: Nodes
    size: Nodes
    component: Nodes


class Graph:
    """A directed graph of `size` nodes; self loops are dropped, and repeated edges count once."""

    def __init__(self, *, parents: Adjacency, children: Adjacency, families: Families | None = None) -> None:
        """Store both directions, each the reverse of the other, and the families if they are already known."""
        self.size = parents.size
        self.upwards = parents
        self.downwards = children
        self._known_families = families

    @classmethod
    def from_edges(cls, size: int, child: ArrayLike, parent: ArrayLike, relation: ArrayLike | None = None) -> "Self":
        """Build a graph from two arrays of node numbers and, optionally, the order of each edge's relation (0 to 7).

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

    def with_leaves(self, parents: Nodes, relation: int) -> "Graph":
        """Return the graph with one more node below each of some nodes, numbered from `size` on in their order.

        `relation` is the order of the relation of the new edges. The size of a family does not count the new nodes.
        """
        if not len(parents):
            return self
        above, known = self.upwards, self._known_families
        upwards = Adjacency(
            starts=np.append(above.starts, above.starts[-1] + np.arange(1, len(parents) + 1, dtype=np.int32)),
            neighbours=np.append(above.neighbours, parents).astype(np.int32),
            relations=np.append(above.relations, np.full(len(parents), relation, dtype=np.uint8)),
        )
        families = known and Families(
            root=np.append(known.root, known.root[parents]),
            depth=np.append(known.depth, known.depth[parents] + 1).astype(np.int32),
            size=np.append(known.size, known.size[parents]),
            component=np.append(known.component, known.component[parents]),
        )
        return Graph(parents=upwards, children=upwards.turned(), families=families)

    def part(self, nodes: Nodes) -> "Graph":
        """Return some whole weak components as a graph: their nodes, ascending, are numbered from 0 in this order."""
        edges, _ = self.upwards.expand(nodes)
        starts = np.zeros(len(nodes) + 1, dtype=np.int32)
        np.cumsum(self.upwards.degrees()[nodes], out=starts[1:])
        upwards = Adjacency(
            starts=starts,
            neighbours=np.searchsorted(nodes, self.upwards.neighbours[edges]).astype(np.int32),
            relations=self.upwards.relations[edges],
        )
        labels = self.labels
        families = Families(
            root=np.searchsorted(nodes, labels.root[nodes]).astype(np.int32),
            depth=labels.depth[nodes],
            size=labels.size[nodes],
            component=labels.component[nodes],
        )
        return Graph(parents=upwards, children=upwards.turned(), families=families)

    @property
    def edge_count(self) -> int:
        """The number of distinct edges, without self loops."""
        return len(self.upwards.neighbours)

    def parents(self, node: int) -> Nodes:
        """Return the parents of a node in ascending order."""
        return self.upwards.of(node)

    def children(self, node: int) -> Nodes:
        """Return the children of a node in ascending order."""
        return self.downwards.of(node)

    def ancestors(self, node: int) -> Nodes:
        """Return every ancestor of a node in ascending order, without the node itself."""
        return self.upwards.reach(node)

    def descendants(self, node: int) -> Nodes:
        """Return every descendant of a node in ascending order, without the node itself."""
        return self.downwards.reach(node)

    def reach(self, nodes: ArrayLike, *, is_up: bool, generations: int | None = None) -> Nodes:
        """Return some nodes and all within some generations (None: any number) above or below, in ascending order."""
        adjacency = self.upwards if is_up else self.downwards
        layers = adjacency.layers(np.asarray(nodes, dtype=np.int32), generations)
        return np.sort(np.concatenate(layers)) if layers else np.zeros(0, dtype=np.int32)

    def components(self) -> Nodes:
        """Return for every node the smallest node of its weakly connected component."""
        return self.labels.component

    def strongly_connected(self) -> Nodes:
        """Return for every node the smallest node of its strongly connected group; itself if it is on no cycle."""
        return self._strong_groups

    def cycles(self) -> tuple[Nodes, ...]:
        """Return the strongly connected groups of more than one node, sorted, each in ascending order."""
        label = self._strong_groups
        heads = np.unique(label[label != np.arange(self.size)])
        return tuple(np.flatnonzero(label == head).astype(np.int32) for head in heads)

    def families(self) -> Families:
        """Find the nearest root above every node.

        A root is a node without parents; in a strongly connected group without a parent outside it, the smallest node
        is the root. Among several nearest roots, the edge with the lowest relation decides, then the smallest number.
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
        """Find the nearest marked node among every node and its ancestors: its number and distance, or -1 and -1.

        Ties go to the edge with the lowest relation, then to the smallest number. Raises ValueError if the mask is not
        as long as the graph.
        """
        if len(marked) != self.size:
            raise ValueError(f"the mask has {len(marked)} entries for {self.size} nodes")
        return self._spread(np.flatnonzero(marked).astype(np.int32))

    def steps_up(self, source: Nodes, distance: Nodes) -> Nodes:
        """Return for every node its parent on the path to its nearest source; -1 for a source and if there is none.

        `source` and `distance` are the results of `nearest_marked`; among several such parents the smallest is taken.
        """
        child = np.repeat(np.arange(self.size, dtype=np.int32), self.upwards.degrees())
        parent = self.upwards.neighbours
        leads = (source[parent] >= 0) & (source[parent] == source[child]) & (distance[parent] == distance[child] - 1)
        steps = np.full(self.size, -1, dtype=np.int32)
        steps[child[leads][::-1]] = parent[leads][::-1]
        return steps

    def paths_to_nearest(self, marked: Mask) -> Iterator[tuple[int, ...]]:
        """Yield the shortest path from each unmarked node up to its nearest marked ancestor, both included.

        Nodes without a marked ancestor are skipped. Ties and errors are those of `nearest_marked` and `steps_up`.
        """
        source, distance = self.nearest_marked(marked)
        steps = self.steps_up(source, distance).tolist()
        for node in np.flatnonzero((source >= 0) & ~marked).tolist():
            path = [node]
            while (above := steps[path[-1]]) >= 0:
                path.append(above)
            yield tuple(path)

    def path_up(self, node: int, ancestor: int) -> tuple[int, ...]:
        """Return a shortest path from a node up to an ancestor, both included; empty if there is none."""
        return next(ways_up(self.upwards, node, ancestor), ())

    def paths_up(self, node: int, ancestors: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """Return for each of some ancestors what `path_up` returns."""
        return tuple(paths_up(self.upwards, node, ancestors))

    def ways(self, start: int, end: int, limit: int | None = None) -> tuple[GraphPath, ...]:
        """Return all shortest paths between two nodes, at most `limit` of them; none if they share no ancestor.

        If one node is an ancestor of the other, the paths are straight; otherwise they go up to a common ancestor and
        down again. Every parent of a merge counts.
        """
        return tuple(islice(ways_between(self.upwards, start, end), limit))

    def nearest_common(self, nodes: Sequence[int]) -> Nodes:
        """Return the lowest common ancestors of some nodes (no other one is below them) in ascending order.

        A node counts as its own ancestor. If one node of a cycle is common, all of them are, so all are returned.
        Without nodes there are none.
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
        """Return all nodes that share a node's nearest root, in ascending order."""
        return np.flatnonzero(self.labels.root == self.labels.root[node]).astype(np.int32)

    def exposure(self, weights: NDArray[np.int64]) -> Exposure:
        """Return how many descendants every node has, and the sum of their weights and its own.

        Raises ValueError if `weights` is not as long as the graph.
        """
        if len(weights) != self.size:
            raise ValueError(f"there are {len(weights)} weights for {self.size} nodes")
        return sum_below(self.upwards, self.downwards, self.heads, self.labels.depth, weights)

    @cached_property
    def labels(self) -> Families:
        """The families, computed once."""
        return self._known_families or self.families()

    @cached_property
    def heads(self) -> Mask:
        """The mask of roots."""
        return np.asarray(self.labels.depth == 0)

    @cached_property
    def _strong_groups(self) -> Nodes:
        parents = self.upwards
        return self._smallest(_connected(self.size, parents.neighbours, parents.starts, "strong"))

    def _components(self, root: Nodes) -> Nodes:
        """Return the smallest node of each component; families are connected, and edges between them join them."""
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
        """Rename each label to the smallest node that carries it."""
        smallest = np.zeros(self.size, dtype=np.int32)
        backwards = np.arange(self.size, dtype=np.int32)[::-1]
        smallest[labels[::-1]] = backwards
        return smallest[labels]

    def _spread(self, sources: Nodes) -> tuple[Nodes, Nodes]:
        """Walk down from all sources at once; return every node's nearest source and its distance, or -1 and -1."""
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
    """Return for every node a label that its whole component shares."""
    if size == 0:
        return np.zeros(0, dtype=np.int32)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((np.ones(len(neighbours), dtype=np.uint8), neighbours, starts), shape=(size, size))
    _, labels = connected_components(matrix, directed=True, connection=connection)
    return np.asarray(labels, dtype=np.int32)
