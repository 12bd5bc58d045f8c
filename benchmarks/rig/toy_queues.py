"""Queues of the tests' toy engine: filled, counted, and compared with an undisturbed one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lineage.scheduling.job import JobSpec, Options
from lineage.scheduling.plan import PlannedJob
from store.connect import open_database
from store.jobs.queue import enqueue

ROOT = Path(__file__).parents[2]
TOYS = ROOT / "tests" / "evaluation" / "toys"
TABLES = {
    "scores": "select model, revision, instrument, value, stderr, items, source, state from scores order by all",
    "items": "select model, item, items.value from items join scores using (run) order by all",
    "jobs": "select model, instrument, state, items_done, items_total, value, weights_hash from jobs order by all",
    "drift": "select * from drift order by all",
}
TWICE = {
    "scores": "select count(*) from (select model from scores group by all having count(*) > 1)",
    "items": "select count(*) from (select run, item from items group by all having count(*) > 1)",
}
BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Which processes were killed, how many workers they ended at most, and how often the coordinator was started.

    `reclaimed` are the leases of killed coordinators that the next one took back, or None if that was not counted.
    """

    kills: Counter[str]
    ended: int
    starts: int
    reclaimed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many jobs a queue has, of how many items each, and the seconds that a batch takes."""

    jobs: int
    items: int
    seconds: float = 0.0


def fill(path: Path, size: Size) -> None:
    """Queue jobs of four families; files `.log` and `.counted` beside the database tell what is run, and by whom."""
    database = open_database(path)
    options: Options = {
        "items": size.items,
        "batch": BATCH,
        "log": str(path.with_suffix(".log")),
        "counted": str(path.with_suffix(".counted")),
        "seconds": size.seconds,
    }
    for number in range(size.jobs):
        work = JobSpec(
            model=f"maple/model-{number}",
            revision="a1b2c3d",
            instrument="truthfulqa_mc1",
            definition="toys",
            engine="toy",
            options=options,
        )
        family = f"maple/family-{number % 4}"
        wanted = PlannedJob(spec=work, family=family, priority=number, reason="a benchmark", policy="person")
        enqueue(database, [wanted], datetime.now(UTC))
    database.close()


def items_run_again(path: Path) -> int:
    """Return how many items workers ran that had been run before."""
    log = path.with_suffix(".log")
    counts: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        kind, model, *items = line.split()
        if kind == "ran":
            counts.update(f"{model} {item}" for item in items)
    return sum(count - 1 for count in counts.values())


def differences(calm: Path, wild: Path) -> tuple[str, ...]:
    """Return the tables in which two databases differ."""
    return tuple(name for name, query in TABLES.items() if rows(calm, query) != rows(wild, query))


def stored_twice(path: Path) -> int:
    """Return how many scores and items are stored more than once."""
    return sum(int(str(rows(path, query)[0][0])) for query in TWICE.values())


def rows(path: Path, query: str) -> tuple[tuple[object, ...], ...]:
    """Return the rows of a query."""
    database = open_database(path, "read")
    try:
        return database.query(query).rows
    finally:
        database.close()
