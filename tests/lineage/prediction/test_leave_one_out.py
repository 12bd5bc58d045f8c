"""Leaving each score out: counts, intervals, baselines, and what happens where intervals are too narrow."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.prediction.leave_one_out import Left, calibrate, cover, nearest_scored_above, normal_reach, share_of


def test_the_interval_of_a_share_is_wilsons() -> None:
    """9 of 10 lie between 0.596 and 0.982 (Wilson's formula by hand); none of none says nothing."""
    z = NormalDist().inv_cdf(0.975)
    half = z / (1 + z * z / 10) * np.sqrt(0.9 * 0.1 / 10 + z * z / 400)
    centre = (0.9 + z * z / 20) / (1 + z * z / 10)
    found = share_of(9, 10)
    assert (found.share, found.low, found.high) == pytest.approx((0.9, centre - half, centre + half))
    nothing = share_of(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)
    assert np.isnan(nothing.share)


def test_intervals_that_hold_are_not_widened() -> None:
    """Normal errors are covered as promised, so nothing is inflated; nor is a shortfall that chance explains."""
    random = np.random.default_rng(1)
    found = cover(np.abs(random.normal(size=5_000)), 0.1)
    assert found.inflation == 1
    assert found.within.low < 0.9 < found.within.high
    assert cover(np.array([0.1, 0.2, 9.0]), 0.1).inflation == 1
    assert cover(np.zeros(0), 0.1).inflation == 1


def test_intervals_that_fail_are_widened_until_they_hold() -> None:
    """Errors twice as large as promised make the intervals about twice as wide, and then they cover as promised."""
    scaled = np.abs(np.random.default_rng(2).normal(0, 2, 2_000))
    found = cover(scaled, 0.1)
    assert found.within.high < 0.9
    assert found.inflation == pytest.approx(2, rel=0.05)
    assert (scaled <= normal_reach(0.1) * found.inflation).mean() >= 0.9


def test_few_that_all_fail_are_widened_to_the_largest() -> None:
    """Of three errors, all outside, the largest decides."""
    assert cover(np.array([5.0, 6.0, 7.0]), 0.1).inflation == pytest.approx(7 / normal_reach(0.1))


def test_errors_stand_beside_those_of_simple_answers() -> None:
    """The ancestor's score counts where there is one, the mean of the others everywhere."""
    graph = Graph.from_edges(4, [1, 2], [0, 1])
    left = Left(
        node=np.array([0, 2, 3], dtype=np.int32),
        value=np.array([0.2, 0.3, 0.7]),
        prediction=np.array([0.3, 0.24, 0.4]),
        deviation=np.array([0.1, 0.1, 0.1]),
        is_informed=np.array([True, True, False]),
    )
    found = calibrate(graph, left, 0.1)
    assert (found.coverage.within.hits, found.coverage.within.count) == (2, 3)
    assert (found.informed.within.hits, found.uninformed.within.hits) == (2, 0)
    assert found.everywhere.count == 3
    assert found.everywhere.ancestor is None
    assert found.everywhere.prediction == pytest.approx((0.1 + 0.06 + 0.3) / 3)
    assert found.everywhere.instrument_mean == pytest.approx((0.3 + 0.15 + 0.45) / 3)
    assert found.below_scored.count == 1
    assert found.below_scored.prediction == pytest.approx(0.06)
    assert found.below_scored.ancestor == pytest.approx(0.1)


def test_without_ancestors_there_is_nothing_to_compare() -> None:
    """A lone score has no ancestor and no others: its errors are counted over none."""
    left = Left(
        node=np.array([0], dtype=np.int32),
        value=np.array([0.2]),
        prediction=np.array([0.3]),
        deviation=np.array([0.1]),
        is_informed=np.array([False]),
    )
    found = calibrate(Graph.from_edges(1, [], []), left, 0.1)
    assert found.below_scored.count == 0
    assert found.below_scored.ancestor is None


@given(st.data())
def test_the_nearest_scored_ancestor_is_above_and_nearest(data: st.DataObject) -> None:
    """It equals what walking up layer by layer finds; on a cycle it is an ancestor or none, and never the node."""
    size = data.draw(st.integers(1, 8))
    node = st.integers(0, size - 1)
    edges = data.draw(st.lists(st.tuples(node, node, st.integers(0, 3)), max_size=14))
    graph = Graph.from_edges(size, *([edge[at] for edge in edges] for at in range(3)))
    scored = np.array(sorted(data.draw(st.sets(node))), dtype=np.int32)
    found = nearest_scored_above(graph, scored)
    for one, ancestor in zip(scored.tolist(), found.tolist(), strict=True):
        distances = graph.upwards.distances(one)
        above = {other: distances[other] for other in scored.tolist() if other in distances and other != one}
        is_on_cycle = any(one in graph.upwards.distances(parent) for parent in graph.parents(one).tolist())
        if ancestor >= 0 and not is_on_cycle:
            assert above[ancestor] == min(above.values())
        else:
            assert ancestor in above or (ancestor == -1 and (is_on_cycle or not above))
