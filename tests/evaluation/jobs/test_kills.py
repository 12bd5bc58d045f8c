"""Whoever is killed, and when: the scores are those of an undisturbed run, and a kill costs one batch at most."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from store.connect import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evaluation.conftest import Bench

JOBS = 4
ITEMS = 15
BATCH = 3
WORKERS = 2


def fill(bench: Bench, log: Path) -> None:
    """Queue jobs of two families."""
    for number in range(JOBS):
        bench.want(f"model-{number}", items=ITEMS, batch=BATCH, log=str(log), family=f"maple/{number % 2}")
    bench.database.close()


def run(db: Path, toys: Path, chance: random.Random | None, victim: str) -> bool:
    """Run the queue as a process and kill the victim after some event; returns whether it came to its end."""
    command = [sys.executable, str(toys / "toy_queue.py"), str(db), str(WORKERS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = chance.randint(2, 8) if chance is not None else -1
        for line in process.stdout:
            left -= 1
            if left == 0:
                workers = [int(word) for word in line.split()[1:]]
                kill(workers[:1] if victim in {"worker", "both"} else [])
                kill([process.pid] if victim in {"coordinator", "both"} else [])
        return process.wait() == 0


def kill(processes: list[int]) -> None:
    """Kill processes as the system would, those that are there."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def results(db: Path) -> list[tuple[object, ...]]:
    """Return all scores with all items, and what became of the jobs."""
    database = open_database(db, "read")
    items = "select model, scores.value, item, items.value as one from scores join items using (run) order by all"
    rows = [*database.query(items).rows, *database.query("select model, state from jobs order by all").rows]
    database.close()
    return rows


def items_run(db: Path) -> int:
    """Return how many items workers told of that were new."""
    database = open_database(db, "read")
    (count,) = database.query("select sum(items) from attempts").rows[0]
    database.close()
    return int(str(count))


def test_a_killed_queue_ends_as_an_undisturbed_one(bench: Bench, toys: Path, tmp_path: Path) -> None:
    """A kill of a worker, the coordinator and both; afterwards every score and item is there once, and equal."""
    log, db, chance = tmp_path / "log", bench.database.path, random.Random(5)
    fill(bench, log)
    for victim in ("worker", "coordinator", "both"):
        run(db, toys, chance, victim)
    assert run(db, toys, None, "nobody")
    rows = results(db)
    assert rows == undisturbed(tmp_path / "calm.duckdb", bench, toys, log)
    assert len(rows) == JOBS * ITEMS + JOBS
    assert items_run(db) == JOBS * ITEMS
    assert_one_batch_lost(log, kills=3)


def undisturbed(db: Path, bench: Bench, toys: Path, log: Path) -> list[tuple[object, ...]]:
    """Return what the same queue gives where nobody is killed."""
    bench.database = open_database(db)
    fill(bench, log.with_name("calm"))
    assert run(db, toys, None, "nobody")
    return results(db)


def assert_one_batch_lost(log: Path, kills: int) -> None:
    """Hold every batch that a worker ran against those that are needed: a kill costs one for each worker it ended."""
    batches = sum(line.startswith("ran ") for line in log.read_text().splitlines())
    assert JOBS * ITEMS // BATCH <= batches <= JOBS * ITEMS // BATCH + kills * WORKERS
