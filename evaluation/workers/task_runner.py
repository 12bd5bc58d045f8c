"""Running the tasks of a lease one after the other, and telling what comes of each: the end of every error."""

from __future__ import annotations

import math
import time
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, Final

from evaluation.engines.interface import Batch, Failed, FetchesAhead, Finished
from evaluation.errors import CannotRun
from evaluation.workers.protocol import Began, Done, Ended, Idle
from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from evaluation.engines.interface import Runner, Task
    from evaluation.workers.protocol import Lease, Order, Report

WRONG_USAGE: Final = 2
LARGEST_TRACEBACK: Final = 20_000
"""Characters; the end of it says what happened."""


class Tasks:
    """Runs tasks with one runner an engine, which keeps loaded what the next task may need."""

    def __init__(self, make: Callable[[str], Runner], place: str, is_stopped: Callable[[int], bool]) -> None:
        """Take what makes the runner of an engine, what it all runs on, and what says that a job is decided."""
        self._make = make
        self._place = place
        self._is_stopped = is_stopped
        self._runners: dict[str, Runner] = {}

    def run(self, lease: Lease) -> Iterator[Report]:
        """Yield what comes of the tasks of a lease. No error of a runner leaves this."""
        followers = (*(order.task for order in lease.orders[1:]), None)
        for order, follower in zip(lease.orders, followers, strict=True):
            yield Began(job=order.task.job, place=self._place)
            yield from self._run(order, follower)
        yield Idle()

    def _run(self, order: Order, follower: Task | None) -> Iterator[Report]:
        job = order.task.job
        try:
            yield from self._results(order, follower)
        except LineageError as error:
            outcome = Failed(reason=_told(error), traceback=_traced(error), is_final=_is_final(error))
            yield Ended(job=job, outcome=outcome)
        except Exception as error:  # noqa: BLE001 -- the boundary of the runners: what they raise is stored, and the next task runs
            yield Ended(job=job, outcome=Failed(reason=_told(error), traceback=_traced(error), is_final=False))

    def _results(self, order: Order, follower: Task | None) -> Iterator[Report]:
        task = order.task
        runner = self._runners.get(task.engine)
        if runner is None:
            runner = self._runners[task.engine] = self._make(task.engine)
        if follower is not None and follower.engine == task.engine and isinstance(runner, FetchesAhead):
            runner.fetch_ahead(follower.weights)
        began = time.monotonic()
        with closing(_closable(runner.run(task, order.done))) as results:
            for result in results:
                match result:
                    case Batch():
                        _check_numbers(task.instrument, result)
                        yield Done(job=task.job, batch=result)
                    case Finished():
                        yield Ended(job=task.job, outcome=result)
                        return
                if self._is_stopped(task.job):
                    yield Ended(job=task.job, outcome=None)
                    return
        raise EndedTooSoon(task.instrument, time.monotonic() - began)


class EndedTooSoon(LineageError):
    """A runner ended without saying what it ran."""

    def __init__(self, instrument: str, seconds: float) -> None:
        """Say of what, and how long it took."""
        super().__init__(f"the runner of {instrument} ended after {seconds:.1f} s without a result")


def _check_numbers(instrument: str, batch: Batch) -> None:
    """Raise CannotRun for an item whose value is no number, which could neither be told nor kept."""
    for item in batch.items:
        if not math.isfinite(item.value):
            raise CannotRun(instrument, f"item {item.item} has the value {item.value}")


def _closable(results: Iterator[Batch | Finished]) -> Generator[Batch | Finished, None, None]:
    """Return results as a generator, which can be closed where the rest of them is not wanted."""
    yield from results


def _is_final(error: LineageError) -> bool:
    """Return whether trying again cannot help: the model or the task cannot be run, or what was asked for is wrong."""
    return isinstance(error, CannotRun) or error.exit_code == WRONG_USAGE


def _told(error: Exception) -> str:
    text = str(error)
    if isinstance(error, LineageError):
        return f"{text} ({error.hint})" if error.hint else text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _traced(error: Exception) -> str:
    return "".join(traceback.format_exception(error))[-LARGEST_TRACEBACK:]
