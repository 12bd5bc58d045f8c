"""The column heads of a matrix: the instruments, and above them what a plus means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.drift.plus import PLUS
from lineage.figures.palette import EDGE, INK, LINE, MUTED
from lineage.figures.svg import element, fits, hint, number, text
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.figures.matrix import MatrixColumn

_SIZE: Final = 8.5
_LETTERS: Final = 10
"""Characters of a name that fit on one line above a column."""
_LINES: Final = 3


def draw_heads(chosen: Sequence[MatrixColumn], left: float, top: float, width: float) -> Iterator[str]:
    """Yield the heads of columns `width` pixels wide, starting at `left`, above `top`."""
    for is_safety, words in PLUS.items():
        places = [place for place, one in enumerate(chosen) if one.is_guard is not is_safety]
        if places:
            start, end = left + width * places[0] + 3, left + width * (places[-1] + 1) - 3
            frame = f"M{number(start)} {top - 41:.0f}v-3H{number(end)}v3"
            yield element("path", d=frame, fill="none", stroke=EDGE)
            yield text(words, (start + end) / 2, top - 48, text_anchor="middle", fill=MUTED, font_size=9)
    for place, column in enumerate(chosen):
        lines = "".join(_name(column, left + width * (place + 0.5), top - 6, width))
        yield element("g", hint(f"{column.label}, {column.name}") + lines)
    if chosen:
        yield element("path", d=f"M{number(left)} {number(top - 1)}h{number(width * len(chosen))}", stroke=LINE)


def _name(column: MatrixColumn, x: float, y: float, width: float) -> Iterator[str]:
    """Yield the name of an instrument in a few lines, with the judge below it."""
    if column.judge:
        judge = f"by {fits(column.judge, width - 14, _SIZE)}"
        yield text(judge, x, y, text_anchor="middle", font_size=_SIZE, fill=MUTED)
        y -= 10
    lines, most = _wrapped(column.title), _LINES - bool(column.judge)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]}…"]
    for line in reversed(lines):
        shown = fits(line, width - 2, _SIZE)
        yield text(shown, x, y, text_anchor="middle", font_size=_SIZE, font_weight="bold", fill=INK)
        y -= 10


def _wrapped(name: str) -> list[str]:
    """Return a title in lines, broken between words; where it is only a name, broken where its parts join."""
    lines = [""]
    for part in plain(name).replace("_", "_ ").split():
        joined = f"{lines[-1]} {part}".replace("_ ", "_") if lines[-1] else part
        if len(joined) <= _LETTERS or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines
