"""What a rule finds on one model, detail by detail, and the result of a whole check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from shlex import quote
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

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
