"""Jobs: one model on one instrument, the states that a job passes through, and what leads from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Options = dict[str, str | int | float | bool]


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Change(StrEnum):
    """What can happen to a job."""

    CLAIM = "claim"
    FINISH = "finish"
    GIVE_UP = "give_up"
    RETURN = "return"
    RETRY = "retry"
    CANCEL = "cancel"


TRANSITIONS: Final[Mapping[Change, Mapping[JobState, JobState]]] = MappingProxyType(
    {
        Change.CLAIM: {JobState.QUEUED: JobState.LEASED},
        Change.FINISH: {JobState.LEASED: JobState.DONE},
        Change.GIVE_UP: {JobState.LEASED: JobState.FAILED},
        Change.RETURN: {JobState.LEASED: JobState.QUEUED},
        Change.RETRY: {JobState.FAILED: JobState.QUEUED, JobState.SKIPPED: JobState.QUEUED},
        Change.CANCEL: {JobState.QUEUED: JobState.SKIPPED, JobState.LEASED: JobState.SKIPPED},
    }
)
"""The only transitions there are: `store.jobs.queue.move` applies them, and nothing else writes a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a job runs: a model at a commit (or of a folder), on an instrument, by an engine's definition of it.

    `instrument` and `definition` are None together, of what is never run on any. `base` is what an adapter is attached
    to, or None for a model of its own; `limit` runs so many items at most, or None for
    all. `options` are the engine's own.
    """

    model: str
    revision: str | None
    instrument: str | None
    definition: str | None
    engine: str = "transformers"
    folder: str | None = None
    base: str | None = None
    base_revision: str | None = None
    base_folder: str | None = None
    limit: int | None = None
    options: Options = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what makes two jobs the same work: it is queued once, and what is kept of its items is kept once."""
        return digest(
            [
                self.model.casefold(),
                self.revision,
                self.folder,
                self.base,
                self.base_revision,
                self.base_folder,
                self.instrument,
                self.definition,
                self.engine,
                self.limit,
                sorted(self.options.items()),
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A job that somebody wants: the work, how soon, and why.

    `family` is the root of the model's family: what is claimed together. `priority` is any number, the least first.
    `expected_seconds` is None where nobody can say. A job with `is_skipped` is kept with its reason and not run; of an
    exact copy, `copy_of` names the model whose score it will be given.
    """

    work: Work
    family: str
    priority: float
    reason: str
    policy: str
    expected_seconds: float | None = None
    is_skipped: bool = False
    copy_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job of the queue. `items_total` is None while unknown; `error` is what the last attempt failed of."""

    number: int
    work: Work
    state: JobState
    family: str
    attempts: int
    items_done: int
    items_total: int | None = None
    lease: int | None = None
    expires_at: datetime | None = None
    error: str | None = None
