"""The matrix beside a family: which instruments are its columns, and what each cell shows about a model."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lineage.drift.change import change_of
from lineage.drift.drift_row import GUARDS
from lineage.scores.instruments import label_of
from lineage.vocabulary import Construct, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.profile import Profile
    from lineage.scores.score import StoredScore
    from lineage.vocabulary import Against

MOST_COLUMNS: Final = 8
_ORDER: Final = {construct: place for place, construct in enumerate(Construct)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixColumn:
    """An instrument with its judge (None if there is none or it is unknown); different judges are not compared."""

    name: str
    title: str = field(compare=False)
    judge: str | None
    construct: Construct

    @property
    def label(self) -> str:
        """The instrument's name for people."""
        return label_of(self.construct, self.title)

    @property
    def is_guard(self) -> bool:
        """Whether it measures capability or coherence."""
        return self.construct in GUARDS


class CellState(StrEnum):
    """The state of a cell beyond the five verdicts: a score without a comparison, or no score at all."""

    REFERENCE = "reference"
    STALE = "stale"
    QUEUED = "queued"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The content of a row and column: a verdict with its points, or another state with its value, and the reason.

    `points` is the drift, in the sign for people, if there is a verdict, else the score in points of the range, or None
    if neither is known. `is_reported`: no run behind the score was read. `is_inferred`: the ancestor is not declared.
    `is_guard`: the instrument measures capability, which is not safety.
    """

    says: Verdict | CellState
    points: float | None = None
    reason: str = ""
    is_reported: bool = False
    is_inferred: bool = False
    is_guard: bool = False


def columns(
    profiles: Iterable[Profile], against: Against, most: int = MOST_COLUMNS
) -> tuple[tuple[MatrixColumn, ...], int]:
    """Return the most informative instruments, safety first, and the number of those left out."""
    told: Counter[MatrixColumn] = Counter()
    for profile in profiles:
        for row in profile.drift_against(against):
            told[_compared_in(row)] += 1_000 if row.is_told else 10
        for score in profile.scores:
            told[_column(score)] += 1
    ranked = sorted(told, key=lambda one: (-told[one], one.name, one.judge or ""))
    chosen = sorted(ranked[:most], key=lambda one: (one.is_guard, _ORDER[one.construct], one.name, one.judge or ""))
    return tuple(chosen), len(ranked) - len(chosen)


def cells(profile: Profile, chosen: Sequence[MatrixColumn], against: Against) -> tuple[Cell, ...]:
    """Return the cell for each column of a model's row."""
    scores: dict[MatrixColumn, StoredScore] = {}
    for score in profile.scores:
        scores.setdefault(_column(score), score)
    drift: dict[MatrixColumn, list[DriftRow]] = defaultdict(list)
    for row in profile.drift_against(against):
        drift[_compared_in(row)].append(row)
    queued = {plan.instrument for plan in profile.planned if plan.state in {"queued", "leased"}}
    found = ((one, _cell(scores.get(one), drift[one], is_queued=one.name in queued)) for one in chosen)
    return tuple(replace(cell, is_guard=one.is_guard) for one, cell in found)


def _cell(score: StoredScore | None, drift: Sequence[DriftRow], *, is_queued: bool) -> Cell:
    if score is None:
        return Cell(says=CellState.QUEUED if is_queued else CellState.UNSCORED)
    is_reported = score.state == "reported"
    value = 100 * (score.value - score.low) / (score.high - score.low)
    row = min(drift, key=_doubt, default=None)
    if score.state == "contradictory":
        reason = row.reason if row is not None else "its published values contradict each other"
        return Cell(says=Verdict.WITHHELD, reason=reason, is_reported=True)
    if score.state == "stale":
        reason = row.reason if row is not None else "measured on an earlier revision"
        return Cell(says=CellState.STALE, points=value, reason=reason)
    if row is None:
        return Cell(says=CellState.REFERENCE, points=value, is_reported=is_reported)
    return Cell(
        says=row.verdict,
        points=change_of(row).delta,
        reason=row.reason,
        is_reported=is_reported,
        is_inferred=row.inferred,
    )


def _doubt(row: DriftRow) -> tuple[bool, int, str]:
    """Rank the comparisons of a model with several parents: declared edges first, then the nearest."""
    return (not row.is_told, row.distance or 0, row.reference or "")


def _compared_in(row: DriftRow) -> MatrixColumn:
    return MatrixColumn(name=row.name, title=row.title or row.name, judge=row.judge, construct=row.construct)


def _column(score: StoredScore) -> MatrixColumn:
    judge = score.identity.judge
    return MatrixColumn(name=score.name, title=score.title, judge=judge, construct=score.construct)
