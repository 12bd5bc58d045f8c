"""Processes of ours to be killed: each is forked from one that has imported everything, so that kills hit work.

A victim is a real process with its own database connection; only the start of Python and its imports are saved.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

PRELOADED: Final = (
    *("benchmarks.rig.siege.victims", "cli", "duckdb", "numpy", "httpx", "huggingface_hub", "scipy.stats"),
    *(
        "crawler.crawl",
        "store.commands.opening",
        "store.outputs.export",
        "store.ingest.bulk_load",
        "store.ingest.crawl_store",
    ),
    *(
        "evaluation.commands.scores",
        "evaluation.imports.run",
        "evaluation.jobs.coordinator",
        "evaluation.workers.local",
    ),
)
LONGEST_SECONDS: Final = 120.0
LARGEST_JUMP: Final = timedelta(days=900)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line of ours, and its conditions.

    `clock` seeds jumps of the clock, or is None for none; `ahead` is by how much it is always off; `most_bytes` is how
    large any file may grow, or None for no limit.
    """

    words: tuple[str, ...]
    log: Path
    clock: str | None = None
    ahead: timedelta = timedelta()
    most_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended: its exit code, minus the signal that killed it, and its stderr and stdout."""

    code: int
    said: str

    @property
    def is_killed(self) -> bool:
        """Whether we ended it."""
        return self.code in {-signal.SIGKILL, -signal.SIGTERM}

    @property
    def fault(self) -> str | None:
        """Return what none of our processes may do, crash or show a traceback, or None if it did not."""
        if "Traceback (most recent call last)" in self.said:
            return f"traceback: {self.said.strip().splitlines()[-1][:200]}"
        if self.code < 0 and not self.is_killed:
            return f"ended by {signal.Signals(-self.code).name}"
        return f"exit code {self.code}: {self.said[-200:]}" if self.code > 3 else None  # noqa: PLR2004 -- the last of ours


def prepare(*paths: str) -> None:
    """Import, once and for all victims, what they run, from these paths first."""
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))


def start(command: Command) -> ForkServerProcess:
    """Start a command in a process of its own."""
    process = multiprocessing.get_context("forkserver").Process(target=_run, args=(command,))
    process.start()
    return process


def call(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start a function of a module in a process of its own."""
    process = multiprocessing.get_context("forkserver").Process(target=target, args=arguments)
    process.start()
    return process


def run(command: Command) -> Ended:
    """Run a command to its end."""
    return end(start(command), command.log)


def end(process: ForkServerProcess, log: Path, after_seconds: float | None = None, by: int = signal.SIGKILL) -> Ended:
    """Wait for a process, or kill it after some seconds, and return how it ended."""
    process.join(after_seconds if after_seconds is not None else LONGEST_SECONDS)
    if process.exitcode is None and process.pid is not None:
        os.kill(process.pid, by if after_seconds is not None else signal.SIGABRT)
    process.join()
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    ended = Ended(code=process.exitcode if process.exitcode is not None else 0, said=said)
    process.close()
    return ended


def timed(command: Command) -> tuple[Ended, float]:
    """Run a command to its end; also return the seconds that it took."""
    started = time.monotonic()
    return run(command), time.monotonic() - started


def _run(command: Command) -> None:
    _write_to(command.log)
    import store.commands.opening

    _retry_quickly()
    if command.ahead:
        _replace_clock(store.commands.opening.now, lambda: datetime.now(UTC) + command.ahead)
    if command.clock is not None:
        _replace_clock(store.commands.opening.now, _jumping(random.Random(command.clock)))
    if command.most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command.most_bytes, command.most_bytes))
    _become(command.words)


def act(words: tuple[str, ...], log: Path, now: Callable[[], datetime]) -> None:
    """Become a command line of ours, by a clock, and end with it; its words go into `log`."""
    _write_to(log)
    import store.commands.opening

    _retry_quickly()
    _replace_clock(store.commands.opening.now, now)
    _become(words)


def _write_to(log: Path) -> None:
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for descriptor in (1, 2):
        os.dup2(written, descriptor)


def _retry_quickly() -> None:
    import crawler.http.hub_client
    from crawler.http.retry_policy import RetryPolicy

    crawler.http.hub_client.RETRIES = RetryPolicy(first_wait_seconds=0.01)


def _become(words: tuple[str, ...]) -> None:
    import cli

    sys.argv = ["lineage", *words]
    cli.main()


def _replace_clock(now: Callable[[], datetime], other: Callable[[], datetime]) -> None:
    """Replace the command line's clock in every module of ours that imported it."""
    for module in list(sys.modules.values()):
        if getattr(module, "now", None) is now:
            module.now = other  # type: ignore[attr-defined] # it has one


def _jumping(chance: random.Random) -> Callable[[], datetime]:
    """Return a clock that now and then jumps forwards or back."""
    jump = timedelta()

    def now() -> datetime:
        nonlocal jump
        if chance.random() < 0.2:  # noqa: PLR2004 -- often enough for several in one command
            jump = LARGEST_JUMP * (2 * chance.random() - 1)
        return datetime.now(UTC) + jump

    return now
