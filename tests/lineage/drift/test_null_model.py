"""The rate of mixed signs under no change: the formula against counting, the permutation against the formula."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.drift_row import DriftRow
from lineage.drift.null_model import PairedItems, alike, expect_mixed, mixed_chance, swap_units
from lineage.vocabulary import Construct, Direction, Verdict


def rows(*deltas: float, names: tuple[str, ...] = ()) -> list[DriftRow]:
    """Return a row an instrument, called 0, 1... with the given differences."""
    return [
        DriftRow(
            model="oak/one",
            instrument=str(place),
            name=names[place] if names else str(place),
            construct=Construct.UNSAFE_OUTPUT,
            direction=Direction.LOWER_IS_SAFER,
            verdict=Verdict.UNDECIDED,
            reference="oak/base",
            delta=delta,
        )
        for place, delta in enumerate(deltas)
    ]


def pair(
    place: int, differences: list[float], *, items: str = "", clusters: tuple[str, ...] | None = None
) -> PairedItems:
    """Return answers whose differences are given; instruments with the same prefix of items share them."""
    reference = np.full(len(differences), 0.5)
    return PairedItems(
        model="oak/one",
        reference="oak/base",
        instrument=str(place),
        name=str(place),
        items=tuple(f"{items or place}-{number}" for number in range(len(differences))),
        values=reference + np.array(differences) / 2,
        reference_values=reference,
        clusters=clusters,
    )


@pytest.mark.parametrize(("instruments", "rate"), [(0, 0), (1, 0), (2, 0.5), (3, 0.75), (5, 0.9375), (7, 0.984375)])
def test_the_formula_is_the_published_one(instruments: int, rate: float) -> None:
    """1 - 2 * 0.5^k: 75 % of three, 94 % of five, 98 % of seven, and nothing of one or none."""
    assert mixed_chance(instruments) == rate


@given(st.integers(0, 6), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_formula_counts_all_outcomes(instruments: int, worse: float, better: float) -> None:
    """Adding up every outcome of independent instruments gives the same, whatever the two chances are."""
    chances = {1: worse, -1: better, 0: 1 - worse - better}
    outcomes = product(chances, repeat=instruments)
    total = sum(np.prod([chances[one] for one in signs]) for signs in outcomes if {1, -1} <= set(signs))
    assert mixed_chance(instruments, worse=worse, better=better) == pytest.approx(total, abs=1e-9)


def test_exact_ties_have_no_sign() -> None:
    """Of five instruments two tied, three moved: three count."""
    found = expect_mixed(rows(1, 0, -1, 0, 2))
    assert (found.rate, found.method, found.error, found.with_items) == (0.75, "independence", 0.0, 0)


def test_judges_of_the_same_replies_bound_the_rate() -> None:
    """Three judges of one instrument and one other: four if independent, two if the judges always agree."""
    found = expect_mixed(rows(1, 2, -1, 3, names=("a", "a", "a", "b")))
    assert (found.rate, found.if_judges_agree) == (0.875, 0.5)


def test_independent_instruments_permute_to_the_formula() -> None:
    """Where instruments share no item and ties cannot happen, both methods say the same within the error."""
    random = np.random.default_rng(1)
    paired = [pair(place, list(random.normal(size=80))) for place in range(3)]
    found = expect_mixed(rows(1, 1, -1), paired, seed=2)
    assert found.method == "permutation"
    assert found.with_items == 3
    assert abs(found.rate - 0.75) < 4 * found.error
    assert 0 < found.error < 0.01


def test_judges_that_always_agree_are_one_instrument() -> None:
    """The same differences on the same items cannot be of mixed sign; opposite ones always are, ties apart."""
    differences = list(np.random.default_rng(3).normal(size=50))
    same = [pair(place, differences, items="shared") for place in range(3)]
    assert expect_mixed(rows(1, 1, 1), same).rate == 0
    opposite = [pair(0, differences, items="shared"), pair(1, [-one for one in differences], items="shared")]
    assert expect_mixed(rows(1, -1), opposite).rate == 1


def test_correlation_lies_between() -> None:
    """The chance that two normal differences of correlation r are of opposite sign is arccos(r) / pi."""
    random = np.random.default_rng(4)
    first = random.normal(size=4000)
    second = 0.6 * first + 0.8 * random.normal(size=4000)
    paired = [pair(0, list(first), items="shared"), pair(1, list(second), items="shared")]
    truth = np.arccos(np.corrcoef(first, second)[0, 1]) / np.pi
    found = expect_mixed(rows(1, -1), paired, draws=20_000)
    assert abs(found.rate - truth) < 4 * found.error + 0.01


def test_a_tie_by_swapping_is_a_tie() -> None:
    """Two flipped items tie in half of the swaps: 1/4 rises, 1/4 falls on each of two instruments."""
    paired = [pair(place, [1.0, 1.0, 0.0]) for place in range(2)]
    found = expect_mixed(rows(1, 1), paired, draws=20_000)
    assert abs(found.rate - mixed_chance(2, worse=0.25, better=0.25)) < 4 * found.error


def test_instruments_without_items_flip_coins() -> None:
    """One that moved and has no answers adds a fair sign to those that have; one that is tied adds none."""
    differences = list(np.random.default_rng(5).normal(size=50))
    same = [pair(place, differences, items="shared") for place in range(2)]
    found = expect_mixed(rows(1, 1, 1), same, draws=20_000)
    assert abs(found.rate - 0.5) < 4 * found.error
    assert expect_mixed(rows(1, 1, 0), same).rate == 0


def test_answers_of_another_reference_are_not_used() -> None:
    """Items against an ancestor that the rows do not have leave the formula."""
    foreign = [
        PairedItems(
            model="oak/one",
            reference="ash/base",
            instrument=str(place),
            name=str(place),
            items=("a",),
            values=np.ones(1),
            reference_values=np.zeros(1),
        )
        for place in range(2)
    ]
    assert expect_mixed(rows(1, -1), foreign).method == "independence"


def test_numbers_name_an_item_within_an_instrument_alone() -> None:
    """Samples 1, 2, 3... of two instruments are different ones; two judges of one instrument see the same."""
    numbered = [replace(pair(place, [1.0, -0.5, 1.0]), items=("1", "2", "3"), clusters=None) for place in range(2)]
    assert sorted(map(tuple, swap_units(numbered).tolist())) == sorted(
        tuple(part if place == own else 0.0 for place in range(2))
        for own in range(2)
        for part in (1 / 6, -1 / 12, 1 / 6)
    )
    judges = [replace(one, name="harm") for one in numbered]
    assert swap_units(judges).shape == (3, 2)
    clusters = [replace(one, clusters=("1", "1", "2")) for one in numbered]
    assert [len(swap_units(pairs)) for pairs in (clusters, [replace(one, name="harm") for one in clusters])] == [4, 2]


def test_variants_of_a_prompt_are_swapped_together() -> None:
    """A cluster is one unit, and instruments that share an item of it are swapped with it."""
    varied = pair(0, [1.0, 1.0, -1.0, 1.0], items="shared", clusters=("a", "a", "b", "b"))
    plain = pair(1, [1.0, 0.0, 0.0, 1.0], items="shared")
    parts = swap_units([varied, plain])
    assert parts.shape == (2, 2)
    assert sorted(map(tuple, parts.tolist())) == [(0.0, 0.125), (0.25, 0.125)]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_unswapped_units_add_up_to_the_difference(differences: list[float]) -> None:
    """The sum over units is the mean difference of the instrument, however items are clustered."""
    clusters = tuple(str(number // 3) for number in range(len(differences)))
    parts = swap_units([pair(0, differences, clusters=clusters), pair(1, differences)])
    assert parts.sum(axis=0) == pytest.approx([np.mean(differences) / 2] * 2, abs=1e-12)


@given(st.lists(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=3, max_size=3), max_size=30))
def test_units_that_are_alike_are_drawn_together(parts: list[list[float]]) -> None:
    """Patterns and counts have the covariance of the units one by one, and every unit that moves is in one of them."""
    units = np.array(parts).reshape(-1, 3)
    patterns, counts = alike(units)
    assert counts.sum() == (units != 0).any(axis=1).sum()
    assert (patterns.T * counts) @ patterns == pytest.approx(units.T @ units)
    assert len(patterns) <= 13  # half of the 26 patterns of three signs that move


def test_the_same_seed_gives_the_same_rate() -> None:
    """Random numbers are seeded: the figure is reproducible, and another seed differs by the error."""
    paired = [pair(place, list(np.random.default_rng(place).normal(size=30))) for place in range(3)]
    first, again, other = (expect_mixed(rows(1, 1, 1), paired, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert abs(first.rate - other.rate) < 6 * first.error
