"""The queue of jobs: what is added, what a person does with it, and the one place that changes the state of a job."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from lineage.errors import LineageError, UsageError
from lineage.scheduling.job import TRANSITIONS, Change, Job, JobSpec
from lineage.vocabulary import JobState
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from lineage.output.result import Result
    from lineage.scheduling.plan import PlannedJob
    from store.database import Database

SPEC_COLUMNS: Final = tuple(field.name for field in fields(JobSpec))
JOB_COLUMNS: Final = (
    *("number", "key", *SPEC_COLUMNS),
    *("family", "state", "priority", "reason", "policy", "expected_seconds", "copy_of"),
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
    """This cannot be done with a job in its state."""

    exit_code = 1

    def __init__(self, number: int, state: JobState, change: Change) -> None:
        """Say which job, its state, and what was requested."""
        allowed = " or ".join(before.value for before in TRANSITIONS[change])
        super().__init__(f"job {number} is {state.value}; {change.value} works only for jobs that are {allowed}")
        self.number = number
        self.state = state
        self.change = change


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """Numbers of the new jobs, of those that were skipped and are queued now, and of those known before."""

    new: tuple[int, ...]
    revived: tuple[int, ...]
    known: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """Whether the queue is paused, and whether drift reflects all scores that it produced."""

    is_paused: bool
    is_drift_current: bool


def move(database: Database, numbers: Sequence[int], change: Change, at: datetime) -> tuple[int, ...]:
    """Change the state of those jobs for which `TRANSITIONS` allows it, and return their numbers.

    Nothing else writes a state. It is one statement per state, within the caller's transaction.
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


def enqueue(database: Database, planned: Iterable[PlannedJob], at: datetime) -> Enqueued:
    """Put jobs into the queue in one transaction, each spec once.

    A spec that is in the queue stays as it is, except one that was skipped and can be run now: it is queued again. What
    a person cancelled stays cancelled. Reasons for skipping a model on every instrument are replaced each time.
    """
    distinct = {job.spec.key: job for job in planned}
    with database.transaction():
        found = _find_known(database, distinct)
        revived = _revive(database, distinct, found, at)
        known = {row["key"]: row["number"] for row in found}
        fresh = [(key, job) for key, job in distinct.items() if key not in known]
        numbers = [cast("int", row[0]) for row in database.run("queue/next_jobs", count=len(fresh)).rows]
        if fresh:
            rows = (_row(number, key, job) for number, (key, job) in zip(numbers, fresh, strict=True))
            with database.columns("lent_jobs", **as_columns(JOB_COLUMNS, rows)):
                database.run("queue/add_jobs", at=at)
    return Enqueued(new=tuple(numbers), revived=revived, known=tuple(sorted(set(known.values()) - set(revived))))


def _find_known(database: Database, planned: Mapping[str, PlannedJob]) -> list[dict[str, Any]]:
    """Return which specs are in the queue, each with its number, its state and whether it was cancelled.

    Skipped jobs get their present reasons, and those on every instrument are deleted if they no longer hold.
    """
    models = {job.spec.model for job in planned.values()}
    reasons = ((key, job.reason) for key, job in planned.items())
    with (
        database.columns("lent_models", **as_columns(("model",), ((model,) for model in models))),
        database.columns("lent_specs", **as_columns(("key", "reason"), reasons)),
    ):
        database.run("queue/forget_skips")
        database.run("queue/tell_skips")
        return database.run("queue/known_jobs").records()


def _revive(
    database: Database, planned: Mapping[str, PlannedJob], found: Iterable[Mapping[str, Any]], at: datetime
) -> tuple[int, ...]:
    """Queue again what was skipped for a reason that no longer holds."""
    moved: list[int] = []
    for row in found:
        job = planned[row["key"]]
        if row["state"] == JobState.SKIPPED.value and not row["is_cancelled"] and job.skip is None:
            moved += restart(database, [row["number"]], at, reason=job.reason)
    return tuple(moved)


def _row(number: int, key: str, job: PlannedJob) -> tuple[object, ...]:
    """Return the row of a new job, in the order of the columns."""
    row = asdict(job.spec) | {
        "number": number,
        "key": key,
        "options": json.dumps(job.spec.options, sort_keys=True),
        "family": job.family,
        "state": (JobState.QUEUED if job.skip is None else JobState.SKIPPED).value,
        "priority": float(job.priority),
        "reason": job.reason,
        "policy": job.policy,
        "expected_seconds": job.expected_seconds,
        "copy_of": None if job.skip is None else job.skip.same_as,
    }
    return tuple(row[name] for name in JOB_COLUMNS)


def find_jobs(database: Database, numbers: Sequence[int]) -> tuple[Job, ...]:
    """Return jobs in the order of their numbers; those that do not exist are left out."""
    with lent_numbers(database, numbers):
        return tuple(_job(row) for row in database.run("queue/jobs").records())


def find_job(database: Database, number: int) -> Job:
    """Return a job; raises NoSuchJob."""
    for job in find_jobs(database, [number]):
        return job
    raise NoSuchJob(number)


def _job(row: dict[str, Any]) -> Job:
    spec = JobSpec(
        **{name: row.pop(name) for name in SPEC_COLUMNS if name != "options"}, options=json.loads(row.pop("options"))
    )
    return Job(**(row | {"spec": spec, "state": JobState(row["state"])}))


def restart(database: Database, numbers: Sequence[int], at: datetime, reason: str | None = None) -> tuple[int, ...]:
    """Queue failed and skipped jobs again as if they were new, within the caller's transaction; returns which."""
    moved = move(database, numbers, Change.RETRY, at)
    with lent_numbers(database, moved):
        database.run("queue/start_over", reason=reason)
    return moved


def retry(database: Database, number: int, at: datetime) -> None:
    """Queue a failed or skipped job again; raises NoSuchJob, WrongState, or UsageError if it has no instrument."""
    job = find_job(database, number)
    if not job.spec.instrument:
        raise UsageError(f"job {number} has no instrument: `lineage evaluate {job.spec.model} INSTRUMENT` names one")
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
    """Delete the jobs in some states, with the items that are kept of them; returns how many.

    Scores and the costs of the jobs stay.
    """
    with database.transaction():
        rows = database.run("queue/list_in_states", states=[state.value for state in states]).rows
        with database.columns("lent_specs", **as_columns(("key",), ((row[1],) for row in rows))):
            database.run("queue/drop_items")
            database.run("queue/drop_replies")
        with lent_numbers(database, [cast("int", row[0]) for row in rows]):
            database.run("queue/clear")
    return len(rows)


def pause(database: Database, *, is_paused: bool) -> None:
    """Let no job be claimed until the queue is resumed, or resume it."""
    database.run("queue/set_paused", is_paused=is_paused)


def queue_state(database: Database) -> QueueState:
    """Return what holds for the queue as a whole."""
    is_paused, is_drift_current = database.run("queue/queue_state").rows[0]
    return QueueState(is_paused=bool(is_paused), is_drift_current=bool(is_drift_current))


def mark_drift_current(database: Database) -> None:
    """Record that drift was computed after the last score that the queue produced."""
    database.run("queue/set_drift_current", is_current=True)


def list_jobs(database: Database, states: Sequence[JobState] | None = None, limit: int = 0) -> Result:
    """Return jobs as the view `jobs` has them: running jobs first, then the next ones; `limit` 0 for all."""
    chosen = None if states is None else [state.value for state in states]
    return database.run("queue/list_jobs", states=chosen, limit=limit)


def count_jobs(database: Database) -> dict[JobState, int]:
    """Return how many jobs are in each state that has any."""
    return {JobState(str(state)): cast("int", jobs) for state, jobs in database.run("queue/count_jobs").rows}


def lent_numbers(database: Database, numbers: Sequence[int]) -> AbstractContextManager[None]:
    """Lend numbers of jobs to SQL while the block runs."""
    return database.columns("lent_numbers", number=np.array(numbers, dtype=np.int32))
