"""The coordinator: the one process that owns the database, leases jobs to workers and keeps their results.

A kill loses at most the items that no batch has delivered yet: every batch is one transaction, and a job that is
started again is told which of its items are done.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from evaluation.engines.interface import RunSummary
from evaluation.engines.registry import IN_ORDER, STOPPABLE
from evaluation.errors import CannotRun
from evaluation.jobs.early_stopping import EarlyStopping
from evaluation.jobs.events import ItemsKept, JobBegan, JobDone, JobFailed, JobGivenBack, QueueOpened, Settling
from evaluation.jobs.job_score import items_of, replies_of, score_of
from evaluation.jobs.own_jobs import own_keys, reach_of
from evaluation.workers.interface import WorkerLost
from evaluation.workers.protocol import Heartbeat, Idle, ItemsDone, JobEnded, JobStarted, Lease
from lineage.scheduling.job import JobFailure, JobReturn
from lineage.statistics.sequential_test import SequentialVerdict
from store.drift.write_drift import refresh
from store.jobs.leases import LeaseHolder, ReadyFilter, claim, count_ready, extend, give_back, leased, reclaim
from store.jobs.queue import mark_drift_current, queue_state
from store.jobs.results import (
    ATTEMPTS_ALLOWED,
    ItemsCost,
    JobResult,
    begin,
    fail,
    finish,
    keep_items,
    kept_items,
    kept_names,
    link_copies,
    note_decision,
    return_job,
)
from store.scores.scorer_agreement import write_calibration

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from datetime import datetime

    from evaluation.jobs.events import Event
    from evaluation.workers.interface import Executor
    from evaluation.workers.protocol import Report
    from lineage.scheduling.job import Job, JobSpec
    from lineage.scores.instruments import Catalogue, Instrument
    from store.database import Database

POLL_SECONDS: Final = 0.5
TRUST: Final = "read it, then run it with --trust-queue, or queue it yourself"
LARGEST_LEASE: Final = 64
"""The most jobs in one lease, however large the family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How the queue is run. `owner` identifies this process among all that ever ran one.

    A worker that reports nothing for `lease_seconds` is ended; a job fails for good after `attempts` attempts in a row
    without a new item; at most `most_jobs` are run, or all for None. With `stops_early` the items of a job are run in
    an order in which the job can be stopped once they decide it (evaluation.jobs.early_stopping). Jobs that name code
    or servers and were not queued by this user are given back (evaluation.jobs.own_jobs), unless the queue is trusted.
    What models reply is kept with their items unless `keeps_replies` is false.
    """

    owner: str
    ready: ReadyFilter = field(default_factory=ReadyFilter)
    lease_seconds: float = 300.0
    attempts: int = ATTEMPTS_ALLOWED
    most_jobs: int | None = None
    stops_early: bool = False
    trusts_queue: bool = False
    keeps_replies: bool = True


@dataclass(slots=True)
class _HeldLease:
    """A running lease, given or extended at `since`: its jobs that have not ended, by number, and the current one."""

    holder: LeaseHolder
    jobs: dict[int, Job]
    since: float
    current: int | None = None


class Coordinator:
    """Runs the queue of a database on an executor."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        catalogue: Catalogue,
        rules: QueueSettings,
        now: Callable[[], datetime],
        beat: Callable[[], None] = lambda: None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Claim nothing yet; `now` returns the time, aware and in UTC; `beat` is called while waiting for workers.

        `ticks` returns the seconds that measure the silence of workers: changes of the system clock do not affect it.
        """
        self._database = database
        self._executor = executor
        self._catalogue = catalogue
        self._rules = rules
        self._now = now
        self._beat = beat
        self._ticks = ticks
        self._held: dict[int, _HeldLease] = {}
        self._leases = 0
        self._taken: set[int] = set()
        self._given_back: set[int] = set()
        self._away: set[tuple[str, ...]] = set()
        self._own = own_keys()
        self._stopping = EarlyStopping(database=database) if rules.stops_early else None

    def run(self) -> Generator[Event, None, None]:
        """Run the queue until nothing is left, and yield events.

        However it ends, by an error or because the caller closes it, workers are ended, leases are given back, and what
        follows from new scores is computed.
        """
        reclaimed = reclaim(self._database, self._rules.owner, self._now())
        try:
            jobs, items = count_ready(self._database, self._rules.ready)
            with_server, _ = count_ready(self._database, replace(self._rules.ready, is_served=True))
            yield QueueOpened(jobs=jobs, items=items, reclaimed=len(reclaimed), unserved=with_server - jobs)
            while True:
                yield from self._hand_out()
                if not self._held:
                    break
                for heard in self._executor.heard(POLL_SECONDS):
                    yield from self._take(heard.lease, heard.report)
                yield from self._end_silent()
                self._beat()
            yield Settling(linked=link_copies(self._database, self._now()), given_back=len(self._given_back))
        finally:
            self._executor.close()
            give_back(self._database, leased(self._database, self._rules.owner), self._now())
            self._settle()

    def _settle(self) -> None:
        """Compute what follows from new scores, including those of an earlier run that was killed."""
        link_copies(self._database, self._now())
        if not queue_state(self._database).is_drift_current:
            refresh(self._database)
            mark_drift_current(self._database)

    def _hand_out(self) -> Iterator[Event]:
        """Lease jobs while a slot is free and jobs are queued."""
        while len(self._held) < self._executor.slots:
            ready, left = self._ready()
            queued, _ = count_ready(self._database, ready)
            if not queued:
                return
            most = min(math.ceil(queued / self._executor.slots), left, LARGEST_LEASE)
            self._leases += 1
            holder = LeaseHolder(owner=self._rules.owner, lease=self._leases)
            jobs = claim(self._database, ready, holder, at=self._now(), expires_at=self._expiry(), most=most)
            self._taken.update(job.number for job in jobs)
            held = _HeldLease(holder=holder, jobs={job.number: job for job in jobs}, since=self._ticks())
            self._return_waiting(held)
            yield from self._return_foreign(held)
            yield from self._refuse_unknown(held)
            if held.jobs:
                self._held[self._leases] = held
                specs = {job.number: self._spec(job) for job in jobs if job.number in held.jobs}
                done = {number: kept_names(self._database, held.jobs[number]) for number in specs}
                self._executor.start(self._leases, Lease(specs=specs, done=done))

    def _ready(self) -> tuple[ReadyFilter, int]:
        """Return which jobs may be claimed now, and how many; at the limit only those that were begun before."""
        ready, most = replace(self._rules.ready, but=frozenset(self._given_back)), self._rules.most_jobs
        if most is None:
            return ready, LARGEST_LEASE
        left = most - len(self._taken)
        return (ready, left) if left > 0 else (replace(ready, only=frozenset(self._taken)), LARGEST_LEASE)

    def _return_waiting(self, held: _HeldLease) -> None:
        """Give back the jobs whose server is away."""
        waiting = [job.number for job in held.jobs.values() if _server_of(job.spec) in self._away]
        give_back(self._database, waiting, self._now())
        self._given_back.update(waiting)
        for number in waiting:
            del held.jobs[number]

    def _return_foreign(self, held: _HeldLease) -> Iterator[Event]:
        """Give back the jobs that name code or servers, and that this user did not queue."""
        if self._rules.trusts_queue:
            return
        for job in tuple(held.jobs.values()):
            reach = reach_of(job.spec)
            if reach and job.spec.key not in self._own:
                reason = f"somebody else queued it, and it names {', '.join(reach)}: {TRUST}"
                yield self._return(held, job, JobReturn(reason=reason, is_away=False))

    def _refuse_unknown(self, held: _HeldLease) -> Iterator[Event]:
        """Fail the jobs whose instrument is no longer in the catalogue."""
        for job in tuple(held.jobs.values()):
            if self._instrument(job) is None:
                error = CannotRun(job.spec.instrument, "is no instrument of the catalogue")
                yield self._fail(held, job, JobFailure(reason=str(error), is_final=True))

    def _spec(self, job: Job) -> JobSpec:
        """Return what a worker runs for a job: in an order in which it can be stopped, if it may be."""
        spec = job.spec
        return replace(spec, options=spec.options | {IN_ORDER: True}) if self._can_stop(job) else spec

    def _can_stop(self, job: Job) -> bool:
        return self._stopping is not None and job.spec.engine in STOPPABLE

    def _take(self, lease: int, report: Report | WorkerLost) -> Iterator[Event]:
        """Keep what a worker reports; reports of jobs that it no longer has are ignored."""
        held = self._held.get(lease)
        if held is None:
            return
        self._prolong(held)
        match report:
            case Heartbeat():
                return
            case Idle() | WorkerLost(is_unplaced=True):
                del self._held[lease]
                give_back(self._database, tuple(held.jobs), self._now())
            case WorkerLost(reason=reason):
                yield from self._lose(lease, reason)
            case JobStarted(job=number) | ItemsDone(job=number) | JobEnded(job=number):
                if number in held.jobs:
                    yield from self._take_of_job(held, held.jobs[number], report)

    def _take_of_job(self, held: _HeldLease, job: Job, report: JobStarted | ItemsDone | JobEnded) -> Iterator[Event]:
        try:
            match report:
                case JobStarted(place=place):
                    begin(self._database, job.number, place, self._now())
                    held.current = job.number
                    yield JobBegan(job=job, items_kept=job.items_done)
                case ItemsDone():
                    yield self._keep(held, job, report)
                case JobEnded(outcome=JobFailure() as failure):
                    yield self._fail(held, job, failure)
                case JobEnded(outcome=JobReturn() as returned):
                    yield self._return(held, job, returned)
                case JobEnded(outcome=RunSummary() | None as summary):
                    yield self._finish(held, job, summary)
        except CannotRun as error:
            self._executor.stop(held.holder.lease, job.number)
            yield self._fail(held, job, JobFailure(reason=str(error), is_final=True))

    def _keep(self, held: _HeldLease, job: Job, done: ItemsDone) -> ItemsKept:
        items = items_of(done.batch, self._known(job))
        cost = ItemsCost(seconds=done.batch.seconds, tokens=done.batch.tokens, at=self._now())
        replies = replies_of(done.batch) if self._rules.keeps_replies else {}
        new = keep_items(self._database, job, items, done.batch.total, cost, replies)
        total = job.items_total if done.batch.total is None else done.batch.total
        held.jobs[job.number] = now = replace(job, items_done=job.items_done + new, items_total=total)
        self._stop_decided(held, now)
        return ItemsKept(job=job, new=new, kept=job.items_done + new, total=total)

    def _stop_decided(self, held: _HeldLease, job: Job) -> None:
        """Stop a job if the items that are kept decide it."""
        if self._stopping is None or not self._can_stop(job):
            return
        outcome = self._stopping.decide(job, self._known(job))
        if outcome is not SequentialVerdict.OPEN:
            note_decision(self._database, job.number, outcome.value)
            self._executor.stop(held.holder.lease, job.number)

    def _finish(self, held: _HeldLease, job: Job, summary: RunSummary | None) -> JobDone:
        """Write the result of a job; `summary` is None if it was stopped because its outcome is decided."""
        items = kept_items(self._database, job)
        if not len(items):
            raise CannotRun(job.spec.instrument, "no item was run")
        is_stopped = summary is None or summary.is_stopped_early
        score = None
        if summary is not None and not is_stopped:
            score = score_of(job, summary, items, self._known(job), self._now())
        value = float(items.values.mean())
        result = JobResult(value=value, weights_hash=None if summary is None else summary.weights_hash, score=score)
        if summary is not None and summary.calibration is not None:
            write_calibration(self._database, summary.calibration, self._now())
        finish(self._database, job, result, self._now())
        self._forget(held, job)
        return JobDone(job=job, value=value, items=len(items), is_stopped_early=is_stopped)

    def _fail(self, held: _HeldLease, job: Job, failure: JobFailure, *, is_lost: bool = False) -> JobFailed:
        allowed = self._rules.attempts
        is_over = fail(self._database, job.number, failure, self._now(), allowed=allowed, is_lost=is_lost)
        self._forget(held, job)
        return JobFailed(job=job, reason=failure.reason, is_over=is_over)

    def _return(self, held: _HeldLease, job: Job, returned: JobReturn) -> JobGivenBack:
        """Queue a job again, and let it and, where its server is away, all of that server rest for this run."""
        return_job(self._database, job.number, returned.reason, self._now())
        self._given_back.add(job.number)
        if returned.is_away:
            self._away.add(_server_of(job.spec))
        self._forget(held, job)
        return JobGivenBack(job=job, reason=returned.reason)

    def _lose(self, lease: int, reason: str) -> Iterator[Event]:
        """Fail the job that a lost worker was running, or the first one if it had not begun, and queue the rest."""
        held = self._held.pop(lease)
        blamed = held.current if held.current is not None else next(iter(held.jobs), None)
        if blamed is not None:
            yield self._fail(held, held.jobs[blamed], JobFailure(reason=reason), is_lost=True)
        give_back(self._database, tuple(held.jobs), self._now())

    def _end_silent(self) -> Iterator[Event]:
        """End the workers whose leases ran out without a report."""
        for lease, held in tuple(self._held.items()):
            if self._ticks() - held.since >= self._rules.lease_seconds:
                self._executor.end(lease)
                yield from self._lose(lease, f"the worker said nothing for {self._rules.lease_seconds:.0f} s")

    def _prolong(self, held: _HeldLease) -> None:
        """Extend a lease, in the database once half of its time is over."""
        if self._ticks() - held.since > self._rules.lease_seconds / 2:
            held.since = self._ticks()
            extend(self._database, held.holder, self._expiry())

    def _forget(self, held: _HeldLease, job: Job) -> None:
        held.jobs.pop(job.number, None)
        if held.current == job.number:
            held.current = None

    def _expiry(self) -> datetime:
        return self._now() + timedelta(seconds=self._rules.lease_seconds)

    def _instrument(self, job: Job) -> Instrument | None:
        return self._catalogue.find(job.spec.instrument)

    def _known(self, job: Job) -> Instrument:
        instrument = self._instrument(job)
        if instrument is None:
            raise CannotRun(job.spec.instrument, "is no instrument of the catalogue")
        return instrument


def _server_of(spec: JobSpec) -> tuple[str, ...]:
    """Return what the jobs of one server have in common: their engine, and the addresses and keys of their own."""
    told = (f"{name}={value}" for name, value in sorted(spec.options.items()) if name.endswith(("url", "key_variable")))
    return (spec.engine, *told)
