"""What a relative probably answers to each item: a two-parameter item response model, fitted to answers of its family.

The probability of the answer 1 of model m to item i is the logistic function of a_i * theta_m + b_i: how able or risky
the model is, how much the item tells of that, and how easy it is (Birnbaum 1968; written with an intercept). Few models
and many items are fitted by their most probable values under normal priors, in steps of Newton's method for the models
and the items in turn. Nothing rests on the model being right: predictions that fail only cost items
(`lineage.statistics.sequential_test`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS: Final = 30
SLOPE_SPREAD: Final = 0.5
"""Standard deviation of the prior of a_i around 1; that of theta_m around 0 is 1."""
INTERCEPT_SPREAD: Final = 3.0
"""Standard deviation of the prior of b_i around 0."""
LONGEST_STEP: Final = 1.0
SUREST: Final = 0.01
"""No answer is predicted with more certainty than this leaves."""


def predict_answers(answers: Floats) -> Floats:
    """Return for each item the answer that one more model of the family is expected to give, between 0 and 1.

    `answers` is (models, items), from 0 to 1; a model that is nearer to the new one than others may stand in it twice.
    """
    models, items = answers.shape
    right = answers.sum(axis=0)
    ability, slope = np.zeros(models), np.ones(items)
    intercept = np.log((right + 0.5) / (models - right + 0.5))
    for _ in range(ROUNDS):
        ability = ability + _ability_step(answers, ability, slope, intercept)
        steeper, easier = _item_steps(answers, ability, slope, intercept)
        slope, intercept = slope + steeper, intercept + easier
    return np.asarray(np.clip(_logistic(ability[:, None] * slope + intercept).mean(axis=0), SUREST, 1 - SUREST))


def _ability_step(answers: Floats, ability: Floats, slope: Floats, intercept: Floats) -> Floats:
    expected = _logistic(ability[:, None] * slope + intercept)
    gradient = ((answers - expected) * slope).sum(axis=1) - ability
    curvature = (expected * (1 - expected) * slope**2).sum(axis=1) + 1
    return np.asarray(np.clip(gradient / curvature, -LONGEST_STEP, LONGEST_STEP))


def _item_steps(answers: Floats, ability: Floats, slope: Floats, intercept: Floats) -> tuple[Floats, Floats]:
    """Return the steps of slope and intercept of each item, from the two by two system of both."""
    expected = _logistic(ability[:, None] * slope + intercept)
    weight, left = expected * (1 - expected), answers - expected
    of_slope = (left * ability[:, None]).sum(axis=0) - (slope - 1) / SLOPE_SPREAD**2
    of_intercept = left.sum(axis=0) - intercept / INTERCEPT_SPREAD**2
    steep = (weight * ability[:, None] ** 2).sum(axis=0) + 1 / SLOPE_SPREAD**2
    easy = weight.sum(axis=0) + 1 / INTERCEPT_SPREAD**2
    both = (weight * ability[:, None]).sum(axis=0)
    determinant = steep * easy - both**2  # above 0: both priors are proper
    steps = (easy * of_slope - both * of_intercept, steep * of_intercept - both * of_slope)
    steeper, easier = (np.clip(step / determinant, -LONGEST_STEP, LONGEST_STEP) for step in steps)
    return steeper, easier


def _logistic(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -50, 50))))
