"""The order in which messages travel: parents first, cycles opened, merges apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from lineage.prediction.belief_forest import NO_STEP, plant
from tests.lineage.conftest import NumberedEdge, build, drawn_graphs


@given(drawn_graphs())
def test_every_node_has_a_place_behind_its_parents(drawn: tuple[int, list[NumberedEdge]]) -> None:
    """Each node has one position, every parent one before it, an only parent one level up and the same tree."""
    forest = plant(build(*drawn))
    assert sorted(forest.order.tolist()) == list(range(drawn[0]))
    assert forest.order[forest.position].tolist() == list(range(drawn[0]))
    level = np.searchsorted(forest.bounds, np.arange(forest.size), side="right")
    hanging = np.flatnonzero(forest.parent >= 0)
    assert (level[hanging] == level[forest.parent[hanging]] + 1).all()
    assert (forest.tree[hanging] == forest.tree[forest.parent[hanging]]).all()
    merges = forest.merges
    owner = np.repeat(merges.at, np.diff(merges.starts))
    assert (level[owner] > level[merges.parents]).all()
    assert (forest.parent[merges.at] == -1).all()
    assert np.bincount(owner, merges.weights, minlength=forest.size)[merges.at] == pytest.approx(1)


@given(drawn_graphs())
def test_only_edges_inside_cycles_are_cut(drawn: tuple[int, list[NumberedEdge]]) -> None:
    """All edges of a graph without cycles stay; of the others, those between groups do, and only roots have none."""
    graph = build(*drawn)
    forest = plant(graph)
    group = graph.strongly_connected()
    hanging = np.flatnonzero(forest.parent >= 0)
    owner = np.repeat(forest.merges.at, np.diff(forest.merges.starts))
    lower = forest.order[np.r_[hanging, owner]].tolist()
    upper = forest.order[np.r_[forest.parent[hanging], forest.merges.parents]].tolist()
    kept = set(zip(lower, upper, strict=True))
    declared = {(child, parent) for child, parent, _ in drawn[1] if child != parent}
    assert kept <= declared
    assert {pair for pair in declared - kept if group[pair[0]] != group[pair[1]]} == set()
    assert sorted(forest.order[forest.relation == NO_STEP].tolist()) == np.flatnonzero(graph.heads).tolist()


def test_a_cycle_is_opened_at_the_root_of_its_family() -> None:
    """Of 0 <- 1 <- 2 <- 0 the smallest becomes the root, and the edge that enters it goes."""
    forest = plant(build(4, [(1, 0, 0), (2, 1, 1), (0, 2, 2), (3, 2, 3)]))
    assert forest.order.tolist() == [0, 1, 2, 3]
    assert forest.parent.tolist() == [-1, 0, 1, 2]
    assert forest.relation.tolist() == [NO_STEP, 0, 1, 3]


def test_weights_follow_their_edges_through_a_cut() -> None:
    """A merge below a cycle keeps its own weights, scaled to one."""
    graph = build(4, [(1, 0, 0), (0, 1, 0), (3, 1, 3), (3, 2, 3)])
    weights = np.array([9.0, 9.0, 1.0, 3.0])
    merges = plant(graph, weights).merges
    assert merges.weights.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("given_weights", [(np.nan, 1.0), (-1.0, 2.0), (0.0, 0.0), (np.inf, 1.0), (1e308, 1e308)])
def test_unusable_weights_mean_equal_parts(given_weights: tuple[float, float]) -> None:
    """Null, negative, infinite, vanishing or overflowing weights are not guessed at."""
    merges = plant(build(3, [(2, 0, 3), (2, 1, 3)]), np.array(given_weights)).merges
    assert merges.weights.tolist() == [0.5, 0.5]


def test_weights_of_another_length_are_refused() -> None:
    """There is one weight for each edge."""
    with pytest.raises(ValueError, match="1 weights for 2 edges"):
        plant(build(3, [(2, 0, 3), (2, 1, 3)]), np.array([1.0]))


def test_an_empty_graph_is_an_empty_forest() -> None:
    """No nodes, no levels."""
    forest = plant(build(0, []))
    assert (forest.size, list(forest.levels())) == (0, [])
