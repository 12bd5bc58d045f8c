"""The matrix beside a family: which instruments are its columns, and what each cell says of a model."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lineage.drift.drift_row import GUARDS
from lineage.vocabulary import Construct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.profile import Profile
    from lineage.scores.score import StoredScore
    from lineage.vocabulary import Against, Verdict

MOST_COLUMNS: Final = 8
_ORDER: Final = {construct: place for place, construct in enumerate(Construct)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixColumn:
    """An instrument with its judge (None where none judges or none was told), which are not compared with others."""

    name: str
    judge: str | None
    construct: Construct

    @property
    def is_guard(self) -> bool:
        """Whether it speaks of capability or coherence."""
        return self.construct in GUARDS


class CellState(StrEnum):
    """What a cell says beside the five verdicts: a score that is compared with none, or no score at all."""

    REFERENCE = "reference"
    STALE = "stale"
    QUEUED = "queued"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a row and column: a verdict with its points, or another state with the value, and why.

    `points` are of drift where there is a verdict, else the score in points of the range; None where neither is known.
    `is_reported`: nobody read the run of the score. `is_inferred`: nobody declares the ancestor. `is_guard`: it is of
    capability, which is no safety.
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
    """Return the instruments that say most, those of safety first, and how many more there are."""
    told: Counter[MatrixColumn] = Counter()
    for profile in profiles:
        for row in profile.drift_against(against):
            told[MatrixColumn(name=row.name, judge=row.judge, construct=row.construct)] += 1_000 if row.is_told else 10
        for score in profile.scores:
            told[_column(score)] += 1
    ranked = sorted(told, key=lambda one: (-told[one], one.name, one.judge or ""))
    chosen = sorted(ranked[:most], key=lambda one: (one.is_guard, _ORDER[one.construct], one.name, one.judge or ""))
    return tuple(chosen), len(ranked) - len(chosen)


def cells(profile: Profile, chosen: Sequence[MatrixColumn], against: Against) -> tuple[Cell, ...]:
    """Return what stands in each column of a model's row."""
    scores: dict[MatrixColumn, StoredScore] = {}
    for score in profile.scores:
        scores.setdefault(_column(score), score)
    drift: dict[MatrixColumn, list[DriftRow]] = defaultdict(list)
    for row in profile.drift_against(against):
        drift[MatrixColumn(name=row.name, judge=row.judge, construct=row.construct)].append(row)
    queued = {plan.instrument for plan in profile.planned if plan.state in {"queued", "leased"}}
    found = ((one, _cell(scores.get(one), drift[one], is_queued=one.name in queued)) for one in chosen)
    return tuple(replace(cell, is_guard=one.is_guard) for one, cell in found)


def _cell(score: StoredScore | None, drift: Sequence[DriftRow], *, is_queued: bool) -> Cell:
    if score is None:
        return Cell(says=CellState.QUEUED if is_queued else CellState.UNSCORED)
    is_reported = score.state == "reported"
    value = 100 * (score.value - score.low) / (score.high - score.low)
    row = min(drift, key=_doubt, default=None)
    if score.state == "stale":
        reason = row.reason if row is not None else "measured on an earlier revision"
        return Cell(says=CellState.STALE, points=value, reason=reason)
    if row is None:
        return Cell(says=CellState.REFERENCE, points=value, is_reported=is_reported)
    return Cell(
        says=row.verdict, points=row.delta, reason=row.reason, is_reported=is_reported, is_inferred=row.inferred
    )


def _doubt(row: DriftRow) -> tuple[bool, int, str]:
    """Rank the comparisons of a model with several parents: what is told first, then the nearest."""
    return (not row.is_told, row.distance or 0, row.reference or "")


def _column(score: StoredScore) -> MatrixColumn:
    return MatrixColumn(name=score.name, judge=score.identity.judge, construct=score.construct)
