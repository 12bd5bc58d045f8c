"""Workers as processes of this machine, one per slot, started when needed and restarted when lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from evaluation.workers.interface import WorkerLost
from evaluation.workers.pool import WorkerPool
from evaluation.workers.protocol import LONGEST_LINE, NotUnderstood, decode_report, encode
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    from evaluation.engines.interface import Setup
    from evaluation.workers.pool import Inbox
    from evaluation.workers.protocol import Command

CLOSING_SECONDS: Final = 5.0
LAST_WORDS_SECONDS: Final = 1.0
LINES_OF_STDERR: Final = 5
THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How workers are started. `memory_mib` limits the address space of each, or None for no limit.

    `engines` replaces those of evaluation.engines.registry, for tests.
    """

    setup: Setup
    memory_mib: int | None = None
    beat_seconds: float = 5.0
    engines: Mapping[str, str] = field(default_factory=dict)

    def command(self) -> list[str]:
        """Return the command line of a worker; `-P` keeps the current folder from shadowing installed packages."""
        options = ["--setup", self.setup.as_json(), "--beat-seconds", str(self.beat_seconds)]
        options += ["--memory-mib", str(self.memory_mib)] if self.memory_mib else []
        options += [word for name, place in self.engines.items() for word in ("--engine", f"{name}={place}")]
        return [sys.executable, "-P", "-m", "evaluation.workers.worker", *options]

    def environment(self) -> dict[str, str]:
        """Return the environment of a worker, from which libraries take their number of threads."""
        threads = self.setup.threads
        return {**os.environ, **(dict.fromkeys(THREAD_VARIABLES, str(threads)) if threads else {})}


class LocalExecutor(WorkerPool["_Worker"]):
    """Runs leases on processes of this machine; when it is closed, they end with their stdin, or are killed."""

    def __init__(self, form: WorkerSettings, slots: int) -> None:
        """Start nothing yet."""
        super().__init__(lambda inbox: _Worker(form, inbox), slots)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Return the ids of the processes that run leases."""
        return tuple(worker.process.pid for worker in self._busy.values())


class _Worker:
    """A process, and the threads that read its output."""

    def __init__(self, form: WorkerSettings, inbox: Inbox[_Worker]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
            form.command(),
            env=form.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._inbox = inbox
        self._last_lines: deque[str] = deque(maxlen=LINES_OF_STDERR)
        self._threads = tuple(
            threading.Thread(target=target, args=(pipe,), daemon=True)
            for target, pipe in ((self._read, self.process.stdout), (self._note_errors, self.process.stderr))
        )
        for thread in self._threads:
            thread.start()

    def send(self, command: Command) -> None:
        """Write a command; if the process is gone, the thread that reads will notice."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError, ValueError):  # the other end is gone, or this one is closed
                self.process.stdin.write(encode(command))
                self.process.stdin.flush()

    def kill(self) -> None:
        """Kill the process."""
        self.process.kill()

    def hang_up(self) -> None:
        """Close the stdin of the process, which makes it end."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()

    def wait(self) -> None:
        """Wait for the end of the process, and kill it if that takes long."""
        self.hang_up()
        try:
            self.process.wait(timeout=CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._threads[0].join(CLOSING_SECONDS)  # what the process started may hold its pipes open, and outlive it

    def _read(self, lines: IO[str]) -> None:
        """Pass on the reports of the process, and then that it is gone."""
        with lines:
            try:
                for line in iter(lambda: lines.readline(LONGEST_LINE), ""):
                    self._inbox.put((self, decode_report(line)))
            except NotUnderstood as error:
                self.process.kill()
                self._inbox.put((self, WorkerLost(reason=str(error))))
                return
        code = self.process.wait()
        self._threads[1].join(LAST_WORDS_SECONDS)
        self._inbox.put((self, WorkerLost(reason=_last_words(code, self._last_lines))))

    def _note_errors(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self._last_lines.append(plain(line.rstrip()))


def _last_words(code: int, lines: Sequence[str]) -> str:
    """Return how a process ended, and the last lines that it wrote."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    if code == -9:  # noqa: PLR2004 -- SIGKILL
        how += ", as the system does where memory runs out"
    return f"the worker {how}" + (f": {' / '.join(lines)}" if lines else "")
