"""A graph with node labels, in the form that networkx expects: edges lead from a parent to its children."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineage.graph.graph import Graph
from lineage.graph.id_index import Labels, Picked

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


class Network:
    """A directed graph with labelled nodes; networkx's own functions run on it (`lineage.graph.networkx_backend`).

    It is immutable. An edge leads from a parent to a child, so a node's descendants are its derivatives.
    """

    __networkx_backend__: ClassVar = "lineage"

    def __init__(self, graph: Graph, labels: Labels) -> None:
        """Label the nodes of a graph; raises ValueError unless there is one label per node."""
        if len(labels) != graph.size:
            raise ValueError(f"there are {len(labels)} labels for {graph.size} nodes")
        self.arrays = graph
        self.labels = labels

    def __len__(self) -> int:
        return self.arrays.size

    def __iter__(self) -> Iterator[Hashable]:
        yield from self.labels.take(np.arange(self.arrays.size))

    def __contains__(self, label: Hashable) -> bool:
        try:
            self.labels.number(label)
        except (KeyError, TypeError):
            return False
        return True

    def is_directed(self) -> bool:
        """Return True; networkx asks for it."""
        return True

    def is_multigraph(self) -> bool:
        """Return False: there is at most one edge from one node to another."""
        return False

    def number_of_nodes(self) -> int:
        """Return the number of nodes."""
        return self.arrays.size

    def number_of_edges(self) -> int:
        """Return the number of distinct edges, without self loops."""
        return self.arrays.edge_count

    def has_edge(self, parent: Hashable, child: Hashable) -> bool:
        """Return whether there is an edge from a parent to a child."""
        if parent not in self or child not in self:
            return False
        return self.labels.number(child) in self.arrays.children(self.labels.number(parent))

    def edges(self) -> Iterator[tuple[Hashable, Hashable]]:
        """Yield parent and child of every edge, in the order of the children's numbers."""
        names = list(self)
        parents = self.arrays.upwards
        children = np.repeat(np.arange(len(self)), parents.degrees())
        for parent, child in zip(parents.neighbours.tolist(), children.tolist(), strict=True):
            yield names[parent], names[child]

    def turned(self) -> Network:
        """Return the graph with every edge reversed, from child to parent, so that PageRank flows to the bases."""
        return Network(Graph(parents=self.arrays.downwards, children=self.arrays.upwards), self.labels)

    def condensed(self) -> Network:
        """Return the graph without cycles: one node per strongly connected group, with its smallest node's label."""
        groups = self.arrays.strongly_connected()
        heads = np.flatnonzero(groups == np.arange(len(self))).astype(np.int32)
        places = np.searchsorted(heads, groups)
        parents = self.arrays.upwards
        children = np.repeat(np.arange(len(self)), parents.degrees())
        graph = Graph.from_edges(len(heads), places[children], places[parents.neighbours], parents.relations)
        return Network(graph, Picked(self.labels, heads))
