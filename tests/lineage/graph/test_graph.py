"""The graph in arrays, against a twin that does everything the slow way."""

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from tests.lineage.conftest import NumberedEdge, build, drawn_graphs


class Twin:
    """The same answers by sets and queues."""

    def __init__(self, size: int, edges: list[NumberedEdge]) -> None:
        self.size = size
        self.above: list[dict[int, int]] = [{} for _ in range(size)]
        self.below: list[set[int]] = [set() for _ in range(size)]
        for child, parent, relation in edges:
            if child != parent:
                self.above[child][parent] = min(relation, self.above[child].get(parent, 9))
                self.below[parent].add(child)

    def reach(self, node: int, *, up: bool) -> dict[int, int]:
        """Return every node that can be reached and its distance, the node itself at 0."""
        found, queue = {node: 0}, deque([node])
        while queue:
            at = queue.popleft()
            for near in self.above[at] if up else self.below[at]:
                if near not in found:
                    found[near] = found[at] + 1
                    queue.append(near)
        return found

    def group(self, node: int) -> set[int]:
        """Return the nodes on a common cycle with this one, itself included."""
        return {other for other in self.reach(node, up=True) if node in self.reach(other, up=True)}

    def component(self, node: int) -> int:
        """Return the smallest node that is connected in any direction."""
        found = {node}
        while more := {near for at in found for near in (*self.above[at], *self.below[at])} - found:
            found |= more
        return min(found)

    def roots(self) -> set[int]:
        """Return the smallest node of every group without parents outside it."""
        return {
            node
            for node in range(self.size)
            if node == min(group := self.group(node)) and all(set(self.above[at]) <= group for at in group)
        }

    def nearest(self, marked: set[int]) -> list[tuple[int, int]]:
        """Return the nearest marked node and distance for every node, by the rule of ties that Graph documents."""
        found = {node: (node, 0) for node in marked}
        for level in range(1, self.size + 1):
            fresh = {}
            for node in set(range(self.size)) - set(found):
                ways = [
                    (relation, found[parent][0])
                    for parent, relation in self.above[node].items()
                    if parent in found and found[parent][1] == level - 1
                ]
                if ways:
                    fresh[node] = (min(ways)[1], level)
            found |= fresh
        return [found.get(node, (-1, -1)) for node in range(self.size)]


@given(drawn_graphs())
def test_reach_equals_the_twin(drawn: tuple[int, list[NumberedEdge]]) -> None:
    """Parents, children, ancestors and descendants are those of the twin, sorted, without the node itself."""
    graph, twin = build(*drawn), Twin(*drawn)
    for node in range(drawn[0]):
        assert graph.parents(node).tolist() == sorted(twin.above[node])
        assert graph.children(node).tolist() == sorted(twin.below[node])
        assert graph.ancestors(node).tolist() == sorted(set(twin.reach(node, up=True)) - {node})
        assert graph.descendants(node).tolist() == sorted(set(twin.reach(node, up=False)) - {node})


@given(drawn_graphs())
def test_families_equal_the_twin(drawn: tuple[int, list[NumberedEdge]]) -> None:
    """Root, depth, size and component of every node are those of the twin, cycles and ties included."""
    graph, twin = build(*drawn), Twin(*drawn)
    families = graph.families()
    expected = twin.nearest(twin.roots())
    assert list(zip(families.root.tolist(), families.depth.tolist(), strict=True)) == expected
    members = [root for root, _ in expected]
    assert families.size.tolist() == [members.count(root) for root in members]
    assert families.component.tolist() == [twin.component(node) for node in range(drawn[0])]


@given(drawn_graphs(), st.sets(st.integers(0, 8)))
def test_nearest_marked_equals_the_twin(drawn: tuple[int, list[NumberedEdge]], picked: set[int]) -> None:
    """Every node finds the nearest marked node at or above it, or none."""
    graph, twin = build(*drawn), Twin(*drawn)
    marked = np.isin(np.arange(drawn[0]), list(picked))
    source, distance = graph.nearest_marked(marked)
    assert list(zip(source.tolist(), distance.tolist(), strict=True)) == twin.nearest(
        set(np.flatnonzero(marked).tolist())
    )


@given(drawn_graphs(), st.sets(st.integers(0, 8)))
def test_steps_up_lead_to_the_nearest_marked(drawn: tuple[int, list[NumberedEdge]], picked: set[int]) -> None:
    """From every node the steps follow edges and end after its distance at the marked node that was found for it."""
    graph, twin = build(*drawn), Twin(*drawn)
    marked = np.isin(np.arange(drawn[0]), list(picked))
    source, distance = graph.nearest_marked(marked)
    ways = {way[0]: way for way in graph.paths_to_nearest(marked)}
    steps = graph.steps_up(source, distance).tolist()
    for node in range(drawn[0]):
        way = [node]
        while steps[way[-1]] >= 0:
            way.append(steps[way[-1]])
        assert all(upper in twin.above[lower] for lower, upper in pairwise(way))
        assert (way[-1], len(way) - 1) == (source[node], distance[node]) if source[node] >= 0 else way == [node]
        assert ways.get(node, (node,)) == tuple(way)


@given(drawn_graphs())
def test_groups_equal_the_twin(drawn: tuple[int, list[NumberedEdge]]) -> None:
    """Strongly connected nodes share their smallest member, and the cycles are the groups of more than one."""
    graph, twin = build(*drawn), Twin(*drawn)
    groups = [sorted(twin.group(node)) for node in range(drawn[0])]
    assert graph.strongly_connected().tolist() == [group[0] for group in groups]
    expected = sorted({tuple(group) for group in groups if len(group) > 1})
    assert [tuple(group.tolist()) for group in graph.cycles()] == expected


@given(drawn_graphs(), st.integers(0, 8), st.integers(0, 8))
def test_a_path_is_shortest_and_real(drawn: tuple[int, list[NumberedEdge]], start: int, top: int) -> None:
    """A path follows edges upwards and is as long as the distance; there is none where the twin reaches nothing."""
    start, top = start % drawn[0], top % drawn[0]
    graph, twin = build(*drawn), Twin(*drawn)
    path = graph.path_up(start, top)
    distance = twin.reach(start, up=True).get(top)
    assert len(path) == (0 if distance is None else distance + 1)
    assert all(upper in twin.above[lower] for lower, upper in pairwise(path))
    assert not path or (path[0], path[-1]) == (start, top)


def test_ties_go_to_the_lower_relation_and_then_the_lower_number() -> None:
    """A merge of two roots belongs to the finetune parent's family, else to the smaller root."""
    assert Graph.from_edges(3, [2, 2], [0, 1], [3, 0]).families().root.tolist() == [0, 1, 1]
    assert Graph.from_edges(3, [2, 2], [0, 1]).families().root.tolist() == [0, 1, 0]


def test_a_cycle_without_parents_has_its_smallest_node_as_root() -> None:
    """Three nodes in a ring and one below them are one family of four."""
    families = Graph.from_edges(4, [2, 1, 0, 3], [1, 0, 2, 2]).families()
    assert families.root.tolist() == [0, 0, 0, 0]
    assert families.depth.tolist() == [0, 1, 2, 3]
    assert families.size.tolist() == [4, 4, 4, 4]


def test_the_empty_graph_has_empty_answers() -> None:
    """No nodes give empty arrays, not errors."""
    graph = Graph.from_edges(0, [], [])
    assert len(graph.families().root) == 0
    assert graph.cycles() == ()
    assert graph.edge_count == 0


@pytest.mark.parametrize(
    ("child", "parent", "relation"), [([0], [0, 1], None), ([0], [2], None), ([-1], [0], None), ([0], [1], [8])]
)
def test_impossible_edges_are_refused(child: list[int], parent: list[int], relation: list[int] | None) -> None:
    """Arrays of different lengths, unknown nodes and unknown relations raise ValueError."""
    with pytest.raises(ValueError, match=r"length|within"):
        Graph.from_edges(2, child, parent, relation)


def test_a_mask_of_another_length_is_refused() -> None:
    """A mask must have one entry a node."""
    with pytest.raises(ValueError, match="2 entries for 3 nodes"):
        Graph.from_edges(3, [], []).nearest_marked(np.zeros(2, dtype=bool))


@given(drawn_graphs(), st.data())
def test_leaves_are_children_that_change_nothing_else(
    drawn: tuple[int, list[NumberedEdge]], data: st.DataObject
) -> None:
    """A graph with further leaves is the graph that is built with their edges, but for the sizes of families."""
    size, edges = drawn
    parents = data.draw(st.lists(st.integers(0, size - 1), max_size=4)) if size else []
    graph = build(size, edges)
    known = Graph(parents=graph.upwards, children=graph.downwards, families=graph.families())
    grown = known.with_leaves(np.array(parents, dtype=np.int32), 2)
    new = [(size + place, parent, 2) for place, parent in enumerate(parents)]
    whole = build(size + len(parents), [*edges, *new])
    assert grown.size == whole.size
    for node in range(whole.size):
        assert grown.parents(node).tolist() == whole.parents(node).tolist()
        assert grown.children(node).tolist() == whole.children(node).tolist()
    for name in ("root", "depth", "component"):
        assert getattr(grown.labels, name).tolist() == getattr(whole.labels, name).tolist()
    assert grown.labels.size[:size].tolist() == graph.labels.size.tolist()
