"""Statements: words are bounded and stay apart, and what is told makes the identity."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.imports.reported import (
    Reports,
    Statement,
    read_arguments,
    read_moment,
    read_number,
    read_words,
)
from lineage.scores.instruments import Catalogue, Instrument, Reported
from lineage.scores.score import Score
from lineage.vocabulary import Construct, Direction, Scale

TRUTHS = Instrument(
    name="truths",
    title="Truths",
    construct=Construct.TRUTHFULNESS,
    direction=Direction.HIGHER_IS_SAFER,
    low=0,
    high=1,
    scale=Scale.RATE,
    judge="oak/judge",
    reported=(Reported(dataset="oak/truths", metric="mc2", config=None, publisher=None, low=0, high=1),),
)
REPORTS = Reports(Catalogue.of([TRUTHS]))
BARE = Statement(
    model="maple/leaf", source="card", place="result 1", origin="card", dataset="oak/truths", metric="mc2", value=0.5
)
CHANGES: list[dict[str, Any]] = [
    {},
    {"config": "easy"},
    {"config": "easy; split test"},
    {"config": "easy", "split": "test"},
    {"split": "test"},
    {"revision": "a" * 40},
    {"arguments": "num_few_shot=5"},
    {"arguments": "num_few_shot=6"},
    {"also_called": "Truths (5-shot)"},
    {"metric_called": "normalized"},
    {"metric_config": "normalized"},
    {"publisher": "Oak Board"},
    {"notes": "no tools"},
    {"notes": '"no tools"'},
]


def score(statement: Statement) -> Score:
    """Return the score that a statement gives."""
    found = REPORTS.score(statement)
    assert isinstance(found, Score), found
    return found


def test_statements_that_differ_have_identities_that_differ() -> None:
    """No word about data, metric, prompt or author is lost, nor mistaken for another."""
    keys = {score(replace(BARE, **change)).identity.key for change in CHANGES}
    assert len(keys) == len(CHANGES)


def test_an_identity_says_what_was_told_in_words() -> None:
    """The metric is the scorer, the data and the prompt are the template, and the judge is the instrument's."""
    identity = score(replace(BARE, config="Easy", arguments="num_few_shot=5", metric_called="MC 2")).identity
    assert (identity.name, identity.judge) == ("truths", "oak/judge")
    assert identity.scorer == "mc2; called mc 2"
    assert identity.template == "dataset oak/truths; config easy; args num_few_shot=5"
    assert identity.item_set_hash is None


def test_a_data_set_is_found_by_its_other_name() -> None:
    """Where the type is unknown the name is looked up, in any capitals."""
    assert score(replace(BARE, dataset="text", also_called="Oak/Truths")).instrument is TRUTHS


@given(st.text(), st.text())
def test_words_that_differ_stay_different(first: str, second: str) -> None:
    """Cleaning and cutting never makes two texts one, and what comes out is one short line."""
    shown = [read_words(text, 40) for text in (first, second)]
    assert (shown[0] == shown[1]) == (first.strip() == second.strip())
    assert all(text is None or (text.isprintable() and 0 < len(text) <= 40) for text in shown)


@given(st.text(min_size=41), st.text(min_size=41))
def test_long_words_that_differ_stay_different(first: str, second: str) -> None:
    """A cut text keeps a hash of the whole."""
    assert (read_words(first, 40) == read_words(second, 40)) == (first.strip() == second.strip())


@pytest.mark.parametrize("value", [None, True, [], {}, ["a"], "", "  ", 2**70])
def test_what_is_no_name_gives_no_words(value: object) -> None:
    """Lists, objects, truth values, blanks and numbers without bounds name nothing."""
    assert read_words(value) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"num_few_shot": 5}, "num_few_shot=5"),
        ({"num_few_shot": 5.0, "batch": None}, "num_few_shot=5"),
        ({"b": 1, "a": 0.5}, "a=0.5, b=1"),
        ({"a": "x=1, b"}, '{"a": "x=1, b"}'),
        ({"a": [1.0, 2]}, '{"a": [1, 2]}'),
        ("plain", "plain"),
        (["plain"], '["plain"]'),
        (3, "3"),
        ({}, None),
        ({"a": None}, None),
        (None, None),
    ],
)
def test_arguments_are_written_one_way(value: object, text: str | None) -> None:
    """Order, None and the point of a whole number make no difference; nothing told is None."""
    assert read_arguments(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0),
        (0.5, 0.5),
        ("0.5 ", "0.5"),
        (None, ""),
        (False, "false"),
        ([1], "[1]"),
        (10**400, "a number beyond all bounds"),
    ],
)
def test_a_number_is_one_or_stays_text(value: object, number: float | str) -> None:
    """What is no number is kept as short text for the reason."""
    assert read_number(value) == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-02", datetime(2026, 5, 2, tzinfo=UTC)),
        ("2026-05-02T10:00:00Z", datetime(2026, 5, 2, 10, tzinfo=UTC)),
        ("2026-05-02T10:00:00.123+02:00", datetime(2026, 5, 2, 8, 0, 0, 123_000, tzinfo=UTC)),
        (datetime(2026, 5, 2, 10, tzinfo=UTC).date(), datetime(2026, 5, 2, tzinfo=UTC)),
        ("yesterday", None),
        ("2026-02-30", None),
        (1_790_000_000, None),
        (["2026-05-02"], None),
        ("0001-01-01T00:00:00+23:00", None),
        ("20260502", None),
    ],
)
def test_a_date_is_read_as_utc_or_not_at_all(text: object, moment: datetime | None) -> None:
    """Dates of ISO 8601 with or without a time are read, YAML's too, and nothing else is a date."""
    assert read_moment(text) == moment
