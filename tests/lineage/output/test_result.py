"""Answers as CSV and JSON: what programs read back is what was answered, and nothing in it acts."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.output.result import Result, as_json, csv_parts, in_points, indented, indented_parts, known, shown

MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@given(st.lists(st.tuples(st.none() | st.text(), st.integers() | st.booleans() | st.none()), max_size=5))
def test_json_is_read_back_as_it_was(rows: list[tuple[object, ...]]) -> None:
    """Each row is an object under the columns' names, with its plain values unchanged."""
    answer = Result(columns=("name", "value"), rows=tuple(rows))
    assert json.loads(as_json(answer)) == [{"name": name, "value": value} for name, value in rows]
    assert as_json(answer).isascii()
    assert as_json(answer) == json.dumps(answer.records(), ensure_ascii=True, indent=1)
    assert indented({"rows": [answer]}) == json.dumps({"rows": [answer.records()]}, ensure_ascii=True, indent=1)


def test_nested_json_comes_in_pieces() -> None:
    """Together they are what is written at once, and no piece holds two rows."""
    answer = Result(columns=("a",), rows=((1,), ("two",), ([3, {}],)))
    whole = [{"name": "x", "rows": answer, 3: (), "none": None}, [answer, [], {}], Result(columns=("a",), rows=())]
    parts = list(indented_parts(whole))
    assert "".join(parts) == indented(whole)
    assert max(part.count('"a"') for part in parts) == 1


def test_json_writes_times_and_odd_values_as_text() -> None:
    """Times are ISO 8601, and what JSON lacks is its text."""
    answer = Result(columns=("a", "b", "c", "d"), rows=((MOMENT, date(2026, 3, 1), Decimal("1.50"), [1, None]),))
    assert json.loads(as_json(answer)) == [
        {"a": "2026-03-01T12:30:00+00:00", "b": "2026-03-01", "c": 1.5, "d": [1, None]}
    ]


def test_csv_has_a_header_joins_lists_and_disarms_formulas() -> None:
    """Null is empty, a list is joined, and a text that a spreadsheet would run gets an apostrophe."""
    answer = Result(columns=("id", "tags", "note"), rows=(("a/b", ["x", "y,z"], None), ("=1+1", [], 'say "hi"')))
    read = list(csv.reader(csv_parts(answer.columns, answer.rows)))
    assert read == [["id", "tags", "note"], ["a/b", "x; y,z", ""], ["'=1+1", "", 'say "hi"']]
    assert list(csv_parts(("a",), ())) == ["a\n"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0.123456, "0.1235"),
        (["a", None, 1], "a; ; 1"),
        (MOMENT, "2026-03-01 12:30"),
        ("two\nlines", "two lines"),
        ("\x1b[2Jcleared", "\ufffdcleared"),
        (7, "7"),
    ],
)
def test_a_value_is_shown_as_one_harmless_line(value: object, text: str) -> None:
    """Whatever a value is, a person sees one line of it."""
    assert shown(value) == text


def test_programs_read_flags_bytes_and_maps() -> None:
    """CSV has true and false and bytes in hex; JSON keeps maps, and has null for what is no number."""
    answer = Result(columns=("a", "a", "c"), rows=((True, b"\x01\xff", {1: float("nan")}), (False, 1.5, {})))
    assert list(csv_parts(answer.columns, answer.rows))[1].startswith("true,01ff,")
    assert list(csv_parts(answer.columns, answer.rows))[2].startswith("false,1.5,")
    rows = json.loads(as_json(answer))
    assert list(rows[0].values()) == [True, "01ff", {"1": None}]
    assert len(rows[0]) == 3


def test_what_arrays_do_not_know_is_null() -> None:
    """NaN is no figure, nor a hundred of it; what is known comes as a plain number."""
    assert [known(value) for value in (0.25, float("nan"), None)] == [0.25, None, None]
    assert [in_points(value) for value in (0.25, float("nan"), None)] == [25, None, None]
