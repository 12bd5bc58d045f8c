"""Claims that rest on few changes: what would have been found, and what is shown to be no worse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lineage.drift.drift_row import DriftRow
from lineage.statistics.paired import compare_items
from lineage.statistics.paired_rates import FEW_FLIPS, compare_flips
from lineage.statistics.power import detectable_by_mcnemar, mcnemar_power, minimum_detectable
from lineage.vocabulary import Construct, Direction, Verdict


@pytest.mark.parametrize(("items", "flips"), [(240, 2), (100, 0), (817, 20), (60, 5)])
def test_what_is_promised_is_found_where_few_items_flip(items: int, flips: int) -> None:
    """The exact test finds the stated change of 0/1 items with a probability of 80 %, by drawing it."""
    stated = float(compare_flips(flips, 0, items).minimum_detectable[0])
    assert mcnemar_power(items, flips, stated) == pytest.approx(0.8, abs=0.01)
    flipping = max(stated, (flips + 1) / (items + 2))
    random = np.random.default_rng(20261201)
    drawn = random.multinomial(items, [(flipping + stated) / 2, (flipping - stated) / 2, 1 - flipping], size=4_000)
    worse, better = drawn[:, 0], drawn[:, 1]
    found = compare_flips(worse, better, items)
    share = float(((found.p_value <= 0.05) & (worse > better)).mean())
    assert share == pytest.approx(0.8, abs=0.025)


def test_the_normal_formula_promised_too_much() -> None:
    """Of 240 items with 2 flips it promised 2 points, found in a third of cases; of five nothing is ever found."""
    stderr = float(compare_flips(2, 0, 240).stderr[0])
    assert mcnemar_power(240, 2, minimum_detectable(stderr)) < 0.4
    assert math.isnan(detectable_by_mcnemar(5, 0))
    many = compare_flips(FEW_FLIPS, 0, 900)
    assert many.minimum_detectable[0] == minimum_detectable(many.stderr)[0]


def test_nothing_is_promised_where_too_few_clusters_or_graded_items_changed() -> None:
    """Their spread does not tell what would be found; with enough of them it does."""
    reference, clusters = np.zeros(256), np.repeat(np.arange(32), 8)
    for changed, is_known in ((0, False), (1, False), (4, False), (8, True)):
        derivative = np.zeros(256)
        derivative[np.arange(changed) * 8] = 1.0
        clustered = compare_items(derivative, reference, clusters=clusters)
        graded = compare_items(derivative / 2 + 0.25, reference + 0.25)
        assert [math.isnan(one.minimum_detectable) for one in (clustered, graded)] == [not is_known] * 2


@pytest.mark.parametrize(("items", "margin", "noise"), [(100, 0.01, 0.02), (200, 0.01, 0.05)])
def test_a_claim_of_no_worse_allows_for_rare_items_that_were_missed(items: int, margin: float, noise: float) -> None:
    """Where the true change is the margin, the plain limit passes a tenth of samples, the claim one in twenty."""
    random = np.random.default_rng(20261201)
    plain = claimed = 0
    for _ in range(300):
        change = random.normal(0, noise, items) + (random.random(items) < margin)
        found = compare_items(np.clip(0.5 + change / 2, 0, 1), np.full(items, 0.5))
        row = DriftRow(
            model="oak/one",
            instrument="harm@1",
            name="harm",
            construct=Construct.UNSAFE_OUTPUT,
            direction=Direction.LOWER_IS_SAFER,
            verdict=Verdict.UNDECIDED,
            method=found.method,
            items=items,
            delta=100 * found.delta,
            stderr=100 * found.stderr,
            ci_high=100 * found.ci_high,
        )
        assert row.highest is not None
        assert row.ci_high is not None
        assert row.highest >= row.ci_high
        plain += row.ci_high <= 50 * margin
        claimed += row.highest <= 50 * margin
    assert plain >= 30
    assert claimed <= 15


@pytest.mark.parametrize(("items", "rare", "least", "most"), [(100, 0.01, 0.58, 0.72), (500, 0.02, 0.95, 1.0)])
def test_intervals_miss_rare_changes_as_often_as_the_documentation_says(
    items: int, rare: float, least: float, most: float
) -> None:
    """Where one of 100 graded items changes by half of the range, two in three intervals hold the true change."""
    random = np.random.default_rng(20261202)
    held = 0
    for _ in range(300):
        change = random.normal(0, 0.02, items) + (random.random(items) < rare)
        found = compare_items(np.clip(0.5 + change / 2, 0, 1), np.full(items, 0.5))
        held += found.ci_low <= rare / 2 <= found.ci_high
    assert least <= held / 300 <= most
