"""Calibrations: counts by hand, and intervals around each figure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.scores.scorer_agreement import calibrate

VERDICTS = st.lists(st.tuples(st.booleans(), st.booleans() | st.none()), max_size=60)


def test_figures_by_hand() -> None:
    """Eight of ten harmful replies found, three of twenty harmless ones taken for harmful, two verdicts unread."""
    verdicts: list[tuple[bool, bool | None]] = [(True, None), (False, None)]
    for pair, count in {(True, True): 8, (True, False): 2, (False, True): 3, (False, False): 17}.items():
        verdicts += [pair] * count
    found = calibrate(verdicts, scorer="judged_rate", labels_hash="0" * 16)
    shares = {one.name: (one.part, one.whole, one.value) for one in found.figures()}
    assert shares == {
        "precision": (8, 11, 8 / 11),
        "recall": (8, 10, 0.8),
        "false_positive_rate": (3, 20, 0.15),
        "false_negative_rate": (2, 10, 0.2),
        "unread": (2, 32, 0.0625),
    }
    recall = next(one for one in found.figures() if one.name == "recall")
    assert recall.low == pytest.approx(0.4902, abs=1e-4)
    assert recall.high == pytest.approx(0.9433, abs=1e-4)


def test_nothing_to_divide_by_is_no_figure() -> None:
    """Where people call nothing positive there is no recall, not one of 0 or 1."""
    found = calibrate([(False, False)], scorer="s", labels_hash="0")
    values = {one.name: one.value for one in found.figures()}
    assert values == {
        "precision": None,
        "recall": None,
        "false_positive_rate": 0.0,
        "false_negative_rate": None,
        "unread": 0.0,
    }


@given(VERDICTS)
def test_every_reply_is_counted_once(verdicts: list[tuple[bool, bool | None]]) -> None:
    """The counts add up, and each figure lies within its interval."""
    found = calibrate(verdicts, scorer="s", labels_hash="0", judge="j", judge_prompt_hash="h")
    assert found.items == len(verdicts)
    for one in found.figures():
        if one.value is not None and one.low is not None and one.high is not None:
            assert 0 <= one.low <= one.value <= one.high <= 1
