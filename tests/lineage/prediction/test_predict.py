"""One call from scores to predictions: none, one, many, in any order, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import plant
from lineage.prediction.predict import Observations, fit_prediction, predict, predict_part
from lineage.prediction.variances import PRIOR_DEVIATION, ROOT_DEVIATION, ROOT_MEAN


def scores(*rows: tuple[int, float, float]) -> Observations:
    """Make observations of node, value and standard error."""
    return Observations(
        node=np.array([row[0] for row in rows], dtype=np.int32),
        value=np.array([row[1] for row in rows], dtype=np.float64),
        stderr=np.array([row[2] for row in rows], dtype=np.float64),
    )


def chain(size: int) -> Graph:
    """Return models each made from the one before, and a stranger at the end."""
    return Graph.from_edges(size + 1, range(1, size), range(size - 1))


def test_without_scores_there_is_only_the_prior() -> None:
    """Nobody is informed, nothing is calibrated, and uncertainty grows with the distance from the root."""
    found = predict(chain(3), scores())
    assert found.mean == pytest.approx(ROOT_MEAN)
    expected = np.sqrt(ROOT_DEVIATION**2 + np.array([0, 1, 2, 0]) * PRIOR_DEVIATION**2)
    assert found.standard_deviation == pytest.approx(expected)
    assert not found.is_informed.any()
    assert found.calibration is None


def test_one_score_reaches_its_relatives_and_nobody_else() -> None:
    """Relatives are near the score, less so with distance; a stranger is answered by the prior and told so."""
    found = predict(chain(4), scores((1, 0.9, 0.01)))
    assert found.is_informed.tolist() == [True, True, True, True, False]
    assert found.mean[1] == pytest.approx(0.9, abs=0.01)
    assert found.standard_deviation[1] < found.standard_deviation[2] < found.standard_deviation[3]
    assert found.standard_deviation[3] < found.standard_deviation[4]
    assert (found.low < found.mean).all()
    assert (found.mean < found.high).all()
    assert found.calibration is not None
    assert found.calibration.informed.within.count == 0
    assert found.calibration.uninformed.within.count == 1


def test_a_score_of_zero_error_is_not_believed_beyond_reason() -> None:
    """A share of 0 with standard error 0 is taken as it is, with a least error, and breaks nothing."""
    found = predict(chain(2), scores((0, 0.0, 0.0)))
    assert 0 < found.standard_deviation[0] < 0.001
    assert found.mean[0] == pytest.approx(0, abs=1e-3)


def test_intervals_may_pass_the_range() -> None:
    """Nothing is clipped: a relative of a model at 0 has an interval that reaches below 0."""
    found = predict(chain(2), scores((0, 0.0, 0.01)))
    assert found.low[1] < 0


def test_only_those_asked_for_are_answered() -> None:
    """Asked for some nodes, in their order, the answers are those of asking for all."""
    graph, one = chain(5), scores((2, 0.4, 0.02), (4, 0.6, 0.02))
    asked = np.array([4, 0, 3], dtype=np.int32)
    every, some = predict(graph, one), predict(graph, one, nodes=asked, forest=plant(graph))
    assert some.node.tolist() == asked.tolist()
    assert some.mean.tolist() == every.mean[asked].tolist()
    assert some.low.tolist() == every.low[asked].tolist()


def test_the_weights_of_a_merge_count() -> None:
    """A merge is predicted nearer to the parent that more of it came from."""
    graph = Graph.from_edges(3, [2, 2], [0, 1], [3, 3])
    one = scores((0, 0.2, 0.01), (1, 0.8, 0.01))
    equal = predict(graph, one)
    tilted = predict(graph, one, weights=np.array([0.9, 0.1]))
    assert equal.mean[2] == pytest.approx(0.5, abs=0.02)
    assert tilted.mean[2] == pytest.approx(0.26, abs=0.03)


def test_domains_have_steps_of_their_own() -> None:
    """Where one domain's models drift far and the other's hardly, the predictions are as unsure as that."""
    random = np.random.default_rng(3)
    size = 401
    graph = Graph.from_edges(size + 2, range(1, size + 2), [0] * (size + 1))
    groups = np.arange(size + 2) % 2
    groups[0] = -1
    spread = np.where(groups == 0, 0.01, 0.1)
    nodes = range(size)
    values = [0.5, *(0.5 + random.normal(0, spread[node]) for node in nodes[1:])]
    one = scores(*((node, float(np.clip(value, 0, 1)), 0.005) for node, value in zip(nodes, values, strict=True)))
    found = predict(graph, one, groups=groups)
    assert found.standard_deviation[-1] == pytest.approx(0.01, rel=0.3)
    assert found.standard_deviation[-2] == pytest.approx(0.1, rel=0.2)


def test_intervals_hold_what_was_drawn_from_the_model() -> None:
    """Of 4,000 drawn unscored models, 90 % intervals hold the truth within two points of 90 %."""
    random = np.random.default_rng(4)
    size = 6_000
    child = np.arange(100, size)
    parent = (child * random.random(len(child)) ** 2).astype(int)
    graph = Graph.from_edges(size, child, parent, child % 3)
    truth = random.normal(0.5, 0.08, size)
    for one in child.tolist():
        truth[one] = truth[parent[one - 100]] + random.normal(0, (0.05, 0.03, 0.01)[one % 3])
    truth = np.clip(truth, 0, 1)
    node = np.sort(random.choice(size, 2_000, replace=False)).astype(np.int32)
    value = np.clip(truth[node] + random.normal(0, 0.015, len(node)), 0, 1)
    found = predict(graph, Observations(node=node, value=value, stderr=np.full(len(node), 0.015)))
    unscored = np.setdiff1d(np.arange(size), node)
    assert ((found.low <= truth) & (truth <= found.high))[unscored].mean() == pytest.approx(0.9, abs=0.02)
    assert found.calibration is not None
    assert found.calibration.coverage.within.share == pytest.approx(0.9, abs=0.02)
    errors = found.calibration.below_scored
    assert errors.ancestor is not None
    assert errors.prediction < errors.ancestor < errors.instrument_mean


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.permutations(range(9)))
def test_names_and_order_do_not_matter(seed: int, labels: list[int]) -> None:
    """Renumbered nodes and shuffled scores give every model the same prediction."""
    random = np.random.default_rng(seed)
    child = [node for node in range(1, 9) if random.random() < 0.8]
    parent = [int(random.integers(0, node)) for node in child]
    rows = [(node, float(random.random()), 0.02) for node in range(9) if random.random() < 0.6]
    one = predict(Graph.from_edges(9, child, parent), scores(*rows))
    renamed = Graph.from_edges(9, [labels[node] for node in child], [labels[node] for node in parent])
    shuffled = [(labels[node], value, error) for node, value, error in rows]
    random.shuffle(shuffled)
    other = predict(renamed, scores(*shuffled))
    assert other.mean[labels] == pytest.approx(one.mean, abs=1e-4)
    assert other.standard_deviation[labels] == pytest.approx(one.standard_deviation, rel=1e-3)
    assert other.is_informed[labels].tolist() == one.is_informed.tolist()


def test_a_cycle_is_predicted_like_a_family() -> None:
    """Models that are each other's parents hear of a score among them, and nothing hangs."""
    graph = Graph.from_edges(4, [0, 1, 2, 3], [2, 0, 1, 2])
    found = predict(graph, scores((1, 0.9, 0.01)))
    assert found.is_informed.all()
    assert np.isfinite(found.mean).all()
    assert (found.standard_deviation > 0).all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(9, 0.5, 0.1)], "scored node"),
        ([(-1, 0.5, 0.1)], "scored node"),
        ([(0, 50.0, 0.1)], "fraction of the range"),
        ([(0, float("nan"), 0.1)], "fraction of the range"),
        ([(0, 0.5, -0.1)], "standard error"),
        ([(0, 0.5, float("inf"))], "standard error"),
    ],
)
def test_what_is_no_score_is_refused(rows: list[tuple[int, float, float]], message: str) -> None:
    """Percent, or None, negative errors and unknown nodes are refused, not guessed at."""
    with pytest.raises(ValueError, match=message):
        predict(chain(2), scores(*rows))


def test_arguments_that_do_not_fit_are_refused() -> None:
    """Lengths, groups and alpha are checked."""
    graph, good = chain(2), scores((0, 0.5, 0.1))
    short = Observations(node=good.node, value=good.value, stderr=good.stderr[:0])
    with pytest.raises(ValueError, match="one length"):
        predict(graph, short)
    with pytest.raises(ValueError, match="1 groups for 3 nodes"):
        predict(graph, good, groups=np.array([0]))
    with pytest.raises(ValueError, match="more than 1000 groups"):
        predict(graph, good, groups=np.array([0, 0, 1000]))
    with pytest.raises(ValueError, match="alpha"):
        predict(graph, good, alpha=1.0)


@given(st.data())
@settings(max_examples=30)
def test_a_component_is_predicted_as_with_all_others(data: st.DataObject) -> None:
    """From what was fitted to all scores, its own scores give a component the same answers to the last bit."""
    size = data.draw(st.integers(2, 12))
    numbers = st.integers(0, size - 1)
    edges = data.draw(st.lists(st.tuples(numbers, numbers, st.integers(0, 3)), max_size=20))
    graph = Graph.from_edges(size, *np.array(edges, dtype=np.int64).reshape(-1, 3).T)
    scored = sorted(data.draw(st.sets(numbers)))
    one = scores(*((node, (node * 7 % 10) / 10, 0.02) for node in scored))
    groups = np.array([node % 3 - 1 for node in range(size)])
    fitted, whole = fit_prediction(graph, one, groups=groups), predict(graph, one, groups=groups)
    component = graph.labels.component
    members = np.flatnonzero(component == component[data.draw(numbers)]).astype(np.int32)
    kept = np.isin(one.node, members)
    place = np.searchsorted(members, one.node[kept]).astype(np.int32)
    mine = Observations(node=place, value=one.value[kept], stderr=one.stderr[kept])
    found = predict_part(graph.part(members), mine, fitted, groups=groups[members])
    for name in ("mean", "standard_deviation", "low", "high", "is_informed"):
        assert getattr(found, name).tolist() == getattr(whole, name)[members].tolist()
    assert repr(found.calibration) == repr(whole.calibration)
