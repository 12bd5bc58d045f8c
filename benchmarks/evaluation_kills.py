"""A queue of evaluations, killed (-9) at random moments and going on until it ends, beside an undisturbed one.

Prints a table: kills of workers, of the coordinator and of both, items that were run again because of them, and whether
scores and items are equal. The engine is the toy of the tests, which answers at once; processes and kills are real.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from lineage.jobs import Wanted, Work  # noqa: E402 -- the path comes first, so that the working tree is measured
from store.database import open_database  # noqa: E402 -- as above
from store.jobs import enqueue  # noqa: E402 -- as above

TOYS = ROOT / "tests" / "evaluation" / "toys"
VICTIMS = ("worker", "coordinator", "both")
TABLES = {
    "scores": "select model, revision, instrument, value, stderr, items, source, state from scores order by all",
    "items": "select model, item, items.value from items join scores using (run) order by all",
    "jobs": "select model, instrument, state, items_done, items_total, value, weights_hash from jobs order by all",
    "drift": "select * from drift order by all",
}
BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a series came to: whom the kills met, items run again, and the tables that differ."""

    kills: Counter[str]
    starts: int
    items: int
    again: int
    different: tuple[str, ...]
    seconds: float


def main() -> None:
    """Run the series and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    out = torment(options)
    row = "{:>8}{:>13}{:>6}{:>8}{:>8}{:>12}{:>8}{:>9}  {}"
    names = ("workers", "coordinator", "both", "starts", "items", "run again", "a kill", "seconds", "tables")
    print(row.format(*names))
    kills = max(1, out.kills.total())
    verdict = "DIFFERENT: " + ", ".join(out.different) if out.different else "equal"
    told = (*(out.kills[name] for name in VICTIMS), out.starts, out.items, out.again, f"{out.again / kills:.1f}")
    print(row.format(*told, round(out.seconds), verdict))
    bound = BATCH * (out.kills["worker"] + options.workers * (out.kills["coordinator"] + out.kills["both"]))
    print(
        f"{kills} kills; one batch of {BATCH} items for every worker that each of them ended is {bound} items at most"
    )


def torment(options: argparse.Namespace) -> Outcome:
    """Run one queue undisturbed and one with kills, and compare."""
    started, chance = time.monotonic(), random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        calm, wild = Path(folder) / "calm.duckdb", Path(folder) / "wild.duckdb"
        fill(calm, options)
        fill(wild, options)
        run(calm, options.workers, None)
        log, starts = wild.with_suffix(".log"), 0
        killer = Killer(chance=chance, left=options.kills, log=log)
        while True:
            starts += 1
            if run(wild, options.workers, killer):
                break
        if killer.left:
            raise SystemExit(f"the queue ended {killer.left} kills too soon: more --jobs are needed")
        killer.count()
        return Outcome(
            kills=killer.met,
            starts=starts,
            items=options.jobs * options.items,
            again=killer.again,
            different=tuple(name for name, query in TABLES.items() if rows(calm, query) != rows(wild, query)),
            seconds=time.monotonic() - started,
        )


def fill(path: Path, options: argparse.Namespace) -> None:
    """Queue jobs of four families."""
    database = open_database(path)
    log = str(path.with_suffix(".log"))
    for number in range(options.jobs):
        work = Work(
            model=f"maple/model-{number}",
            revision="a1b2c3d",
            instrument="truthfulqa_mc1",
            definition="toys",
            engine="toy",
            options={"items": options.items, "batch": BATCH, "log": log},
        )
        family = f"maple/family-{number % 4}"
        wanted = Wanted(work=work, family=family, priority=number, reason="a benchmark", policy="person")
        enqueue(database, [wanted], datetime.now(UTC))
    database.close()


@dataclass(slots=True, kw_only=True)
class Killer:
    """Kills at random, so often as is left, and counts how many items were run again."""

    chance: random.Random
    left: int
    log: Path
    met: Counter[str] = field(default_factory=Counter)
    again: int = 0

    def wait(self) -> int:
        """Return after how many events the next kill comes; one that never comes where none is left."""
        return self.chance.randint(1, 8) if self.left else -1

    def kill(self, coordinator: int, workers: list[int]) -> None:
        """Kill a worker, the coordinator, or both, in the middle of what they do."""
        time.sleep(self.chance.random() * 0.02)
        victim = self.chance.choice(VICTIMS) if workers else "coordinator"
        chosen = [self.chance.choice(workers)] if victim != "coordinator" else []
        chosen += [coordinator] if victim != "worker" else []
        met = 0
        for process in chosen:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                met += 1
        self.met[victim] += met == len(chosen)
        self.left -= met == len(chosen)

    def count(self) -> None:
        """Count what was run again."""
        counts = items_run(self.log) if self.log.exists() else Counter[str]()
        self.again = sum(count - 1 for count in counts.values())


def run(path: Path, workers: int, killer: Killer | None) -> bool:
    """Run the queue as a process, with kills; returns whether it came to its end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(TOYS)])}
    command = [sys.executable, str(TOYS / "toy_queue.py"), str(path), str(workers)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        left = killer.wait() if killer else -1
        for line in process.stdout or ():
            left -= 1
            if left == 0 and killer is not None:
                killer.kill(process.pid, [int(word) for word in line.split()[1:]])
                left = killer.wait()
        code = process.wait()
    if code not in {0, -signal.SIGKILL}:
        raise SystemExit(f"the queue ended with exit code {code}")
    return code == 0


def items_run(log: Path) -> Counter[str]:
    """Return how often each item of each model was run."""
    counts: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8").splitlines():
        kind, model, *items = line.split()
        if kind == "ran":
            counts.update(f"{model} {item}" for item in items)
    return counts


def rows(path: Path, query: str) -> tuple[tuple[object, ...], ...]:
    """Return the rows of a query."""
    database = open_database(path, "read")
    try:
        return database.query(query).rows
    finally:
        database.close()


if __name__ == "__main__":
    main()
