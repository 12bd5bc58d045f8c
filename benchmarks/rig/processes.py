"""Processes measured from outside: wall and CPU seconds, peak memory, and the time of each line on stderr."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import IO

LINEAGE: Final = str(Path(sys.executable).with_name("lineage"))
KIB: Final = 1024
_KEPT_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of stderr, and how many seconds after the start it came."""

    at_seconds: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a finished process took, and what it wrote.

    `cpu_seconds` is user and system time of all its threads; `peak_bytes` its largest resident set, for which the
    starting process has to be small: a child begins with the peak of its parent.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    stdout: str
    stderr: tuple[Line, ...]

    def first_line_at(self, start: str) -> float | None:
        """Return when the first line of stderr with this start came, or None where none did."""
        return next((line.at_seconds for line in self.stderr if line.text.startswith(start)), None)


@dataclass(slots=True, kw_only=True)
class Server:
    """A sandbox Hub in a process of its own."""

    url: str
    pid: int
    _before: float = field(default=0.0)

    def cpu_seconds(self) -> float | None:
        """Return the CPU seconds of the server since the last call; None if the system does not report them."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return None
        total = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        spent, self._before = total - self._before, total
        return spent


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without the user's tokens and settings; the official client caches in `home`."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return kept | {"HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"} | dict(extra or {})


def run_measured(command: Sequence[str], environment: Mapping[str, str], *, codes: Collection[int] = (0,)) -> Measured:
    """Run a command to its end; raises RuntimeError with the end of its stderr for an exit code not in `codes`."""
    lines: list[Line] = []
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command), env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if process.stdout is None or process.stderr is None:
        raise RuntimeError("no pipes")
    reader = threading.Thread(target=_note_lines, args=(process.stderr, started, lines))
    reader.start()
    stdout = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode not in codes:
        tail = "\n".join(line.text for line in lines[-20:])
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{tail}")
    return Measured(
        wall_seconds=wall_seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else KIB),
        stdout=stdout,
        stderr=tuple(lines),
    )


@contextmanager
def served(options: Sequence[str], environment: Mapping[str, str]) -> Iterator[Server]:
    """Run `lineage sandbox serve` with these options on a free port while the block runs."""
    command = [LINEAGE, "sandbox", "serve", "--port", "0", *options]
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url.startswith("http://"):
                raise RuntimeError("the sandbox Hub did not start")
            yield Server(url=url, pid=process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _note_lines(stream: IO[str], started: float, lines: list[Line]) -> None:
    for text in stream:
        lines.append(Line(at_seconds=time.perf_counter() - started, text=text.rstrip()))  # noqa: PERF401 -- shared while it grows
