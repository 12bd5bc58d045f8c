"""Neighbours of every node in compressed rows, and the walks over them that know no end but the graph's."""

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
    """Neighbours of every node: those of node i are `neighbours[starts[i]:starts[i + 1]]`, in rising order.

    `starts` is int32 with one entry more than there are nodes; `relations` has the order of the relation of each edge.
    """

    starts: Nodes
    neighbours: Nodes
    relations: NDArray[np.uint8]

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.starts) - 1

    def of(self, node: int) -> Nodes:
        """Return the neighbours of one node in rising order."""
        return self.neighbours[self.starts[node] : self.starts[node + 1]]

    def degrees(self) -> Nodes:
        """Return for every node how many neighbours it has."""
        return np.diff(self.starts)

    def expand(self, nodes: Nodes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of all edges of some nodes, and beside each the place in `nodes` that it belongs to."""
        first = self.starts[nodes].astype(np.int64)
        counts = self.starts[nodes.astype(np.int64) + 1] - first
        places = np.repeat(np.arange(len(nodes)), counts)
        offsets = np.repeat(first - (np.cumsum(counts) - counts), counts)
        return offsets + np.arange(len(places)), places

    def turned(self) -> Self:
        """Return the same edges seen from their other end."""
        from scipy.sparse import csr_array

        shape = (self.size, self.size)
        columns = csr_array((self.relations, self.neighbours, self.starts), shape=shape).tocsc()
        return type(self)(
            starts=columns.indptr.astype(np.int32, copy=False),
            neighbours=columns.indices.astype(np.int32, copy=False),
            relations=columns.data,
        )

    def layers(self, sources: Nodes, steps: int | None = None) -> list[Nodes]:
        """Return the sources and what is first reached after one step, two..., at most `steps`, each rising."""
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
        """Return every node that can be reached from one, in rising order, without the node itself."""
        beyond = self.layers(np.array([node], dtype=np.int32))[1:]
        return np.sort(np.concatenate(beyond)) if beyond else np.zeros(0, dtype=np.int32)

    def distances(self, node: int) -> dict[int, int]:
        """Return every node that can be reached from one with the number of steps, itself at 0."""
        layers = self.layers(np.array([node], dtype=np.int32))
        return {at: distance for distance, layer in enumerate(layers) for at in layer.tolist()}


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Return the different values in rising order: for short integers sorting is several times faster than hashing."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
