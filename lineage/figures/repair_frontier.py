"""The frontier of a repair: for every recipe the drift that is left and the capability lost or gained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lineage.figures.palette import BAND, EDGE, INK, LINE, MUTED, RISKIER, SAFER, WHITE
from lineage.figures.svg import Figure, element, finished, fits, hint, text
from lineage.maintenance.repair_verdict import lost_or_gained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

WIDTH: Final = 1000.0
MARGIN: Final = 14.0
TOP: Final = 84.0
ROW: Final = 34.0
NAMES: Final = 474.0
GAP: Final = 24.0
FOOT: Final = 34.0
PANELS: Final = (
    ("safety_drift", "safety_low", "safety_high", "drift from the base, in points"),
    ("capability_loss", "capability_low", "capability_high", "capability lost, in points; below 0: gained"),
)


def draw_repair(rows: Sequence[Row], margin: float) -> Figure:
    """Return the rows of a repair's table as a figure; a recipe whose capability was not run has one interval only.

    A ring is a search, which stops when it has decided; a filled mark ran all items of its half.
    """
    model, base, verdict = (str(rows[0][name]) for name in ("model", "base", "verdict"))
    heading = f"{model}: {verdict}"
    bottom = TOP + ROW * len(rows)
    width = (WIDTH - 2 * MARGIN - NAMES - 2 * GAP) / 2
    body = [
        text(fits(heading, WIDTH - 2 * MARGIN, 15), MARGIN, 24, font_size=15, font_weight="bold"),
        text(fits(f"base: {base}", WIDTH - 2 * MARGIN), MARGIN, 41, fill=MUTED),
        *(part for place, row in enumerate(rows) for part in _name(row, TOP + ROW * place, is_even=place % 2 == 0)),
    ]
    for number, panel in enumerate(PANELS):
        left = MARGIN + NAMES + GAP + number * (width + GAP)
        body += _panel(rows, panel, margin, (left, width, bottom))
    body.append(
        text(
            "right of the dashed line: more than allowed; ring: a search, which stops once it has decided; "
            "filled: all items of its half",
            MARGIN,
            bottom + 20,
            fill=MUTED,
        )
    )
    told = "; ".join(_told(row) for row in rows)
    return finished(body, title=heading, description=f"base {base}: {told}", width=WIDTH, height=bottom + FOOT)


def _name(row: Row, y: float, *, is_even: bool) -> Iterator[str]:
    if is_even:
        yield element("rect", x=MARGIN, y=y, width=WIDTH - 2 * MARGIN, height=ROW, fill=BAND)
    recipe, run = str(row["recipe"]), f"{row['half']}, {row['items']:,} items"
    weight = "bold" if row["is_chosen"] else None
    label = text(fits(recipe, NAMES, 10), MARGIN + 4, y + 15, font_weight=weight, font_size=10)
    label += text(run, MARGIN + 4, y + 28, fill=MUTED, font_size=9)
    yield element("g", hint(f"{recipe} ({run})") + label)


def _panel(
    rows: Sequence[Row], panel: tuple[str, str, str, str], margin: float, place: tuple[float, float, float]
) -> Iterator[str]:
    """Yield the axis of a panel with its margin, and the interval of every row that has one."""
    (value, low, high, words), (left, width, bottom) = panel, place
    known = [row[name] for row in rows for name in (value, low, high) if row[name] is not None]
    least, most = min([0.0, *known]), max([margin, *known])
    scale = width / ((most - least) or 1.0)
    yield text(fits(words, width, 9), left, TOP - 22, fill=MUTED, font_size=9)
    for at, stroke in ((0.0, LINE), (margin, EDGE)):
        x = left + (at - least) * scale
        yield element(
            "path", d=f"M{x:.1f} {TOP:.1f}V{bottom:.1f}", stroke=stroke, stroke_dasharray="3 2.5" if at else None
        )
        yield text(f"{at:g}", x, TOP - 6, text_anchor="middle", fill=MUTED, font_size=9)
    for number, row in enumerate(rows):
        if row[value] is None:
            continue
        y = TOP + ROW * number + ROW / 2
        colour = RISKIER[2] if row[value] > margin else SAFER[2]
        if row[low] is not None and row[high] is not None:
            ends = [left + (row[end] - least) * scale for end in (low, high)]
            yield element("path", d=f"M{ends[0]:.1f} {y:.1f}H{ends[1]:.1f}", stroke=INK)
        is_search = row["half"] == "search"
        mark = element(
            "circle",
            hint(_points(value, row[value])),
            cx=left + (row[value] - least) * scale,
            cy=y,
            r=4,
            fill=WHITE if is_search else colour,
            stroke=colour,
            stroke_width=1.6,
        )
        yield mark


def _points(name: str, value: float) -> str:
    change = f"{value:+.1f}" if name == "safety_drift" else lost_or_gained(value, value, value)[0]
    return f"{change} points"


def _told(row: Row) -> str:
    loss = row["capability_loss"]
    lost = "" if loss is None else f", capability {lost_or_gained(loss, loss, loss)[0]}"
    drift = "unknown" if row["safety_drift"] is None else f"{row['safety_drift']:+.1f}"
    return f"{row['recipe']}, {row['half']}: drift {drift}{lost}"
