"""Inference in two passes, against one dense system of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import BeliefForest, plant
from lineage.prediction.belief_propagation import (
    NodeMessages,
    Normal,
    informed,
    leave_out,
    measure,
    solve,
    value_of_information,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.lineage.prediction.conftest import DenseSolver

ROOT = Normal.of(0.45, 0.04)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A forest with steps and measurements."""

    forest: BeliefForest
    steps: Normal
    own: NodeMessages

    @property
    def measured(self) -> list[int]:
        """The positions that are measured."""
        return np.flatnonzero(self.own.precision > 0).tolist()

    def without(self, at: int) -> NodeMessages:
        """Return the evidence without that of one position."""
        kept = np.arange(self.forest.size) != at
        return NodeMessages(precision=self.own.precision * kept, information=self.own.information * kept)


def grow(edges: list[tuple[int, int]], size: int, seed: int, share: float) -> Case:
    """Plant edges of child and parent, and draw steps, and measurements of about a share of the nodes."""
    random = np.random.default_rng(seed)
    child, parent = [pair[0] for pair in edges], [pair[1] for pair in edges]
    graph = Graph.from_edges(size, child, parent)
    forest = plant(graph, random.uniform(0.1, 1, graph.edge_count))
    at = np.flatnonzero(random.random(size) < share)
    at = np.r_[at, at[: len(at) // 3]]
    return Case(
        forest=forest,
        steps=Normal(mean=random.normal(0, 0.1, size), variance=random.uniform(1e-6, 0.02, size)),
        own=measure(size, at, random.uniform(0, 1, len(at)), random.uniform(1e-6, 0.01, len(at))),
    )


@st.composite
def forests(draw: st.DrawFn) -> Case:
    """Draw a forest in which every node has at most one parent, labelled in any order."""
    size = draw(st.integers(1, 12))
    parents = [draw(st.integers(-1, node - 1)) for node in range(size)]
    labels = draw(st.permutations(range(size)))
    edges = [(labels[node], labels[parent]) for node, parent in enumerate(parents) if parent >= 0]
    return grow(edges, size, draw(st.integers(0, 999)), draw(st.sampled_from((0.0, 0.3, 0.7, 1.0))))


@st.composite
def dags(draw: st.DrawFn) -> Case:
    """Draw a graph without cycles in which merges are frequent."""
    size = draw(st.integers(2, 10))
    edges = [
        (node, parent) for node in range(1, size) for parent in draw(st.sets(st.integers(0, node - 1), max_size=3))
    ]
    return grow(edges, size, draw(st.integers(0, 999)), draw(st.sampled_from((0.3, 0.7))))


@st.composite
def lone_merges(draw: st.DrawFn) -> Case:
    """Draw a forest and one merge with a chain below it; nothing is measured at or below the merge."""
    size = draw(st.integers(3, 9))
    edges = [(node, parent) for node in range(1, size) if (parent := draw(st.integers(-1, node - 1))) >= 0]
    parents = draw(st.sets(st.integers(0, size - 1), min_size=2, max_size=5))
    edges += [(size, parent) for parent in parents] + [(size + 1, size), (size + 2, size + 1)]
    case = grow(edges, size + 3, draw(st.integers(0, 999)), 0.5)
    return Case(forest=case.forest, steps=case.steps, own=_only(case, np.flatnonzero(case.forest.order < size)))


def _only(case: Case, positions: NDArray[np.int64]) -> NodeMessages:
    kept = np.zeros(case.forest.size)
    kept[positions] = 1
    return NodeMessages(precision=case.own.precision * kept, information=case.own.information * kept)


@given(forests())
def test_a_forest_is_solved_exactly(solve_densely: DenseSolver, case: Case) -> None:
    """Means, variances and the regressions on the parents equal those of the dense inverse."""
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    dense = solve_densely(case.forest, case.own, case.steps, ROOT)
    assert posterior.mean == pytest.approx(dense.mean, abs=1e-8)
    assert posterior.variance == pytest.approx(dense.variance, rel=1e-6)
    for at in np.flatnonzero(case.forest.parent >= 0):
        above = case.forest.parent[at]
        expected = dense.covariance[at, above] / dense.covariance[above, above]
        assert posterior.pull[at] == pytest.approx(expected, rel=1e-5, abs=1e-9)


@given(forests())
def test_leaving_out_equals_solving_again(case: Case) -> None:
    """What a measured node is predicted as without itself is what a second solution without it says."""
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    at = np.array(case.measured, dtype=np.int64)
    cavity = leave_out(case.own, posterior, at)
    for place, node in enumerate(case.measured):
        again = solve(case.forest, case.without(node), case.steps, ROOT)
        assert cavity.mean[place] == pytest.approx(again.mean[node], abs=1e-6)
        assert cavity.variance[place] == pytest.approx(again.variance[node], rel=1e-5)


@given(dags())
def test_leaving_out_of_a_graph_with_merges_equals_solving_again(case: Case) -> None:
    """A node's own score never comes back to it by way of a merge."""
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    at = np.array(case.measured, dtype=np.int64)
    cavity = leave_out(case.own, posterior, at)
    for place, node in enumerate(case.measured):
        again = solve(case.forest, case.without(node), case.steps, ROOT)
        assert cavity.mean[place] == pytest.approx(again.mean[node], abs=1e-6)
        assert cavity.variance[place] == pytest.approx(again.variance[node], rel=1e-5)


@given(forests())
def test_the_gain_of_measuring_is_exact(solve_densely: DenseSolver, case: Case) -> None:
    """The gain equals the sum of w C^2 / (V + t) over the dense covariances."""
    random = np.random.default_rng(case.forest.size)
    weights, errors = random.uniform(0, 2, case.forest.size), random.uniform(1e-4, 0.01, case.forest.size)
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    gain = value_of_information(case.forest, posterior, weights, errors)
    dense = solve_densely(case.forest, case.own, case.steps, ROOT)
    expected = (dense.covariance**2 @ weights) / (dense.variance + errors)
    assert gain == pytest.approx(expected, rel=1e-5, abs=1e-12)


@given(lone_merges())
def test_a_merge_without_scores_below_is_solved_exactly(solve_densely: DenseSolver, case: Case) -> None:
    """Parents in one tree, in several, and above each other: their covariance is counted, and no node is off."""
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    dense = solve_densely(case.forest, case.own, case.steps, ROOT)
    assert posterior.mean == pytest.approx(dense.mean, abs=1e-7)
    assert posterior.variance == pytest.approx(dense.variance, rel=1e-6)


def test_a_measured_merge_is_exact_and_its_parents_do_not_hear_of_it(solve_densely: DenseSolver) -> None:
    """The merge and what is below it get the exact answer; its parents keep what they had without it."""
    case = grow([(2, 0), (2, 1), (3, 2)], 4, seed=5, share=0)
    own = measure(4, np.array([3]), np.array([0.9]), np.array([1e-4]))
    posterior, dense = solve(case.forest, own, case.steps, ROOT), solve_densely(case.forest, own, case.steps, ROOT)
    assert posterior.mean[2:] == pytest.approx(dense.mean[2:])
    assert posterior.variance[2:] == pytest.approx(dense.variance[2:])
    assert posterior.mean[:2].tolist() == [ROOT.mean, ROOT.mean]
    assert dense.mean[0] > ROOT.mean


@given(dags(), st.integers(0, 9))
def test_the_gain_over_merges_is_no_more_than_a_small_measurement_brings(case: Case, picked: int) -> None:
    """A faint measurement lowers the weighted variance by the gain; by more only where merges share a tree."""
    at, size = picked % case.forest.size, case.forest.size
    weights, error = np.ones(size), 1e3
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    gain = value_of_information(case.forest, posterior, weights, np.full(size, error))[at]
    precision = case.own.precision.copy()
    precision[at] += 1 / error
    again = solve(case.forest, NodeMessages(precision=precision, information=case.own.information), case.steps, ROOT)
    lowered = float(weights @ (posterior.variance - again.variance))
    assert gain <= lowered * 1.002 + 1e-11
    if _trees_are_apart(case.forest):
        assert gain == pytest.approx(lowered, rel=2e-3, abs=1e-11)


def _trees_are_apart(forest: BeliefForest) -> bool:
    """Return whether no merge has two parents in one tree."""
    owner = np.repeat(forest.merges.at, np.diff(forest.merges.starts))
    pairs = list(zip(owner.tolist(), forest.tree[forest.merges.parents].tolist(), strict=True))
    return len(pairs) == len(set(pairs))


@given(dags())
def test_who_is_informed_is_who_moves(case: Case) -> None:
    """A node is informed exactly where its variance is below that of a forest without measurements."""
    posterior = solve(case.forest, case.own, case.steps, ROOT)
    nothing = NodeMessages(precision=np.zeros(case.forest.size), information=np.zeros(case.forest.size))
    prior = solve(case.forest, nothing, case.steps, ROOT)
    with_own, without_own = informed(case.forest, case.own)
    assert with_own.tolist() == (posterior.variance < prior.variance * (1 - 1e-12)).tolist()
    for node in case.measured:
        again = solve(case.forest, case.without(node), case.steps, ROOT)
        assert without_own[node] == (again.variance[node] < prior.variance[node] * (1 - 1e-12))


@pytest.mark.parametrize(("value", "variance"), [(np.nan, 1.0), (0.5, 0.0), (0.5, -1.0), (0.5, np.inf)])
def test_what_is_no_measurement_is_refused(value: float, variance: float) -> None:
    """A measurement has a finite value and a finite variance above zero."""
    with pytest.raises(ValueError, match="finite"):
        measure(1, np.array([0]), np.array([value]), np.array([variance]))


def test_a_long_chain_keeps_its_figures() -> None:
    """A thousand steps with both ends measured: no variance is negative, and the middle lies between the ends."""
    size = 1_000
    case = grow([(node, node - 1) for node in range(1, size)], size, seed=1, share=0)
    own = measure(size, np.array([0, size - 1]), np.array([0.2, 0.8]), np.array([1e-6, 1e-6]))
    steps = Normal(mean=np.zeros(size), variance=np.full(size, 1e-4))
    posterior = solve(case.forest, own, steps, ROOT)
    assert (posterior.variance > 0).all()
    assert (np.diff(posterior.mean) > 0).all()
    gain = value_of_information(case.forest, posterior, np.ones(size), np.full(size, 1e-6))
    assert abs(int(gain.argmax()) - size // 2) <= 1
