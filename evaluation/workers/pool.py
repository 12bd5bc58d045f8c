"""A pool of workers: each runs one lease at a time, and stays idle in between with what it has loaded."""

from __future__ import annotations

import queue
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from evaluation.workers.interface import WorkerLost, WorkerReport
from evaluation.workers.protocol import Acknowledge, Idle, ItemsDone, Report, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evaluation.workers.protocol import Command, Lease


class Worker(Protocol):
    """A worker that runs one lease at a time and puts its reports into the inbox it was created with."""

    def send(self, command: Command) -> None:
        """Send a command; if the worker is gone, the inbox will say so."""

    def kill(self) -> None:
        """End it at once."""

    def hang_up(self) -> None:
        """Let it end; `wait` waits until it has."""

    def wait(self) -> None:
        """Wait for its end, and kill it if that takes long."""


WorkerT = TypeVar("WorkerT", bound=Worker)
Inbox: TypeAlias = "queue.SimpleQueue[tuple[WorkerT, Report | WorkerLost]]"


class WorkerPool(Generic[WorkerT]):
    """Runs leases on workers that are started when needed and replaced when lost: an Executor."""

    def __init__(self, hire: Callable[[Inbox[WorkerT]], WorkerT], slots: int) -> None:
        """Start no worker yet."""
        self._hire = hire
        self._slots = slots
        self._inbox: Inbox[WorkerT] = queue.SimpleQueue()
        self._idle: list[WorkerT] = []
        self._busy: dict[int, WorkerT] = {}
        self._waiting: list[WorkerT] = []

    @property
    def slots(self) -> int:
        """Return how many leases can run at the same time."""
        return self._slots

    def start(self, number: int, lease: Lease) -> None:
        """Run a lease on an idle worker, or on a new one."""
        worker = self._idle.pop() if self._idle else self._hire(self._inbox)
        self._busy[number] = worker
        worker.send(lease)

    def stop(self, number: int, job: int) -> None:
        """Tell the worker of a lease to run no more items of a job."""
        if number in self._busy:
            self._busy[number].send(Stop(job=job))

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Return the reports of workers since the last call, and let them continue: all earlier ones are kept."""
        for worker in self._waiting:
            worker.send(Acknowledge())
        self._waiting.clear()
        found: list[WorkerReport] = []
        with suppress(queue.Empty):
            self._note(found, *self._inbox.get(timeout=seconds))
            while True:
                self._note(found, *self._inbox.get_nowait())
        return found

    def _note(self, found: list[WorkerReport], worker: WorkerT, report: Report | WorkerLost) -> None:
        if isinstance(report, WorkerLost):
            worker.wait()
        number = next((number for number, busy in self._busy.items() if busy is worker), None)
        if number is None:
            if isinstance(report, WorkerLost) and worker in self._idle:
                self._idle.remove(worker)
            return
        if isinstance(report, Idle | WorkerLost):
            del self._busy[number]
            if isinstance(report, Idle):
                self._idle.append(worker)
        elif isinstance(report, ItemsDone):
            self._waiting.append(worker)
        found.append(WorkerReport(lease=number, report=report))

    def end(self, number: int) -> None:
        """Kill the worker of a lease."""
        worker = self._busy.pop(number, None)
        if worker is not None:
            worker.kill()
            worker.wait()

    def close(self) -> None:
        """End all workers."""
        workers = [*self._idle, *self._busy.values()]
        for worker in workers:
            worker.hang_up()
        for worker in workers:
            worker.wait()
        self._idle.clear()
        self._busy.clear()
