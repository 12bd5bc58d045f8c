"""The sequential test: how often it is wrong, that it always decides, and that it never gives a value."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from lineage.statistics.item_response import predict_answers
from lineage.statistics.sequential_test import (
    BETS,
    SAFE,
    TIE,
    Decision,
    SequentialTest,
    SequentialVerdict,
    StoppingRule,
    hash_order,
    run_all,
)

Floats = NDArray[np.float64]
ORDER = (SequentialVerdict.OPEN, SequentialVerdict.WORSE, SequentialVerdict.BETTER, SequentialVerdict.WITHIN)
RULE = StoppingRule(items=300, margin=0.03, alpha=0.1)
RUNS = 1_500


def truth(rule: StoppingRule, differences: Floats) -> NDArray[np.int64]:
    """Return the outcome over all items of each run."""
    mean = differences.mean(axis=1)
    worse, better = mean > rule.margin + 1e-9, mean < -rule.margin - 1e-9
    return np.asarray(np.where(worse, 1, np.where(better, 2, 3)))


def wealth_against_no_worse(rule: StoppingRule, differences: Floats) -> list[float]:
    """Return after each item the mean wealth of bets that rise against `the mean of all items is the margin at most`.

    In plain numbers: without replacement, each item is bet on against the mean that the claim leaves to the rest.
    """
    wealth, total, means = [1.0] * len(BETS), 0.0, []
    for seen, difference in enumerate(differences):
        value = (difference + 1) / 2
        rest = (rule.items * (rule.margin + 1) / 2 - total) / (rule.items - seen)
        mean = min(max(rest, 0.0), 1.0)
        wealth = [
            has * (1 + min(bet, SAFE / max(mean, TIE)) * (value - mean)) for has, bet in zip(wealth, BETS, strict=True)
        ]
        total += value
        means.append(sum(wealth) / len(wealth))
    return means


@pytest.mark.parametrize("alpha", [0.02, 0.1, 0.2])
@pytest.mark.parametrize("mean", [0.12, 0.3])
def test_worse_is_said_where_wealth_reaches_two_over_alpha(alpha: float, mean: float) -> None:
    """At that item and none before: half of alpha for each direction, against the mean that is left to the rest."""
    rule = StoppingRule(items=400, margin=0.03, alpha=alpha)
    differences = graded(mean, 400)
    found = SequentialTest(rule).take(differences)
    wealth = wealth_against_no_worse(rule, differences)
    expected = next(place for place, has in enumerate(wealth, start=1) if has >= 2 / alpha)
    assert (found.outcome, found.seen) == (SequentialVerdict.WORSE, expected)
    assert 10 < expected < 400


def shuffled(values: Floats, runs: int, seed: int) -> Floats:
    """Return the same items in a random order for each run."""
    return np.asarray(np.random.default_rng(seed).permuted(np.tile(values, (runs, 1)), axis=1))


def counted(worsened: int, recovered: int, items: int) -> Floats:
    """Return 0/1 answers' differences: so many worse, so many better, the rest equal."""
    return np.asarray(np.r_[np.ones(worsened), -np.ones(recovered), np.zeros(items - worsened - recovered)])


def graded(mean: float, items: int) -> Floats:
    """Return graded differences within -1 to 1 around a mean."""
    return np.asarray(np.clip(np.random.default_rng(3).normal(mean, 0.3, items), -1, 1))


@pytest.mark.parametrize(
    "values",
    [
        counted(10, 0, 300),
        counted(40, 30, 300),
        counted(9, 0, 300),
        counted(49, 40, 300),
        counted(0, 10, 300),
        counted(30, 39, 300),
        counted(20, 20, 300),
        graded(0.035, 300),
        graded(-0.028, 300),
    ],
    ids=["just above", "above, noisy", "on it", "on it, noisy", "below", "at minus", "none", "graded above", "graded"],
)
def test_it_is_wrong_no_more_often_than_alpha(values: Floats) -> None:
    """Near and on the margin, where errors are likeliest, the share of wrong decisions is at most alpha."""
    differences = shuffled(values, RUNS, seed=5)
    outcomes, needed = run_all(RULE, differences)
    wrong = int((outcomes != truth(RULE, differences)).sum())
    assert binomtest(wrong, RUNS, RULE.alpha, alternative="greater").pvalue > 0.01
    assert (outcomes > 0).all()
    assert needed.max() <= RULE.items


def related(differing: float, drift: float, items: int) -> tuple[Floats, Floats]:
    """Return the differences of a derivative and what its siblings predict of them: all come from one reference."""
    random = np.random.default_rng(11)
    near, reference = np.cos(np.pi * differing), random.normal(size=items)

    def child(shift: float) -> Floats:
        return np.asarray(near * reference + np.sqrt(1 - near**2) * random.normal(size=items) + shift)

    before = (reference > 0).astype(float)
    siblings = [(child(0.0) > 0).astype(float) for _ in range(6)]
    return (child(drift) > 0) - before, predict_answers(np.array([before, before, *siblings])) - before


@pytest.mark.parametrize("kind", ["good", "wrong"])
@pytest.mark.parametrize(
    "values", [counted(10, 0, 300), counted(49, 40, 300), counted(30, 39, 300)], ids=["above", "on it", "at minus"]
)
def test_predictions_make_it_no_less_right(values: Floats, kind: str) -> None:
    """Whatever is predicted, near and on the margin the share of wrong decisions is at most alpha."""
    predicted = 0.8 * values if kind == "good" else np.where(values, 0.0, 0.9 * values[::-1])
    order = np.random.default_rng(6).permuted(np.tile(np.arange(300), (RUNS, 1)), axis=1)
    outcomes, _ = run_all(RULE, values[order], predicted[order])
    wrong = int((outcomes != truth(RULE, values[order])).sum())
    assert binomtest(wrong, RUNS, RULE.alpha, alternative="greater").pvalue > 0.01
    assert (outcomes > 0).all()


@pytest.mark.parametrize("drift", [0.0, 0.3])
def test_what_relatives_answered_saves_items(drift: float) -> None:
    """The verdict is the same with fewer items, with drift and without, since the leftovers vary less."""
    differences, predicted = related(0.15, drift, 800)
    rule = StoppingRule(items=800)
    assert np.var(differences - predicted) < 0.85 * np.var(differences)
    order = np.random.default_rng(8).permuted(np.tile(np.arange(800), (150, 1)), axis=1)
    plain, needed = run_all(rule, differences[order])
    helped, fewer = run_all(rule, differences[order], predicted[order])
    assert fewer.mean() < 0.97 * needed.mean()
    assert (plain == helped).mean() > 0.95


def test_a_prediction_beyond_what_is_possible_is_refused() -> None:
    """What it leaves of a difference must lie within -1 to 1, as bets could ruin otherwise."""
    test = SequentialTest(RULE, predicted_means=np.zeros(1))
    with pytest.raises(ValueError, match="without its prediction"):
        test.take([1.0], np.array([-0.5]))


def test_large_differences_need_few_items() -> None:
    """A drop of 20 points is seen in less than half of the items, and equal answers as soon as arithmetic allows."""
    outcomes, needed = run_all(RULE, shuffled(counted(75, 15, 300), 200, seed=1))
    assert (outcomes == ORDER.index(SequentialVerdict.WORSE)).all()
    assert np.median(needed) < 150
    same, needed = run_all(RULE, np.zeros((1, 300)))
    assert ORDER[same[0]] is SequentialVerdict.WITHIN
    assert needed[0] < 200


@st.composite
def answers(draw: st.DrawFn) -> list[float]:
    """Draw differences, graded or not."""
    size = draw(st.integers(1, 30))
    some = st.sampled_from((-1.0, 0.0, 1.0)) if draw(st.booleans()) else st.floats(-1, 1)
    return draw(st.lists(some, min_size=size, max_size=size))


@given(answers())
def test_all_items_always_decide(values: list[float]) -> None:
    """After the last item there is a decision, and one that was made by arithmetic or at the end is the truth."""
    rule = StoppingRule(items=len(values), alpha=1e-6)
    found = SequentialTest(rule).take(values)
    assert found.is_decided
    assert ORDER.index(found.outcome) == truth(rule, np.array([values]))[0]
    assert found.is_stopped_early == (found.seen < found.items)


@given(answers())
def test_signs_mirror(values: list[float]) -> None:
    """Turning every difference around turns the decision around, after as many items."""
    rule = StoppingRule(items=len(values), margin=0.1, alpha=0.3)
    there, back = SequentialTest(rule).take(values), SequentialTest(rule).take([-value for value in values])
    mirrored = {
        SequentialVerdict.WORSE: SequentialVerdict.BETTER,
        SequentialVerdict.BETTER: SequentialVerdict.WORSE,
        SequentialVerdict.WITHIN: SequentialVerdict.WITHIN,
    }
    assert (back.outcome, back.seen) == (mirrored[there.outcome], there.seen)


@given(answers(), st.integers(1, 5))
def test_batches_do_not_matter(values: list[float], size: int) -> None:
    """Items that come in batches lead where items one by one do, and side by side where they do alone."""
    rule = StoppingRule(items=len(values), margin=0.1, alpha=0.3)
    batched = SequentialTest(rule)
    for start in range(0, len(values), size):
        batched.take(values[start : start + size])
    alone = SequentialTest(rule).take(values)
    outcomes, needed = run_all(rule, np.array([values, values[::-1]]))
    assert batched.decision() == alone
    assert (ORDER[outcomes[0]], int(needed[0])) == (alone.outcome, alone.seen)


def test_the_order_is_that_of_the_hashes() -> None:
    """Of a group of tasks the hash counts first: all tasks come early, not one after the other."""
    assert sorted(["b/1", "a/2", "a/3", "b/0"], key=hash_order) == ["b/0", "b/1", "a/2", "a/3"]
    assert sorted(["3", "1", "2"], key=hash_order) == ["1", "2", "3"]


def test_a_decision_has_no_value() -> None:
    """What a stopped run saw is biased, so a decision holds counts and an outcome, and nothing to publish."""
    assert {one.name for one in dataclasses.fields(Decision)} == {"outcome", "seen", "items"}
    found = SequentialTest(RULE).take(np.ones(30))
    assert (found.outcome, found.is_stopped_early) == (SequentialVerdict.WORSE, True)


def test_what_is_no_difference_is_refused() -> None:
    """Values outside the range, not a number, and more items than there are."""
    for value in (1.5, -1.01, np.nan):
        with pytest.raises(ValueError, match="within -1 to 1"):
            SequentialTest(RULE).take([value])
    test = SequentialTest(StoppingRule(items=1))
    test.take([0.0])
    with pytest.raises(ValueError, match="all were taken"):
        test.step(np.zeros(1))
    for items, margin, alpha in ((0, 0.03, 0.05), (5, 0.0, 0.05), (5, 1.0, 0.05), (5, 0.03, 0.0)):
        with pytest.raises(ValueError, match="rule"):
            StoppingRule(items=items, margin=margin, alpha=alpha)
