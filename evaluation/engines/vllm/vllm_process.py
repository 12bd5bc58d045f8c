"""vLLM from outside: its process is started, asked, and ended with its caller."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evaluation.errors import VllmFailed
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM: Final = Path(__file__).with_name("hosted_model.py")
LAST_BYTES: Final = 2_000
LONGEST_ERROR: Final = 300


class VllmProcess:
    """A process of vLLM; `name` is what errors call the model. It is ended by `close`, or with this process."""

    def __init__(self, interpreter: str, name: str, threads: int | None) -> None:
        self.name = name
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the process
        threads_of: Mapping[str, str] = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(  # noqa: S603 -- the interpreter of the user's own environment
            [interpreter, "-P", str(PROGRAM)],
            env={**os.environ, **threads_of},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # what vLLM starts is ended with it
        )

    def ask(self, order: str, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the answer to an order; raises VllmFailed where there is none, ValueError with what vLLM refuses."""
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError(self._process)
        line = ""
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": order, "given": given}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise VllmFailed(self.name, self._end())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ValueError(plain(str(answer["error"]), LONGEST_ERROR))
        return answer

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _end(self) -> str:
        """Return how the process ended, and its last words."""
        code = self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - LAST_BYTES))
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return f"its process {how}" + (f": {lines[-1]}" if lines else "")
