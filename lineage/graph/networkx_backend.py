"""The networkx backend `lineage`: networkx's own functions, run over compressed arrays instead of dictionaries.

networkx finds this module by the entry point `networkx.backends`. The answers are those of networkx: the same values,
the same errors, generators for generators; the order within an answer may differ where networkx promises none. A plain
networkx graph is converted if it is directed and has no parallel edges, self loops or weights.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import networkx as nx
import numpy as np
from scipy.sparse import csr_array, diags_array

from lineage.graph.graph import Graph
from lineage.graph.id_index import Names
from lineage.graph.nx_graph import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from numpy.typing import NDArray

    from lineage.graph.csr import Adjacency, Nodes

    Vector = NDArray[np.float64]
    Weights = Mapping[Hashable, float] | None
    Paths = dict[Hashable, list[Hashable]]

Item = TypeVar("Item")
_UNWEIGHTED = "edges have no weights here"


def convert_from_nx(graph: nx.Graph[Any], **wanted: object) -> Network:
    """Convert a networkx graph to a network.

    Raises NotImplementedError for an undirected graph and for one with parallel edges, self loops or weights.
    """
    if not graph.is_directed() or graph.is_multigraph():
        raise NotImplementedError("only directed graphs without parallel edges can be converted")
    attributes = wanted.get("edge_attrs")
    for name in attributes if isinstance(attributes, dict) else ():
        if any(value != 1 for _, _, value in graph.edges(data=str(name), default=1)):
            raise NotImplementedError(_UNWEIGHTED)
    names = Names(list(graph))
    pairs = [(names.number(parent), names.number(child)) for parent, child in graph.edges]
    if any(parent == child for parent, child in pairs):
        raise NotImplementedError("self loops cannot be converted")
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Network(Graph.from_edges(len(names), child=ends[:, 1], parent=ends[:, 0]), names)


def convert_to_nx(answer: Item, **_wanted: object) -> Item | nx.DiGraph[Hashable]:
    """Convert a network to a plain `nx.DiGraph`; return anything else unchanged."""
    if not isinstance(answer, Network):
        return answer
    graph: nx.DiGraph[Hashable] = nx.DiGraph()
    graph.add_nodes_from(answer)
    graph.add_edges_from(answer.edges())
    return graph


def can_run(name: str, _arguments: object, named: Mapping[str, object]) -> bool | str:
    """Return whether the backend can answer a call; it can answer everything except weighted paths."""
    return _UNWEIGHTED if name == "shortest_path" and named.get("weight") is not None else True


def descendants(G: Network, source: Hashable) -> set[Hashable]:  # noqa: N803 - networkx's name
    """Return every node that can be reached from a node; raises NetworkXError if it is not in the graph."""
    return set(G.labels.take(G.arrays.descendants(_number(G, source))))


def ancestors(G: Network, source: Hashable) -> set[Hashable]:  # noqa: N803 - networkx's name
    """Return every node from which a node can be reached; raises NetworkXError if it is not in the graph."""
    return set(G.labels.take(G.arrays.ancestors(_number(G, source))))


def bfs_layers(G: Network, sources: Any) -> Iterator[list[Hashable]]:  # noqa: ANN401, N803 - networkx's name, one or many
    """Yield the sources (one or several), then the nodes first reached after one step, two steps..."""
    chosen = [sources] if sources in G else sources
    numbers = [_number(G, source) for source in chosen]
    for layer in G.arrays.downwards.layers(np.array(numbers, dtype=np.int32)):
        yield list(G.labels.take(layer))


def shortest_path(
    G: Network,  # noqa: N803 - networkx's name
    source: Hashable = None,
    target: Hashable = None,
    weight: None = None,
    method: str = "dijkstra",
) -> list[Hashable] | Paths | Iterator[tuple[Hashable, Paths]]:
    """Return one shortest path, or paths from or to one node by the other end, or an iterator over those of every node.

    Raises ValueError for an unknown method, NodeNotFound for an unknown node, and NetworkXNoPath if both ends are given
    and not connected.
    """
    if method not in {"dijkstra", "bellman-ford"}:
        raise ValueError(f"method not supported: {method}")
    if weight is not None:
        raise NotImplementedError(_UNWEIGHTED)
    if source is None and target is None:
        return ((one, _paths(G, G.arrays.downwards, one)) for one in G)
    if target is None:
        return _paths(G, G.arrays.downwards, source)
    if source is None:
        return {end: path[::-1] for end, path in _paths(G, G.arrays.upwards, target).items()}
    found = G.arrays.path_up(_found(G, target), _found(G, source))
    if not found:
        raise nx.NetworkXNoPath(f"No path between {source} and {target}.")
    return list(G.labels.take(np.array(found[::-1])))


def weakly_connected_components(G: Network) -> Iterator[set[Hashable]]:  # noqa: N803 - networkx's name
    """Yield the nodes of each weakly connected component."""
    return _grouped(G, G.arrays.components())


def strongly_connected_components(G: Network) -> Iterator[set[Hashable]]:  # noqa: N803 - networkx's name
    """Yield the nodes of each strongly connected component."""
    return _grouped(G, G.arrays.strongly_connected())


def number_weakly_connected_components(G: Network) -> int:  # noqa: N803 - networkx's name
    """Return the number of weakly connected components."""
    return len(np.unique(G.arrays.components()))


def number_strongly_connected_components(G: Network) -> int:  # noqa: N803 - networkx's name
    """Return the number of strongly connected components."""
    return len(np.unique(G.arrays.strongly_connected()))


def topological_generations(G: Network) -> Iterator[list[Hashable]]:  # noqa: N803 - networkx's name
    """Yield the roots, then the nodes whose parents are all in earlier generations, and so on.

    If a cycle remains, raises NetworkXUnfeasible after the last generation; `G.condensed()` has no cycles.
    """
    waiting = G.arrays.upwards.degrees().copy()
    frontier = np.flatnonzero(waiting == 0)
    count = 0
    while len(frontier):
        count += len(frontier)
        yield list(G.labels.take(frontier))
        edges, _ = G.arrays.downwards.expand(frontier.astype(np.int32))
        reached, times = np.unique(G.arrays.downwards.neighbours[edges], return_counts=True)
        waiting[reached] -= times
        frontier = reached[waiting[reached] == 0]
    if count < len(G):
        raise nx.NetworkXUnfeasible("Graph contains a cycle or graph changed during iteration")


def pagerank(  # noqa: PLR0913, PLR0917 - networkx's signature
    G: Network,  # noqa: N803 - networkx's name
    alpha: float = 0.85,
    personalization: Weights = None,
    max_iter: int = 100,
    tol: float = 1e-6,
    nstart: Weights = None,
    weight: str | None = "weight",  # noqa: ARG001 - edges have none, and each counts as 1
    dangling: Weights = None,
) -> dict[Hashable, float]:
    """Return the PageRank of every node, by power iteration from parents to children.

    Raises PowerIterationFailedConvergence after `max_iter` rounds, ZeroDivisionError if the personalization is all
    zeros.
    """
    size = len(G)
    if size == 0:
        return {}
    even = np.full(size, 1.0 / size)
    rank = even if nstart is None else _shares(G, nstart)
    jump = even if personalization is None else _shares(G, personalization)
    sunk = jump if dangling is None else _shares(G, dangling)
    degrees = G.arrays.downwards.degrees()
    flow = _flow(G.arrays.upwards, degrees)
    for _ in range(max_iter):
        before = rank
        rank = alpha * (flow @ before + before[degrees == 0].sum() * sunk) + (1 - alpha) * jump
        if np.abs(rank - before).sum() < size * tol:
            return dict(zip(G, rank.tolist(), strict=True))
    raise nx.PowerIterationFailedConvergence(max_iter)


def _flow(parents: Adjacency, degrees: Nodes) -> csr_array[np.float64]:
    """Return the matrix that gives every node its share of each parent's rank."""
    ones = np.ones(len(parents.neighbours))
    matrix = csr_array((ones, parents.neighbours, parents.starts), shape=(parents.size, parents.size))
    return csr_array(matrix @ diags_array(1.0 / np.maximum(degrees, 1)))


def _shares(network: Network, weights: Mapping[Hashable, float]) -> Vector:
    given = np.array([weights.get(label, 0) for label in network], dtype=np.float64)
    if given.sum() == 0:
        raise ZeroDivisionError
    shares: Vector = given / given.sum()
    return shares


def _grouped(network: Network, labels: Nodes) -> Iterator[set[Hashable]]:
    order = np.argsort(labels, kind="stable")
    names = network.labels.take(order)
    ends = np.flatnonzero(np.diff(labels[order])) + 1
    bounds = [0, *ends.tolist(), len(order)]
    for start, end in pairwise(bounds):
        if start < end:
            yield set(names[start:end])


def _paths(network: Network, adjacency: Adjacency, start: Hashable) -> Paths:
    """Return a shortest path from a node to every node that it reaches along an adjacency."""
    layers = adjacency.layers(np.array([_found(network, start)], dtype=np.int32))
    numbers = np.concatenate(layers)
    names = dict(zip(numbers.tolist(), network.labels.take(numbers), strict=True))
    paths = {int(layers[0][0]): [start]}
    for layer in layers[:-1]:
        edges, places = adjacency.expand(layer)
        for near, far in zip(layer[places].tolist(), adjacency.neighbours[edges].tolist(), strict=True):
            if far not in paths:
                paths[far] = [*paths[near], names[far]]
    return {names[number]: path for number, path in paths.items()}


def _number(network: Network, label: Hashable) -> int:
    return _looked_up(network, label, lambda: nx.NetworkXError(f"The node {label} is not in the graph."))


def _found(network: Network, label: Hashable) -> int:
    return _looked_up(network, label, lambda: nx.NodeNotFound(f"Node {label} is not in G"))


def _looked_up(network: Network, label: Hashable, error: Callable[[], Exception]) -> int:
    try:
        return network.labels.number(label)
    except (KeyError, TypeError) as missing:
        raise error() from missing
