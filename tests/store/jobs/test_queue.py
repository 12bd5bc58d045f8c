"""The queue: each work once, and states that change by the table alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.errors import UsageError
from lineage.scheduling.job import TRANSITIONS, Change
from lineage.vocabulary import JobState
from store.jobs.leases import LeaseHolder, ReadyFilter, claim
from store.jobs.queue import (
    NoSuchJob,
    WrongState,
    cancel,
    clear,
    count_jobs,
    enqueue,
    find_job,
    list_jobs,
    move,
    pause,
    queue_state,
    retry,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.plan import PlannedJob
    from store.database import Database

    Make = Callable[..., PlannedJob]
    Rows = Callable[[Database, str], list[tuple[object, ...]]]

START = datetime(2026, 3, 1, tzinfo=UTC)
WAYS: dict[JobState, tuple[Change, ...]] = {
    JobState.QUEUED: (),
    JobState.LEASED: (Change.CLAIM,),
    JobState.DONE: (Change.CLAIM, Change.FINISH),
    JobState.FAILED: (Change.CLAIM, Change.GIVE_UP),
    JobState.SKIPPED: (Change.CANCEL,),
}


@pytest.mark.parametrize("state", list(JobState))
def test_a_state_changes_by_the_table_alone(database: Database, make_wanted: Make, state: JobState) -> None:
    """In every state, every change either leads where the table says or does nothing."""
    numbers = enqueue(database, [make_wanted(place) for place in range(len(Change))], START).new
    for earlier in WAYS[state]:
        assert move(database, numbers, earlier, START) == numbers
    assert {find_job(database, number).state for number in numbers} == {state}
    for number, change in zip(numbers, Change, strict=True):
        after = TRANSITIONS[change].get(state)
        assert move(database, [number], change, START) == (() if after is None else (number,))
        assert find_job(database, number).state is (after or state)


def test_the_same_work_is_queued_once(database: Database, make_wanted: Make) -> None:
    """To ask twice queues nothing twice, also within one question."""
    wanted = [make_wanted(1), make_wanted(2), make_wanted(1)]
    first = enqueue(database, wanted, START)
    assert len(first.new) == 2
    again = enqueue(database, wanted, START)
    assert (again.new, again.revived, again.known) == ((), (), first.new)
    assert count_jobs(database) == {JobState.QUEUED: 2}


def test_a_job_comes_back_as_it_was_wanted(database: Database, make_wanted: Make) -> None:
    """What is stored of a job is the work that was asked for."""
    wanted = make_wanted(
        1, base="maple/base", base_revision="d4e5f6a", item_limit=7, options={"batch": 8, "chat": True}
    )
    (number,) = enqueue(database, [wanted], START).new
    job = find_job(database, number)
    assert (job.spec, job.family, job.attempts) == (wanted.spec, wanted.family, 0)


def test_what_was_skipped_is_queued_when_it_can_be_run(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """A reason that no longer holds is no reason: the next schedule queues the job, and says why anew."""
    skipped = make_wanted(1, is_skipped=True, reason="too large for the hardware")
    (number,) = enqueue(database, [skipped], START).new
    assert find_job(database, number).state is JobState.SKIPPED
    assert enqueue(database, [skipped], START).known == (number,)
    assert enqueue(database, [make_wanted(1)], START).revived == (number,)
    assert rows_of(database, "select state, reason from jobs") == [("queued", "412k downloads")]


def test_what_a_person_cancelled_stays_cancelled(database: Database, make_wanted: Make) -> None:
    """No schedule queues a cancelled job again; a person does with retry."""
    (number,) = enqueue(database, [make_wanted(1)], START).new
    cancel(database, number, START)
    assert enqueue(database, [make_wanted(1)], START).known == (number,)
    assert find_job(database, number).state is JobState.SKIPPED
    retry(database, number, START)
    assert find_job(database, number).state is JobState.QUEUED
    assert find_job(database, number).error is None


def test_a_model_skipped_on_everything_is_told_anew(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """A skip without an instrument is forgotten once its model is asked about again, and cannot be retried."""
    nothing = make_wanted(1, instrument="", definition="", is_skipped=True, reason="gated")
    (number,) = enqueue(database, [nothing], START).new
    with pytest.raises(UsageError, match="has no instrument"):
        retry(database, number, START)
    again = make_wanted(1, instrument="", definition="", is_skipped=True, reason="too large")
    assert enqueue(database, [again], START).known == (number,)
    assert rows_of(database, "select reason from jobs") == [("too large",)]
    enqueue(database, [make_wanted(1)], START)
    assert rows_of(database, "select instrument, state from jobs") == [("harm", "queued")]


@pytest.mark.parametrize("act", [retry, cancel])
def test_what_cannot_happen_is_said(
    database: Database, make_wanted: Make, act: Callable[[Database, int, object], None]
) -> None:
    """An unknown job and a job in another state are errors that name the state and what is allowed."""
    with pytest.raises(NoSuchJob, match="no job 7"):
        act(database, 7, START)
    (number,) = enqueue(database, [make_wanted(1)], START).new
    for change in WAYS[JobState.DONE]:
        move(database, [number], change, START)
    with pytest.raises(WrongState, match=f"job {number} is done"):
        act(database, number, START)


def test_clearing_forgets_and_never_uses_a_number_twice(database: Database, make_wanted: Make) -> None:
    """Only the states that are named are forgotten, and a new job has a new number."""
    first = enqueue(database, [make_wanted(1), make_wanted(2)], START).new
    move(database, first[1:], Change.CANCEL, START)
    assert clear(database, [JobState.QUEUED]) == 1
    assert count_jobs(database) == {JobState.SKIPPED: 1}
    assert min(enqueue(database, [make_wanted(1)], START).new) > max(first)


def test_a_pause_is_kept(database: Database) -> None:
    """Whether the queue is paused outlives the process that paused it."""
    assert not queue_state(database).is_paused
    pause(database, is_paused=True)
    assert queue_state(database).is_paused
    pause(database, is_paused=False)
    assert not queue_state(database).is_paused


def test_jobs_are_listed_with_what_works_first(database: Database, make_wanted: Make) -> None:
    """Leased before queued before failed before skipped, the queued by priority; states and limit narrow it."""
    wanted = [make_wanted(number, priority=10 - number, family=f"maple/{number}") for number in range(1, 6)]
    numbers = enqueue(database, wanted, START).new
    move(database, numbers[:1], Change.CANCEL, START)
    move(database, numbers[1:2], Change.CLAIM, START)
    move(database, numbers[1:2], Change.GIVE_UP, START)
    claim(database, ReadyFilter(), LeaseHolder(owner="a", lease=1), at=START, expires_at=START, most=1)
    assert [row["state"] for row in list_jobs(database).records()] == [
        "leased",
        "queued",
        "queued",
        "failed",
        "skipped",
    ]
    assert [row["priority"] for row in list_jobs(database, [JobState.QUEUED]).records()] == [6, 7]
    assert len(list_jobs(database, limit=2).rows) == 2
