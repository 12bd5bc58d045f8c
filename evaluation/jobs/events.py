"""Events of a run of the queue, in the order in which they happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lineage.scheduling.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOpened:
    """The queue is about to run: the jobs that may be claimed, and the items they have left as far as is known.

    `reclaimed` is the number of jobs that were leased to a process that ended; `unserved` are left alone, because they
    need a server and none is named.
    """

    jobs: int
    items: int
    reclaimed: int
    unserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBegan:
    """A worker begins a job; some of its items may be done already."""

    job: Job
    items_kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsKept:
    """Items of a job are kept: `kept` so far, of `total` (None while unknown); `new` of them arrived just now."""

    job: Job
    new: int
    kept: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """A job is done, with the mean of its items. If it was stopped early there is no score."""

    job: Job
    value: float
    items: int
    is_stopped_early: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed:
    """An attempt at a job failed; with `is_over` it is not tried again."""

    job: Job
    reason: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobGivenBack:
    """A job is queued again and not tried again in this run: what would run it is not there now. What is done stays."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """All jobs are run; what follows from the new scores is computed. `given_back` jobs are still queued."""

    linked: int
    given_back: int = 0


Event: TypeAlias = QueueOpened | JobBegan | ItemsKept | JobDone | JobFailed | JobGivenBack | Settling
