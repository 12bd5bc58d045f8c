"""The queue is run to its end by real workers, whatever becomes of them on the way."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Batch, ItemResult, RunSummary, Setup
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.jobs.events import ItemsKept, JobBegan, JobDone, JobFailed, JobGivenBack, QueueOpened, Settling
from evaluation.workers.interface import WorkerLost, WorkerReport
from evaluation.workers.local import WorkerSettings
from evaluation.workers.protocol import Heartbeat, Idle, ItemsDone, JobEnded, JobStarted
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.score import Identity
from lineage.vocabulary import JobState
from store.jobs.queue import count_jobs, queue_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evaluation.jobs.events import Event
    from evaluation.workers.protocol import Lease, Report
    from tests.evaluation.conftest import Bench

FORM = WorkerSettings(setup=Setup(device="cpu", threads=1), engines={"toy": "toy_runner:make_runner"})


def begun(log: Path) -> list[str]:
    """Return which models were begun, each with how many items were done."""
    return [line for line in log.read_text().splitlines() if not line.startswith("ran ")]


def test_a_job_becomes_a_score_with_its_items(bench: Bench) -> None:
    """What the runner gave is a measured score of the pinned revision, by `lineage`, with every item."""
    bench.want("small", items=10, batch=4)
    events = bench.run()
    kinds = Counter(type(event) for event in events)
    assert kinds == Counter({QueueOpened: 1, JobBegan: 1, ItemsKept: 3, JobDone: 1, Settling: 1})
    told = "select model, revision, source, state, items, has_items, is_standing from scores"
    assert bench.rows(told) == [("maple/small", "a1b2c3d", "lineage", "measured", 10, True, False)]
    assert bench.rows("select count(*), avg(value) = (select value from scores) from items") == [(10, True)]
    assert bench.jobs()["small"]["state"] == "done"
    assert queue_state(bench.database).is_drift_current


def test_one_worker_runs_a_family_one_model_after_the_other(bench: Bench, tmp_path: Path) -> None:
    """The process that loaded the base runs the whole family; running again finds nothing to do."""
    log = str(tmp_path / "log")
    for model in ("base", "one", "two"):
        bench.want(model, log=log)
    processes: set[int] = set()
    for event in bench.coordinator().run():
        if isinstance(event, ItemsKept) and bench.executor is not None:
            processes.update(bench.executor.process_ids)
    assert len(processes) == 1
    assert begun(tmp_path / "log") == ["maple/base 0", "maple/one 0", "maple/two 0"]
    assert [type(event) for event in bench.run()] == [QueueOpened, Settling]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("kill", "killed by signal 9"),
        ("exit", "ended with exit code 7"),
        ("raise", "RuntimeError: the toy broke"),
        ("memory", "MemoryError"),
    ],
)
def test_a_model_that_crashes_is_an_error_and_not_the_end(bench: Bench, fault: str, reason: str) -> None:
    """After three attempts without an item it has failed, with the reason; the others of its family are done."""
    bench.want("first")
    bench.want("broken", priority=2, fault=fault, at=5)
    bench.want("last", priority=3)
    events = bench.run(form=replace(FORM, memory_mib=4096))
    failures = [event for event in events if isinstance(event, JobFailed)]
    assert [failure.is_over for failure in failures] == [False, False, False, True]
    assert all(reason in failure.reason for failure in failures)
    jobs = bench.jobs()
    assert {name: row["state"] for name, row in jobs.items()} == {"first": "done", "broken": "failed", "last": "done"}
    assert (jobs["broken"]["items_done"], jobs["broken"]["attempts"]) == (4, 4)
    assert reason in str(jobs["broken"]["error"])


def test_what_cannot_be_run_is_tried_once(bench: Bench) -> None:
    """A runner that says so is believed, and its traceback is kept."""
    bench.want("wooden", fault="cannot", at=0)
    bench.run()
    assert bench.jobs()["wooden"]["error"] == "maple/wooden: is made of wood"
    ((attempts, traceback),) = bench.rows("select count(*), any_value(traceback) from attempts")
    assert attempts == 1
    assert "misbehave" in str(traceback)


def test_a_server_that_is_away_costs_no_job(bench: Bench, tmp_path: Path) -> None:
    """Its jobs go back, those of another server are run, and once it is back the same queue is run to its end."""
    log, once = str(tmp_path / "log"), str(tmp_path / "once")
    bench.want("first", items=20, batch=4, fault="away", at=9, once=once, log=log)
    bench.want("second", priority=2, log=log)
    bench.want("third", priority=3, family="maple/third", log=log)
    bench.want("elsewhere", priority=4, url="http://127.0.0.1:10", log=log)
    events = bench.run(trusts_queue=True)
    (back,) = (event for event in events if isinstance(event, JobGivenBack))
    assert (back.job.spec.model, events[-1]) == ("maple/first", Settling(linked=0, given_back=3))
    assert "http://127.0.0.1:9 does not answer (6 attempts)" in back.reason
    jobs = bench.jobs()
    assert [(name, row["state"], row["items_done"]) for name, row in sorted(jobs.items())] == [
        ("elsewhere", "done", 12),
        ("first", "queued", 8),
        ("second", "queued", 0),
        ("third", "queued", 0),
    ]
    assert "does not answer" in str(jobs["first"]["error"])
    assert begun(tmp_path / "log") == ["maple/elsewhere 0", "maple/first 0"]
    assert bench.rows("select outcome from attempts order by outcome") == [("done",), ("returned",)]
    assert Counter(type(event) for event in bench.run(trusts_queue=True))[JobDone] == 3
    assert {row["state"] for row in bench.jobs().values()} == {"done"}


def test_a_model_that_a_server_lacks_waits_and_its_family_is_run(bench: Bench) -> None:
    """It stays queued with the reason, however often the queue is run, and is tried once a run."""
    bench.want("lacking", fault="unserved", at=0)
    bench.want("served", priority=2)
    for _ in range(5):
        bench.run()
    jobs = bench.jobs()
    assert (jobs["served"]["state"], jobs["lacking"]["state"], jobs["lacking"]["attempts"]) == ("done", "queued", 5)
    assert "the server does not serve it; it serves maple/other" in str(jobs["lacking"]["error"])


def test_a_job_begun_again_runs_only_what_is_missing(bench: Bench, tmp_path: Path) -> None:
    """Of a worker that died only the batch is lost that it was at, and the score is that of one run."""
    log = str(tmp_path / "log")
    bench.want("phoenix", items=20, batch=4, fault="kill", at=13, once=str(tmp_path / "once"), log=log)
    bench.run()
    assert begun(tmp_path / "log") == ["maple/phoenix 0", "maple/phoenix 12"]
    assert bench.rows("select items, outcome from attempts order by attempt") == [(12, "lost"), (8, "done")]
    calm = bench.want("calm", items=20)
    bench.run()
    assert bench.jobs()["calm"]["job"] == calm
    assert bench.rows("select count(distinct item_set_hash) from instruments") == [(1,)]


def test_an_endless_task_is_stopped_by_whoever_closes_the_run(bench: Bench) -> None:
    """Closing the run ends the workers, gives the leases back without blame, and keeps what was done."""
    bench.want("endless", fault="hang", at=5)
    bench.want("next", priority=2)
    run = bench.coordinator().run()
    assert any(isinstance(event, ItemsKept) for event in run)
    assert bench.executor is not None
    (process,) = bench.executor.process_ids
    run.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert count_jobs(bench.database) == {JobState.QUEUED: 2}
    assert bench.rows("select outcome, items from attempts") == [("returned", 4)]


def test_a_worker_that_falls_silent_loses_its_lease(bench: Bench) -> None:
    """A frozen process is ended when its lease runs out, and its job is begun again elsewhere."""
    bench.want("frozen", fault="freeze", at=1)
    rules = QueueSettings(owner="test", attempts=1)
    run = bench.coordinator(rules=rules, form=replace(FORM, beat_seconds=3600)).run()
    assert any(isinstance(event, JobBegan) for event in run)
    bench.clock.now += timedelta(seconds=rules.lease_seconds)
    rest = [event for event in run if isinstance(event, JobFailed)]
    assert "said nothing for 300 s" in rest[0].reason
    assert bench.jobs()["frozen"]["state"] == "failed"


def test_a_clock_that_is_set_ends_no_worker(bench: Bench) -> None:
    """A day forward or back, as after a machine slept: who tells that it lives is left alone, who is silent is not."""
    job = bench.want("awake")
    passed = iter(range(0, 10_000, 100))
    jumps: list[Report | WorkerLost | timedelta] = [timedelta(days=1), Heartbeat(), timedelta(days=-2), Heartbeat()]
    script = Script(bench, [JobStarted(job=job, place="cpu"), *jumps, batch(job, a=1, b=0), finished(job)])
    rules = QueueSettings(owner="test", attempts=1, lease_seconds=1000.0)
    list(Coordinator(bench.database, script, default_catalogue(), rules, bench.clock, ticks=lambda: next(passed)).run())
    assert script.calls == [("start", 1), ("close", 0)]
    assert bench.jobs()["awake"]["state"] == "done"


@dataclass(slots=True)
class Script:
    """An executor whose workers say what a test has written: a list of reports at a time, and moves of the clock."""

    bench: Bench
    told: list[Report | WorkerLost | timedelta]
    slots: int = 1
    calls: list[tuple[str, int]] = field(default_factory=list)

    def start(self, number: int, lease: Lease) -> None:
        """Note that a lease was started."""
        assert number == 1
        self.calls.append(("start", len(lease.specs)))

    def stop(self, number: int, job: int) -> None:
        """Note that a job was stopped."""
        assert number == 1
        self.calls.append(("stop", job))

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Return the next report, after the moves of the clock before it."""
        assert seconds > 0
        told = self.told.pop(0) if self.told else Idle()
        if isinstance(told, timedelta):
            self.bench.clock.now += told
            return []
        return [WorkerReport(lease=1, report=told), WorkerReport(lease=99, report=told)]

    def end(self, number: int) -> None:
        """Note that a worker was ended."""
        self.calls.append(("end", number))

    def close(self) -> None:
        """Note the end of all."""
        self.calls.append(("close", 0))


def scripted(bench: Bench, told: list[Report | WorkerLost | timedelta]) -> tuple[Script, list[Event]]:
    """Run the queue with a script and return what happened."""
    script = Script(bench, told)
    rules = QueueSettings(owner="test", attempts=1)
    coordinator = Coordinator(bench.database, script, default_catalogue(), rules, bench.clock, ticks=bench.clock.ticks)
    return script, list(coordinator.run())


def batch(job: int, **values: float) -> ItemsDone:
    """Return items that are done."""
    items = tuple(ItemResult(item=item, value=value) for item, value in values.items())
    return ItemsDone(job=job, batch=Batch(items=items, seconds=1.0, total=2))


def finished(job: int, name: str = "truthfulqa_mc1", items: str | None = None, *, early: bool = False) -> JobEnded:
    """Return the end of a job."""
    identity = Identity(name=name, item_set_hash=items)
    outcome = RunSummary(identity=identity, weights_hash="w", engine="script", is_stopped_early=early)
    return JobEnded(job=job, outcome=outcome)


def test_a_worker_that_lives_keeps_its_lease(bench: Bench) -> None:
    """While it tells that it lives, a lease is prolonged however long a batch takes."""
    job = bench.want("slow")
    beats: list[Report | WorkerLost | timedelta] = [timedelta(seconds=200), Heartbeat()] * 5
    script, _ = scripted(bench, [JobStarted(job=job, place="cpu"), *beats, batch(job, a=1, b=0), finished(job)])
    assert script.calls == [("start", 1), ("close", 0)]
    assert bench.jobs()["slow"]["cost_seconds"] == 1000


def test_what_comes_too_late_is_left(bench: Bench) -> None:
    """Items and ends of a job that was lost with its worker count for nothing, and so does an unknown lease."""
    job = bench.want("late")
    script, events = scripted(bench, [JobStarted(job=job, place="cpu"), timedelta(seconds=300), batch(job, a=1)])
    assert ("end", 1) in script.calls
    assert [type(event) for event in events if not isinstance(event, QueueOpened)][:2] == [JobBegan, JobFailed]
    assert bench.jobs()["late"]["items_done"] == 0


@pytest.mark.parametrize(
    ("value", "end", "reason"),
    [
        (1.5, {}, "item a has 1.5, outside of 0 to 1"),
        (1.0, {"name": "toxigen"}, "says that it ran toxigen"),
        (1.0, {"items": "0123456789abcdef"}, "are not those that the runner names"),
    ],
)
def test_a_result_that_is_not_what_was_asked_for_is_refused(
    bench: Bench, value: float, end: dict[str, Any], reason: str
) -> None:
    """Values out of range, another instrument and other items than those kept fail the job for good."""
    job = bench.want("odd")
    script, _ = scripted(bench, [JobStarted(job=job, place="cpu"), batch(job, a=value), finished(job, **end)])
    assert ("stop", job) in script.calls
    assert reason in str(bench.jobs()["odd"]["error"])
    assert (bench.jobs()["odd"]["state"], bench.rows("select count(*) from scores")) == ("failed", [(0,)])


@pytest.mark.parametrize("end", [finished(1, early=True), JobEnded(job=1, outcome=None)])
def test_what_is_stopped_early_is_done_and_no_score(bench: Bench, end: JobEnded) -> None:
    """By the runner or from outside: the job keeps its mean and its items, and nothing is published."""
    job = bench.want("decided")
    _, events = scripted(bench, [JobStarted(job=job, place="cpu"), batch(job, a=1, b=0), end])
    (done,) = (event for event in events if isinstance(event, JobDone))
    assert (done.value, done.items, done.is_stopped_early) == (0.5, 2, True)
    told = "select state, is_stopped_early, value, run from jobs"
    assert bench.rows(told) == [("done", True, 0.5, None)]
    assert bench.rows("select count(*) from scores") == [(0,)]


def test_a_worker_that_never_begins_is_not_started_for_ever(bench: Bench) -> None:
    """A worker that dies before it begins a job fails the first job of its lease."""
    bench.want("unlucky")
    events = bench.run(form=replace(FORM, engines={"toy": "no_such_module:make"}))
    assert sum(isinstance(event, JobFailed) for event in events) == 3
    assert "ModuleNotFoundError" in str(bench.jobs()["unlucky"]["error"])


def test_a_budget_of_jobs_counts_jobs_and_not_attempts(bench: Bench, tmp_path: Path) -> None:
    """With --max-jobs 1 one job is run, again where it must be, and the others stay queued."""
    bench.want("first", fault="kill", at=5, once=str(tmp_path / "once"))
    bench.want("second", priority=2)
    bench.run(most_jobs=1, workers=2)
    assert {name: row["state"] for name, row in bench.jobs().items()} == {"first": "done", "second": "queued"}


def test_an_instrument_that_is_gone_fails_the_job(bench: Bench) -> None:
    """A job whose instrument the catalogue does not know (it was declared in a file) is not sent to a worker."""
    bench.want("lost")
    bench.database.migrate("update hub.jobs set instrument = 'mine'")
    bench.run()
    assert bench.jobs()["lost"]["error"] == "mine: is no instrument of the catalogue"


def test_the_drift_of_an_earlier_run_is_caught_up_with(bench: Bench) -> None:
    """A run that was killed after its last score leaves drift to the next one."""
    mark = "update hub.queue set is_drift_current = false"
    bench.database.migrate(mark)
    bench.run()
    assert queue_state(bench.database).is_drift_current
