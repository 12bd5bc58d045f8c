"""Answers fit the terminal that they are written to, whatever they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineage.answers import Answer, shown
from lineage.tables import NARROWEST_VALUE, Layout, as_grid, as_records, as_sections, as_table, fitted, wrapped
from lineage.text import plain, width

TEXTS = st.text(max_size=30).map(plain)
VALUES = st.none() | st.integers(-(10**9), 10**9) | TEXTS
ANSWER = Answer(
    columns=("id", "downloads", "parents"), rows=(("org/a", 12, ["org/b", "org/c"]), ("org/long", 3456, []))
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Draw an answer of a few columns and rows."""
    columns = draw(st.lists(TEXTS, min_size=1, max_size=5))
    row = st.tuples(*(VALUES for _ in columns))
    return Answer(columns=tuple(columns), rows=tuple(draw(st.lists(row, max_size=5))))


def test_a_grid_has_numbers_to_the_right() -> None:
    """Texts begin under their names and numbers end under theirs; no line ends in spaces."""
    assert as_grid(ANSWER) == "id        downloads  parents\norg/a            12  org/b; org/c\norg/long       3456\n"


def test_records_have_a_line_a_column() -> None:
    """A row becomes a block of names and values, a long value goes on under itself."""
    answer = Answer(columns=("id", "text"), rows=(("org/a", "one two three four five six"), ("org/b", None)))
    assert as_records(answer, 26) == "id    org/a\ntext  one two three four\n      five six\n\nid    org/b\ntext\n"


def test_sections_have_counts_and_shares() -> None:
    """A section is named once; counts have separators, shares are per cent, and what is not known is said."""
    rows = (("edges", "merge", 12_345, 0.25), ("edges", "adapter", 1, None), ("freshness", "last seen", None, None))
    answer = Answer(columns=("section", "name", "value", "share"), rows=rows)
    assert as_sections(answer, 80) == (
        "edges\n  merge    12,345 (25.0%)\n  adapter  1\nfreshness\n  last seen  unknown\n"
    )


def test_a_long_name_has_a_line_of_its_own() -> None:
    """A name wider than half of the terminal does not push its value out."""
    rows = (("problems", "a name that is much too long", 5), ("problems", "short", 6))
    text = as_sections(Answer(columns=("section", "name", "value"), rows=rows), 40)
    assert "  a name that is much too long\n" + " " * 24 + "5\n" in text


@given(answer=answers(), columns=st.integers(1, 120))
def test_a_listing_leaves_out_last_columns_only(answer: Answer, columns: int) -> None:
    """What fits is a beginning of the columns with all rows, no wider than the terminal."""
    text, left_out = as_table(answer, Layout.COLUMNS, columns)
    kept = fitted(answer, columns)
    assert (*kept.columns, *left_out) == answer.columns
    assert text.count("\n") == 1 + len(answer.rows)
    if len(kept.columns) > 1:
        assert max(map(width, text.split("\n"))) <= columns
    assert fitted(answer, 10_000) == answer


@given(answer=answers(), columns=st.integers(60, 120))
def test_a_query_leaves_out_nothing(answer: Answer, columns: int) -> None:
    """Whether as a grid or as records, every text of every row is there, but for spaces and the breaks of lines."""
    text, left_out = as_table(answer, Layout.RECORDS, columns)
    assert left_out == ()
    squeezed = "".join(text.split())
    assert all("".join(shown(value).split()) in squeezed for row in answer.rows for value in row)


@given(text=TEXTS, columns=st.integers(2, 40))
def test_wrapping_loses_nothing(text: str, columns: int) -> None:
    """No line is wider than asked for, and together they are the text but for the spaces at the breaks."""
    lines = list(wrapped(text, columns))
    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(name=TEXTS, value=TEXTS, columns=st.integers(50, 120))
def test_sections_fit(name: str, value: str, columns: int) -> None:
    """No value of a section is wider than the terminal."""
    text = as_sections(Answer(columns=("section", "name", "value"), rows=(("s", name[:20], value),)), columns)
    assert columns >= NARROWEST_VALUE
    assert all(width(line) <= columns for line in text.split("\n"))
