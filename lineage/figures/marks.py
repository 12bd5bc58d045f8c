"""The marks of a figure of a family: a model's shape, a cell of the matrix, the count of what is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.figures.matrix import Cell, State
from lineage.figures.palette import (
    DOT,
    EDGE,
    INK,
    MUTED,
    QUEUED,
    RISKIER,
    SAFER,
    WHITE,
    colour,
    ink,
    shape,
    step,
)
from lineage.figures.svg import KEY, Attributes, element, hint, text
from lineage.relations import read_relation
from lineage.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.figures.family_rows import Row

RADIUS: Final = 4.2
_ARROWS: Final = {Verdict.WORSE: "▲ ", Verdict.BETTER: "▼ ", Verdict.EQUIVALENT: "≈ "}


def hatching() -> str:
    """Return the pattern of what is withheld, for the definitions of a figure."""
    line = element("path", d="M0 5L5 0", stroke=DOT, stroke_width=0.8)
    pattern = element("pattern", line, id=f"{KEY}h", width="5", height="5", patternUnits="userSpaceOnUse")
    return element("defs", pattern)


def draw_mark(row: Row, cells: Sequence[Cell], x: float, y: float) -> str:
    """Return the mark of a model: its shape by relation, filled by its greatest supported change of safety or ability.

    Half and half where it is worse by one instrument and better by another; hollow where it has no score, with a dot
    where one is queued, and dashed where the Hub has no such model.
    """
    relation = None if row.edge is None else read_relation(row.edge.relation)
    path = shape(relation, x, y, RADIUS)
    status = "" if row.dossier is None else row.dossier.facts.status
    outline: Attributes = {
        "stroke": INK,
        "stroke_width": 0.9,
        "stroke_dasharray": "1.6 1.4" if status != "present" else None,
    }
    worse = max((cell.points or 0 for cell in cells if cell.says is Verdict.WORSE), default=0)
    better = max((-(cell.points or 0) for cell in cells if cell.says is Verdict.BETTER), default=0)
    if worse and better:
        left = element("path", d=path, fill=RISKIER[step(worse)], **outline)
        return left + _right_half(path, x, y, better)
    fill = RISKIER[step(worse)] if worse else SAFER[step(better)] if better else _plain_fill(cells)
    dot = ""
    if fill == WHITE and any(cell.says is State.QUEUED for cell in cells):
        dot = element("circle", cx=x, cy=y, r=1.6, fill=QUEUED)
    ring = element("circle", cx=x, cy=y, r=1.4, fill=INK) if row.above is None and fill != WHITE else ""
    return element("path", d=path, fill=fill, **outline) + dot + ring


def draw_cell(cell: Cell, x: float, y: float, width: float, height: float) -> str:
    """Return a cell whose upper left corner is at x and y; its title says why, and everything shows without colour."""
    middle, base = x + width / 2, y + height / 2 + 3.4
    if cell.says is State.UNSCORED:
        return element("circle", cx=middle, cy=y + height / 2, r=1.2, fill=DOT)
    box: Attributes = {"x": x + 1, "y": y + 1, "width": width - 2, "height": height - 2, "rx": 2.5}
    words: Attributes = {"text_anchor": "middle", "font_size": 9.5, "fill": MUTED}
    if cell.is_reported:
        words["font_style"] = "italic"
    match cell.says:
        case State.QUEUED:
            return text("queued", middle, base, **words | {"fill": QUEUED, "font_size": 8.5})
        case State.STALE:
            frame = element("rect", fill=WHITE, stroke=EDGE, stroke_width=0.7, stroke_dasharray="1.5 1.5", **box)
            drawn = frame + text(f"stale {cell.points:.0f}", middle, base, **words | {"font_size": 8.5})
        case State.REFERENCE:
            frame = element("rect", fill=WHITE, stroke=EDGE, stroke_width=0.7, **box)
            drawn = frame + text(f"{cell.points:.0f} %", middle, base, **words)
        case Verdict.WITHHELD:
            frame = element("rect", fill=f"url(#{KEY}h)", stroke=DOT, stroke_width=0.6, **box)
            drawn = frame + text("withheld", middle, base, **words | {"font_size": 8.5})
        case Verdict():
            drawn = _verdict(cell, cell.says, box, words | {"x": middle, "y": base})
    return element("g", hint(cell.reason) + drawn) if cell.reason else drawn


def draw_fold(row: Row, x: float, name_x: float, y: float) -> str:
    """Return the line that stands for the models that are not shown."""
    hidden = dict(row.hidden or {})
    total = sum(hidden.values())
    told = [f"{hidden[state]:,} {state}" for state in hidden if state != "unscored"]
    what = ", ".join(told) if told else "none scored"
    whose = "of this parent" if row.above is not None else "without a parent"
    dots = "".join(element("circle", cx=x + gap, cy=y, r=0.9, fill=MUTED) for gap in (-3, 0, 3))
    return dots + text(
        f"{total:,} more {whose}, {what}", name_x, y + 3.4, fill=MUTED, font_style="italic", font_size=9.5
    )


def _verdict(cell: Cell, verdict: Verdict, box: Attributes, words: Attributes) -> str:
    points = cell.points or 0.0
    is_change = verdict in {Verdict.WORSE, Verdict.BETTER}
    frame = element(
        "rect",
        fill=colour(verdict, points),
        stroke=MUTED if cell.is_inferred or is_change else None,
        stroke_width=0.8 if cell.is_inferred else 0.4,
        stroke_dasharray="2.5 2" if cell.is_inferred else None,
        **box,
    )
    told = f"{_ARROWS.get(verdict, '')}{signed(points)}"
    style: Attributes = {"fill": ink(verdict, points), "font_weight": "bold" if is_change else None}
    return frame + element("text", told, **words | style)


def signed(points: float) -> str:
    """Return points with their sign, whole from ten on; zero has none."""
    short = f"{abs(points):.0f}" if abs(points) >= 9.95 else f"{abs(points):.1f}"  # noqa: PLR2004 - two digits are enough to compare
    if float(short) == 0:
        return "0"
    return f"{'+' if points > 0 else '−'}{short}"  # noqa: RUF001 - a minus as wide as the plus


def _plain_fill(cells: Sequence[Cell]) -> str:
    is_scored = any(cell.says not in {State.QUEUED, State.UNSCORED} for cell in cells)
    return DOT if is_scored else WHITE


def _right_half(path: str, x: float, y: float, better: float) -> str:
    """Return the right half of a mark, in the colour of what became better."""
    clip = element("rect", x=x, y=y - 8, width=12, height=16)
    name = f"{KEY}c{x:.0f}-{y:.0f}"
    definition = element("clipPath", clip, id=name)
    return definition + element(
        "path", d=path, fill=SAFER[step(better)], stroke=INK, stroke_width=0.9, clip_path=f"url(#{name})"
    )
