"""A worker: `python -m evaluation.workers.worker` runs the leases that arrive on stdin and reports on stdout.

Both are JSON lines (evaluation.workers.protocol). Output of libraries goes to stderr. The process ends at once when
stdin does, because the coordinator is gone then and nobody waits for a result.
"""

from __future__ import annotations

import argparse
import os
import queue
import resource
import signal
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from evaluation.engines.interface import Setup
from evaluation.engines.registry import ENGINES, make_runner
from evaluation.workers.lease_runner import LeaseRunner
from evaluation.workers.protocol import Acknowledge, Heartbeat, ItemsDone, Lease, Stop, decode_command, encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from evaluation.workers.protocol import Report

MEBIBYTE: Final = 1 << 20


@dataclass(slots=True)
class WorkerPipes:
    """Both ends of the pipes: reports are written whole, commands are read on their own thread."""

    out: IO[str]
    leases: queue.SimpleQueue[Lease] = field(default_factory=queue.SimpleQueue)
    stopped: set[int] = field(default_factory=set)
    kept: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, report: Report) -> None:
        """Write a report, and after items wait until they are kept: a kill never loses more than one batch."""
        with self._lock:
            self.out.write(encode(report))
            self.out.flush()
        if isinstance(report, ItemsDone):
            self.kept.acquire()

    def listen(self, lines: IO[str]) -> None:
        """Take commands until there are no more, then end the process, because the sender is gone."""
        try:
            for line in lines:
                match decode_command(line):
                    case Lease() as lease:
                        self.leases.put(lease)
                    case Stop(job=job):
                        self.stopped.add(job)
                    case Acknowledge():
                        self.kept.release()
        finally:
            os._exit(0)

    def beat(self, seconds: float) -> None:
        """Report regularly that this process is alive."""
        pause = threading.Event()
        while not pause.wait(seconds):
            self.send(Heartbeat())


def main() -> None:
    """Run leases until stdin ends."""
    options = _options()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches all: the coordinator ends its workers
    if options.memory_mib:
        limit = options.memory_mib * MEBIBYTE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    setup = Setup.from_json(options.setup)
    engines = dict(entry.split("=", 1) for entry in options.engine) or ENGINES
    post = WorkerPipes(_private_stdout())
    for target, arguments in ((post.listen, (sys.stdin,)), (post.beat, (options.beat_seconds,))):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    _work(post, setup, engines)


def _work(post: WorkerPipes, setup: Setup, engines: Mapping[str, str]) -> None:
    runner = LeaseRunner(lambda engine: make_runner(engine, setup, engines), setup.place_of, post.stopped.__contains__)
    while True:
        for report in runner.run(post.leases.get()):
            post.send(report)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.workers.worker", description=__doc__)
    parser.add_argument(
        "--setup", default="{}", metavar="JSON", help="how engines are set up, as Setup.as_json tells it"
    )
    parser.add_argument("--memory-mib", type=int, default=0, help="address space at most; 0 for no limit")
    parser.add_argument("--beat-seconds", type=float, default=5.0, help="how often to tell that it lives")
    parser.add_argument(
        "--engine",
        action="append",
        default=[],
        metavar="NAME=MODULE:FUNCTION",
        help="engines instead of those of evaluation.engines.registry; only the tests use it",
    )
    return parser.parse_args()


def _private_stdout() -> IO[str]:
    """Return stdout, and redirect everything else that writes there to stderr."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return out


if __name__ == "__main__":
    main()
