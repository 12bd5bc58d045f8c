"""The queue of jobs: what is put into it, what a person does with it, and the one place where a job's state changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.errors import LineageError, UsageError
from lineage.scheduling.queue_records import TRANSITIONS, Change, Job, JobState, Work
from store.derive.parents import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from lineage.output.result import Result
    from lineage.scheduling.queue_records import Wanted
    from store.database import Database

JOB_COLUMNS: Final = (
    "number",
    "key",
    "model",
    "revision",
    "folder",
    "base",
    "base_revision",
    "base_folder",
    "family",
    "instrument",
    "definition",
    "engine",
    "item_limit",
    "options",
    "state",
    "priority",
    "reason",
    "policy",
    "expected_seconds",
    "copy_of",
)
CANCELLED: Final = "cancelled by a person"


class NoSuchJob(LineageError):
    """No job has this number."""

    hint = "`lineage queue list` shows the numbers"
    exit_code = 1

    def __init__(self, number: int) -> None:
        """Say which number."""
        super().__init__(f"there is no job {number}")
        self.number = number


class WrongState(LineageError):
    """A job is in a state in which this cannot happen to it."""

    exit_code = 1

    def __init__(self, number: int, state: JobState, change: Change) -> None:
        """Say which job, its state, and what was wanted."""
        allowed = " or ".join(before.value for before in TRANSITIONS[change])
        super().__init__(f"job {number} is {state.value}; {change.value} is for jobs that are {allowed}")
        self.number = number
        self.state = state
        self.change = change


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """Numbers of the jobs that are new, of those that were skipped and are wanted now, and of those known before."""

    new: tuple[int, ...]
    revived: tuple[int, ...]
    known: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """Whether the queue is paused, and whether drift follows from all scores that it brought."""

    is_paused: bool
    is_drift_current: bool


def move(database: Database, numbers: Sequence[int], change: Change, at: datetime) -> tuple[int, ...]:
    """Change the state of those jobs to which this can happen by `TRANSITIONS`, and return their numbers.

    Nothing else writes a state. It is one statement a state, within the caller's transaction.
    """
    moved: list[int] = []
    wanted: dict[JobState, list[str]] = {}
    for before, after in TRANSITIONS[change].items():
        wanted.setdefault(after, []).append(before.value)
    with lent_numbers(database, numbers):
        for after, befores in wanted.items():
            rows = database.run("queue/move", after=after.value, befores=befores, at=at).rows
            moved += [cast("int", row[0]) for row in rows]
    return tuple(sorted(moved))


def enqueue(database: Database, wanted: Iterable[Wanted], at: datetime) -> Enqueued:
    """Put jobs into the queue in one transaction, each work once.

    A work that is here is left as it is, but for one that was skipped and can be run now: it is queued again. What a
    person cancelled stays so. That a model is skipped on every instrument is told anew each time.
    """
    distinct = {one.work.key: one for one in wanted}
    with database.transaction():
        rows = _known(database, distinct)
        known = {str(key): cast("int", number) for key, number, *_ in rows}
        revived = _revive(database, distinct, rows, at)
        fresh = [one for key, one in distinct.items() if key not in known]
        numbers = [cast("int", row[0]) for row in database.run("queue/next_jobs", count=len(fresh)).rows]
        if fresh:
            lent = (_row(number, one) for number, one in zip(numbers, fresh, strict=True))
            with database.columns("lent_jobs", **as_columns(JOB_COLUMNS, lent)):
                database.run("queue/add_jobs", at=at)
    rest = tuple(sorted(set(known.values()) - set(revived)))
    return Enqueued(new=tuple(numbers), revived=revived, known=rest)


def _known(database: Database, wanted: dict[str, Wanted]) -> Sequence[tuple[object, ...]]:
    """Return which works are here, each with its number, its state and whether it was cancelled.

    Skips are told anew: their reasons as they are now, and none on every instrument that no longer holds.
    """
    models = {one.work.model for one in wanted.values()}
    reasons = ((key, one.reason) for key, one in wanted.items())
    with (
        database.columns("lent_models", **as_columns(("model",), ((model,) for model in models))),
        database.columns("lent_work", **as_columns(("key", "reason"), reasons)),
    ):
        database.run("queue/forget_skips")
        database.run("queue/tell_skips")
        return database.run("queue/known_jobs").rows


def _revive(
    database: Database, wanted: dict[str, Wanted], rows: Sequence[tuple[object, ...]], at: datetime
) -> tuple[int, ...]:
    """Queue those again that were skipped for a reason that no longer holds."""
    moved: list[int] = []
    for key, number, state, is_cancelled in rows:
        asked = wanted[str(key)]
        if state == JobState.SKIPPED.value and not is_cancelled and not asked.is_skipped:
            moved += restart(database, [cast("int", number)], at, reason=asked.reason)
    return tuple(moved)


def _row(number: int, wanted: Wanted) -> tuple[object, ...]:
    """Return what is written of a new job, in the order of the columns."""
    work = wanted.work
    state = JobState.SKIPPED if wanted.is_skipped else JobState.QUEUED
    return (
        number,
        work.key,
        work.model,
        work.revision,
        work.folder,
        work.base,
        work.base_revision,
        work.base_folder,
        wanted.family,
        work.instrument,
        work.definition,
        work.engine,
        work.limit,
        json.dumps(work.options, sort_keys=True),
        state.value,
        wanted.priority,
        wanted.reason,
        wanted.policy,
        wanted.expected_seconds,
        wanted.copy_of,
    )


def find_jobs(database: Database, numbers: Sequence[int]) -> tuple[Job, ...]:
    """Return jobs in the order of their numbers; those that are not here are left out."""
    with lent_numbers(database, numbers):
        return tuple(_job(row) for row in database.run("queue/jobs").rows)


def find_job(database: Database, number: int) -> Job:
    """Return a job; raises NoSuchJob."""
    for job in find_jobs(database, [number]):
        return job
    raise NoSuchJob(number)


def _job(row: tuple[object, ...]) -> Job:
    number, model, revision, folder, base, base_revision, base_folder, *rest = row
    instrument, definition, engine, limit, options, state, family, *counts = rest
    attempts, items_done, items_total, lease, expires_at, error = counts
    work = Work(
        model=str(model),
        revision=cast("str | None", revision),
        folder=cast("str | None", folder),
        base=cast("str | None", base),
        base_revision=cast("str | None", base_revision),
        base_folder=cast("str | None", base_folder),
        instrument=cast("str | None", instrument),
        definition=cast("str | None", definition),
        engine=str(engine),
        limit=cast("int | None", limit),
        options=json.loads(str(options)),
    )
    return Job(
        number=cast("int", number),
        work=work,
        state=JobState(str(state)),
        family=str(family),
        attempts=cast("int", attempts),
        items_done=cast("int", items_done),
        items_total=cast("int | None", items_total),
        lease=cast("int | None", lease),
        expires_at=cast("datetime | None", expires_at),
        error=cast("str | None", error),
    )


def restart(database: Database, numbers: Sequence[int], at: datetime, reason: str | None = None) -> tuple[int, ...]:
    """Queue failed and skipped jobs again as if they were new, within the caller's transaction; returns which."""
    moved = move(database, numbers, Change.RETRY, at)
    with lent_numbers(database, moved):
        database.run("queue/start_over", reason=reason)
    return moved


def retry(database: Database, number: int, at: datetime) -> None:
    """Queue a failed or skipped job again; raises NoSuchJob, WrongState, or UsageError where it has no instrument."""
    job = find_job(database, number)
    if job.work.instrument is None:
        raise UsageError(f"job {number} has no instrument: `lineage evaluate {job.work.model} INSTRUMENT` names one")
    with database.transaction():
        if not restart(database, [number], at):
            raise WrongState(number, job.state, Change.RETRY)


def cancel(database: Database, number: int, at: datetime) -> None:
    """Take a job out of the queue and keep it as skipped; raises NoSuchJob or WrongState."""
    with database.transaction():
        if not move(database, [number], Change.CANCEL, at):
            raise WrongState(number, find_job(database, number).state, Change.CANCEL)
        with lent_numbers(database, [number]):
            database.run("queue/note_error", error=CANCELLED)


def clear(database: Database, states: Iterable[JobState]) -> int:
    """Forget the jobs that are in some states, with what is kept of their items; returns how many.

    Scores stay, and so does what the jobs cost.
    """
    with database.transaction():
        rows = database.run("queue/list_in_states", states=[state.value for state in states]).rows
        with database.columns("lent_work", **as_columns(("key",), ((row[1],) for row in rows))):
            database.run("queue/drop_items")
        with lent_numbers(database, [cast("int", row[0]) for row in rows]):
            database.run("queue/clear")
    return len(rows)


def pause(database: Database, *, is_paused: bool) -> None:
    """Let no job be claimed until the queue is resumed, or let it go on."""
    database.run("queue/set_paused", is_paused=is_paused)


def queue_state(database: Database) -> QueueState:
    """Return what holds for the queue as a whole."""
    is_paused, is_drift_current = database.run("queue/queue_state").rows[0]
    return QueueState(is_paused=bool(is_paused), is_drift_current=bool(is_drift_current))


def mark_drift_current(database: Database) -> None:
    """Note that drift was computed after the last score that the queue brought."""
    database.run("queue/set_drift_current", is_current=True)


def list_jobs(database: Database, states: Sequence[JobState] | None = None, limit: int = 0) -> Result:
    """Return jobs as the view `jobs` has them: what works first, then what is next; `limit` 0 for all."""
    chosen = None if states is None else [state.value for state in states]
    return database.run("queue/list_jobs", states=chosen, limit=limit)


def count_jobs(database: Database) -> dict[JobState, int]:
    """Return how many jobs are in each state that has any."""
    return {JobState(str(state)): cast("int", jobs) for state, jobs in database.run("queue/count_jobs").rows}


def lent_numbers(database: Database, numbers: Sequence[int]) -> AbstractContextManager[None]:
    """Lend numbers of jobs to SQL while the block runs."""
    return database.columns("lent_numbers", number=np.array(numbers, dtype=np.int32))
