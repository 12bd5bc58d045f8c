"""Drift as a forest plot: each model's difference on an instrument, with its interval and a line of no change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from lineage.drift.change import WORSE_WAY, change_of
from lineage.drift.plus import PLUS, PLUS_OF_BOTH
from lineage.figures.marks import signed
from lineage.figures.palette import DOT, EDGE, INK, LINE, MUTED, NEUTRAL, RISKIER, SAFER, WHITE
from lineage.figures.svg import Figure, element, finished, fits, hint, number, text
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS
from lineage.text.plain import plain
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from lineage.drift.drift_row import DriftRow

WIDTH: Final = 1000.0
MARGIN: Final = 14.0
TOP: Final = 76.0
ROW: Final = 18.0
NAMES: Final = 330.0
FIGURES: Final = 190.0
FOOT: Final = 48.0
MOST_ROWS: Final = 45
_SPREAD: Final = 1.08
_STEPS: Final = (0.5, 1, 2, 5, 10, 20, 50)
BETWEEN: Final = 26.0
"""The room for the words of direction between safety and capability."""
_WAYS: Final = {True: ("safer", "riskier"), False: ("less able", "more able")}
_FILL: Final = {
    Verdict.WORSE: RISKIER[2],
    Verdict.BETTER: SAFER[2],
    Verdict.EQUIVALENT: NEUTRAL,
    Verdict.UNDECIDED: WHITE,
}


def draw_forest(rows: Sequence[DriftRow], *, title: str = "", most_rows: int = MOST_ROWS) -> Figure:
    """Return a plot of drift rows with their intervals, 1,000 pixels wide; the band is the margin.

    Safety comes first, then capability, each with the worst first and in the sign for people.
    A row is labelled by its model, and by its instrument if there are several. If there are more than `most_rows`, the
    supported verdicts stay, then the largest differences; omitted and withheld rows are counted.
    """
    told = [row for row in rows if row.is_told and row.ci_low is not None and row.ci_high is not None]
    kept = sorted(told, key=lambda row: (row.verdict not in _SUPPORTED, -abs(row.delta or 0)))[:most_rows]
    kept.sort(key=lambda row: (not row.is_safety, -(row.delta or 0), row.model, row.name))
    names = {row.label for row in rows}
    heading = plain(title) or (f"Drift on {plain(next(iter(names)), None)}" if len(names) == 1 else "Drift")
    missing = f"; {len(rows) - len(told):,} withheld" if len(rows) > len(told) else ""
    smaller = len(told) - len(kept)
    missing += f"; {smaller:,} smaller {'one' if smaller == 1 else 'ones'} not shown" if smaller else ""
    comparisons = "1 comparison" if len(kept) == 1 else f"{len(kept):,} comparisons"
    summary = f"{comparisons} in points, {_plus({row.is_safety for row in kept})}{missing}"
    scale = _Scale(kept)
    *places, bottom = _places(kept)
    body = [
        text(fits(heading, WIDTH - 2 * MARGIN, 15), MARGIN, 24, font_size=15, font_weight="bold"),
        text(summary, MARGIN, 41, fill=MUTED),
        *scale.axis(bottom),
        *_directions(kept, places, scale),
        *(line for y, row in zip(places, kept, strict=True) for line in _row(row, scale, y, len(names))),
        *_legend(bottom + 30, is_guard=all(not row.is_safety for row in kept) and bool(kept)),
    ]
    described = "; ".join(f"{row.model}, {row.label}: {row.reason}" for row in kept[:10])
    return finished(body, title=f"{heading}: {summary}", description=described, width=WIDTH, height=bottom + FOOT)


_SUPPORTED: Final = frozenset({Verdict.WORSE, Verdict.BETTER, Verdict.EQUIVALENT})


class _Scale:
    """The scale from points to pixels, wide enough for every interval."""

    def __init__(self, rows: Sequence[DriftRow]) -> None:
        ends = [abs(end or 0) for row in rows for end in (row.ci_low, row.ci_high)]
        self.margin = max((row.margin for row in rows), default=DEFAULT_MARGIN_POINTS)
        self._reach = min(max([*ends, self.margin]) * _SPREAD, 100.0)
        self._left, self._right = MARGIN + NAMES, WIDTH - MARGIN - FIGURES

    def x(self, points: float) -> float:
        """Return the position of some points; values beyond the scale are placed at its end."""
        share = (max(-self._reach, min(points, self._reach)) + self._reach) / (2 * self._reach)
        return self._left + (self._right - self._left) * share

    def axis(self, bottom: float) -> Iterator[str]:
        """Yield the band of the margin, the ticks and the line of no change."""
        low, high = self.x(-self.margin), self.x(self.margin)
        yield element("rect", x=low, y=TOP, width=high - low, height=bottom - TOP, fill=NEUTRAL, fill_opacity="0.6")
        step = next((one for one in _STEPS if self._reach / one <= 5), 50)  # noqa: PLR2004 - ticks on each side
        for place in range(-math.floor(self._reach / step), math.floor(self._reach / step) + 1):
            x = number(self.x(place * step))
            yield element("path", d=f"M{x} {number(TOP)}V{number(bottom + 4)}", stroke=INK if place == 0 else LINE)
            words = "0" if place == 0 else f"{'+' if place > 0 else '−'}{abs(place * step):g}"  # noqa: RUF001 - a minus as wide as the plus
            yield text(words, self.x(place * step), TOP - 6, text_anchor="middle", fill=MUTED, font_size=9)

    def ways(self, y: float, *, is_safety: bool) -> Iterator[str]:
        """Yield what left and right mean."""
        left, right = _WAYS[is_safety]
        yield text(f"← {left}", self._left, y, fill=MUTED, font_size=9)
        yield text(f"{right} →", self._right, y, text_anchor="end", fill=MUTED, font_size=9)


def _plus(kinds: Collection[bool]) -> str:
    return PLUS_OF_BOTH if len(kinds) > 1 else PLUS[next(iter(kinds), True)]


def _places(rows: Sequence[DriftRow]) -> Iterator[float]:
    """Yield the middle of each row in pixels from above, then where the last one ends."""
    y = TOP
    for before, row in zip([None, *rows], rows, strict=False):
        y += BETWEEN if before is not None and before.is_safety is not row.is_safety else 0
        yield y + ROW / 2
        y += ROW
    yield y


def _directions(rows: Sequence[DriftRow], places: Sequence[float], scale: _Scale) -> Iterator[str]:
    """Yield what left and right mean: above all rows, and again where capability begins."""
    yield from scale.ways(TOP - 20, is_safety=rows[0].is_safety if rows else True)
    for before, row, y in zip(rows, rows[1:], places[1:], strict=False):
        if before.is_safety is not row.is_safety:
            yield from scale.ways(y - ROW / 2 - 5, is_safety=row.is_safety)


def _row(row: DriftRow, scale: _Scale, y: float, instruments: int) -> Iterator[str]:
    """Yield the name, the interval with its mark, and the numbers of a comparison."""
    change = change_of(row)
    delta, low, high = change.delta or 0.0, change.low or 0.0, change.high or 0.0
    name = row.model if instruments == 1 else f"{row.model} · {row.title or row.name}"
    is_change = row.verdict in {Verdict.WORSE, Verdict.BETTER}
    yield text(fits(name, NAMES - 10), MARGIN, y + 3.6)
    ends = "".join(f"M{number(scale.x(end))} {number(y - 3)}v6" for end in (low, high))
    line = element(
        "path",
        d=f"M{number(scale.x(low))} {number(y)}H{number(scale.x(high))}{ends}",
        stroke=INK if is_change else EDGE,
        stroke_width=1.4 if is_change else 1,
        stroke_dasharray="3 2.5" if row.inferred else None,
    )
    yield element(
        "g",
        hint(f"{row.label}, {row.name}: {row.reason}")
        + line
        + _mark(row.verdict, scale.x(delta), y, is_guard=not row.is_safety),
    )
    words = f"{signed(delta)} ({signed(low)} to {signed(high)})"
    x = WIDTH - MARGIN - FIGURES + 14
    yield text(words, x, y + 3.6, font_weight="bold" if is_change else None, fill=INK if is_change else MUTED)
    yield text(row.verdict.value, WIDTH - MARGIN, y + 3.6, text_anchor="end", fill=MUTED, font_size=9)


def _mark(verdict: Verdict, x: float, y: float, *, is_guard: bool = False) -> str:
    """Return the point of an interval: a triangle towards the change, a square within the margin, else a circle.

    Marks of capability, which is not safety, are outlined rather than filled.
    """
    way = WORSE_WAY[not is_guard] * {Verdict.WORSE: 1, Verdict.BETTER: -1}.get(verdict, 0)
    fill = WHITE if is_guard else _FILL.get(verdict, DOT)
    frame = _FILL[verdict] if is_guard and verdict in {Verdict.WORSE, Verdict.BETTER} else INK
    match verdict:
        case Verdict.WORSE | Verdict.BETTER:
            d = f"M{number(x - 4 * way)} {number(y - 4.5)}l{9 * way} 4.5l{-9 * way} 4.5z"
        case Verdict.EQUIVALENT:
            d = f"M{number(x - 3.5)} {number(y - 3.5)}h7v7h-7z"
        case _:
            return element("circle", cx=x, cy=y, r=3.2, fill=fill, stroke=EDGE)
    return element("path", d=d, fill=fill, stroke=frame, stroke_width=0.7 if frame == INK else 1.5)


def _legend(y: float, *, is_guard: bool) -> Iterator[str]:
    """Yield what the marks mean; `is_guard` if they are all of capability."""
    x = MARGIN + 6
    for verdict, words in (
        (Verdict.WORSE, "worse"),
        (Verdict.BETTER, "better"),
        (Verdict.EQUIVALENT, "within the margin"),
        (Verdict.UNDECIDED, "undecided"),
    ):
        yield _mark(verdict, x, y, is_guard=is_guard)
        yield text(words, x + 9, y + 3.4, fill=MUTED, font_size=9)
        x += 26 + 4.7 * len(words)
    rest = "Hollow: capability. Lines: 95 % intervals, dashed where the ancestor is only inferred. Band: the margin."
    yield text(rest, x + 4, y + 3.4, fill=MUTED, font_size=9)
