"""An engine for tests: its answers follow from the names of model and item, its faults from the options of the task.

Workers find it by `--engine toy=toy_runner:make_runner` with this folder on their path; the product does not know it.
"""

from __future__ import annotations

import hashlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.engines.endpoint.errors import EndpointAway, ModelNotServed
from evaluation.engines.interface import Batch, ItemResult, RunSummary
from evaluation.errors import CannotRun
from lineage.scores.score import Identity, item_set_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.engines.interface import Setup
    from lineage.errors import LineageError
    from lineage.scheduling.job import JobSpec


class ToyRunner:
    """Answers at once, or after `seconds` a batch."""

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield the items that are not done, `batch` at a time, and fall into the fault `fault` before item `at`."""
        count, size = int(spec.options.get("items", 12)), int(spec.options.get("batch", 4))
        names = [f"item-{number}" for number in range(count)][: spec.item_limit]
        if spec.options.get("sorts"):
            names = sorted(names)
        todo = [name for name in names if name not in done]
        note(spec, f"{spec.model} {len(done)}")
        sys.stdout.write("a library talks on stdout\n")
        for start in range(0, len(todo), size):
            chosen = todo[start : start + size]
            if f"item-{spec.options.get('at')}" in chosen:
                misbehave(spec)
            no_number = f"item-{spec.options.get('nan')}"
            values = (math.nan if name == no_number else answer(spec, name) for name in chosen)
            items = tuple(
                ItemResult(item=name, value=value, reply_length=len(name), reply=name)
                for name, value in zip(chosen, values, strict=True)
            )
            note(spec, f"ran {spec.model} {' '.join(chosen)}")
            time.sleep(float(spec.options.get("seconds", 0)))
            yield Batch(items=items, seconds=0.001 * len(items), total=len(names))
        yield RunSummary(
            identity=Identity(name=spec.instrument, item_set_hash=item_set_hash(names), scorer="toy"),
            weights_hash=f"hash of {spec.model}",
            engine="toy 1",
        )


def make_runner(setup: Setup) -> ToyRunner:
    """Return the engine."""
    assert setup.device == "cpu"
    return ToyRunner()


def answer(spec: JobSpec, item: str) -> float:
    """Return 0 or 1, the same for the same names; `always` is what it is whatever the names."""
    if (always := spec.options.get("always")) is not None:
        return float(always)
    model = spec.model
    return float(hashlib.sha256(f"{model} {item}".encode()).digest()[0] % 2)


def misbehave(spec: JobSpec) -> None:
    """Fall into the fault that the task asks for; with `once` only where the file of that name is not there yet."""
    match None if misbehaved(spec) else spec.options.get("fault"):
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "orphan":
            leave_orphan(spec)
        case "exit":
            os._exit(7)
        case "raise":
            raise RuntimeError(str(spec.options.get("says", "the toy broke")).encode().decode("unicode_escape"))
        case "cannot" | "away" | "unserved" as named:
            raise named_error(spec.model, named)
        case "memory":
            bytearray(1 << 40)
        case "hang":
            threading.Event().wait()
        case "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)


def named_error(model: str, name: str) -> LineageError:
    """Return the error of a name: the model cannot be run, its server is away, or lacks it."""
    errors: dict[str, LineageError] = {
        "cannot": CannotRun(model, "is made of wood"),
        "away": EndpointAway("http://127.0.0.1:9", "status 503", 6),
        "unserved": ModelNotServed(model, ["maple/other"]),
    }
    return errors[name]


def misbehaved(spec: JobSpec) -> bool:
    """Return whether a task that is to fail once did, and note that it does now."""
    once = Path(str(spec.options["once"])) if "once" in spec.options else None
    if once is None or once.exists():
        return once is not None
    once.touch()
    return False


def leave_orphan(spec: JobSpec) -> None:
    """Start a process that ends by itself never, and be killed."""
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    note(spec, f"child {child.pid}")
    os.kill(os.getpid(), signal.SIGKILL)


def note(spec: JobSpec, line: str) -> None:
    """Write what is run into the file that the task names."""
    if log := spec.options.get("log"):
        with Path(str(log)).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
