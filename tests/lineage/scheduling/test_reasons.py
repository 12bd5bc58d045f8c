"""Reasons: in words that the numbers bear out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.scheduling.reasons import ReasonFacts, corrected, count_of, guard_reason, reason_of, rounded, time_of

GROUNDS = ReasonFacts(exposure=412_300, derivatives=0, distance=None, cut=0.31, gain=1.0, weight=1.0, seconds=240.0)


def test_a_reason_says_who_uses_it_what_is_known_what_is_learnt_and_how_long() -> None:
    """The sentence of an ordinary job."""
    assert reason_of(GROUNDS, "toxigen") == (
        "412k downloads, no measured ancestor within 3 edges, "
        "cuts 31% of the family's uncertainty on toxigen, about 4 min"
    )


def test_a_reason_says_what_is_special() -> None:
    """Derivatives, domain, staleness, a near ancestor, a model that nobody asked for, a guessed size."""
    special = replace(
        GROUNDS,
        derivatives=1,
        domain="medical",
        distance=2,
        cut=0.004,
        is_stale=True,
        is_for_others=True,
        parameters_guessed=True,
    )
    assert reason_of(special, "bbq") == (
        "412k downloads with 1 derivative, medical, run for what it shows about its derivatives, "
        "its score belongs to earlier files, nearest measured ancestor 2 edges up, "
        "cuts under 1% of the family's uncertainty on bbq, "
        "about 4 min if its size is usual"
    )
    assert ", its published values contradict each other, " in reason_of(replace(GROUNDS, is_disputed=True), "bbq")
    assert "no measured ancestor within 3 edges" in reason_of(replace(GROUNDS, distance=4), "bbq")


def test_a_reason_says_how_measured_runs_correct_its_time() -> None:
    """The factor and how many runs it rests on; nothing where they say what was guessed."""
    measured = reason_of(replace(GROUNDS, correction=2.31, runs=12), "toxigen")
    assert measured == f"{reason_of(GROUNDS, 'toxigen')}, items at 2.3 times the guess after 12 measured runs"
    assert reason_of(replace(GROUNDS, correction=1.004, runs=12), "toxigen") == reason_of(GROUNDS, "toxigen")
    assert corrected(0.412, 1) == "0.41 times the guess after 1 measured run"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (240, "4 min"), (9_000, "2.5 h"), (267_840, "3.1 days")],
)
def test_times(seconds: float, told: str) -> None:
    """A time is said in the unit that a person would take."""
    assert time_of(seconds) == told
    assert told in guard_reason("hellaswag", "bbq", seconds)


@given(st.integers(0, 10**14))
def test_a_rounded_count_is_near_the_count(count: int) -> None:
    """Read back, a rounded count is within five per cent, and takes four characters or five."""
    told = rounded(count)
    value, unit = re.fullmatch(r"([0-9.]+)([kMGT]?)", told).groups()  # type: ignore[union-attr]  # no match fails the test
    assert float(value) * 1000 ** " kMGT".index(unit or " ") == pytest.approx(count, rel=0.051, abs=0.5)
    assert len(told) <= 5


def test_nouns_follow_their_count() -> None:
    """One edge, two edges, three families."""
    assert [count_of(n, "edge") for n in (0, 1, 2)] == ["0 edges", "1 edge", "2 edges"]
    assert count_of(1_200, "family", "families") == "1,200 families"
