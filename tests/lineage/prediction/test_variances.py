"""Steps and roots: what pairs say, what few pairs say, and what stands in where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import NO_STEP, plant
from lineage.prediction.belief_propagation import Normal, gather, measure
from lineage.prediction.variances import (
    FLOOR,
    PRIOR_DEVIATION,
    ROOT_DEVIATION,
    ROOT_MEAN,
    EdgeDifferences,
    StepTable,
    estimate_root,
    estimate_steps,
    fit,
    scored_pairs,
)

WIDE = Normal.of(0.0, PRIOR_DEVIATION**2)


def pairs_of(difference: list[float], relation: list[int], domain: list[int] | None = None) -> EdgeDifferences:
    """Make pairs that were measured without much error."""
    return EdgeDifferences(
        difference=np.array(difference, dtype=np.float64),
        error=np.full(len(difference), 1e-6),
        relation=np.array(relation, dtype=np.uint8),
        domain=np.array(domain or [0] * len(difference), dtype=np.int64),
    )


def deviation(table: StepTable, relation: int, domain: int = -1) -> float:
    """Return the standard deviation of a group."""
    return float(np.sqrt(table.variance[relation, domain]))


def test_no_pairs_are_answered_by_the_prior() -> None:
    """Every group then moves by nothing on average, give or take five points."""
    table = estimate_steps(pairs_of([], []), 2)
    assert (table.mean == 0).all()
    assert np.sqrt(table.variance) == pytest.approx(PRIOR_DEVIATION)
    assert table.pairs.sum() == 0


def test_one_pair_moves_the_prior_a_little() -> None:
    """One step of 20 points widens the steps, but not to what that one alone would say."""
    table = estimate_steps(pairs_of([0.2], [0]), 1)
    assert PRIOR_DEVIATION < deviation(table, 0) < 0.2
    assert 0 < table.mean[0, 0] < 0.1


def test_many_pairs_overrule_the_prior() -> None:
    """A relation that moves ten times less than another is found to, and so is a shift of its mean."""
    random = np.random.default_rng(1)
    difference = np.r_[random.normal(0.03, 0.1, 300), random.normal(0, 0.01, 300)]
    table = estimate_steps(pairs_of(difference.tolist(), [0] * 300 + [2] * 300), 1)
    assert deviation(table, 0) == pytest.approx(0.1, rel=0.1)
    assert deviation(table, 2) == pytest.approx(0.01, rel=0.15)
    assert table.mean[0, 0] == pytest.approx(0.03, abs=0.015)


def test_a_domain_with_few_pairs_stays_near_its_relation() -> None:
    """Domains differ where they have the pairs to show it; models of no domain get what the relation shows."""
    random = np.random.default_rng(2)
    difference = np.r_[random.normal(0, 0.03, 200), random.normal(0, 0.12, 200), [0.0, 0.001]]
    table = estimate_steps(pairs_of(difference.tolist(), [1] * 402, [0] * 200 + [1] * 200 + [2] * 2), 4)
    assert deviation(table, 1, 0) == pytest.approx(0.03, rel=0.15)
    assert deviation(table, 1, 1) == pytest.approx(0.12, rel=0.15)
    assert 0.015 < deviation(table, 1, 2) < deviation(table, 1)
    assert deviation(table, 1) == pytest.approx(np.sqrt((0.03**2 + 0.12**2) / 2), rel=0.15)
    assert table.pairs[1].tolist() == [200, 200, 2, 0]


def test_measurement_error_is_no_drift() -> None:
    """Differences no wider than their errors leave steps near the floor."""
    random = np.random.default_rng(3)
    pairs = replace(pairs_of(random.normal(0, 0.05, 2_000).tolist(), [0] * 2_000), error=np.full(2_000, 0.05**2))
    assert FLOOR <= deviation(estimate_steps(pairs, 1), 0) < 0.02


@given(st.lists(st.floats(-1, 1), max_size=6), st.floats(0, 0.1))
def test_any_pairs_give_a_usable_variance(values: list[float], error: float) -> None:
    """Equal, extreme or exact pairs give a finite mean and a deviation from the floor to the range."""
    found = fit(np.array(values), np.full(len(values), error), WIDE, 4.0)
    assert np.isfinite(found.mean)
    assert FLOOR * 0.999 <= np.sqrt(found.variance) <= 1.001


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(values: list[float], random: object) -> None:
    """A shuffled list gives the same estimate."""
    shuffled = list(values)
    getattr(random, "shuffle")(shuffled)  # noqa: B009 - hypothesis' random has no public type
    errors = np.full(len(values), 1e-4)
    one, other = fit(np.array(values), errors, WIDE, 4.0), fit(np.array(shuffled), errors, WIDE, 4.0)
    assert one.mean == pytest.approx(other.mean, abs=1e-6)
    assert one.variance == pytest.approx(other.variance, rel=1e-3)


def test_pairs_are_children_of_scored_parents() -> None:
    """A child of an unscored parent is no pair; a merge is one where all its parents are scored."""
    graph = Graph.from_edges(6, [1, 2, 3, 3, 4, 4, 5], [0, 1, 0, 1, 0, 5, 0], [1, 0, 3, 3, 3, 3, 2])
    forest = plant(graph)
    nodes = np.array([0, 1, 3, 4], dtype=np.int32)
    values = np.array([0.2, 0.5, 0.4, 0.9])
    own = measure(6, forest.position[nodes], values, np.full(4, 0.01))
    pairs = scored_pairs(forest, own, np.arange(6)[forest.order])
    assert pairs.difference == pytest.approx([0.3, 0.05])
    assert pairs.error == pytest.approx([0.02, 0.015])
    assert pairs.relation.tolist() == [1, 3]
    assert pairs.domain.tolist() == [1, 3]


def test_roots_lie_where_their_trees_say() -> None:
    """The prior of roots is found from models below them, one vote a tree, and held towards the middle of the range."""
    random = np.random.default_rng(4)
    trees, each = 400, 3
    truth = random.normal(0.3, 0.1, trees)
    child = np.arange(trees, trees * (each + 1))
    graph = Graph.from_edges(trees * (each + 1), child, (child - trees) // each)
    forest = plant(graph)
    value = truth[(child - trees) // each] + random.normal(0, 0.05, len(child))
    own = measure(forest.size, forest.position[child], value, np.full(len(child), 1e-6))
    below = forest.relation != NO_STEP
    steps = Normal(mean=np.zeros(forest.size), variance=np.where(below, 0.05**2, 0))
    root = estimate_root(forest, gather(forest, own, steps))
    assert root.mean == pytest.approx(0.3, abs=0.02)
    assert np.sqrt(root.variance) == pytest.approx(0.1, rel=0.15)
    nothing = measure(forest.size, child[:0], value[:0], value[:0])
    unknown = estimate_root(forest, gather(forest, nothing, steps))
    assert float(unknown.mean) == ROOT_MEAN
    assert np.sqrt(unknown.variance) == pytest.approx(ROOT_DEVIATION)
