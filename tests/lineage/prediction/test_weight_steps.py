"""Steps that weights tell: used where they beat simple guesses on families and methods that were not seen, else not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineage.graph.graph import Graph
from lineage.prediction.predict import Observations, fit_prediction, predict_part
from lineage.prediction.weight_steps import LEAST_GROUPS, WeightFeatures

FAMILIES, CHILDREN, METHODS = 8, 12, 6
SCORED = CHILDREN - 1
"""The last child of each family has no score."""
ERROR = 0.005


def forest_of(families: int = FAMILIES) -> Graph:
    """Return bases, each with its children behind it."""
    size = families * (CHILDREN + 1)
    child = [node for node in range(size) if node % (CHILDREN + 1)]
    return Graph.from_edges(size, child, [node - node % (CHILDREN + 1) for node in child])


def world(seed: int, *, told: float = 1.0, families: int = FAMILIES) -> tuple[Observations, WeightFeatures, np.ndarray]:
    """Draw drifts, what weights tell of them (`told` of it true, the rest chance), and scores of all but one a family.

    Returns the scores, the features and the true values of all nodes.
    """
    random = np.random.default_rng(seed)
    size = families * (CHILDREN + 1)
    node = np.arange(size)
    is_base = node % (CHILDREN + 1) == 0
    drift = np.where(is_base, 0.0, random.normal(0, 0.12, size))
    truth = 0.5 + drift
    sign = told * drift + (1 - told) * random.permutation(drift)
    values = np.column_stack([np.maximum(sign, 0), np.minimum(sign, 0)])
    scored = np.flatnonzero(node % (CHILDREN + 1) != CHILDREN)
    children = np.flatnonzero(~is_base)
    return (
        Observations(
            node=scored.astype(np.int32),
            value=truth[scored] + random.normal(0, ERROR, len(scored)),
            stderr=np.full(len(scored), ERROR),
        ),
        WeightFeatures(
            node=children.astype(np.int32),
            values=values[children],
            method=(children % METHODS).astype(np.intp),
        ),
        truth,
    )


def unscored() -> np.ndarray:
    """Return the unscored child of each family."""
    return np.arange(CHILDREN, FAMILIES * (CHILDREN + 1), CHILDREN + 1).astype(np.int32)


def test_what_weights_tell_is_used_where_it_beats_both_guesses() -> None:
    """Predictions come near the truth, their intervals are narrower and hold it, and each says what it rests on."""
    graph, (scores, features, truth) = forest_of(), world(1)
    fitted = fit_prediction(graph, replace(scores, features=features))
    assert fitted.weights is not None
    check = fitted.weights.check
    assert (check.models, check.is_better) == (FAMILIES * SCORED, True)
    assert [(one.by, one.groups) for one in check.left_out] == [("family", FAMILIES), ("method", METHODS)]
    plain = predict_part(graph, scores, fit_prediction(graph, scores), nodes=unscored())
    found = predict_part(graph, replace(scores, features=features), fitted, nodes=unscored())
    assert found.is_by_weights.all()
    assert not plain.is_by_weights.any()
    assert np.abs(found.mean - truth[unscored()]).max() < 0.03
    assert (found.high - found.low < 0.5 * (plain.high - plain.low)).all()
    assert ((found.low < truth[unscored()]) & (truth[unscored()] < found.high)).mean() >= 0.75


def test_chance_is_withheld_and_changes_nothing() -> None:
    """Where weights tell nothing, predictions are those without them, to the last digit."""
    for seed in range(5):
        graph, (scores, features, _) = forest_of(), world(seed, told=0.0)
        fitted = fit_prediction(graph, replace(scores, features=features))
        assert fitted.weights is not None
        assert not fitted.weights.check.is_better
        found = predict_part(graph, replace(scores, features=features), fitted, nodes=unscored())
        plain = predict_part(graph, scores, fit_prediction(graph, scores), nodes=unscored())
        assert not found.is_by_weights.any()
        assert found.mean.tolist() == plain.mean.tolist()
        assert found.low.tolist() == plain.low.tolist()


def test_a_method_that_was_not_seen_decides_too() -> None:
    """A line that holds for all families but reverses in one of the methods is withheld, by the methods alone."""
    graph, (scores, features, _) = forest_of(), world(2)
    turned = np.where((features.method == 0)[:, None], -features.values, features.values)
    fitted = fit_prediction(graph, replace(scores, features=replace(features, values=turned)))
    assert fitted.weights is not None
    by_family, by_method = fitted.weights.check.left_out
    assert by_family.is_better
    assert not by_method.is_better
    assert not fitted.weights.check.is_better


def test_the_mean_of_the_family_must_be_beaten_too() -> None:
    """Where all members of a family drift alike, and weights tell it less exactly, siblings tell more: withheld."""
    graph, (scores, features, _) = forest_of(), world(3)
    family = scores.node // (CHILDREN + 1)
    is_child = scores.node % (CHILDREN + 1) > 0
    drift = 0.05 * (family - 3.5)
    values = np.where(is_child, 0.5 + drift, 0.5)
    told = 0.05 * (features.node // (CHILDREN + 1) - 3.5)
    noise = np.random.default_rng(3).normal(0, 0.01, len(told))
    blurred = replace(features, values=np.column_stack([told + noise, np.zeros(len(told))]))
    fitted = fit_prediction(graph, replace(scores, value=values, features=blurred))
    assert fitted.weights is not None
    by_family, _ = fitted.weights.check.left_out
    assert by_family.gain_over_no_change is not None
    assert by_family.gain_over_no_change > 0
    assert by_family.error_of_family_mean == pytest.approx(0.0, abs=1e-9)
    assert not by_family.is_better


@pytest.mark.parametrize("families", [1, LEAST_GROUPS - 1])
def test_too_few_families_judge_nothing(families: int) -> None:
    """Without three families nothing is judged, and nothing is used, however well it fits."""
    graph, (scores, features, _) = forest_of(families), world(4, families=families)
    fitted = fit_prediction(graph, replace(scores, features=features))
    assert fitted.weights is not None
    assert [one.error for one in fitted.weights.check.left_out] == [None, None]
    assert not fitted.weights.check.is_better


def test_features_of_nobody_who_is_scored_judge_nothing() -> None:
    """Models whose weights were read, none of them scored."""
    graph, (scores, features, _) = forest_of(), world(5)
    chosen = np.isin(features.node, unscored())
    few = WeightFeatures(node=features.node[chosen], values=features.values[chosen], method=features.method[chosen])
    fitted = fit_prediction(graph, replace(scores, features=few))
    assert fitted.weights is not None
    assert fitted.weights.check.models == 0
    assert not fitted.weights.check.is_better


def test_no_change_of_weights_is_no_drift() -> None:
    """The line goes through zero: a model whose weights did not lean anywhere is predicted as its base."""
    graph, (scores, features, _) = forest_of(), world(6)
    features.values[np.isin(features.node, unscored())] = 0.0
    fitted = fit_prediction(graph, replace(scores, features=features))
    bases = unscored() - CHILDREN
    child, base = (
        predict_part(graph, replace(scores, features=features), fitted, nodes=nodes) for nodes in (unscored(), bases)
    )
    assert child.is_by_weights.all()
    assert not base.is_by_weights.any()
    assert child.mean == pytest.approx(base.mean)
