"""A schedule: jobs in the order in which to run them, and what is never run, each with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.scheduling.cost_model import ORIGIN
from lineage.scheduling.reasons import ReasonFacts, corrected, count_of, time_of

if TYPE_CHECKING:
    from lineage.scheduling.cost_model import CostModel
    from lineage.scheduling.job import JobSpec
    from lineage.vocabulary import SchedulingPolicy


LONGEST_SECONDS: Final = 30 * 86_400.0
"""Work of more than 30 days on the hardware is said to be out of any budget."""


class Unit(StrEnum):
    """What a budget counts: seconds on the hardware, money at its price, or items of instruments."""

    SECONDS = "seconds"
    MONEY = "money"
    ITEMS = "items"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be spent; `amount` is in the unit, infinity for no bound."""

    amount: float = float("inf")
    unit: Unit = Unit.SECONDS

    def __post_init__(self) -> None:
        """Raise ValueError for a negative amount."""
        if not self.amount >= 0:
            raise ValueError(f"a budget must be 0 or more, not {self.amount}")


class SkipCause(StrEnum):
    """Why a model is never run; the value is how it is shown."""

    NOT_THERE = "not on the Hub"
    NO_LANGUAGE_MODEL = "no language model"
    NO_COMMIT = "commit unknown"
    NO_BASE = "base of the adapter unknown"
    TOO_LARGE = "too large for the hardware"
    GATED = "gated"
    REMOTE_CODE = "needs remote code"
    PICKLE_ONLY = "pickle-only weights"
    GGUF_ONLY = "GGUF only"
    IDENTICAL = "identical weights"
    MEASURED = "already measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipReason:
    """Why something is not run. `detail` is for people; `same_as` is, for a copy, the model whose result counts.

    `remedy` is the command or the option of a schedule that would mend it, empty if none would.
    """

    cause: SkipCause
    detail: str
    same_as: str | None = None
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """A job that is to be queued: what it runs, why, and what it is expected to cost.

    `family` is the id of the nearest root. `policy` is how the job was chosen, or `person`. Jobs run in the order of
    `priority`, the least first. `round` counts the jobs of one family: jobs of one round are in different families and
    may run side by side. Both are 0 for a job that is skipped. `expected_seconds` includes loading; `expected_cost` is
    money at the price of the hardware. Both are None where unknown, as for a job that is skipped. `facts` has the
    numbers behind the reason, None for a guard and for what no schedule chose. `engine_reason` is why its engine runs
    it, in a few words, empty for a job that is skipped. `skip` is why the job is never run, None for a job that is.
    """

    spec: JobSpec
    family: str
    reason: str
    policy: str
    priority: float = 0
    round: int = 0
    expected_seconds: float | None = None
    expected_cost: float | None = None
    facts: ReasonFacts | None = None
    engine_reason: str = ""
    skip: SkipReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The jobs to run, in order, and those that never run; `spent` is in the unit of the budget."""

    jobs: tuple[PlannedJob, ...]
    skipped: tuple[PlannedJob, ...]
    spent: float
    budget: Budget
    policy: SchedulingPolicy
    costs: CostModel

    @property
    def refused(self) -> Counter[SkipCause]:
        """How many models or jobs cannot run, by cause; a job that is measured already is not refused."""
        causes = (job.skip.cause for job in self.skipped if job.skip is not None)
        return Counter(cause for cause in causes if cause not in {SkipCause.MEASURED, SkipCause.IDENTICAL})

    def summary(self) -> str:
        """Return the schedule in one line: jobs, models, families, the expected time, and how sure it is.

        How measured runs correct the guessed times is stated for a model with a billion weights, if they do. What is
        refused is not part of the work, and is counted by cause.
        """
        if not self.jobs:
            return f"nothing to run{self._refusals()}"
        models, families = {job.spec.model for job in self.jobs}, {job.family for job in self.jobs}
        seconds = sum(job.expected_seconds or 0.0 for job in self.jobs)
        return (
            f"{count_of(len(self.jobs), 'job')} on {count_of(len(models), 'model')} of "
            f"{count_of(len(families), 'family', 'families')}, about {time_of(seconds)}"
            f"{self._out_of_reach(seconds)}{self._refusals()}{self._correction()}"
        )

    def engines(self) -> tuple[str, ...]:
        """Return which engine runs how many of the jobs and why, a line each, those with most jobs first."""
        counts = Counter((job.spec.engine, job.engine_reason) for job in self.jobs)
        return tuple(f"{engine}: {count_of(count, 'job')} ({why})" for (engine, why), count in counts.most_common())

    def _out_of_reach(self, seconds: float) -> str:
        if seconds <= LONGEST_SECONDS:
            return ""
        return ", which is out of any budget: --budget 8h or --limit 20 plans what comes first"

    def _refusals(self) -> str:
        """Return what is left out, by cause, most frequent first; empty if nothing is."""
        refused = self.refused
        done = len(self.skipped) - refused.total()
        told = [f"{count:,} {cause}" for cause, count in refused.most_common()]
        parts = [f"refused: {', '.join(told)}"] * bool(told) + [f"{done:,} measured already or copies"] * bool(done)
        return "".join(f"; {part}" for part in parts)

    def _correction(self) -> str:
        told = corrected(float(self.costs.correction(None, np.array(ORIGIN))), self.costs.runs)
        if told is None:
            return ""
        return f"; items take {told}, two times of three within a factor of {self.costs.factor(ORIGIN):.2g} of that"
