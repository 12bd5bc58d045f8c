"""networkx's own functions on our arrays, beside the same functions on networkx's graph."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from importlib.metadata import entry_points
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph import networkx_backend
from lineage.graph.graph import Graph
from lineage.graph.id_index import GraphIndex, Numbers
from lineage.graph.nx_graph import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

# networkx's types know no graphs but its own, so that ours has to pass for anything.
Pair = tuple[Any, "nx.DiGraph[str]"]


def named(number: int) -> str:
    """Return the id of a number, in the order of the numbers."""
    return f"maple/model-{number:03d}"


@st.composite
def drawn_networks(draw: st.DrawFn) -> Pair:
    """Draw a small graph with merges and cycles, as ours and as networkx's."""
    size = draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    pairs = draw(st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), max_size=20))
    return both(size, pairs)


def both(size: int, pairs: Iterable[tuple[int, int]]) -> Pair:
    """Return a graph of pairs of parent and child, as ours and as networkx's."""
    edges = list(pairs)
    graph = Graph.from_edges(size, [child for _, child in edges], [parent for parent, _ in edges])
    plain: nx.DiGraph[str] = nx.DiGraph()
    plain.add_nodes_from(named(number) for number in range(size))
    plain.add_edges_from((named(parent), named(child)) for parent, child in edges)
    names = [named(number).encode() for number in range(size)]
    index = GraphIndex.from_bytes(b"".join(names), np.array([len(name) for name in names], dtype=np.int64))
    return Network(graph, index), plain


def large(seed: int) -> Pair:
    """Return a random graph of 300 nodes with cycles."""
    choose = random.Random(seed)
    pairs = [(choose.randrange(300), choose.randrange(300)) for _ in range(420)]
    return both(300, [pair for pair in pairs if pair[0] != pair[1]])


def outcome(call: Callable[[], object]) -> object:
    """Return what a call gives with generators read out, or the kind of its error: its words change with networkx."""
    try:
        answer = call()
        return list(answer) if isinstance(answer, Iterator) else answer
    except (nx.NetworkXException, ValueError, ZeroDivisionError) as error:
        return type(error)


def as_sets(answer: object) -> object:
    """Return an answer with the order within its layers or components left out."""
    return [frozenset(layer) for layer in answer] if isinstance(answer, list) else answer


def test_networkx_finds_the_backend() -> None:
    """The entry point leads networkx to the module, so that nothing has to be registered."""
    (found,) = entry_points(group="networkx.backends", name="lineage")
    assert found.load() is networkx_backend


@given(drawn_networks())
def test_reach_is_networkxs(drawn: Pair) -> None:
    """Descendants, ancestors and layers of every node are those of networkx."""
    ours, plain = drawn
    for node in plain:
        assert nx.descendants(ours, node) == nx.descendants(plain, node)
        assert nx.ancestors(ours, node) == nx.ancestors(plain, node)
        assert as_sets(list(nx.bfs_layers(ours, node))) == as_sets(list(nx.bfs_layers(plain, node)))
    some = list(plain)[::2]
    assert as_sets(list(nx.bfs_layers(ours, some))) == as_sets(list(nx.bfs_layers(plain, some)))


@given(drawn_networks())
def test_components_are_networkxs(drawn: Pair) -> None:
    """Weak and strong components, and how many there are, are those of networkx."""
    ours, plain = drawn
    for name in ("weakly_connected_components", "strongly_connected_components"):
        components = getattr(nx, name)
        assert {frozenset(one) for one in components(ours)} == {frozenset(one) for one in components(plain)}
    assert nx.number_weakly_connected_components(ours) == nx.number_weakly_connected_components(plain)
    assert nx.number_strongly_connected_components(ours) == nx.number_strongly_connected_components(plain)


@given(drawn_networks())
def test_generations_are_networkxs(drawn: Pair) -> None:
    """Generations are those of networkx, its error for a cycle too, and on the condensation there is none."""
    ours, plain = drawn
    assert as_sets(outcome(lambda: nx.topological_generations(ours))) == as_sets(
        outcome(lambda: nx.topological_generations(plain))
    )
    condensed = nx.condensation(plain)
    smallest = {node: min(condensed.nodes[node]["members"]) for node in condensed}
    expected = [{smallest[node] for node in layer} for layer in nx.topological_generations(condensed)]
    assert [set(layer) for layer in nx.topological_generations(ours.condensed())] == expected


@given(drawn_networks())
def test_paths_are_as_short_as_networkxs(drawn: Pair) -> None:
    """Paths lead along edges and are as short as those of networkx, in each of the forms of the call."""
    ours, plain = drawn

    def check(found: dict[str, list[str]], expected: dict[str, list[str]]) -> None:
        assert {key: len(path) for key, path in found.items()} == {key: len(path) for key, path in expected.items()}
        assert all((path[0], path[-1]) == (expected[key][0], expected[key][-1]) for key, path in found.items())
        assert all(plain.has_edge(*pair) for path in found.values() for pair in pairwise(path))

    for node in plain:
        check(nx.shortest_path(ours, node), nx.shortest_path(plain, node))
        check(nx.shortest_path(ours, target=node), nx.shortest_path(plain, target=node))
        for end in plain:
            found = outcome(partial(nx.shortest_path, ours, node, end))
            expected = outcome(partial(nx.shortest_path, plain, node, end))
            if isinstance(expected, list) and isinstance(found, list):
                check({end: found}, {end: expected})
            else:
                assert found == expected
    for (node, found), (same, expected) in zip(nx.shortest_path(ours), nx.shortest_path(plain), strict=True):
        assert node == same
        check(found, expected)


@pytest.mark.parametrize("seed", range(3))
def test_page_ranks_are_networkxs(seed: int) -> None:
    """Page ranks are those of networkx, with each of its parameters, and so is giving up."""
    ours, plain = large(seed)
    some = {named(number): number + 1.0 for number in range(0, 300, 7)}
    choices: list[dict[str, Any]] = [
        {},
        {"alpha": 0.5},
        {"personalization": some},
        {"nstart": some},
        {"dangling": some},
    ]
    for options in choices:
        assert nx.pagerank(ours, **options) == pytest.approx(nx.pagerank(plain, **options), abs=1e-12)
    assert nx.pagerank(ours.turned()) == pytest.approx(nx.pagerank(plain.reverse()), abs=1e-12)
    for wrong in ({"max_iter": 1}, {"personalization": {named(0): 0.0}}):
        given_up = outcome(partial(nx.pagerank, plain, **wrong))
        assert given_up in {nx.PowerIterationFailedConvergence, ZeroDivisionError}
        assert outcome(partial(nx.pagerank, ours, **wrong)) == given_up


@pytest.mark.parametrize("name", ["descendants", "ancestors", "bfs_layers", "shortest_path"])
def test_an_unknown_node_is_networkxs_error(name: str) -> None:
    """A node that is not there raises what networkx raises."""
    ours, plain = both(3, [(0, 1)])
    assert outcome(lambda: getattr(nx, name)(ours, "nobody")) == outcome(lambda: getattr(nx, name)(plain, "nobody"))


def test_an_unknown_method_of_paths_is_networkxs_error() -> None:
    """A method that is not there is refused as networkx refuses it."""
    ours, plain = both(3, [(0, 1)])
    assert outcome(lambda: nx.shortest_path(ours, named(0), method="guess")) == outcome(
        lambda: nx.shortest_path(plain, named(0), method="guess")
    )


def test_what_needs_weights_or_is_not_built_is_refused() -> None:
    """Edges have no weights here, and a function that is not built says so instead of being wrong."""
    ours, _ = both(3, [(0, 1)])
    with pytest.raises(NotImplementedError):
        nx.shortest_path(ours, named(0), weight="weight")
    with pytest.raises(NotImplementedError):
        nx.betweenness_centrality(ours)


def test_a_plain_graph_can_be_sent_to_the_backend() -> None:
    """A graph of networkx's with labels of any kind is converted, asked and answers the same."""
    plain: nx.DiGraph[Hashable] = nx.DiGraph([(("a", 1), "b"), ("b", 3), (3, "b"), ("b", "c")])
    assert nx.descendants(plain, ("a", 1), backend="lineage") == {"b", 3, "c"}
    assert nx.pagerank(plain, backend="lineage") == pytest.approx(nx.pagerank(plain))


@pytest.mark.parametrize(
    "graph",
    [
        nx.Graph([(1, 2)]),
        nx.MultiDiGraph([(1, 2), (1, 2)]),
        nx.DiGraph([(1, 2), (2, 2)]),
        nx.DiGraph([(1, 2, {"weight": 3})]),
    ],
)
def test_a_graph_that_would_be_changed_is_not_converted(graph: Any) -> None:  # noqa: ANN401 - of every kind
    """Undirected and parallel edges, self loops and weights are refused: the arrays have no place for them."""
    with pytest.raises(NotImplementedError):
        networkx_backend.convert_from_nx(graph, edge_attrs={"weight": 1})


@given(drawn_networks())
def test_there_and_back_is_the_same_graph(drawn: Pair) -> None:
    """A network becomes networkx's graph and a network again without a change."""
    ours, plain = drawn
    back = networkx_backend.convert_to_nx(ours)
    assert type(back) is nx.DiGraph
    assert nx.utils.graphs_equal(back, plain)
    again = networkx_backend.convert_from_nx(plain)
    assert list(again) == list(ours)
    assert set(again.edges()) == set(ours.edges()) == set(plain.edges)


def test_a_network_answers_what_networkx_asks_of_graphs() -> None:
    """Counts, membership and edges are there; labels may be the numbers themselves."""
    ours, _ = both(3, [(0, 1), (1, 2)])
    assert (len(ours), ours.number_of_nodes(), ours.number_of_edges()) == (3, 3, 2)
    assert ours.is_directed()
    assert not ours.is_multigraph()
    assert ours.has_edge(named(0), named(1))
    assert not ours.has_edge(named(1), named(0))
    assert not ours.has_edge("nobody", named(0))
    assert 7 not in ours
    assert networkx_backend.descendants(Network(ours.arrays, Numbers(3)), 0) == {1, 2}
    assert 3 not in Network(ours.arrays, Numbers(3))
    with pytest.raises(ValueError, match="2 labels for 3 nodes"):
        Network(ours.arrays, Numbers(2))


def test_the_empty_network_has_empty_answers() -> None:
    """No nodes are no components, no generations and no ranks."""
    empty: Any = Network(Graph.from_edges(0, [], []), GraphIndex.from_bytes(b"", np.zeros(0, dtype=np.int64)))
    assert list(nx.weakly_connected_components(empty)) == []
    assert list(nx.topological_generations(empty)) == []
    assert nx.pagerank(empty) == {}
