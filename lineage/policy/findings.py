"""What a rule finds on one model, detail by detail, and the result of a whole check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lineage.policy.rules import Level

if TYPE_CHECKING:
    from datetime import date, datetime

    from lineage.policy.policy import Policy


class CheckState(StrEnum):
    """The state of a detail: passed, found (against the rule), excused by an exception, or not measured."""

    OK = "ok"
    FOUND = "found"
    EXCUSED = "excused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing that a rule looked at: its subject (an instrument, an ancestor), what was found, and the source."""

    state: CheckState
    subject: str
    found: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Why a finding does not count, and until when."""

    reason: str
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutcome:
    """The result of one rule on one model; `excuse` is None if no exception covers it."""

    model: str
    details: tuple[Detail, ...]
    excuse: Excuse | None = None

    @property
    def state(self) -> CheckState:
        """The most serious state of its details; `silent` if there are none."""
        states = {detail.state for detail in self.details}
        return next(
            (one for one in (CheckState.FOUND, CheckState.EXCUSED, CheckState.OK) if one in states), CheckState.SILENT
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """The results of one rule on all models."""

    name: str
    kind: str
    about: str
    level: Level
    line: int | None
    results: tuple[ModelOutcome, ...]

    def count(self, state: CheckState) -> int:
        """How many models are in a state."""
        return sum(result.state is state for result in self.results)

    @property
    def has_failed(self) -> bool:
        """Whether this rule makes the check fail."""
        return self.level is Level.ERROR and self.count(CheckState.FOUND) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found: one outcome per rule, and notes on parts of the policy that expired or match nothing."""

    policy: Policy
    models: int
    checked_at: datetime
    outcomes: tuple[RuleOutcome, ...]
    notes: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether any rule makes the check fail."""
        return any(outcome.has_failed for outcome in self.outcomes)


def ok(subject: str, found: str, source: str = "") -> Detail:
    """Return a detail that passes."""
    return Detail(state=CheckState.OK, subject=subject, found=found, source=source)


def against(subject: str, found: str, source: str = "") -> Detail:
    """Return a detail that breaks the rule."""
    return Detail(state=CheckState.FOUND, subject=subject, found=found, source=source)


def silent(subject: str, found: str, source: str = "") -> Detail:
    """Return a detail that could not be measured."""
    return Detail(state=CheckState.SILENT, subject=subject, found=found, source=source)


def judged(subject: str, found: str, source: str = "", *, is_fault: bool) -> Detail:
    """Return a detail that passes or breaks the rule."""
    return (against if is_fault else ok)(subject, found, source)
