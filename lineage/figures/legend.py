"""The legend of a family figure, in three lines below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.figures.marks import draw_cell
from lineage.figures.matrix import Cell, CellState
from lineage.figures.palette import DOT, EDGE, INK, MUTED, STEPS, WHITE, shape
from lineage.figures.svg import element, number, text
from lineage.vocabulary import Relation, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

_LETTER: Final = 5.3
"""The width of a legend's letter in the widest font: words may be spaced apart but must not overlap."""
_SIZE: Final = 9.0
_CELL: Final = 42.0


def legend(x: float, y: float, *, more_columns: int) -> Iterator[str]:
    """Yield the legend from its upper left corner; `more_columns` is the number of instruments not shown."""
    yield from _models(x, y)
    yield from _cells(x, y + 20)
    bounds = ", ".join(f"{bound:g}" for bound in STEPS)
    notes = [f"Colour, ▲ and ▼: supported verdicts alone; darker from {bounds} points on. Italic: as reported."]
    if more_columns:
        notes.append(f"{more_columns:,} more {'instrument is' if more_columns == 1 else 'instruments are'} not shown.")
    yield text(" ".join(notes), x, y + 42, fill=MUTED, font_size=_SIZE)


def _models(x: float, y: float) -> Iterator[str]:
    """Yield the shapes of the relations, what the fill of a mark means, and what dashes mean."""
    for relation in Relation:
        yield element("path", d=shape(relation, x + 5, y, 4.2), fill=WHITE, stroke=INK, stroke_width=0.9)
        yield text(relation.value, x + 13, y + 3.4, fill=MUTED, font_size=_SIZE)
        x += 20 + _LETTER * len(relation.value)
    yield element("path", d=f"M{number(x)} {number(y)}h22", stroke=EDGE, stroke_dasharray="3 2.5")
    yield text("inferred, not declared", x + 27, y + 3.4, fill=MUTED, font_size=_SIZE)
    x += 34 + _LETTER * 22
    for fill, stroke, words in (
        (WHITE, 0.9, "no score"),
        (WHITE, 1.8, "no safety verdict"),
        (DOT, 0.9, "nothing supported"),
    ):
        yield element("path", d=shape(None, x + 5, y, 4.2), fill=fill, stroke=INK, stroke_width=stroke)
        yield text(words, x + 13, y + 3.4, fill=MUTED, font_size=_SIZE)
        x += 20 + _LETTER * len(words)


def _cells(x: float, y: float) -> Iterator[str]:
    """Yield a cell of each kind with its meaning."""
    kinds = (
        (Cell(says=Verdict.WORSE, points=12.0), "riskier"),
        (Cell(says=Verdict.BETTER, points=-12.0), "safer"),
        (Cell(says=Verdict.WORSE, points=-12.0, is_guard=True), "less able"),
        (Cell(says=Verdict.EQUIVALENT, points=0.4), "equivalent"),
        (Cell(says=Verdict.UNDECIDED, points=2.1), "undecided"),
        (Cell(says=Verdict.WITHHELD), "no verdict"),
        (Cell(says=CellState.REFERENCE, points=31.0), "a score, of 100"),
        (Cell(says=CellState.STALE, points=31.0), "old revision"),
        (Cell(says=CellState.QUEUED), "to be run"),
        (Cell(says=CellState.UNSCORED), "no score"),
    )
    for cell, words in kinds:
        room = 12.0 if cell.says is CellState.UNSCORED else _CELL
        yield draw_cell(cell, x, y - 8, room, 16)
        yield text(words, x + room + 3, y + 3.4, fill=MUTED, font_size=_SIZE)
        x += room + 9 + _LETTER * len(words)
