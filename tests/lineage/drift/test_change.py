"""The sign of a change: what people read says the same direction and number everywhere, whatever is stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.change import TURNED, change_of, changes_of, signed
from lineage.drift.plus import PLUS
from lineage.drift.table import as_result, as_sections, for_notebook
from lineage.figures.forest_plot import draw_forest
from lineage.reports.drift import list_comparisons
from lineage.reports.html import as_html
from lineage.vocabulary import Construct, Verdict
from tests.lineage.drift.conftest import Board
from tests.lineage.drift.test_table import rows_of

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {
    (True, Verdict.WORSE): "riskier by",
    (True, Verdict.BETTER): "safer by",
    (False, Verdict.WORSE): "less able by",
    (False, Verdict.BETTER): "more able by",
}
WAYS = {
    (True, Verdict.WORSE): "+",
    (True, Verdict.BETTER): "-",
    (False, Verdict.WORSE): "-",
    (False, Verdict.BETTER): "+",
}
"""The sign that people read a supported change with."""


def compared(base: int, derived: int, *, is_safety: bool) -> DriftRow:
    """Return the comparison of two models with so many ones among 400 items."""
    board = Board()
    number = board.measures(board.instrument(chance=0.0) if is_safety else board.capability())
    board.put(board.BASE, number, base / 400)
    board.put(board.MEDICAL, number, derived / 400)
    (row,) = rows_of(board)
    return row


def cells_of(html: str) -> list[list[str]]:
    """Return the texts of the cells of every row of a table's body."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows
    ]


@given(st.integers(130, 400), st.integers(130, 400), st.booleans())
def test_text_page_and_figure_say_what_is_stored(base: int, derived: int, is_safety: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """Direction and number, up to rounding, of one pair are the same in sentence, tables, HTML and SVG."""
    row = compared(base, derived, is_safety=is_safety)
    if not row.is_told:
        return
    assert row.delta is not None
    assert row.ci_low is not None
    assert row.ci_high is not None
    ends = (row.ci_low, row.ci_high) if is_safety else (-row.ci_high, -row.ci_low)
    change = signed(row.delta if is_safety else -row.delta)
    between = f"{signed(ends[0])} to {signed(ends[1])}"
    assert ends[0] <= ends[1]

    text = " ".join(str(line[-1]) for line in as_sections([row]).rows)
    assert f"({between}; " in text
    if (is_safety, row.verdict) in WAYS:
        assert f"{WORDS[is_safety, row.verdict]} {change[1:]} points" in text
        assert change.startswith(WAYS[is_safety, row.verdict])
    else:
        assert change in text

    tables = list(list_comparisons([row]))
    assert [f"change ({PLUS[is_safety]})" in one.columns for one in tables if one.rows] == [True]
    (cells,) = [cells for cells in cells_of("".join(as_html(tables))) if cells]
    assert [cells[4], cells[5]] == [change, between]
    (cells,) = [cells for cells in cells_of(for_notebook([row])._repr_html_()) if cells]
    assert [cells[5], cells[6]] == [change, between]

    drawn = ["".join(one.itertext()) for one in ET.fromstring(draw_forest([row]).svg).iter(f"{SVG}text")]  # noqa: S314 - our own text
    numbers = next(one for one in drawn if re.fullmatch(r"\S+ \(\S+ to \S+\)", one))
    told = [float(one.replace("−", "-")) for one in re.findall(r"[-+−]?[\d.]+", numbers)]  # noqa: RUF001 - as it is drawn
    assert told == pytest.approx([float(change), *map(float, map(signed, ends))], abs=0.5001)
    assert told[0] * float(change) >= 0

    stored = as_result([row]).records()[0]
    assert (stored["delta"], stored["ci_low"], stored["ci_high"]) == (row.delta, row.ci_low, row.ci_high)


def test_columns_and_rows_are_turned_alike() -> None:
    """The page's arrays and a row say the same; what is unknown stays unknown, and no change has no sign."""
    rows = [
        compared(300, 200, is_safety=False),
        compared(200, 300, is_safety=True),
        compared(300, 300, is_safety=False),
    ]
    columns = changes_of(
        np.array([row.is_safety for row in rows]),
        *(np.array([getattr(row, name) for row in rows]) for name in ("delta", "ci_low", "ci_high")),
    )
    wanted = [(change.delta, change.low, change.high) for change in map(change_of, rows)]
    assert [tuple(one) for one in zip(*(column.tolist() for column in columns), strict=True)] == wanted
    assert [np.signbit(columns[0][place]) for place in range(3)] == [True, False, False]
    unknown = changes_of(np.array([False]), *(np.array([np.nan]),) * 3)
    assert all(np.isnan(one[0]) for one in unknown)


def test_sql_turns_the_same_constructs() -> None:
    """Statements that write texts are told which constructs to turn: those that say nothing of safety."""
    assert set(TURNED) == {Construct.CAPABILITY.value, Construct.COHERENCE.value}


def test_safety_stands_above_capability_each_with_its_worst_first() -> None:
    """In one figure the words of direction are said again where capability begins, and marks point as numbers do."""
    rows = [
        compared(300, 340, is_safety=False),
        compared(300, 200, is_safety=False),
        compared(200, 240, is_safety=True),
        compared(200, 300, is_safety=True),
    ]
    drawn = ["".join(one.itertext()) for one in ET.fromstring(draw_forest(rows).svg).iter(f"{SVG}text")]  # noqa: S314 - our own text
    numbers = [one for one in drawn if " to " in one]
    assert [one.split(" ")[0] for one in numbers] == ["+25", "+10", "−25", "+10"]  # noqa: RUF001 - as it is drawn
    ways = [one for one in drawn if "←" in one or "→" in one]
    assert ways == ["← safer", "riskier →", "← less able", "more able →"]
