"""What scores are compared with, against a twin that walks from every score by itself."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineage.drift.nearest_scored import ScorePairs, nearest_scored, parents_scored, roots_scored
from lineage.graph.graph import Graph

Edge = tuple[int, int, int]
Score = tuple[int, int]
Entry = tuple[int, int, int, int]
Ask = Callable[..., ScorePairs]
Case = tuple[int, list[Edge], list[Score]]
SPARSE = 900_000
"""A slot so high that a table of all slots of the scored models would be too large."""


@st.composite
def drawn_cases(draw: st.DrawFn) -> Case:
    """Draw a small graph with cycles, self loops and merges, and scores of some nodes in some slots, in any order."""
    size = draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    edges = draw(st.lists(st.tuples(node, node, st.integers(0, 3)), max_size=18))
    return size, edges, draw(st.lists(st.tuples(node, st.sampled_from([0, 1, SPARSE])), unique=True, max_size=14))


def build(size: int, edges: list[Edge]) -> Graph:
    """Build the graph under test."""
    columns = list(zip(*edges, strict=True)) or [(), (), ()]
    return Graph.from_edges(size, columns[0], columns[1], columns[2])


def columns_of(scores: list[Score]) -> tuple[list[int], list[int]]:
    """Return nodes and slots."""
    return [node for node, _ in scores], [slot for _, slot in scores]


def entries(found: ScorePairs) -> list[Entry]:
    """Return what was found as tuples of row, row of the reference, distance and relation."""
    arrays = (found.row, found.reference_row, found.distance, found.relation)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


class Twin:
    """The same answers by recursion from one score at a time."""

    def __init__(self, size: int, edges: list[Edge], scores: list[Score]) -> None:
        self.size = size
        self.scores = scores
        self.above: list[dict[int, int]] = [{} for _ in range(size)]
        for child, parent, relation in edges:
            if child != parent:
                self.above[child][parent] = min(relation, self.above[child].get(parent, 9))

    def row(self, node: int, slot: int) -> int:
        """Return the row of a score, or -1."""
        return self.scores.index((node, slot)) if (node, slot) in self.scores else -1

    def within(self, node: int, marked: set[int], steps: int) -> tuple[int, int] | None:
        """Return relation and number of the marked ancestor exactly so many steps above, by the rule of ties."""
        if steps == 0:
            return (0, node) if node in marked else None
        ways = [
            (relation, found[1])
            for parent, relation in self.above[node].items()
            if self.distance(parent, marked) == steps - 1 and (found := self.within(parent, marked, steps - 1))
        ]
        return min(ways, default=None)

    def distance(self, node: int, marked: set[int]) -> int | None:
        """Return the steps up to the nearest marked node, or None where there is none."""
        layer, seen = {node}, {node}
        for steps in range(self.size):
            if layer & marked:
                return steps
            layer = {parent for at in layer for parent in self.above[at]} - seen
            seen |= layer
        return None

    def nearest(self) -> list[Entry]:
        """Return the entry of every score of a node with parents."""
        found = []
        for row, (node, slot) in enumerate(self.scores):
            if self.above[node]:
                marked = {other for other, its_slot in self.scores if its_slot == slot} - {node}
                steps = self.distance(node, marked)
                way = self.within(node, marked, steps) if steps else None
                found.append((row, self.row(way[1], slot), steps, way[0]) if way and steps else (row, -1, -1, -1))
        return found


@given(drawn_cases())
@example((3, [(0, 1, 0), (1, 0, 0), (1, 2, 0)], [(0, 0), (2, 0)]))
@example((4, [(3, 1, 0), (3, 2, 0), (1, 0, 2), (2, 0, 1)], [(3, 1), (0, 1)]))
@example((4, [(3, 1, 1), (3, 2, 0), (1, 0, 2), (2, 0, 2)], [(3, 1), (0, 1)]))
def test_the_nearest_equals_the_twin(case: Case) -> None:
    """Every score finds the row that a walk from it alone finds, its distance, and the first edge of the way."""
    size, edges, scores = case
    assert entries(nearest_scored(build(size, edges), *columns_of(scores))) == Twin(*case).nearest()


@given(drawn_cases())
def test_the_nearest_is_what_the_graph_calls_nearest(case: Case) -> None:
    """The ancestor is the nearest marked node of a graph in which all scores of the slot but the own one are marked."""
    size, edges, scores = case
    graph = build(size, edges)
    for row, reference, distance, _ in entries(nearest_scored(graph, *columns_of(scores))):
        node, slot = scores[row]
        marked = np.array([other != node and (other, slot) in scores for other in range(size)])
        source, steps = graph.nearest_marked(marked)
        found = (-1, -1) if reference < 0 else (scores[reference][0], distance)
        assert found == (source[node], steps[node])


@given(drawn_cases())
def test_every_parent_has_an_entry(case: Case) -> None:
    """Each score has one entry a parent, in rising order, with the parent's score or none."""
    size, edges, scores = case
    twin = Twin(*case)
    expected = [
        (row, twin.row(parent, slot), 1, relation)
        for row, (node, slot) in enumerate(scores)
        for parent, relation in sorted(twin.above[node].items())
    ]
    assert entries(parents_scored(build(size, edges), *columns_of(scores))) == expected


@given(drawn_cases())
def test_the_root_is_that_of_the_families(case: Case) -> None:
    """Each score of a model that is not its own root has one entry, over the edge by which the root was chosen."""
    size, edges, scores = case
    graph, twin = build(size, edges), Twin(*case)
    heads = {node for node in range(size) if graph.labels.root[node] == node}
    expected = []
    for row, (node, slot) in enumerate(scores):
        if node not in heads:
            steps = int(graph.labels.depth[node])
            way = twin.within(node, heads, steps)
            assert way is not None
            expected.append((row, twin.row(way[1], slot), steps, way[0]))
    assert entries(roots_scored(graph, *columns_of(scores))) == expected


@given(
    drawn_cases(), st.randoms(use_true_random=False), st.sampled_from([nearest_scored, parents_scored, roots_scored])
)
def test_order_does_not_matter(case: Case, shuffler: Random, ask: Ask) -> None:
    """Scores in another order give the same pairs of scores."""
    size, edges, scores = case
    graph = build(size, edges)
    shuffled = list(scores)
    shuffler.shuffle(shuffled)

    def named(found: ScorePairs, of: list[Score]) -> list[tuple[Score, Score | None, int, int]]:
        return sorted(
            ((of[row], of[above] if above >= 0 else None, far, how) for row, above, far, how in entries(found)),
            key=repr,
        )

    assert named(ask(graph, *columns_of(scores)), scores) == named(ask(graph, *columns_of(shuffled)), shuffled)


@given(drawn_cases(), st.sets(st.integers(0, 8)), st.sampled_from([nearest_scored, parents_scored, roots_scored]))
def test_a_mask_only_leaves_out(case: Case, picked: set[int], ask: Ask) -> None:
    """Asked about some nodes, their entries are those that they have among all."""
    size, edges, scores = case
    graph, wanted = build(size, edges), np.isin(np.arange(size), list(picked))
    every = [entry for entry in entries(ask(graph, *columns_of(scores))) if scores[entry[0]][0] in picked]
    assert entries(ask(graph, *columns_of(scores), wanted)) == every


@pytest.mark.parametrize("ask", [nearest_scored, parents_scored, roots_scored])
def test_no_scores_have_no_references(ask: Ask) -> None:
    """Without scores nothing is found, in a graph with edges and in one without nodes."""
    assert len(ask(Graph.from_edges(2, [1], [0]), [], [])) == 0
    assert len(ask(Graph.from_edges(0, [], []), [], [])) == 0


def test_a_long_way_over_unscored_models_is_found() -> None:
    """A chain of 3,000 with scores at both ends alone is climbed to its top, by all children of its foot at once."""
    chain = np.arange(1, 3000)
    child, parent = np.concatenate([chain, [3000, 3001]]), np.concatenate([chain - 1, [2999, 2999]])
    found = nearest_scored(Graph.from_edges(3002, child, parent), [0, 3000, 3001], [5, 5, 5])
    assert entries(found) == [(1, 0, 3000, 0), (2, 0, 3000, 0)]


@pytest.mark.parametrize(
    ("node", "slot", "message"),
    [
        ([0], [], "one length"),
        ([2], [0], "not within"),
        ([-1], [0], "not within"),
        ([0], [-1], "negative"),
        ([1, 0, 1], [3, 3, 3], "two scores"),
    ],
)
def test_bad_scores_are_refused(node: list[int], slot: list[int], message: str) -> None:
    """Arrays that cannot be scores of the graph are refused with the reason."""
    with pytest.raises(ValueError, match=message):
        nearest_scored(Graph.from_edges(2, [1], [0]), node, slot)


def test_a_mask_of_another_length_is_refused() -> None:
    """The mask has an entry a node."""
    with pytest.raises(ValueError, match="3 entries for 2 nodes"):
        nearest_scored(Graph.from_edges(2, [1], [0]), [1], [0], np.ones(3, dtype=bool))
