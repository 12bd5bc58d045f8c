"""The marks of a family figure: a model's shape, a matrix cell, and the count of hidden models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.figures.matrix import Cell, CellState
from lineage.figures.overall_verdict import Stand, Standing
from lineage.figures.palette import (
    DARK_STEP,
    DOT,
    EDGE,
    FRAME,
    INK,
    MUTED,
    NEUTRAL,
    QUEUED,
    RISKIER,
    SAFER,
    WHITE,
    scale,
    shape,
    step,
)
from lineage.figures.svg import KEY, Attributes, element, hint, text
from lineage.parents.relations import read_relation
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from lineage.figures.family_rows import FamilyRow

RADIUS: Final = 4.2
_SIGNS: Final = {Verdict.EQUIVALENT: "= {}", Verdict.UNDECIDED: "{} ?"}
_PLAIN: Final = {
    Standing.EQUIVALENT: MUTED,
    Standing.UNDECIDED: DOT,
    Standing.WITHHELD: f"url(#{KEY}m)",
}


def hatching() -> str:
    """Return the patterns of a figure: one for withheld cells, and a finer one for marks."""
    return element("defs", _hatch("h", 5) + _hatch("m", 2.5))


def _hatch(name: str, size: float) -> str:
    line = element("path", d=f"M0 {size}L{size} 0", stroke=EDGE, stroke_width=0.8)
    box: Attributes = {"width": size, "height": size, "patternUnits": "userSpaceOnUse"}
    ground = element("rect", width=size, height=size, fill=WHITE)
    return element("pattern", ground + line, id=f"{KEY}{name}", **box)


def draw_mark(row: FamilyRow, stand: Stand, x: float, y: float) -> str:
    """Return the mark of a model: its relation sets the shape, its largest supported change of safety the fill.

    The mark is split in half if changes contradict each other, grey if none is supported, dark if all are within the
    margin, hatched if all are withheld. The outline is thick if a score has no comparison, the mark is hollow without a
    score, with a dot if an evaluation is queued, and dashed if the Hub has no such model.
    """
    relation = None if row.edge is None else read_relation(row.edge.relation)
    path = shape(relation, x, y, RADIUS)
    is_there = row.profile is not None and row.profile.facts.status == "present"
    outline: Attributes = {
        "stroke": INK,
        "stroke_width": 1.8 if stand.standing is Standing.ALONE else 0.9,
        "stroke_dasharray": None if is_there else "1.6 1.4",
    }
    match stand.standing:
        case Standing.CONTRADICTORY:
            left = element("path", d=path, fill=RISKIER[step(stand.worst)], **outline)
            return left + _right_half(path, x, y, SAFER[step(stand.best)])
        case Standing.RISKIER:
            return element("path", d=path, fill=RISKIER[step(stand.worst)], **outline)
        case Standing.SAFER:
            return element("path", d=path, fill=SAFER[step(stand.best)], **outline)
        case Standing.QUEUED:
            dot = element("circle", cx=x, cy=y, r=1.6, fill=QUEUED)
            return element("path", d=path, fill=WHITE, **outline) + dot
        case other:
            return element("path", d=path, fill=_PLAIN.get(other, WHITE), **outline)


def draw_cell(cell: Cell, x: float, y: float, width: float, height: float) -> str:
    """Return a cell with its upper left corner at x, y; its title gives the reason; nothing relies on colour."""
    middle, base = x + width / 2, y + height / 2 + 3.4
    if cell.says is CellState.UNSCORED:
        return element("circle", cx=middle, cy=y + height / 2, r=1.2, fill=DOT)
    box: Attributes = {"x": x + 1, "y": y + 1, "width": width - 2, "height": height - 2, "rx": 2.5}
    words: Attributes = {"text_anchor": "middle", "font_size": 9.5, "fill": MUTED}
    if cell.is_reported:
        words["font_style"] = "italic"
    match cell.says:
        case CellState.QUEUED:
            return text("queued", middle, base, **words | {"fill": QUEUED, "font_size": 8.5})
        case CellState.STALE:
            frame = element("rect", fill=WHITE, stroke=EDGE, stroke_width=0.7, stroke_dasharray="1.5 1.5", **box)
            drawn = frame + text(f"stale {cell.points:.0f}", middle, base, **words | {"font_size": 8.5})
        case CellState.REFERENCE:
            frame = element("rect", fill=WHITE, stroke=EDGE, stroke_width=0.7, **box)
            drawn = frame + text(f"{cell.points:.0f}", middle, base, **words)
        case Verdict.WITHHELD:
            frame = element("rect", fill=f"url(#{KEY}h)", stroke=EDGE, stroke_width=0.6, **box)
            ground = element("rect", x=middle - 18, y=base - 8, width=36, height=10, fill=WHITE, fill_opacity="0.8")
            drawn = frame + ground + text("withheld", middle, base, **words | {"font_size": 8.5})
        case Verdict():
            drawn = _verdict(cell, cell.says, box, words | {"x": middle, "y": base})
    return element("g", hint(cell.reason) + drawn) if cell.reason else drawn


def draw_fold(row: FamilyRow, x: float, name_x: float, y: float) -> str:
    """Return the line that stands for hidden models."""
    hidden = dict(row.hidden or {})
    total = sum(hidden.values())
    told = [f"{hidden[state]:,} {state}" for state in hidden if state != "unscored"]
    what = ", ".join(told) if told else "none scored"
    whose = "of this parent" if row.above is not None else "without a parent"
    dots = "".join(element("circle", cx=x + gap, cy=y, r=0.9, fill=MUTED) for gap in (-3, 0, 3))
    return dots + text(
        f"{total:,} more {whose}, {what}", name_x, y + 3.4, fill=MUTED, font_style="italic", font_size=9.5
    )


def signed(points: float) -> str:
    """Return points with their sign, as a whole number from ten up; zero has no sign."""
    short = f"{abs(points):.0f}" if abs(points) >= 9.95 else f"{abs(points):.1f}"  # noqa: PLR2004 - two digits are enough to compare
    if float(short) == 0:
        return "0"
    return f"{'+' if points > 0 else '−'}{short}"  # noqa: RUF001 - a minus as wide as the plus


def _verdict(cell: Cell, verdict: Verdict, box: Attributes, words: Attributes) -> str:
    """Return a cell with a verdict: filled for a supported change of safety, outlined for one of capability."""
    points = cell.points or 0.0
    shades = scale(verdict)
    dashes = "2.5 2" if cell.is_inferred else None
    if shades is None:
        look: Attributes = {"fill": NEUTRAL, "stroke": MUTED if cell.is_inferred else None, "stroke_width": 0.8}
    elif cell.is_guard:
        look = {"fill": WHITE, "stroke": shades[FRAME], "stroke_width": 1.5}
    else:
        look = {"fill": shades[step(points)], "stroke": MUTED, "stroke_width": 0.8 if cell.is_inferred else 0.4}
    frame = element("rect", stroke_dasharray=dashes, **look, **box)
    told = _SIGNS.get(verdict, "▲ {}" if points > 0 else "▼ {}").format(signed(points))
    if shades is not None:
        is_dark = step(points) >= DARK_STEP and not cell.is_guard
        words = words | {"fill": WHITE if is_dark else INK, "font_weight": "bold"}
    return frame + element("text", told, **words)


def _right_half(path: str, x: float, y: float, fill: str) -> str:
    """Return the right half of a mark, in the colour of what improved."""
    clip = element("rect", x=x, y=y - 8, width=12, height=16)
    name = f"{KEY}c{x:.0f}-{y:.0f}"
    half = element("path", d=path, fill=fill, stroke=INK, stroke_width=0.9, clip_path=f"url(#{name})")
    return element("clipPath", clip, id=name) + half
