"""Which kind of drift: discrimination or threshold, with the certainty of pairs."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from lineage.maintenance.drift_kind import DriftKind, measure_refusals, order_of_recipes
from lineage.maintenance.recipes import RecipeKind
from lineage.statistics.signal_detection import compare_shares, quantile_of_share

N = 400


def refused(share: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which of N items are refused: the first ones."""
    return np.arange(N) < round(share * N)


@pytest.mark.parametrize(
    ("harmful", "harmless", "kind"),
    [
        ((0.9, 0.6), (0.1, 0.1), DriftKind.BOTH),
        ((0.9, 0.7), (0.1, 0.3), DriftKind.DISCRIMINATION),
        ((0.9, 0.6), (0.1, 0.006), DriftKind.THRESHOLD),
        ((0.9, 0.97), (0.1, 0.25), DriftKind.THRESHOLD),
        ((0.9, 0.895), (0.1, 0.1), DriftKind.NEITHER),
        ((0.9, 0.95), (0.1, 0.05), DriftKind.NEITHER),
        ((1.0, 1.0), (0.0, 0.0), DriftKind.NEITHER),
    ],
)
def test_the_kind_follows_from_both_shares(
    harmful: tuple[float, float], harmless: tuple[float, float], kind: DriftKind
) -> None:
    """A loss of d' is discrimination, a common shift the threshold, a gain of d' neither."""
    found = measure_refusals((refused(harmful[0]), refused(harmful[1])), (refused(harmless[0]), refused(harmless[1])))
    assert found.kind is kind
    assert found.sentence().startswith(f"{kind}: d' ")


def test_figures_are_those_of_the_textbook() -> None:
    """With 90 % hits and 10 % false alarms, d' is 2.56 and c is 0; refusing more makes c larger."""
    z = NormalDist().inv_cdf
    found = measure_refusals((refused(0.9), refused(0.975)), (refused(0.1), refused(0.3)))
    assert found.discrimination_before == pytest.approx(z(0.9) - z(0.1), abs=0.02)
    assert found.threshold_before == pytest.approx(0, abs=1e-9)
    assert found.threshold_after == pytest.approx((z(0.975) + z(0.3)) / 2, abs=0.05)


def test_pairs_are_more_certain_than_separate_samples() -> None:
    """Answers that agree have a small error; of unrelated ones it is that of separate samples."""
    chance = np.random.default_rng(0)
    many = 20_000
    before, other = chance.random(many) < 0.8, chance.random(many) < 0.8
    apart = 2 * quantile_of_share(0.8, many)[1]
    assert compare_shares(before, other).variance == pytest.approx(apart, rel=0.05)
    assert compare_shares(before, before).variance < 0.01 * apart
    assert compare_shares(before, ~before).variance > apart


def test_the_error_is_that_of_repeated_draws() -> None:
    """The standard error of the change of d' is the spread that drawing the items again shows."""
    chance = np.random.default_rng(1)
    changes, errors = [], []
    for _ in range(400):
        lucks = chance.random((2, N))
        shaken = np.where(chance.random((2, N)) < 0.2, chance.random((2, N)), lucks)
        found = measure_refusals((lucks[0] < 0.85, shaken[0] < 0.7), (lucks[1] < 0.15, shaken[1] < 0.2))
        changes.append(found.discrimination)
        errors.append(found.discrimination_error)
    assert float(np.std(changes)) == pytest.approx(float(np.mean(errors)), rel=0.12)
    assert math.isfinite(errors[0])


def test_a_moved_threshold_asks_for_the_safety_vector_first() -> None:
    """Only there, and only if there is a model to make it of."""
    assert order_of_recipes(DriftKind.THRESHOLD, has_unsafe=True)[0] is RecipeKind.SAFETY_VECTOR
    assert order_of_recipes(DriftKind.BOTH, has_unsafe=True)[0] is RecipeKind.BOTH_APART
    assert set(order_of_recipes(DriftKind.BOTH, has_unsafe=True)) == set(RecipeKind)
    assert RecipeKind.SAFETY_VECTOR not in order_of_recipes(DriftKind.THRESHOLD, has_unsafe=False)
