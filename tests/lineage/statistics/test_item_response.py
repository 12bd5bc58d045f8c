"""The item response model: what it predicts of another relative, against the truth that answers were drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from lineage.statistics.item_response import SUREST, predict_answers


def test_predictions_are_nearer_to_the_truth_than_shares_of_right_answers() -> None:
    """Of answers drawn from such a model, the expected ones of a new relative are found; few models are shrunk."""
    random = np.random.default_rng(7)
    slope, intercept = np.exp(random.normal(0, 0.3, 400)), random.normal(0.5, 1.5, 400)
    ability = random.normal(0, 1, 12)
    chance = 1 / (1 + np.exp(-(ability[:, None] * slope + intercept)))
    answers = (random.random(chance.shape) < chance).astype(float)
    found = predict_answers(answers)
    expected = (1 / (1 + np.exp(-(random.normal(0, 1, 2_000)[:, None] * slope + intercept)))).mean(axis=0)
    assert np.abs(found - expected).mean() < np.abs(answers.mean(axis=0) - expected).mean()
    assert found.mean() == pytest.approx(answers.mean(), abs=0.02)


def test_what_all_relatives_answer_is_expected_and_never_certain() -> None:
    """Items that all, half and none get right lie above, about and below a half; more models make it surer."""
    few, many = ([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]] * count for count in (1, 8))
    high, half, low = predict_answers(np.array(few)).tolist()
    assert (high > 0.7, 0.3 < half < 0.7, low < 0.3) == (True, True, True)
    surer = predict_answers(np.array(many)).tolist()
    assert 1 - SUREST >= surer[0] > high
    assert SUREST <= surer[2] < low


def test_graded_answers_are_predicted_between_their_ends() -> None:
    """Values between 0 and 1 count as shares of an answer."""
    found = predict_answers(np.array([[0.5, 0.9], [0.5, 0.8], [0.5, 1.0]]))
    assert found[0] == pytest.approx(0.5, abs=0.05)
    assert found[1] > 0.7
