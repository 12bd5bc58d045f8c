"""Drift by groups: who counts where, means with intervals, bins, and which factor accounts for how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.study.groups import FACTORS, drift_by_group, group_tables, weigh_factors
from lineage.study.inputs import StudyFacts, StudyInputs
from lineage.study.training_facts import TrainingFacts, Tuning
from lineage.vocabulary import Construct, Verdict

if TYPE_CHECKING:
    from tests.lineage.study.conftest import RowMaker

NOTHING = StudyInputs()


def test_a_derivative_counts_once_a_construct(row: RowMaker) -> None:
    """The mean over its instruments; verdicts count comparisons; constructs stay apart."""
    rows = [
        row("a", "x", 4.0, relation="adapter", verdict=Verdict.WORSE),
        row("a", "y", -2.0, relation="adapter"),
        row("b", "x", 3.0, relation="adapter", verdict=Verdict.EQUIVALENT),
        row("a", "o", 9.0, relation="adapter", construct=Construct.OVER_REFUSAL, verdict=Verdict.BETTER),
    ]
    over, unsafe = drift_by_group(rows, NOTHING, FACTORS["relation"])
    assert (unsafe.group, unsafe.construct, unsafe.derivatives, unsafe.comparisons) == (
        "adapter",
        "unsafe_output",
        2,
        3,
    )
    assert (unsafe.mean, unsafe.median, unsafe.mean_size, unsafe.is_few) == (2.0, 2.0, 2.0, True)
    assert (unsafe.worse, unsafe.better, unsafe.equivalent, unsafe.undecided) == (1, 0, 1, 1)
    assert (over.mean, over.mean_low, over.deviation) == (9.0, None, None)


def test_an_interval_is_students(row: RowMaker) -> None:
    """The interval of the mean equals scipy's of the same numbers."""
    from scipy import stats

    deltas = [1.0, 4.0, -2.0, 7.0, 3.0]
    (found,) = drift_by_group([row(str(d), "x", d) for d in deltas], NOTHING, FACTORS["base_family"])
    expected = stats.ttest_1samp(deltas, 0).confidence_interval()
    assert (found.mean_low, found.mean_high) == pytest.approx((expected.low, expected.high))
    assert not found.is_few


def test_declared_values_are_binned(row: RowMaker) -> None:
    """Bins have their lower bound; what is not declared is a group of its own; data sets may be several."""
    facts = StudyInputs(
        models={
            "a": StudyFacts(training=TrainingFacts(learning_rate=1e-5, epochs=1, method=Tuning.LORA)),
            "b": StudyFacts(training=TrainingFacts(learning_rate=9e-6, epochs=4), datasets=("oak/one", "oak/two")),
            "c": StudyFacts(training=TrainingFacts(learning_rate=2e-4)),
        }
    )
    rows = [row(name, "x", 1.0) for name in "abcd"]

    def groups(factor: str) -> set[str]:
        return {one.group for one in drift_by_group(rows, facts, FACTORS[factor])}

    assert groups("learning_rate") == {"below 1e-05", "1e-05 to below 5e-05", "0.0002 or more", "not declared"}
    assert groups("epochs") == {"below 2", "4 or more", "not declared"}
    assert groups("method") == {"lora", "not declared"}
    assert groups("data_set") == {"oak/one", "oak/two", "not declared"}


def test_a_factor_accounts_for_what_it_does(row: RowMaker) -> None:
    """A relation that decides nearly all drift has nearly all of the variance, a family that decides none has none."""
    random = np.random.default_rng(5)
    rows = []
    for number in range(200):
        relation, family = ("adapter", "merge")[number % 2], f"b{number // 2 % 10}"
        delta = (5.0 if relation == "merge" else -5.0) + random.normal()
        rows.append(row(f"m{number}", "x", float(delta), relation=relation, reference=family))
    found = {one.factor: one for one in weigh_factors(rows, NOTHING)}
    assert found["relation"].between == pytest.approx(25 / 26, abs=0.02)
    assert (found["relation"].p_value or 1) < 1e-6
    assert abs(found["base_family"].between or 1) < 0.05
    assert (found["method"].between, found["method"].groups) == (None, 1)


def test_no_factor_is_found_in_noise(row: RowMaker) -> None:
    """Under no effect the share is 0 on average, and p is below 5 % in about 5 % of data sets."""
    random = np.random.default_rng(6)
    shares, ps = [], []
    for _ in range(200):
        rows = [row(f"m{n}", "x", float(random.normal()), relation=("a", "b", "c")[n % 3]) for n in range(30)]
        found = next(one for one in weigh_factors(rows, NOTHING) if one.factor == "relation")
        shares.append(found.between or 0.0)
        ps.append(found.p_value or 0.0)
    assert abs(np.mean(shares)) < 0.02
    assert np.mean(np.array(ps) <= 0.05) < 0.1


def test_every_factor_is_a_table_that_says_what_it_is(row: RowMaker) -> None:
    """A table a factor and one of the factors, all with their count and their mark; none for withheld rows."""
    tables = list(group_tables([row("a", "x", 1.0), row("a", "y", None)], NOTHING))
    assert [one.name for one in tables] == [*(f"drift_by_{factor}" for factor in FACTORS), "factors"]
    assert all({"derivatives", "is_few"} <= set(one.result.columns) for one in tables)
    assert all(one.result.records()[0]["derivatives"] == 1 for one in tables[:-1])
