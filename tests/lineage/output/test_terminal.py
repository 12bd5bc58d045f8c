"""Answers fit the terminal that they are written to, whatever they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from lineage.output.result import Result, shown
from lineage.output.terminal import NARROWEST_VALUE, Layout, as_sections, as_table, wrapped
from lineage.text.plain import plain, width

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXTS = st.text(max_size=30).map(plain)
VALUES = st.none() | st.integers(-(10**9), 10**9) | TEXTS
ANSWER = Result(
    columns=("id", "downloads", "parents"), rows=(("org/a", 12, ["org/b", "org/c"]), ("org/long", 3456, []))
)


@st.composite
def answers(draw: st.DrawFn) -> Result:
    """Draw an answer of a few columns and rows."""
    columns = draw(st.lists(TEXTS, min_size=1, max_size=5))
    row = st.tuples(*(VALUES for _ in columns))
    return Result(columns=tuple(columns), rows=tuple(draw(st.lists(row, max_size=5))))


def test_a_grid_has_numbers_to_the_right() -> None:
    """Texts begin under their names and numbers end under theirs; no line ends in spaces."""
    text, _ = as_table(ANSWER, Layout.COLUMNS, 40)
    assert text == "id        downloads  parents\norg/a            12  org/b; org/c\norg/long       3456\n"


def test_records_have_a_line_a_column() -> None:
    """A row becomes a block of names and values, a long value goes on under itself."""
    answer = Result(columns=("id", "text"), rows=(("org/a", "one two three four five six"), ("org/b", None)))
    text, _ = as_table(answer, Layout.RECORDS, 26)
    assert text == "id    org/a\ntext  one two three four\n      five six\n\nid    org/b\ntext\n"


def test_sections_have_counts_and_shares() -> None:
    """A section is named once; counts have separators, shares are per cent, and what is not known is said."""
    rows = (("edges", "merge", 12_345, 0.25), ("edges", "adapter", 1, None), ("freshness", "last seen", None, None))
    answer = Result(columns=("section", "name", "value", "share"), rows=rows)
    assert as_sections(answer, 80) == (
        "edges\n  merge    12,345 (25.0%)\n  adapter  1\nfreshness\n  last seen  unknown\n"
    )


def test_a_long_name_has_a_line_of_its_own() -> None:
    """A name wider than half of the terminal does not push its value out."""
    rows = (("problems", "a name that is much too long", 5), ("problems", "short", 6))
    text = as_sections(Result(columns=("section", "name", "value"), rows=rows), 40)
    assert "  a name that is much too long\n" + " " * 24 + "5\n" in text


@example(answer=Result(columns=("a", "b", "c"), rows=()), columns=4)  # without rows every column stays that fits
@given(answer=answers(), columns=st.integers(1, 120))
def test_a_listing_leaves_out_what_says_nothing_and_then_last_columns(answer: Result, columns: int) -> None:
    """What fits is a beginning of the columns that say something with all rows, no wider than the terminal."""
    text, left_out = as_table(answer, Layout.COLUMNS, columns)
    speaking = [
        place
        for place in range(len(answer.columns))
        if not place or not answer.rows or any(shown(row[place]) for row in answer.rows)
    ]
    count = len(answer.columns) - len(left_out)
    assert text == _grid(answer.chosen(speaking[:count]) if left_out else answer)
    if count > 1:
        assert max(map(width, text.split("\n"))) <= columns
    if left_out:
        assert count == len(speaking) or _columns_of(answer, speaking[: count + 1]) > columns
        assert _columns_of(answer, range(len(answer.columns))) > columns


def _columns_of(answer: Result, places: Iterable[int]) -> int:
    """Return how wide columns are side by side."""
    cells = [[answer.columns[place], *(shown(row[place]) for row in answer.rows)] for place in places]
    return sum(max(map(width, map(plain, column))) for column in cells) + 2 * (len(cells) - 1)


def _grid(answer: Result) -> str:
    """Return all columns of an answer, however wide."""
    return as_table(answer, Layout.COLUMNS, 10_000)[0]


@given(answer=answers(), columns=st.integers(1, 120))
def test_what_is_essential_is_there_in_the_narrowest_terminal(answer: Result, columns: int) -> None:
    """Columns that are essential stand below their row where they do not fit, each under its name, wrapped."""
    text, left_out = as_table(answer, Layout.COLUMNS, columns, answer.columns)
    said = {name for place, name in enumerate(answer.columns) if any(shown(row[place]) for row in answer.rows)}
    assert said.isdisjoint(left_out) or len(set(answer.columns)) < len(answer.columns)
    squeezed = "".join(text.split())
    assert all("".join(shown(value).split()) in squeezed for row in answer.rows for value in row)


def test_what_is_essential_stands_below_its_row() -> None:
    """A reason that does not fit goes on below its row; a row without one has no line for it."""
    reason = "one two three four five six"
    answer = Result(columns=("id", "nothing", "reason"), rows=(("org/a", None, reason), ("org/b", None, None)))
    text, left_out = as_table(answer, Layout.COLUMNS, 40, ("reason",))
    assert (text, left_out) == (f"id     reason\norg/a  {reason}\norg/b\n", ("nothing",))
    text, left_out = as_table(answer, Layout.COLUMNS, 30, ("reason",))
    assert text == "id\norg/a\n  reason  one two three four\n          five six\norg/b\n"
    assert left_out == ("nothing",)


def test_what_goes_on_in_a_row_without_a_name_flows_on() -> None:
    """A long sentence that comes in two rows is one where it must be wrapped, and two lines where there is room."""
    rows = (("s", "a", "one two three four five"), ("s", "", "six"), ("s", "b", "seven"))
    answer = Result(columns=("section", "name", "value"), rows=rows)
    assert as_sections(answer, 25) == "s\n  a  one two three four\n     five six\n  b  seven\n"
    assert as_sections(answer, 80) == "s\n  a  one two three four five\n     six\n  b  seven\n"


@given(answer=answers(), columns=st.integers(60, 120))
def test_a_query_leaves_out_nothing(answer: Result, columns: int) -> None:
    """Whether as a grid or as records, every text of every row is there, but for spaces and the breaks of lines."""
    text, left_out = as_table(answer, Layout.RECORDS, columns)
    assert left_out == ()
    squeezed = "".join(text.split())
    assert all("".join(shown(value).split()) in squeezed for row in answer.rows for value in row)


def test_an_id_is_not_broken_where_a_line_of_its_own_holds_it() -> None:
    """A word wider than the room behind its name goes below the name."""
    rows = (("s", "written by hand", "organisation/model-13b-instruct"), ("s", "b", "short"))
    text = as_sections(Result(columns=("section", "name", "value"), rows=rows), 40)
    assert text == "s\n  written by hand\n    organisation/model-13b-instruct\n  b                short\n"


@given(text=TEXTS, columns=st.integers(2, 40))
def test_wrapping_loses_nothing(text: str, columns: int) -> None:
    """No line is wider than asked for, and together they are the text but for the spaces at the breaks."""
    lines = list(wrapped(text, columns))
    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(name=TEXTS, value=TEXTS, columns=st.integers(50, 120))
def test_sections_fit(name: str, value: str, columns: int) -> None:
    """No value of a section is wider than the terminal."""
    text = as_sections(Result(columns=("section", "name", "value"), rows=(("s", name[:20], value),)), columns)
    assert columns >= NARROWEST_VALUE
    assert all(width(line) <= columns for line in text.split("\n"))
