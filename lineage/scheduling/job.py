"""A job: one model on one instrument, its states in the queue, and the transitions between them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lineage.scores.score import digest
from lineage.vocabulary import EngineName, JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

Options = dict[str, str | int | float | bool]
USUAL_ENGINE: Final = EngineName.TRANSFORMERS.value


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
class JobSpec:
    """What a job runs: a model at a commit (or in a folder), on an instrument, by an engine's definition of it.

    The same record goes from the schedule through the queue to the worker. `instrument` is a name of the catalogue, and
    `definition` is what the engine runs for it: a task of lm-evaluation-harness, the path of a YAML file of it, or
    `FILE.py@TASK` for Inspect. Both are empty for a model that is skipped on every instrument. `base` is what an
    adapter is attached to, or None for any other model. At most `item_limit` items are run, or all for None. `options`
    belong to the engine.
    """

    model: str
    revision: str | None
    instrument: str
    definition: str
    engine: str = USUAL_ENGINE
    folder: str | None = None
    base: str | None = None
    base_revision: str | None = None
    base_folder: str | None = None
    item_limit: int | None = None
    options: Options = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what identifies the work: the queue has it once, and the results of its items are kept once."""
        return digest(asdict(self) | {"model": self.model.casefold()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of the queue. `items_total` is None while unknown; `error` is why the last attempt failed."""

    number: int
    spec: JobSpec
    state: JobState
    family: str
    attempts: int
    items_done: int
    items_total: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """Why an attempt at a job failed: `is_final` where another attempt cannot help, `traceback` None where unknown."""

    reason: str
    traceback: str | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReturn:
    """Why a job goes back to the queue, which is no failure: what runs it is not there now.

    `is_away` is true where that holds for all jobs of its server, and false where the server lacks this model alone.
    """

    reason: str
    is_away: bool
