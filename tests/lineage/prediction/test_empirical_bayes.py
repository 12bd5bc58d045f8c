"""Steps learnt from all scores: siblings count, pairs count as before, and the truth is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import above_scored, plant
from lineage.prediction.belief_propagation import Normal, gather, measure, solve, spread
from lineage.prediction.empirical_bayes import learn_steps, taken_steps
from lineage.prediction.variances import PRIOR_DEVIATION, estimate_steps, scored_pairs

ROOT = Normal.of(0.4, 0.02)


@st.composite
def dags(draw: st.DrawFn) -> tuple[Graph, list[int]]:
    """Draw a graph without cycles, and the nodes that are scored."""
    size = draw(st.integers(1, 12))
    edges = [
        (node, parent) for node in range(1, size) for parent in draw(st.sets(st.integers(0, node - 1), max_size=2))
    ]
    graph = Graph.from_edges(size, [child for child, _ in edges], [parent for _, parent in edges])
    return graph, sorted(draw(st.sets(st.integers(0, size - 1))))


@given(dags())
def test_what_no_score_speaks_of_can_be_left_out(drawn: tuple[Graph, list[int]]) -> None:
    """The part above the scores has the same means and variances by itself as within the whole."""
    graph, nodes = drawn
    forest = plant(graph)
    random = np.random.default_rng(graph.size)
    steps = Normal(mean=random.normal(0, 0.1, graph.size), variance=random.uniform(0.001, 0.02, graph.size))
    values, errors = random.random(len(nodes)), np.full(len(nodes), 0.001)
    whole = solve(forest, measure(graph.size, forest.position[nodes], values, errors), steps, ROOT)
    core = above_scored(forest, np.isin(forest.order, nodes))
    at = forest.position[core.order]
    own = measure(core.size, core.position[nodes], values, errors)
    part = solve(core, own, Normal(mean=steps.mean[at], variance=steps.variance[at]), ROOT)
    assert part.mean == pytest.approx(whole.mean[at])
    assert part.variance == pytest.approx(whole.variance[at])
    assert np.flatnonzero(core.position < 0).tolist() == sorted(set(range(graph.size)) - set(core.order.tolist()))


def test_siblings_of_an_unscored_parent_tell_of_the_steps() -> None:
    """Without a single pair, 300 groups of four siblings show steps of 2 points, where pairs alone say five."""
    random = np.random.default_rng(5)
    groups, each = 300, 4
    child = np.arange(groups, groups * (each + 1))
    parent = (child - groups) // each
    graph = Graph.from_edges(groups * (each + 1), child, parent)
    forest = plant(graph)
    value = random.normal(0.5, 0.1, groups)[parent] + random.normal(0, 0.02, len(child))
    own = measure(forest.size, forest.position[child], value, np.full(len(child), 0.005**2))
    domain = np.zeros(forest.size, dtype=np.int64)
    pairs = estimate_steps(scored_pairs(forest, own, domain), 1)
    learnt = learn_steps(forest, own, domain, 1)
    assert np.sqrt(pairs.variance[0, 0]) == pytest.approx(PRIOR_DEVIATION)
    assert np.sqrt(learnt.variance[0, 0]) == pytest.approx(0.02, rel=0.1)


def test_where_every_parent_is_scored_pairs_say_it_all() -> None:
    """With all nodes of a tree measured well, what is learnt is what the pairs give."""
    random = np.random.default_rng(6)
    size = 600
    child = np.arange(1, size)
    parent = (child * random.random(size - 1)).astype(int)
    relation = child % 3
    forest = plant(Graph.from_edges(size, child, parent, relation))
    value = np.full(size, 0.5)
    for one in range(1, size):
        value[one] = value[parent[one - 1]] + random.normal(0.01, (0.06, 0.04, 0.01)[relation[one - 1]])
    own = measure(size, forest.position[np.arange(size)], value, np.full(size, 1e-8))
    domain = np.zeros(size, dtype=np.int64)
    pairs, learnt = estimate_steps(scored_pairs(forest, own, domain), 1), learn_steps(forest, own, domain, 1)
    assert np.sqrt(learnt.variance[:3, 0]) == pytest.approx(np.sqrt(pairs.variance[:3, 0]), rel=0.02)
    assert learnt.mean[:3, 0] == pytest.approx(pairs.mean[:3, 0], abs=0.002)


def test_the_step_of_a_merge_is_shared_with_its_parents() -> None:
    """Of what a measured merge is off, the step takes its share of the variance; without a score it is the prior's."""
    graph = Graph.from_edges(4, [2, 2, 3, 3], [0, 1, 0, 1])
    forest = plant(graph)
    steps = Normal(mean=np.full(4, 0.1), variance=np.full(4, 0.01))
    at = forest.position[2]
    own = measure(4, np.array([at]), np.array([0.8]), np.array([1e-12]))
    below = gather(forest, own, steps)
    taken = taken_steps(forest, below, steps, spread(forest, below, steps, ROOT))
    start = 0.5 * 0.02 + 0.01
    assert taken.mean[at] == pytest.approx(0.1 + 0.01 / start * (0.8 - 0.5))
    assert taken.variance[at] == pytest.approx(0.01 - 0.01**2 / start)
    other = forest.position[3]
    assert (taken.mean[other], taken.variance[other]) == (0.1, 0.01)


def test_nothing_scored_leaves_the_prior() -> None:
    """Without scores every group has the prior's deviation."""
    forest = plant(Graph.from_edges(3, [1, 2], [0, 1]))
    own = measure(3, np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    table = learn_steps(forest, own, np.zeros(3, dtype=np.int64), 1)
    assert np.sqrt(table.variance) == pytest.approx(PRIOR_DEVIATION)
