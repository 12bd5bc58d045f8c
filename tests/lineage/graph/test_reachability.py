"""Roots, ways, common ancestors and exposure, against a twin that looks at every way there is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph

Edge = tuple[int, int]
Drawn = tuple[int, list[Edge]]


@st.composite
def drawn_graphs(draw: st.DrawFn) -> Drawn:
    """Draw a small graph with merges, cycles, self loops and duplicates, as pairs of child and parent."""
    size = draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(node, node), max_size=20))


def build(drawn: Drawn) -> Graph:
    """Build the graph under test."""
    return Graph.from_edges(drawn[0], [child for child, _ in drawn[1]], [parent for _, parent in drawn[1]])


class Twin:
    """The same answers from simple paths and sets, the slow way."""

    def __init__(self, drawn: Drawn) -> None:
        self.size, edges = drawn
        self.above = [{parent for child, parent in edges if child == node != parent} for node in range(self.size)]

    def walks_up(self, node: int) -> list[tuple[int, ...]]:
        """Return every way upwards that meets no node twice, that of the node alone included."""
        found: list[tuple[int, ...]] = []
        waiting: list[tuple[int, ...]] = [(node,)]
        while waiting:
            walk = waiting.pop()
            found.append(walk)
            waiting.extend((*walk, upper) for upper in self.above[walk[-1]] if upper not in walk)
        return found

    def shortest_up(self, node: int) -> dict[int, set[tuple[int, ...]]]:
        """Return all shortest ways up to each ancestor, by ancestor."""
        walks = self.walks_up(node)
        least = {top: min(len(walk) for walk in walks if walk[-1] == top) for top in {walk[-1] for walk in walks}}
        return {top: {walk for walk in walks if walk[-1] == top and len(walk) == least[top]} for top in least}

    def is_above(self, upper: int, lower: int) -> bool:
        """Return whether a node is an ancestor of another, or the same."""
        return upper in self.shortest_up(lower)

    def is_root(self, node: int) -> bool:
        """Return whether a node is the smallest of a group of common ancestors that nothing outside stands above."""
        above = self.shortest_up(node)
        return all(self.is_above(node, upper) and upper >= node for upper in above)

    def ways(self, start: int, end: int) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return all shortest ways, straight ones only where there are such."""
        ups, downs = self.shortest_up(start), self.shortest_up(end)
        tops = {start, end} & ups.keys() & downs.keys() or ups.keys() & downs.keys()
        ways = {(up, down[::-1]) for top in tops for up in ups[top] for down in downs[top]}
        least = min((len(up) + len(down) for up, down in ways), default=0)
        return {(up, down) for up, down in ways if len(up) + len(down) == least}


@given(drawn_graphs())
def test_roots_equal_the_twin(drawn: Drawn) -> None:
    """Every root of every node is found with its distance, one node at a time and all at once."""
    graph, twin = build(drawn), Twin(drawn)
    pairs = graph.all_roots()
    together = list(zip(pairs.node.tolist(), pairs.root.tolist(), pairs.distance.tolist(), strict=True))
    expected = []
    for node in range(drawn[0]):
        ways = twin.shortest_up(node)
        found = sorted((len(min(ways[top])) - 1, top) for top in ways if twin.is_root(top))
        assert graph.roots(node) == tuple((top, distance) for distance, top in found)
        expected += [(node, top, distance) for distance, top in found]
    assert together == expected


@given(drawn_graphs())
def test_depth_and_family_follow_the_nearest_root(drawn: Drawn) -> None:
    """Depth is the distance of the nearest root, and a family holds the nodes with the same one, without gaps."""
    graph = build(drawn)
    families = [graph.family(node).tolist() for node in range(drawn[0])]
    for node, family in enumerate(families):
        assert graph.depth(node) == graph.roots(node)[0][1]
        assert node in family
        assert all(families[other] == family for other in family)
    assert sorted(other for family in {tuple(one) for one in families} for other in family) == list(range(drawn[0]))


@given(drawn_graphs(), st.integers(0, 8), st.integers(0, 8))
def test_ways_equal_the_twin(drawn: Drawn, start: int, end: int) -> None:
    """All shortest ways between two nodes are found, each once, and each as long as it says."""
    start, end = start % drawn[0], end % drawn[0]
    graph, twin = build(drawn), Twin(drawn)
    ways = graph.ways(start, end)
    found = [(way.up, way.down) for way in ways]
    assert len(set(found)) == len(found)
    assert set(found) == twin.ways(start, end)
    assert all(way.length == sum(1 for _ in pairwise((*way.up, *way.down[1:]))) for way in ways)
    assert graph.ways(start, end, limit=1) == ways[:1]


@given(drawn_graphs(), st.lists(st.integers(0, 8), min_size=1, max_size=3))
def test_nearest_common_ancestors_equal_the_twin(drawn: Drawn, picked: list[int]) -> None:
    """Common ancestors remain below which no other one is, but for those on a cycle with it."""
    graph, twin = build(drawn), Twin(drawn)
    nodes = [node % drawn[0] for node in picked]
    common = [top for top in range(drawn[0]) if all(twin.is_above(top, node) for node in nodes)]
    nearest = [
        top
        for top in common
        if not any(twin.is_above(top, other) and not twin.is_above(other, top) for other in common)
    ]
    assert graph.nearest_common(nodes).tolist() == nearest


@given(drawn_graphs(), st.lists(st.integers(0, 1000), min_size=9, max_size=9))
def test_exposure_equals_the_twin(drawn: Drawn, weights: list[int]) -> None:
    """A node's exposure is its weight and that of every descendant, each counted once whatever is merged."""
    graph, twin = build(drawn), Twin(drawn)
    exposure = graph.exposure(np.array(weights[: drawn[0]], dtype=np.int64))
    for node in range(drawn[0]):
        below = [lower for lower in range(drawn[0]) if twin.is_above(node, lower)]
        assert exposure.descendants[node] == len(below) - 1
        assert exposure.total[node] == sum(weights[lower] for lower in below)


def test_a_merge_of_two_families_has_both_roots_and_is_exposed_through_both() -> None:
    """A diamond over two roots: 4 merges 2 and 3, 2 is of 0, 3 of 0 and 1; 4 is counted once under 0."""
    graph = Graph.from_edges(5, [2, 3, 3, 4, 4], [0, 0, 1, 2, 3])
    assert graph.roots(4) == ((0, 2), (1, 2))
    assert graph.exposure(np.array([1, 10, 100, 1000, 10000])).total.tolist() == [11101, 11010, 10100, 11000, 10000]
    assert [way.up for way in graph.ways(4, 0)] == [(4, 2, 0), (4, 3, 0)]
    assert graph.nearest_common([2, 3]).tolist() == [0]


def test_no_models_have_no_ancestor_in_common() -> None:
    """Asked about nothing, nothing is common: not whatever has no child."""
    assert Graph.from_edges(3, [1, 2], [0, 0]).nearest_common([]).tolist() == []


def test_a_straight_way_is_told_even_where_a_common_parent_is_nearer() -> None:
    """3 comes of 0 over 1 and 2; that 0 and 3 are both also children of 4 does not hide it."""
    ways = Graph.from_edges(5, [3, 2, 1, 3, 0], [2, 1, 0, 4, 4]).ways(3, 0)
    assert [(way.up, way.down) for way in ways] == [((3, 2, 1, 0), (0,))]


def test_weights_of_another_length_are_refused() -> None:
    """There must be one weight a node."""
    with pytest.raises(ValueError, match="2 weights for 3 nodes"):
        Graph.from_edges(3, [], []).exposure(np.zeros(2, dtype=np.int64))
