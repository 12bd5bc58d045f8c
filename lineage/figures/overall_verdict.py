"""The overall class of a model, from the verdicts on its safety; it never claims more than they do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lineage.drift.drift_row import by_model
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from lineage.profile import Profile
    from lineage.vocabulary import Against


class Standing(StrEnum):
    """The classes; the first three have colour. `alone`: scored, but without a comparison of safety."""

    RISKIER = "riskier"
    SAFER = "safer"
    CONTRADICTORY = "contradictory"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    WITHHELD = "withheld"
    ALONE = "alone"
    QUEUED = "queued"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A model's class, and its largest supported changes in points: riskier 0 or more, safer 0 or less."""

    standing: Standing
    worst: float = 0.0
    best: float = 0.0


def stand_of(profile: Profile, against: Against) -> Stand:
    """Return how a model compares with one kind of ancestor."""
    if not profile.scores:
        return Stand(standing=Standing.QUEUED if profile.coverage == "queued" else Standing.UNSCORED)
    safety = [row for row in profile.drift_against(against) if row.is_safety]
    rows = by_model(safety).get(profile.id, ())
    worst = max((row.delta or 0.0 for row in rows if row.verdict is Verdict.WORSE), default=0.0)
    best = min((row.delta or 0.0 for row in rows if row.verdict is Verdict.BETTER), default=0.0)
    return Stand(standing=_standing({row.verdict for row in rows}), worst=worst, best=best)


def _standing(verdicts: set[Verdict]) -> Standing:
    if {Verdict.WORSE, Verdict.BETTER} <= verdicts:
        return Standing.CONTRADICTORY
    if Verdict.WORSE in verdicts:
        return Standing.RISKIER
    if Verdict.BETTER in verdicts:
        return Standing.SAFER
    if Verdict.UNDECIDED in verdicts or {Verdict.EQUIVALENT, Verdict.WITHHELD} <= verdicts:
        return Standing.UNDECIDED
    if Verdict.EQUIVALENT in verdicts:
        return Standing.EQUIVALENT
    return Standing.WITHHELD if Verdict.WITHHELD in verdicts else Standing.ALONE
