"""The graph of models by id, as `lineage.open(...).graph()` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lineage.graph.nx_graph import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import networkx as nx
    from numpy.typing import NDArray

    from lineage.graph.graph import Graph
    from lineage.graph.id_index import GraphIndex

    Attributes = dict[str, Any]


class FactSource(Protocol):
    """The source of names, and of attributes of models and edges that the graph itself does not hold."""

    def number_of(self, name: str) -> int:
        """Return the number of the model that a name refers to; raises LineageError if there is none."""

    def node_facts(self, numbers: NDArray[np.int32]) -> Iterator[tuple[str, Attributes]]:
        """Yield the id and attributes of some models."""

    def edge_facts(self, numbers: NDArray[np.int32]) -> Iterator[tuple[str, str, Attributes]]:
        """Yield parent, child and attributes of every edge with both ends among some models."""

    def downloads(self) -> NDArray[np.int64]:
        """Return the downloads of every model, by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWay:
    """A path between two models: up to a common ancestor, then down; both parts include the ancestor."""

    up: tuple[str, ...]
    down: tuple[str, ...]

    @property
    def length(self) -> int:
        """The number of edges on the path."""
        return len(self.up) + len(self.down) - 2


class ModelGraph(Network):
    """The derivation graph of models, by id. A model may have several parents, and cycles are possible.

    A model is named by its id, a former id, or its id in different capitals. Lists of models are sorted by id. Every
    method raises LineageError for an unknown name. networkx functions accept the graph directly, with ids as nodes.
    """

    def __init__(self, graph: Graph, index: GraphIndex, facts: FactSource) -> None:
        """Combine the arrays with the ids and with the source of attributes."""
        super().__init__(graph, index)
        self._index = index
        self._facts = facts

    def number(self, model: str) -> int:
        """Return the number of a model in the arrays."""
        try:
            return self._index.number(model)
        except KeyError:
            return self._facts.number_of(model)

    def parents(self, model: str) -> list[str]:
        """Return the models that a model was made from."""
        return self._index.take(self.arrays.parents(self.number(model)))

    def children(self, model: str) -> list[str]:
        """Return the models that were made from a model."""
        return self._index.take(self.arrays.children(self.number(model)))

    def ancestors(self, model: str) -> list[str]:
        """Return every ancestor of a model."""
        return self._index.take(self.arrays.ancestors(self.number(model)))

    def descendants(self, model: str) -> list[str]:
        """Return every descendant of a model."""
        return self._index.take(self.arrays.descendants(self.number(model)))

    def roots(self, model: str) -> dict[str, int]:
        """Map every root of a model to the generations up to it, the nearest first; a root is its own root."""
        pairs = self.arrays.roots(self.number(model))
        return {self._index.id(root): distance for root, distance in pairs}

    def depth(self, model: str) -> int:
        """Return how many generations a model is below its nearest root."""
        return self.arrays.depth(self.number(model))

    def members(self, model: str) -> list[str]:
        """Return the models in a model's family: those with the same nearest root."""
        return self._index.take(self.arrays.family(self.number(model)))

    def family(self, model: str) -> nx.DiGraph[str]:
        """Return a model's family as a plain networkx graph, with everything that `subgraph` includes."""
        return self._plain(self.arrays.family(self.number(model)))

    def subgraph(self, models: Iterable[str]) -> nx.DiGraph[str]:
        """Return some models and the edges among them as a plain `networkx.DiGraph`, from parents to children.

        Nodes have `status, author, created_at, library, license, downloads, likes, domains`, edges `relation, evidence,
        confidence, inferred, declared_as`; a value is None if it is unknown.
        """
        numbers = sorted({self.number(model) for model in models})
        return self._plain(np.array(numbers, dtype=np.int32))

    def ways(self, start: str, end: str, limit: int | None = None) -> list[ModelWay]:
        """Return all shortest paths between two models, at most `limit`; none if they share no ancestor.

        If one is an ancestor of the other, the paths are straight; otherwise they go up to a common ancestor and down
        again. Every parent of a merge counts.
        """
        found = self.arrays.ways(self.number(start), self.number(end), limit)
        return [ModelWay(up=self._names(way.up), down=self._names(way.down)) for way in found]

    def common(self, *models: str) -> list[str]:
        """Return the lowest common ancestors of some models: those with no other common ancestor below them.

        A model counts as its own ancestor.
        """
        return self._index.take(self.arrays.nearest_common([self.number(model) for model in models]))

    def exposure(self, model: str) -> int:
        """Return the downloads of a model and of all its descendants, each counted once."""
        number = self.number(model)
        downloads = self._facts.downloads()
        return int(downloads[number] + downloads[self.arrays.descendants(number)].sum())

    def cycles(self) -> list[list[str]]:
        """Return the groups of models that are ancestors of each other."""
        return [self._index.take(group) for group in self.arrays.cycles()]

    def _names(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self._index.id(number) for number in numbers)

    def _plain(self, numbers: NDArray[np.int32]) -> nx.DiGraph[str]:
        from networkx import DiGraph

        graph: nx.DiGraph[str] = DiGraph()
        graph.add_nodes_from(self._facts.node_facts(numbers))
        graph.add_edges_from(self._facts.edge_facts(numbers))
        return graph
