"""A worker on Ray: an actor that runs leases like `evaluation.workers.worker`, with calls instead of pipes.

Only JSON lines of evaluation.workers.protocol pass through Ray, never objects, because Ray would pickle them.
"""

from __future__ import annotations

import os
import queue
import threading
from typing import TYPE_CHECKING

from evaluation.engines.interface import Setup
from evaluation.engines.registry import make_runner
from evaluation.workers.lease_runner import LeaseRunner
from evaluation.workers.protocol import Acknowledge, Heartbeat, ItemsDone, Lease, Stop, decode_command, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.workers.protocol import Report

CALLS_AT_A_TIME = 4
"""One call waits for a report while others bring a lease or a command to stop."""


class RayWorker:
    """Runs leases on its own thread; reports are fetched one at a time, in order."""

    def __init__(self, setup: str, engines: Mapping[str, str], beat_seconds: float) -> None:
        """Wait for a lease; `setup` is what `Setup.as_json` returned."""
        self._setup = Setup.from_json(setup)
        self._engines = engines
        self._beat_seconds = beat_seconds
        self._leases: queue.SimpleQueue[Lease] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        self._kept = threading.Semaphore(0)
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def process_id(self) -> int:
        """Return the process id of the actor on its node: an answer means that the actor found a place."""
        return os.getpid()

    def take(self, line: str) -> None:
        """Take a command."""
        match decode_command(line):
            case Lease() as lease:
                self._leases.put(lease)
            case Stop(job=job):
                self._stopped.add(job)
            case Acknowledge():
                self._kept.release()

    def next_report(self) -> str:
        """Return the next report, or a heartbeat if none comes in time."""
        try:
            return encode(self._reports.get(timeout=self._beat_seconds))
        except queue.Empty:
            return encode(Heartbeat())

    def _work(self) -> None:
        """Run leases while the actor lives; whatever ends this thread ends its process.

        After a batch it waits until the batch is kept, so a kill never loses more than one.
        """
        setup = self._setup
        runner = LeaseRunner(
            lambda engine: make_runner(engine, setup, self._engines), setup.place_of, self._stopped.__contains__
        )
        try:
            while True:
                for report in runner.run(self._leases.get()):
                    self._reports.put(report)
                    if isinstance(report, ItemsDone):
                        self._kept.acquire()
        finally:
            os._exit(1)
