"""What the base's score says of the derivative's: known correlations, known errors, and regression to the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.study.correlations import pearson, spearman
from lineage.study.persistence import measure_persistence
from lineage.vocabulary import Construct, Direction

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.study.conftest import RowMaker


def family(row: RowMaker, base: str, before: float, afters: list[float]) -> list[DriftRow]:
    """Return derivatives of one base with the given scores."""
    return [
        row(f"{base}/{place}", "x", after - before, reference=base, reference_value=before, value=after, items=400)
        for place, after in enumerate(afters)
    ]


def test_without_drift_the_base_says_everything_and_nothing(row: RowMaker) -> None:
    """Scores correlate fully, the error of no change is 0, and of the drift nothing is told."""
    (found,) = measure_persistence([one for n in range(6) for one in family(row, f"b{n}", 10.0 * n, [10.0 * n] * 2)])
    assert (found.derivatives, found.bases, found.is_few) == (12, 6, False)
    assert found.score_pearson == pytest.approx(1)
    assert found.score_spearman == pytest.approx(1)
    assert found.no_change_error == 0
    assert found.drift_spearman is None
    assert found.other_mean_error == pytest.approx(np.mean([abs(n - (15 - n) / 5) * 10 for n in range(6)]))
    assert found.line_error == pytest.approx(0, abs=1e-9)


def test_a_score_that_all_go_to_is_predicted_by_the_others(row: RowMaker) -> None:
    """Where all derivatives end at one score, the base says nothing of it and everything of the drift."""
    (found,) = measure_persistence([one for n in range(6) for one in family(row, f"b{n}", 10.0 * n, [30.0])])
    assert found.score_pearson is None
    assert found.drift_spearman == pytest.approx(-1)
    assert (found.no_change_error, found.other_mean_error, found.line_error) == (15, 0, 0)


def test_noise_of_the_base_alone_looks_like_prediction(row: RowMaker) -> None:
    """Bases that are all alike, measured anew: base and drift correlate by about -0.71, as the table foretells."""
    random = np.random.default_rng(11)
    rows: list[DriftRow] = []
    for number in range(2000):
        before, after = (random.binomial(400, 0.3, 2) / 4).tolist()
        rows += family(row, f"b{number:04}", before, [after])
    (found,) = measure_persistence(rows)
    assert found.drift_pearson == pytest.approx(-(0.5**0.5), abs=0.03)
    assert found.drift_by_noise == pytest.approx(found.drift_pearson, abs=0.05)


def test_one_base_tells_nothing_of_bases(row: RowMaker) -> None:
    """Derivatives of one base have no correlation with it; the row stands, marked, with nulls."""
    (found,) = measure_persistence(family(row, "b", 10.0, [10.0, 20.0]))
    assert (found.is_few, found.score_pearson, found.other_mean_error, found.line_error) == (True, None, None, None)
    assert found.no_change_error == 5


def test_capability_and_unknown_values_are_left_out(row: RowMaker) -> None:
    """No row where a score is not known, and none of a guard."""
    guard = row("a", "quiz", 1.0, construct=Construct.CAPABILITY, direction=Direction.CAPABILITY, value=1.0)
    assert measure_persistence([row("a", "x", 1.0), guard]) == ()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=25))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_errors_of_others_are_those_of_fits_without_the_base(
    row: RowMaker, scores: list[tuple[int, int, int]]
) -> None:
    """The errors from sums equal those of a mean and a line that are fitted anew for each base, also without spread."""
    rows = [
        row(
            f"m{place}",
            "x",
            (after - before) * 2.5,
            reference=f"b{base}",
            reference_value=before * 2.5,
            value=after * 2.5,
        )
        for place, (base, before, after) in enumerate(scores)
    ]
    (found,) = measure_persistence(rows)
    mean_errors, line_errors = [], []
    for base, before, after in scores:
        others = [(2.5 * other, 2.5 * its) for one, other, its in scores if one != base]
        if not others:
            continue
        xs, ys = np.array(others).T
        slope = np.polyfit(xs, ys, 1)[0] if np.ptp(xs) else 0.0
        mean_errors.append(abs(2.5 * after - ys.mean()))
        line_errors.append(abs(2.5 * after - ys.mean() - slope * (2.5 * before - xs.mean())))
    if not mean_errors:
        assert (found.other_mean_error, found.line_error) == (None, None)
        return
    assert found.other_mean_error == pytest.approx(np.mean(mean_errors), abs=1e-9)
    assert found.line_error == pytest.approx(np.mean(line_errors), abs=1e-9)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=5, max_size=30))
def test_coefficients_are_those_of_scipy(pairs: list[tuple[float, float]]) -> None:
    """Pearson's interval and both coefficients equal scipy's, wherever there is spread."""
    from scipy import stats

    first, second = np.round(np.array(pairs), 3).T
    if np.ptp(first) < 0.01 or np.ptp(second) < 0.01:
        return
    straight, ranks = pearson(first, second), spearman(first, second)
    expected = stats.pearsonr(first, second)
    assert straight.value == pytest.approx(float(expected.statistic), abs=1e-9)
    assert ranks.value == pytest.approx(float(stats.spearmanr(first, second).statistic), abs=1e-9)
    if straight.low is not None and abs(float(expected.statistic)) < 0.999:
        interval = expected.confidence_interval()
        assert (straight.low, straight.high) == pytest.approx((interval.low, interval.high), abs=1e-5)


def test_siblings_do_not_narrow_an_interval() -> None:
    """An interval is as of so many independent pairs as one says, and there is none for three."""
    first, second = np.arange(20.0), np.random.default_rng(1).normal(size=20) + np.arange(20.0) / 10
    wide, narrow = pearson(first, second, 5), pearson(first, second)
    assert wide.value == narrow.value
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low
    assert (pearson(first, second, 3).low, spearman(first[:0], second[:0]).value) == (None, None)
