"""The lines of a tree: from each parent to its children, dashed for undeclared edges, and arcs for merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.figures.palette import EDGE
from lineage.figures.svg import Attributes, element, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lineage.figures.family_rows import FamilyRow
    from lineage.figures.timeline import Timeline


def draw_branches(rows: Sequence[FamilyRow], timeline: Timeline, y_of: Callable[[int], float]) -> str:
    """Return all lines as one group; `y_of` gives the middle of a row."""
    lines = [*_twigs(rows, timeline, y_of), *_trunks(rows, timeline, y_of), *_arcs(rows, timeline, y_of)]
    return element("g", "".join(lines), fill="none", stroke=EDGE)


def _twigs(rows: Sequence[FamilyRow], timeline: Timeline, y_of: Callable[[int], float]) -> Iterator[str]:
    """Yield the line from the parent's trunk to each model."""
    for place, row in enumerate(rows):
        if row.above is not None:
            start, y = number(timeline.x(row.above)), number(y_of(place) - 5)
            yield element("path", d=f"M{start} {y}q0 5 5 5H{number(timeline.x(place))}", **_dashes(_is_inferred(row)))


def _trunks(rows: Sequence[FamilyRow], timeline: Timeline, y_of: Callable[[int], float]) -> Iterator[str]:
    """Yield the line down from each parent: solid to the last declared child, dashed below it."""
    last: dict[tuple[int, bool], int] = {}
    for place, row in enumerate(rows):
        if row.above is not None:
            last[row.above, _is_inferred(row)] = place
    for (above, is_inferred), place in last.items():
        start = last.get((above, False), above) if is_inferred else above
        if place > start:
            top = y_of(start) - (0 if start == above else 5)
            d = f"M{number(timeline.x(above))} {number(top)}V{number(y_of(place) - 5)}"
            yield element("path", d=d, **_dashes(is_inferred))


def _arcs(rows: Sequence[FamilyRow], timeline: Timeline, y_of: Callable[[int], float]) -> Iterator[str]:
    """Yield the arcs from a model's additional parents, if they are few enough to follow."""
    for place, row in enumerate(rows):
        for start, edge in row.others if row.draws_others else ():
            x, y, to_x, to_y = timeline.x(start), y_of(start), timeline.x(place), y_of(place)
            bend = number(max(x, to_x) + 10 + min(abs(to_y - y) / 8, 26))
            way = f"C{bend} {number(y)} {bend} {number(to_y)} {number(to_x)} {number(to_y)}"
            d = f"M{number(x)} {number(y)}{way}"
            yield element("path", d=d, stroke_opacity="0.55", stroke_width=0.9, **_dashes(edge.inferred))


def _is_inferred(row: FamilyRow) -> bool:
    return row.edge is not None and row.edge.inferred


def _dashes(is_inferred: bool) -> Attributes:  # noqa: FBT001 - it is what the function is about
    return {"stroke_dasharray": "3 2.5"} if is_inferred else {}
