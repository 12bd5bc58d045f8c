"""Leases: claimed by family, kept by those who live, taken back from those who do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lineage.vocabulary import JobState
from store.jobs.leases import LeaseHolder, ReadyFilter, claim, count_ready, extend, give_back, leased, reclaim
from store.jobs.queue import count_jobs, enqueue, find_job
from store.jobs.results import begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.job import Job
    from lineage.scheduling.plan import PlannedJob
    from store.database import Database

    Make = Callable[..., PlannedJob]
    Rows = Callable[[Database, str], list[tuple[object, ...]]]

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OURS = LeaseHolder(owner="here:1:a", lease=1)


def take(
    database: Database, ready: ReadyFilter | None = None, holder: LeaseHolder = OURS, most: int = 10
) -> tuple[Job, ...]:
    """Claim with a lease of one minute."""
    return claim(database, ready or ReadyFilter(), holder, at=START, expires_at=START + MINUTE, most=most)


def test_the_family_of_the_most_urgent_job_is_claimed(database: Database, make_wanted: Make) -> None:
    """A lease is one family, the root first, in an order that loads a base once: its own jobs, then its adapters."""
    base = {"base": "maple/model-1", "base_revision": "d4e5f6a", "family": "maple/model-9"}
    wanted = [
        make_wanted(4, priority=1.0, family="maple/other", engine="endpoint"),
        make_wanted(3, priority=0.5, **base, instrument="second"),
        make_wanted(2, priority=3, **base),
        make_wanted(3, priority=2, **base),
        make_wanted(1, priority=4, family="maple/model-9", instrument="second"),
        make_wanted(1, priority=5, family="maple/model-9"),
        make_wanted(9, priority=7, family="maple/model-9"),
    ]
    enqueue(database, wanted, START)
    claimed = [(job.spec.model[-1], job.spec.instrument) for job in take(database)]
    assert claimed == [("9", "harm"), ("1", "harm"), ("1", "second"), ("2", "harm"), ("3", "harm"), ("3", "second")]
    assert [job.spec.engine for job in take(database)] == ["endpoint"]
    assert take(database) == ()


def test_what_may_be_claimed_can_be_narrowed(database: Database, make_wanted: Make) -> None:
    """By engine, by number, and by how many: then the most urgent."""
    wanted = [make_wanted(place, priority=-place) for place in range(4)]
    numbers = enqueue(database, [*wanted, make_wanted(9, engine="endpoint")], START).new
    assert count_ready(database, ReadyFilter()) == (5, 0)
    assert count_ready(database, ReadyFilter(engines=("endpoint",))) == (1, 0)
    assert count_ready(database, ReadyFilter(but=frozenset(numbers[1:]))) == (1, 0)
    assert [job.number for job in take(database, ReadyFilter(only=frozenset(numbers[:1])))] == [numbers[0]]
    assert [job.number for job in take(database, ReadyFilter(engines=("transformers", "inspect")), most=2)] == [
        numbers[2],
        numbers[3],
    ]


def test_a_job_that_needs_a_server_waits_until_one_is_named(database: Database, make_wanted: Make) -> None:
    """One that names its own server does not wait for another."""
    wanted = [make_wanted(1), make_wanted(2, engine="endpoint"), make_wanted(3, engine="endpoint")]
    wanted[2] = replace(wanted[2], spec=replace(wanted[2].spec, options={"url": "http://127.0.0.1:9"}))
    numbers = enqueue(database, wanted, START).new
    assert count_ready(database, ReadyFilter()) == (3, 0)
    assert count_ready(database, ReadyFilter(is_served=False)) == (2, 0)
    claimed = {job.number for _ in range(2) for job in take(database, ReadyFilter(is_served=False))}
    assert claimed == {numbers[0], numbers[2]}


def test_a_lease_lasts_as_long_as_its_worker_tells_that_it_lives(database: Database, make_wanted: Make) -> None:
    """At its end a lease has run out, unless it was extended, and only for its holder."""
    enqueue(database, [make_wanted(1)], START)
    (job,) = take(database)
    assert leased(database, OURS.owner, out_at=START + MINUTE / 2) == ()
    assert leased(database, OURS.owner, out_at=START + MINUTE) == (job.number,)
    extend(database, LeaseHolder(owner=OURS.owner, lease=2), START + 2 * MINUTE)
    assert leased(database, OURS.owner, out_at=START + MINUTE) == (job.number,)
    extend(database, OURS, START + 2 * MINUTE)
    assert leased(database, OURS.owner, out_at=START + MINUTE) == ()


def test_who_holds_the_file_takes_over_what_others_had(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """A lease of another process is that of one that ended: its jobs are queued at once, its attempt is lost."""
    enqueue(database, [make_wanted(1), make_wanted(2, family="maple/other")], START)
    (mine,) = take(database)
    (theirs,) = take(database, holder=LeaseHolder(owner="there:2:b", lease=1))
    begin(database, theirs.number, "cpu", START)
    assert reclaim(database, OURS.owner, START) == (theirs.number,)
    assert find_job(database, mine.number).state is JobState.LEASED
    assert rows_of(database, "select outcome, ended_at from attempts") == [("lost", None)]
    queued = "select state, lease_owner, lease_expires_at from jobs where state <> 'leased'"
    assert rows_of(database, queued) == [("queued", None, None)]


def test_what_is_given_back_is_queued_without_blame(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """Whoever is stopped from outside returns the jobs, and their attempts are no failures."""
    enqueue(database, [make_wanted(1), make_wanted(2)], START)
    first, second = take(database)
    begin(database, first.number, "cpu", START)
    assert give_back(database, [first.number, second.number], START) == (first.number, second.number)
    assert count_jobs(database) == {JobState.QUEUED: 2}
    assert rows_of(database, "select outcome, error from attempts") == [("returned", None)]
