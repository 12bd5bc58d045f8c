"""The error of a judge in rates and differences: the formulas at their ends, and what the limits promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.statistics.defaults import ALPHA
from lineage.statistics.judge_error import JudgeError, correct_limits, correct_rate, correct_stderr
from lineage.statistics.paired_rates import compare_flips
from lineage.statistics.rates import wilson

GOOD = JudgeError(found=900, positives=1_000, false=86, negatives=1_000)
PERFECT = JudgeError(found=10**9, positives=10**9, false=0, negatives=10**9)
SURE = JudgeError(found=9 * 10**8, positives=10**9, false=10**8, negatives=10**9)


def test_a_rate_is_that_of_rogan_and_gladen() -> None:
    """(q - f) / (s - f): 24.9 % as judged are 20 % in truth."""
    found = correct_rate(0.2 * 0.9 + 0.8 * 0.086, 400, GOOD)
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert found.low < 0.2 < found.high


def test_a_judge_that_never_errs_changes_nothing() -> None:
    """Value and limits are Wilson's, to the hundredth of a point."""
    found = correct_rate(0.3, 400, PERFECT)
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx(
        (wilson(0.3, 400)[0], 0.3, wilson(0.3, 400)[1]), abs=2e-4
    )


@pytest.mark.parametrize(("rate", "value"), [(0.0, 0.0), (0.05, 0.0), (0.99, 1.0)])
def test_a_rate_beyond_the_judges_own_errors_is_an_end(rate: float, value: float) -> None:
    """Fewer positives than false alarms alone would give mean none at all, and the interval holds the end."""
    found = correct_rate(rate, 400, GOOD)
    assert found is not None
    assert found.value == value
    assert found.low <= value <= found.high


@pytest.mark.parametrize(
    "error",
    [
        JudgeError(found=5, positives=10, false=5, negatives=10),
        JudgeError(found=1, positives=10, false=9, negatives=10),
        JudgeError(found=3, positives=3, false=1, negatives=2),
        JudgeError(found=0, positives=0, false=0, negatives=100),
        JudgeError(found=100, positives=100, false=0, negatives=0),
    ],
)
def test_a_judge_that_guesses_or_was_hardly_tried_corrects_nothing(error: JudgeError) -> None:
    """Guessing, worse than guessing, five labelled replies, and replies of one kind alone."""
    assert not error.tells_apart()
    assert error.least_youden() == 0
    assert correct_rate(0.3, 400, error) is None


def test_a_sure_error_divides_differences() -> None:
    """With J known to be 0.8, estimate, limits and error are those of the judged difference by 0.8."""
    plain = compare_flips(40, 10, 400)
    low, high = correct_limits(plain.delta, plain.ci_low, plain.ci_high, SURE, ALPHA)
    assert (low[0], high[0]) == pytest.approx((plain.ci_low[0] / 0.8, plain.ci_high[0] / 0.8), rel=1e-3)
    assert correct_stderr(plain.delta, plain.stderr, SURE)[0] == pytest.approx(plain.stderr[0] / 0.8, rel=1e-3)


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 200),
    st.integers(1, 200),
    st.integers(0, 200),
    st.integers(1, 200),
)
def test_limits_keep_the_sign_and_mirror(
    up: int, down: int, found: int, positives: int, false: int, negatives: int
) -> None:
    """They exclude 0 exactly if the judged ones do, hold the corrected difference, and turn with the sign."""
    error = JudgeError(
        found=min(found, positives), positives=positives, false=min(false, negatives), negatives=negatives
    )
    if not error.tells_apart():
        return
    plain, turned = compare_flips(up, down, 150), compare_flips(down, up, 150)
    low, high = correct_limits(plain.delta, plain.ci_low, plain.ci_high, error, ALPHA)
    assert (low[0] > 0, high[0] < 0) == (plain.ci_low[0] > 0, plain.ci_high[0] < 0)
    assert low[0] - 1e-9 <= np.clip(plain.delta[0] / error.youden, -1, 1) <= high[0] + 1e-9
    mirrored = correct_limits(turned.delta, turned.ci_low, turned.ci_high, error, ALPHA)
    assert (-mirrored[1][0], -mirrored[0][0]) == pytest.approx((low[0], high[0]), abs=1e-9)


def test_fewer_labelled_replies_widen_the_interval() -> None:
    """The same shares on a tenth of the labels leave more open."""
    few = JudgeError(found=90, positives=100, false=9, negatives=100)
    plain = compare_flips(60, 10, 400)
    wide, narrow = (
        np.diff([one[0] for one in correct_limits(plain.delta, plain.ci_low, plain.ci_high, error, ALPHA)])[0]
        for error in (few, GOOD)
    )
    assert wide > narrow > plain.ci_high[0] - plain.ci_low[0]


def test_nothing_labelled_is_not_a_number() -> None:
    """Shares of nothing are unknown, not 0."""
    assert math.isnan(JudgeError(found=0, positives=0, false=0, negatives=0).youden)
