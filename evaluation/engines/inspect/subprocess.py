"""A run of Inspect from outside: its process is started, limited in time, and ended with its caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evaluation.engines.inspect.process import CANNOT_RUN, encode_request
from evaluation.errors import CannotRun, InspectFailed
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import IO

    from evaluation.engines.endpoint.api_key import ApiKey
    from evaluation.engines.inspect.process import InspectRequest

LAST_LINES: Final = 4


def run_process(request: InspectRequest, variables: Mapping[str, str], keys: Iterable[ApiKey], seconds: float) -> None:
    """Run a request in its own process and return when it ended with a log.

    Raises InspectFailed if it crashed or took more than `seconds`, CannotRun if Inspect cannot run it.
    """
    said: deque[str] = deque(maxlen=LAST_LINES)
    with _started(request, variables, _Listener(said, tuple(keys))) as process:
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise InspectFailed(request.task, f"it was ended after {seconds:,.0f} s (run_seconds)") from None
    if code == 0:
        return
    words = " / ".join(said)
    if code == CANNOT_RUN:
        raise CannotRun(request.task, words)
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    raise InspectFailed(request.task, f"its process {how}" + (f": {words}" if words else ""))


def redacted(text: str, keys: Iterable[ApiKey]) -> str:
    """Return a text without the keys."""
    for key in keys:
        text = key.redacted(text)
    return text


@dataclass(frozen=True, slots=True)
class _Listener:
    """Notes the last lines of a process, without the keys."""

    said: deque[str]
    keys: tuple[ApiKey, ...]

    def listen(self, lines: IO[str] | None) -> None:
        """Read until the process ends."""
        if lines is None:
            return
        with lines:
            for line in lines:
                if words := plain(redacted(line, self.keys)).strip():
                    self.said.append(words)


@contextmanager
def _started(
    request: InspectRequest, variables: Mapping[str, str], listener: _Listener
) -> Iterator[subprocess.Popen[str]]:
    """Start the process of a request, beside the file of the task, and end it with everything it started."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "evaluation.engines.inspect.process"],
        cwd=Path(request.task).parent,  # a log names the task's file from there, and its run may go on from it
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        start_new_session=True,  # what the task starts is ended with it
    )
    reader = threading.Thread(target=listener.listen, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        _send(process.stdin, request)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.close()
        reader.join()


def _send(pipe: IO[str] | None, request: InspectRequest) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):  # it crashed at its start: its exit code says so
            pipe.write(encode_request(request))
            pipe.flush()
