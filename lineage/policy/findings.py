"""What a rule finds on one model, detail by detail, and the result of a whole check."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from shlex import quote
from typing import TYPE_CHECKING, Final

from lineage.policy.rules import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from lineage.policy.policy import Policy
    from lineage.vocabulary import MissingFact


MODEL_MARK: Final = "{model}"


class CheckState(StrEnum):
    """The state of a detail: passed, found (against the rule), excused by an exception, or skipped.

    A missing fact is found; it is skipped only if the check or the rule allows its kind to be missing.
    """

    OK = "ok"
    FOUND = "found"
    EXCUSED = "excused"
    SKIPPED = "skipped"


SEVERITY: Final = (CheckState.FOUND, CheckState.EXCUSED, CheckState.SKIPPED, CheckState.OK)
"""The states, the most serious first: a rule that skipped a fact of a model has not passed on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing that a rule looked at: its subject (an instrument, an ancestor), what was found, and the source.

    `missing` is the kind of the fact that is missing, or None if none is; `remedy` is the command that would supply it,
    with `{model}` for the model's id, empty if no command would.
    """

    state: CheckState
    subject: str
    found: str
    source: str = ""
    missing: MissingFact | None = None
    remedy: str = ""

    @property
    def words(self) -> str:
        """What was found, after the kind of the missing fact if one is missing."""
        return self.found if self.missing is None else f"{self.missing.words}: {self.found}"

    def remedy_for(self, model: str) -> str:
        """Return the command for a model, quoted for a shell."""
        return self.remedy.replace(MODEL_MARK, quote(model))

    def skipped_if(self, allowed: Collection[MissingFact]) -> Detail:
        """Return the detail, skipped if its fact is missing and may be."""
        return replace(self, state=CheckState.SKIPPED) if self.missing in allowed else self


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
        """The most serious state of its details; a rule that looked at nothing has found that."""
        if len(self.details) == 1:
            return self.details[0].state
        states = {detail.state for detail in self.details} or {CheckState.FOUND}
        return next(one for one in SEVERITY if one in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTally:
    """How many models are in each state by one rule, and how many facts it skipped, by kind."""

    states: Counter[CheckState] = field(default_factory=Counter)
    skipped: Counter[MissingFact] = field(default_factory=Counter)

    def add(self, results: Iterable[ModelOutcome]) -> None:
        """Count some results too."""
        skipped = CheckState.SKIPPED
        for result in results:
            self.states[result.state] += 1
            for one in result.details:
                if one.state is skipped and one.missing is not None:
                    self.skipped[one.missing] += 1

    @property
    def models(self) -> int:
        """How many models were counted."""
        return self.states.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """The results of one rule on all models, in their order, and the tally of these."""

    name: str
    kind: str
    about: str
    level: Level
    line: int | None
    results: Sequence[ModelOutcome]
    tally: OutcomeTally

    def count(self, state: CheckState) -> int:
        """How many models are in a state."""
        return self.tally.states[state]

    @property
    def has_failed(self) -> bool:
        """Whether this rule makes the check fail."""
        return self.level is Level.ERROR and self.count(CheckState.FOUND) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found: one outcome per rule, and notes on parts of the policy that expired or match nothing.

    `allowed` are the kinds of missing facts that the whole check skips.
    """

    policy: Policy
    models: int
    checked_at: datetime
    outcomes: tuple[RuleOutcome, ...]
    allowed: tuple[MissingFact, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def skipped(self) -> Counter[MissingFact]:
        """How many facts were skipped, by kind."""
        return sum((outcome.tally.skipped for outcome in self.outcomes), Counter())

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


def lacking(missing: MissingFact, subject: str, found: str, source: str = "", remedy: str = "") -> Detail:
    """Return a detail whose fact is missing, which breaks the rule unless that is allowed."""
    return Detail(state=CheckState.FOUND, subject=subject, found=found, source=source, missing=missing, remedy=remedy)


def judged(subject: str, found: str, source: str = "", *, is_fault: bool) -> Detail:
    """Return a detail that passes or breaks the rule."""
    return (against if is_fault else ok)(subject, found, source)
