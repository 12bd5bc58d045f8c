"""Drift by groups: who counts where, means with intervals, bins, and which factor accounts for how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.study.groups import (
    FACTORS,
    Factor,
    GroupDrift,
    GroupedRows,
    drift_by_group,
    group_tables,
    weigh_factors,
)
from lineage.study.inputs import StudyFacts, StudyInputs
from lineage.study.training_facts import TrainingFacts, Tuning
from lineage.vocabulary import Construct, Verdict

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.study.conftest import RowMaker

NOTHING = StudyInputs()


def grouped(rows: list[DriftRow], facts: StudyInputs, factor: str) -> tuple[GroupDrift, ...]:
    """Return the drift by the groups of one factor."""
    told = GroupedRows.of(rows, facts)
    return drift_by_group(told, told.by(FACTORS[factor]))


def weighed(rows: list[DriftRow]) -> tuple[Factor, ...]:
    """Return what each factor accounts for."""
    told = GroupedRows.of(rows, NOTHING)
    return weigh_factors(told, {factor: told.by(groups_of) for factor, groups_of in FACTORS.items()})


def test_a_derivative_counts_once_a_construct(row: RowMaker) -> None:
    """The mean over its instruments; verdicts count comparisons; constructs stay apart."""
    rows = [
        row("a", "x", 4.0, relation="adapter", verdict=Verdict.WORSE),
        row("a", "y", -2.0, relation="adapter"),
        row("b", "x", 3.0, relation="adapter", verdict=Verdict.EQUIVALENT),
        row("a", "o", 9.0, relation="adapter", construct=Construct.OVER_REFUSAL, verdict=Verdict.BETTER),
    ]
    over, unsafe = grouped(rows, NOTHING, "relation")
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
    (found,) = grouped([row(str(d), "x", d) for d in deltas], NOTHING, "base_family")
    expected = stats.ttest_1samp(deltas, 0).confidence_interval()
    assert (found.mean_low, found.mean_high) == pytest.approx((expected.low, expected.high))
    assert not found.is_few


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([(), ("medical",), ("legal", "medical"), ("legal", "legal")]),
            st.sampled_from([Construct.UNSAFE_OUTPUT, Construct.BIAS]),
            st.sampled_from([Verdict.WORSE, Verdict.BETTER, Verdict.EQUIVALENT, Verdict.UNDECIDED]),
            st.integers(-40, 40),
        ),
        max_size=40,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_drift_of_a_group_is_that_of_its_rows(
    row: RowMaker, told: list[tuple[int, tuple[str, ...], Construct, Verdict, int]]
) -> None:
    """Each group's figures are those of its own rows, however many groups a row is in and whatever else there is."""
    rows = [
        row(f"m{model}", f"x{place}", delta / 4, domains=domains, construct=construct, verdict=verdict)
        for place, (model, domains, construct, verdict, delta) in enumerate(told)
    ]
    found = grouped(rows, NOTHING, "domain")
    assert len({(one.construct, one.group) for one in found}) == len(found)
    expected = {(one.construct, group) for one in rows for group in one.domains or ("none",)}
    assert {(one.construct, one.group) for one in found} == expected
    for one in found:
        mine = [each for each in rows if each.construct == one.construct and one.group in (each.domains or ("none",))]
        means = [
            float(np.mean([x.delta or 0.0 for x in mine if x.model == model])) for model in {x.model for x in mine}
        ]
        assert (one.derivatives, one.comparisons) == (len(means), len(mine))
        assert (one.mean, one.median) == pytest.approx((np.mean(means), np.median(means)))
        assert one.mean_size == pytest.approx(np.mean(np.abs(means)))
        assert one.deviation == (pytest.approx(np.std(means, ddof=1)) if means[1:] else None)
        verdicts = [each.verdict for each in mine]
        assert (one.worse, one.better) == (verdicts.count(Verdict.WORSE), verdicts.count(Verdict.BETTER))
        assert (one.equivalent, one.undecided) == (
            verdicts.count(Verdict.EQUIVALENT),
            verdicts.count(Verdict.UNDECIDED),
        )


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
        return {one.group for one in grouped(rows, facts, factor)}

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
    found = {one.factor: one for one in weighed(rows)}
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
        found = next(one for one in weighed(rows) if one.factor == "relation")
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
