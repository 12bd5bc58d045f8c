"""A queue of evaluations, killed (-9) at random moments and continued until it ends, beside an undisturbed one.

It prints which processes were killed, which items were run again because of it, and whether scores and items are equal.
The engine is the toy of the tests; processes, nodes and kills are real. With `--cluster ray` it runs `lineage evaluate`
on a Ray cluster of several nodes, and every third kill ends a whole node.
"""

from __future__ import annotations

import argparse
import math
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
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rig.ray_nodes import nodes  # noqa: E402 -- the path comes first: the working tree is measured
from benchmarks.rig.ray_siege import Siege  # noqa: E402 -- as above
from benchmarks.rig.tables import print_machine  # noqa: E402 -- as above
from benchmarks.rig.toy_queues import (  # noqa: E402 -- as above
    BATCH,
    TOYS,
    Met,
    Size,
    differences,
    fill,
    items_run_again,
    rows,
    stored_twice,
)

VICTIMS = ("worker", "coordinator", "both")
PATHS = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(TOYS)])}
BATCH_SECONDS = 0.02


def main() -> None:
    """Run the series and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cluster", choices=["ray"], help="default: processes of this machine")
    parser.add_argument("--nodes", type=int, default=2, help="with --cluster ray")
    options = parser.parse_args()
    print_machine(*(["ray"] if options.cluster else []))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, PATHS):
        calm, wild = Path(folder) / "calm.duckdb", Path(folder) / "wild.duckdb"
        size = Size(jobs=options.jobs, items=options.items, seconds=BATCH_SECONDS if options.cluster else 0.0)
        fill(calm, size)
        fill(wild, size)
        run(calm, options.workers, None)
        met = (besiege_ray if options.cluster else besiege)(wild, options)
        show(met, calm, wild, size)
    print(f"{'seconds':<52}{time.monotonic() - started:>8.0f}")


def show(met: Met, calm: Path, wild: Path, size: Size) -> None:
    """Print the result, one line each."""
    again, different = items_run_again(wild), differences(calm, wild)
    figures: dict[str, int | float | None] = {f"kills of {name}": count for name, count in sorted(met.kills.items())}
    figures |= {
        "kills": met.kills.total(),
        "starts of the coordinator": met.starts,
        "leases of killed coordinators that were taken back": met.reclaimed,
        "jobs that are leased at the end": len(rows(wild, "select job from jobs where state = 'leased'")),
        "items": size.jobs * size.items,
        "items run again": again,
        f"batches of {BATCH} of the workers ended: at most": BATCH * met.ended,
        "items run again a kill": round(again / max(1, met.kills.total()), 1),
        "scores and items that are stored twice": stored_twice(wild),
    }
    for name, figure in figures.items():
        if figure is not None:
            print(f"{name:<52}{figure:>8,}")
    print(f"{'scores, items, jobs and drift':<52}{'DIFFERENT: ' + ', '.join(different) if different else '   equal'}")


def besiege_ray(db: Path, options: argparse.Namespace) -> Met:
    """Run a queue on a Ray cluster, with kills, and return which processes were killed."""
    room = math.ceil(options.workers / options.nodes)
    with nodes(options.nodes, room) as cluster:
        siege = Siege(
            db=db,
            nodes=cluster,
            room=room,
            workers=options.workers,
            kills=options.kills,
            chance=random.Random(options.seed),
        )
        siege.run()
        return siege.outcome()


def besiege(db: Path, options: argparse.Namespace) -> Met:
    """Run a queue on local processes, with kills, and return which processes were killed."""
    starts, killer = 1, Killer(chance=random.Random(options.seed), left=options.kills)
    while not run(db, options.workers, killer):
        starts += 1
    if killer.left:
        raise SystemExit(f"the queue ended {killer.left} kills too soon: more --jobs are needed")
    met = killer.met
    ended = met["worker"] + options.workers * (met["coordinator"] + met["both"])
    return Met(kills=met, ended=ended, starts=starts)


@dataclass(slots=True, kw_only=True)
class Killer:
    """Kills at random, as often as is left."""

    chance: random.Random
    left: int
    met: Counter[str] = field(default_factory=Counter)

    def wait(self) -> int:
        """Return after how many events the next kill comes, or never if none is left."""
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


def run(path: Path, workers: int, killer: Killer | None) -> bool:
    """Run the queue as a process, with kills; return whether it reached its end."""
    command = [sys.executable, str(TOYS / "toy_queue.py"), str(path), str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
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


if __name__ == "__main__":
    main()
