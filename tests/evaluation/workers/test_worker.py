"""A worker as a process: it answers on stdout alone, keeps to its limits, and ends with its coordinator."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import RunSummary, Setup
from evaluation.workers.protocol import (
    Acknowledge,
    Heartbeat,
    Idle,
    ItemsDone,
    JobEnded,
    JobStarted,
    Lease,
    Stop,
    decode_report,
    encode,
)
from lineage.scheduling.job import JobFailure, JobSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

    from evaluation.workers.protocol import Command, Report

    Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Give a function that starts a worker with the toy engine; all are ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def worker(*options: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-P",
            "-m",
            "evaluation.workers.worker",
            "--setup",
            Setup(device="cpu").as_json(),
            *options,
        ]
        process = subprocess.Popen(
            [*command, "--engine", "toy=toy_runner:make_runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield worker
    for process in started:
        process.kill()
        with process, suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()


def lease(*specs: JobSpec) -> Lease:
    """Return a lease of jobs that are numbered as their models, with the first item of each done."""
    numbers = [int(spec.model.removeprefix("maple/")) for spec in specs]
    return Lease(specs=dict(zip(numbers, specs, strict=True)), done=dict.fromkeys(numbers, frozenset({"item-0"})))


def spec(number: int = 1, engine: str = "toy", **options: str | int) -> JobSpec:
    """Return what the toy engine runs."""
    return JobSpec(
        model=f"maple/{number}",
        revision="a1b2c3d",
        instrument="harm",
        definition="toys",
        engine=engine,
        options=dict(options),
    )


def send(process: subprocess.Popen[str], command: Command) -> None:
    """Tell the worker something."""
    assert process.stdin is not None
    process.stdin.write(encode(command))
    process.stdin.flush()


def reports(process: subprocess.Popen[str]) -> Iterator[Report]:
    """Yield what the worker tells, without the signs of life."""
    stdout: IO[str] | None = process.stdout
    assert stdout is not None
    yield from (report for line in stdout if not isinstance(report := decode_report(line), Heartbeat))


def told(process: subprocess.Popen[str], given: Lease) -> list[Report]:
    """Return what the worker tells of a lease."""
    send(process, given)
    found = []
    for report in reports(process):
        found.append(report)
        if isinstance(report, ItemsDone):
            send(process, Acknowledge())
        if isinstance(report, Idle):
            break
    return found


def test_a_lease_is_run_in_its_order(start: Start) -> None:
    """Each job begins, brings its items but those that are done, and ends; what libraries print is not among it."""
    found = told(start(), lease(spec(1, items=6), spec(2, items=4)))
    assert [type(report) for report in found] == [
        JobStarted,
        ItemsDone,
        ItemsDone,
        JobEnded,
        JobStarted,
        ItemsDone,
        JobEnded,
        Idle,
    ]
    assert [len(report.batch.items) for report in found if isinstance(report, ItemsDone)] == [4, 1, 3]
    ends = [report.outcome for report in found if isinstance(report, JobEnded)]
    assert all(isinstance(end, RunSummary) for end in ends)


def test_an_error_of_a_runner_ends_its_job_alone(start: Start) -> None:
    """Whatever a runner raises is told with its traceback, and the next job runs on the same process."""
    worker = start()
    broken = lease(spec(1, fault="raise", at=2), spec(2, engine="none"), spec(3, items=2))
    ends = [report.outcome for report in told(worker, broken) if isinstance(report, JobEnded)]
    raised, unknown, fine = ends
    assert isinstance(raised, JobFailure)
    assert raised.traceback is not None
    assert (raised.reason, raised.is_final) == ("RuntimeError: the toy broke", False)
    assert "misbehave" in raised.traceback
    assert isinstance(unknown, JobFailure)
    assert (unknown.reason, unknown.is_final) == ("none: unknown engine; known are toy", True)
    assert isinstance(fine, RunSummary)
    assert isinstance(told(worker, lease(spec(4)))[-1], Idle)


def test_a_value_that_is_no_number_fails_the_job(start: Start) -> None:
    """NaN is the runner's error, and neither told nor kept."""
    (end,) = (report for report in told(start(), lease(spec(1, nan=3))) if isinstance(report, JobEnded))
    assert isinstance(end.outcome, JobFailure)
    assert end.outcome.reason == "harm: item item-3 has the value nan"


def test_no_batch_is_run_before_the_last_one_is_kept(start: Start, tmp_path: Path) -> None:
    """What a kill can cost is one batch: the worker waits until it is told that its items are kept."""
    worker, reached = start("--beat-seconds", "0.01"), tmp_path / "reached"
    send(worker, lease(spec(1, items=12, fault="pass", at=6, once=str(reached))))
    assert worker.stdout is not None
    lines = (decode_report(line) for line in worker.stdout)
    assert any(isinstance(report, ItemsDone) for report in lines)
    assert [type(next(lines)) for _ in range(3)] == [Heartbeat] * 3
    assert not reached.exists()
    send(worker, Acknowledge())
    assert any(isinstance(report, ItemsDone) for report in lines)
    assert reached.exists()


def test_a_decided_job_is_stopped_between_batches(start: Start) -> None:
    """After the word to stop no further batch is run, and the end has no outcome of its own."""
    worker = start()
    send(worker, Stop(job=1))
    found = told(worker, lease(spec(1, items=12), spec(2, items=2)))
    assert [type(report) for report in found] == [
        JobStarted,
        ItemsDone,
        JobEnded,
        JobStarted,
        ItemsDone,
        JobEnded,
        Idle,
    ]
    (first, second) = (report for report in found if isinstance(report, JobEnded))
    assert first.outcome is None
    assert second.outcome is not None


def test_a_worker_ends_when_its_coordinator_does(start: Start) -> None:
    """At the end of stdin it ends at once, in the middle of a model too."""
    worker = start()
    send(worker, lease(spec(1, fault="hang", at=5)))
    assert [type(next(reports(worker))) for _ in range(2)] == [JobStarted, ItemsDone]
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=20) == 0


def test_a_worker_ends_where_it_does_not_understand(start: Start) -> None:
    """Who sends something else is no coordinator."""
    worker = start()
    assert worker.stdin is not None
    worker.stdin.write("hello\n")
    worker.stdin.flush()
    assert worker.wait(timeout=20) == 0


def test_a_worker_tells_that_it_lives(start: Start) -> None:
    """Signs of life come however long a batch takes."""
    worker = start("--beat-seconds", "0.01")
    send(worker, lease(spec(1, fault="hang", at=1)))
    assert worker.stdout is not None
    lines = (decode_report(line) for line in worker.stdout)
    assert sum(isinstance(next(lines), Heartbeat) for _ in range(4)) >= 3


def test_memory_is_limited_where_it_is_asked(start: Start) -> None:
    """A model that wants more than the limit is an error of its job."""
    found = told(start("--memory-mib", "4096"), lease(spec(1, fault="memory", at=1)))
    (end,) = (report for report in found if isinstance(report, JobEnded))
    assert isinstance(end.outcome, JobFailure)
    assert end.outcome.reason == "MemoryError"


def test_ctrl_c_of_the_terminal_is_left_to_the_coordinator(start: Start) -> None:
    """The signal reaches every process of the terminal; a worker goes on until it is ended."""
    worker = start()
    assert isinstance(told(worker, lease(spec(1)))[-1], Idle)
    worker.send_signal(signal.SIGINT)
    assert isinstance(told(worker, lease(spec(2)))[-1], Idle)
