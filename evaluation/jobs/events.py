"""What running the queue tells while it goes on, in the order in which things happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lineage.scheduling.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOpened:
    """The queue is about to run: jobs that may be claimed, items they have left as far as is known.

    `reclaimed` is how many were leased to a process that ended.
    """

    jobs: int
    items: int
    reclaimed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBegan:
    """A worker begins a job, of whose items some may be done."""

    job: Job
    items_kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsKept:
    """Items of a job are kept: how many by now, and of how many (None while unknown); `new` of them came just now."""

    job: Job
    new: int
    kept: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """A job is done: the mean of its items. Stopped early, it is no score."""

    job: Job
    value: float
    items: int
    is_stopped_early: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed:
    """An attempt at a job failed; `is_over` says that it is not tried again."""

    job: Job
    reason: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """All jobs are run; what follows from the new scores is computed."""

    linked: int


Event: TypeAlias = QueueOpened | JobBegan | ItemsKept | JobDone | JobFailed | Settling
