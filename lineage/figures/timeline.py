"""The horizontal position of models: by creation date, or by generation if dates are unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from lineage.figures.palette import LINE, MUTED
from lineage.figures.svg import element, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.figures.family_rows import FamilyRow

MOST_TICKS: Final = 4
TICK_ROOM: Final = 46.0
"""Pixels between two dates on the axis."""
MOST_GENERATIONS: Final = 12
"""Generations that get a number on the axis."""
YEAR: Final = 12
_MONTHS: Final = (1, 2, 3, 6, YEAR, 2 * YEAR, 5 * YEAR)
_SHORTEST: Final = timedelta(days=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A position for every row and the ticks of the axis, both in pixels; `title` says what the axis shows."""

    places: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]
    title: str

    @classmethod
    def of(cls, rows: Sequence[FamilyRow], left: float, right: float) -> Timeline:
        """Place rows between two edges: by date if half of the models have one and they differ, else generation.

        A model without a date takes its parent's position.
        """
        days = [None if row.profile is None else row.profile.facts.created_at for row in rows]
        known = [day for day in days if day is not None]
        models = sum(row.profile is not None for row in rows)
        if 2 * len(known) >= models and known and max(known) - min(known) >= _SHORTEST:
            return cls._by_day(rows, days, left, right)
        deepest = max((row.depth for row in rows), default=0) or 1
        places = tuple(left + (right - left) * row.depth / deepest for row in rows)
        every = -(-deepest // MOST_GENERATIONS)
        marked = range(0, deepest + 1, every)
        ticks = tuple((left + (right - left) * depth / deepest, str(depth)) for depth in marked)
        return cls(places=places, ticks=ticks, title="generation")

    @classmethod
    def _by_day(cls, rows: Sequence[FamilyRow], days: Sequence[datetime | None], left: float, right: float) -> Timeline:
        known = [day for day in days if day is not None]
        first, last = min(known), max(known)

        def at(day: datetime) -> float:
            return left + (right - left) * ((day - first) / (last - first))

        places: list[float] = []
        for row, day in zip(rows, days, strict=True):
            above = left if row.above is None else places[row.above]
            places.append(at(day) if day is not None else above + (6 if row.profile is None else 0))
        ticks = tuple(
            (at(day), words) for day, words in _ticks(first, last, min(MOST_TICKS, (right - left) / TICK_ROOM))
        )
        return cls(places=tuple(places), ticks=ticks, title="first published")

    def x(self, place: int) -> float:
        """Return the horizontal position of a row's mark."""
        return self.places[place]

    def axis(self, top: float, bottom: float) -> Iterator[str]:
        """Yield the lines and labels of the axis."""
        yield text(f"{self.title} →", min((x for x, _ in self.ticks), default=0), top - 22, fill=MUTED, font_size=9)
        for x, words in self.ticks:
            yield element("path", d=f"M{number(x)} {number(top - 4)}V{number(bottom)}", stroke=LINE)
            yield text(words, x, top - 8, text_anchor="middle", fill=MUTED, font_size=9)


def _ticks(first: datetime, last: datetime, most: float) -> Iterator[tuple[datetime, str]]:
    """Yield round dates within a span, at most `most` steps apart, each with its label."""
    months = (last.year - first.year) * 12 + last.month - first.month
    every = next((step for step in _MONTHS if months / step <= most), 10 * YEAR)
    month = first.year * 12 + first.month - 1
    month += -month % every
    while (day := datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)) <= last:
        if day >= first:
            yield day, f"{day:%Y}" if every >= YEAR else f"{day:%Y-%m}"
        month += every
