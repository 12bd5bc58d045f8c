"""Values as a report writes them: numbers have a sign or unit, and unknown values are named as unknown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from lineage.drift import change
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lineage.drift.change import ShownChange
    from lineage.drift.drift_row import DriftRow
    from lineage.vocabulary import Against

UNKNOWN: Final = "unknown"
SHORT_REVISION: Final = 12


def day(moment: datetime | None) -> str:
    """Return a time to the minute, in UTC as stored."""
    return UNKNOWN if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def count(number: int | None) -> str:
    """Return a whole number with thousands separators."""
    return UNKNOWN if number is None else f"{number:,}"


def signed(points: float | None) -> str:
    """Return a difference in points; nothing if it is unknown."""
    return "" if points is None else change.signed(points)


def interval(moved: ShownChange) -> str:
    """Return the ends of the interval of a difference."""
    return "" if moved.low is None or moved.high is None else f"{signed(moved.low)} to {signed(moved.high)}"


def probability(value: float | None) -> str:
    """Return a p- or q-value."""
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.2g}"  # noqa: PLR2004 - what it says


def percent(share: float | None) -> str:
    """Return a share as a percentage."""
    return UNKNOWN if share is None else f"{share:.0%}"


def revision(commit: str | None) -> str:
    """Return the start of a commit; records may hold any text here."""
    return UNKNOWN if commit is None else plain(commit)[:SHORT_REVISION]


def counted(rows: Iterable[DriftRow]) -> str:
    """Return how many rows have which verdict, most important first."""
    found = Counter(row.verdict.value for row in rows)
    order = ("worse", "better", "equivalent", "undecided", "withheld")
    return ", ".join(f"{found[name]:,} {name}" for name in order if found[name]) or "no comparison"


def in_words(against: Against) -> str:
    """Return in words what a derivative is compared with."""
    names = {
        "parent": "their parents",
        "scored_ancestor": "their nearest scored ancestor",
        "root": "the root of the family",
    }
    return names[against.value]
