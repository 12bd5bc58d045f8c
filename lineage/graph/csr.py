"""Adjacency in compressed sparse rows, and breadth-first walks over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing import Self

Nodes: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]
Number = TypeVar("Number", np.int32, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjacency:
    """The neighbours of every node: those of node i are `neighbours[starts[i]:starts[i + 1]]`, in ascending order.

    `starts` is int32 and has one entry more than there are nodes; `relations` holds the order of each edge's relation.
    """

    starts: Nodes
    neighbours: Nodes
    relations: NDArray[np.uint8]

    @property
    def size(self) -> int:
        """The number of nodes."""
        return len(self.starts) - 1

    def of(self, node: int) -> Nodes:
        """Return the neighbours of one node in ascending order."""
        return self.neighbours[self.starts[node] : self.starts[node + 1]]

    def degrees(self) -> Nodes:
        """Return the number of neighbours of every node."""
        return np.diff(self.starts)

    def expand(self, nodes: Nodes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of all edges of some nodes and, for each edge, the index of its node in `nodes`."""
        first = self.starts[nodes].astype(np.int64)
        counts = self.starts[nodes.astype(np.int64) + 1] - first
        places = np.repeat(np.arange(len(nodes)), counts)
        offsets = np.repeat(first - (np.cumsum(counts) - counts), counts)
        return offsets + np.arange(len(places)), places

    def turned(self) -> Self:
        """Return the same edges in the opposite direction."""
        from scipy.sparse import csr_array

        shape = (self.size, self.size)
        columns = csr_array((self.relations, self.neighbours, self.starts), shape=shape).tocsc()
        return type(self)(
            starts=columns.indptr.astype(np.int32, copy=False),
            neighbours=columns.indices.astype(np.int32, copy=False),
            relations=columns.data,
        )

    def layers(self, sources: Nodes, steps: int | None = None) -> list[Nodes]:
        """Return the sources, then the nodes first reached after one step, two..., up to `steps`; each is ascending."""
        seen = np.zeros(self.size, dtype=bool)
        frontier = distinct(sources)
        found = []
        while len(frontier):
            seen[frontier] = True
            found.append(frontier)
            if steps is not None and len(found) > steps:
                break
            edges, _ = self.expand(frontier)
            reached = self.neighbours[edges]
            frontier = distinct(reached[~seen[reached]])
        return found

    def reach(self, node: int) -> Nodes:
        """Return every node that can be reached from a node, in ascending order, without the node itself."""
        beyond = self.layers(np.array([node], dtype=np.int32))[1:]
        return np.sort(np.concatenate(beyond)) if beyond else np.zeros(0, dtype=np.int32)

    def distances(self, node: int) -> dict[int, int]:
        """Map every node that can be reached from a node to its number of steps; the node itself is at 0."""
        layers = self.layers(np.array([node], dtype=np.int32))
        return {at: distance for distance, layer in enumerate(layers) for at in layer.tolist()}


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Return the distinct values in ascending order; short integers are sorted much faster than they are hashed."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
