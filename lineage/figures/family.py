"""A family as a figure: the tree over time on the left, each model's drift on the right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from lineage.figures.branches import draw_branches
from lineage.figures.column_heads import draw_heads
from lineage.figures.family_rows import MOST_ROWS, FamilyRow, family_rows
from lineage.figures.legend import legend
from lineage.figures.marks import draw_cell, draw_fold, draw_mark, hatching
from lineage.figures.matrix import Cell, cells, columns
from lineage.figures.overall_verdict import stand_of
from lineage.figures.palette import BAND, MUTED
from lineage.figures.svg import Attributes, Figure, element, finished, fits, text
from lineage.figures.timeline import Timeline
from lineage.text.counts import number_of
from lineage.text.plain import plain
from lineage.vocabulary import Against, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lineage.figures.matrix import MatrixColumn
    from lineage.profile import Profile, Profiles

WIDTH: Final = 1000.0
MARGIN: Final = 14.0
TOP: Final = 96.0
ROW: Final = 17.0
CELL: Final = 54.0
TREE: Final = (190.0, 330.0)
"""The least and the most room for the tree, in pixels."""
NAMES: Final = 370.0
INDENT: Final = 6.0
DEEPEST: Final = 10
"""Generations up to which names are indented."""
FOOT: Final = 74.0
TOLD: Final = 20
"""Number of changes that a figure's description names."""
AGAINST: Final = {
    Against.PARENT: "parent",
    Against.SCORED_ANCESTOR: "nearest scored ancestor",
    Against.ROOT: "root of the family",
}


def draw_family(
    profiles: Profiles,
    *,
    title: str = "",
    against: Against = Against.SCORED_ANCESTOR,
    most_rows: int = MOST_ROWS,
) -> Figure:
    """Return some models and their ancestors as a tree with the matrix of their drift, 1,000 pixels wide.

    `title` is for models that were not all made from one of them. Rows beyond `most_rows` are replaced by
    counts. A page fits 60 rows and 8 instruments.
    """
    rows = family_rows(profiles, most_rows)
    chosen, more = columns((row.profile for row in rows if row.profile is not None), against)
    matrix = {place: cells(row.profile, chosen, against) for place, row in enumerate(rows) if row.profile is not None}
    heading = _heading(profiles, plain(title))
    summary = f"{_counted(profiles)}; drift against the {AGAINST[against]}, in points"
    drawing = _FamilyDrawing(rows, chosen, matrix, against)
    body = [
        hatching(),
        text(fits(heading, WIDTH - 2 * MARGIN, 15), MARGIN, 24, font_size=15, font_weight="bold"),
        text(summary, MARGIN, 41, fill=MUTED),
        *drawing.elements(),
        *legend(MARGIN, drawing.bottom + 16, more_columns=more),
    ]
    height = drawing.bottom + FOOT
    described = _described(rows, chosen, matrix)
    return finished(body, title=f"{heading}: {summary}", description=described, width=WIDTH, height=height)


class _FamilyDrawing:
    """The positions of everything in the figure, and the elements that draw it."""

    def __init__(
        self,
        rows: Sequence[FamilyRow],
        chosen: Sequence[MatrixColumn],
        matrix: Mapping[int, tuple[Cell, ...]],
        against: Against,
    ) -> None:
        self._rows = rows
        self._against = against
        self._columns = chosen
        self._matrix = matrix
        self._left = WIDTH - MARGIN - CELL * len(chosen)
        self._names = MARGIN + min(max(self._left - MARGIN - NAMES, TREE[0]), TREE[1])
        self._timeline = Timeline.of(rows, MARGIN + 6, self._names - 12)
        self.bottom = TOP + ROW * len(rows)

    def elements(self) -> Iterator[str]:
        for place in range(1, len(self._rows), 2):
            y = self._y(place) - ROW / 2
            yield element("rect", x=self._names, y=y, width=WIDTH - MARGIN - self._names, height=ROW, fill=BAND)
        yield from self._timeline.axis(TOP, self.bottom)
        yield from draw_heads(self._columns, self._left, TOP, CELL)
        yield draw_branches(self._rows, self._timeline, self._y)
        for place, row in enumerate(self._rows):
            if row.profile is None:
                yield draw_fold(row, self._timeline.x(place), self._name_x(row), self._y(place))
                continue
            yield self._name(row, row.profile, self._y(place) + 3.6)
            yield draw_mark(row, stand_of(row.profile, self._against), self._timeline.x(place), self._y(place))
            for column, cell in enumerate(self._matrix[place]):
                yield draw_cell(cell, self._left + CELL * column, self._y(place) - ROW / 2, CELL, ROW)

    def _y(self, place: int) -> float:
        return TOP + ROW * place + ROW / 2

    def _name_x(self, row: FamilyRow) -> float:
        return self._names + INDENT * min(row.depth, DEEPEST)

    def _name(self, row: FamilyRow, profile: Profile, y: float) -> str:
        """Return a model's id, any doubt about its parent, and its status if it is not on the Hub."""
        notes = [f"inferred {row.edge.confidence:.0%}"] if row.edge is not None and row.edge.inferred else []
        more = row.unshown if row.draws_others else row.unshown + len(row.others)
        notes += [f"+{number_of(more, 'parent')}"] if more else []
        is_missing = profile.facts.status != "present"
        notes += [profile.facts.status] if is_missing else []
        note = f" ({', '.join(notes)})" if notes else ""
        x = self._name_x(row)
        style: Attributes = {"font_style": "italic", "fill": MUTED} if is_missing else {}
        if row.above is None:
            style["font_weight"] = "bold"
        return text(fits(profile.id, self._left - x - 8 - 5.4 * len(note)) + note, x, y, **style)


def _heading(profiles: Profiles, title: str) -> str:
    chosen = frozenset(profiles.chosen)
    tops = [one.id for one in profiles if not any(edge.parent in chosen for edge in one.parents)]
    if len(tops) == 1:
        return f"Family of {plain(tops[0], None)}"
    count = len({one.facts.root or one.id for one in profiles})
    families = number_of(count, "family", "families")
    return f"{title}: {families}" if title else families


def _counted(profiles: Profiles) -> str:
    counts = Counter(profile.coverage for profile in profiles)
    models = number_of(len(profiles), "model")
    told = sorted(f"{counts[state]:,} {state}" for state in counts if state != "unscored")
    others = len(profiles.by_id) - len(profiles)
    whence = f" and {number_of(others, 'ancestor')}" if others else ""
    return f"{', '.join([models + whence, *told])}, {counts['unscored']:,} unscored"


def _described(
    rows: Sequence[FamilyRow], chosen: Sequence[MatrixColumn], matrix: Mapping[int, tuple[Cell, ...]]
) -> str:
    """Return a text description for readers who cannot see the figure: the supported changes, largest first."""
    found = [
        (cell.says is Verdict.WORSE, cell.points or 0.0, profile.id, column.label)
        for place, row_cells in matrix.items()
        for column, cell in zip(chosen, row_cells, strict=True)
        if cell.says in {Verdict.WORSE, Verdict.BETTER} and (profile := rows[place].profile) is not None
    ]
    found.sort(key=lambda one: (not one[0], -abs(one[1])))
    told = [f"{model} {points:+.1f} on {name}" for _, points, model, name in found[:TOLD]]
    more = f"; and {len(found) - TOLD:,} more" if len(found) > TOLD else ""
    return f"Supported changes: {'; '.join(told)}{more}." if told else "No change is supported."
