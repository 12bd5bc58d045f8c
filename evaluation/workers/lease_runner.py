"""Runs the jobs of a lease one after the other, and reports the result or the error of each."""

from __future__ import annotations

import math
import time
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, Final

from evaluation.engines.interface import Batch, FetchesAhead, RunSummary
from evaluation.errors import CannotRun, NotServed
from evaluation.workers.protocol import Idle, ItemsDone, JobEnded, JobStarted
from lineage.errors import LineageError
from lineage.scheduling.job import JobFailure, JobReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from evaluation.engines.interface import Runner
    from evaluation.workers.protocol import Lease, Report
    from lineage.scheduling.job import JobSpec

WRONG_USAGE: Final = 2
LARGEST_TRACEBACK: Final = 20_000
"""The most characters of a traceback; its end says what happened."""


class LeaseRunner:
    """Runs jobs with one runner per engine, which keeps loaded what the next job may need."""

    def __init__(
        self, make: Callable[[str], Runner], place_of: Callable[[JobSpec], str], is_stopped: Callable[[int], bool]
    ) -> None:
        """Take what makes the runner of an engine, where a job runs, and what tells whether a job is decided."""
        self._make = make
        self._place_of = place_of
        self._is_stopped = is_stopped
        self._runners: dict[str, Runner] = {}

    def run(self, lease: Lease) -> Iterator[Report]:
        """Yield the reports of the jobs of a lease. No error of a runner leaves this function.

        Where a server is away the lease ends, because no other of its jobs could be run.
        """
        numbers = tuple(lease.specs)
        for number, follower in zip(numbers, (*numbers[1:], None), strict=True):
            yield JobStarted(job=number, place=self._place_of(lease.specs[number]))
            try:
                yield from self._results(lease, number, None if follower is None else lease.specs[follower])
            except NotServed as error:
                yield JobEnded(job=number, outcome=JobReturn(reason=_reason(error), is_away=error.is_away))
                if error.is_away:
                    break
            except LineageError as error:
                yield JobEnded(job=number, outcome=_failure(error, is_final=_is_final(error)))
            except Exception as error:  # noqa: BLE001 -- the boundary of the runners: what they raise is stored, and the next job runs
                yield JobEnded(job=number, outcome=_failure(error, is_final=False))
        yield Idle()

    def _results(self, lease: Lease, number: int, follower: JobSpec | None) -> Iterator[Report]:
        spec = lease.specs[number]
        runner = self._runners.get(spec.engine)
        if runner is None:
            runner = self._runners[spec.engine] = self._make(spec.engine)
        if follower is not None and follower.engine == spec.engine and isinstance(runner, FetchesAhead):
            runner.fetch_ahead(follower)
        began = time.monotonic()
        with closing(_closable(runner.run(spec, lease.done[number]))) as results:
            for result in results:
                match result:
                    case Batch():
                        _check_numbers(spec.instrument, result)
                        yield ItemsDone(job=number, batch=result)
                    case RunSummary():
                        yield JobEnded(job=number, outcome=result)
                        return
                if self._is_stopped(number):
                    yield JobEnded(job=number, outcome=None)
                    return
        raise EndedTooSoon(spec.instrument, time.monotonic() - began)


class EndedTooSoon(LineageError):
    """A runner ended without a summary."""

    def __init__(self, instrument: str, seconds: float) -> None:
        """Say which instrument, and how long it took."""
        super().__init__(f"the runner of {instrument} ended after {seconds:.1f} s without a result")


def _check_numbers(instrument: str, batch: Batch) -> None:
    """Raise CannotRun for an item whose value is not a finite number, which could not be reported or kept."""
    for item in batch.items:
        if not math.isfinite(item.value):
            raise CannotRun(instrument, f"item {item.item} has the value {item.value}")


def _closable(results: Iterator[Batch | RunSummary]) -> Generator[Batch | RunSummary, None, None]:
    """Return results as a generator, which can be closed if the rest is not needed."""
    yield from results


def _is_final(error: LineageError) -> bool:
    """Return whether another attempt cannot help: the model or task cannot be run, or the request is wrong."""
    return isinstance(error, CannotRun) or error.exit_code == WRONG_USAGE


def _failure(error: Exception, *, is_final: bool) -> JobFailure:
    traced = "".join(traceback.format_exception(error))[-LARGEST_TRACEBACK:]
    return JobFailure(reason=_reason(error), traceback=traced, is_final=is_final)


def _reason(error: Exception) -> str:
    """Return what went wrong and the way out; errors that are not ours begin with their class."""
    reason = str(error)
    if not isinstance(error, LineageError):
        return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return f"{reason} ({error.hint})" if error.hint else reason
