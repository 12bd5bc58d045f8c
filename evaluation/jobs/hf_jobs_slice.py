"""Runs a slice of the queue on a machine without one: `python -m evaluation.jobs.hf_jobs_slice TABLE`.

The specs come in the variable LINEAGE_SLICE. After each job TABLE is rewritten with all items so far, in the format
that `lineage scores import` reads.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evaluation.engines.interface import Setup
from evaluation.jobs.coordinator import QueueSettings
from evaluation.jobs.evaluate import new_owner, run_queue
from evaluation.jobs.events import JobDone
from evaluation.workers.local import LocalExecutor, WorkerSettings
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from lineage.scores.instrument_file import default_catalogue
from store.connect import open_database
from store.jobs.queue import enqueue
from store.jobs.results import list_item_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evaluation.jobs.events import Event
    from store.database import Database

SLICE_VARIABLE: Final = "LINEAGE_SLICE"
REASON: Final = "a slice of another queue"


def encode_slice(specs: Sequence[JobSpec]) -> str:
    """Return specs as one line of JSON."""
    return json.dumps([asdict(spec) for spec in specs], separators=(",", ":"))


def decode_slice(line: str) -> tuple[JobSpec, ...]:
    """Return the specs in a line that `encode_slice` made."""
    return tuple(JobSpec(**fields) for fields in json.loads(line))


def run_slice(
    specs: Sequence[JobSpec], table: Path, form: WorkerSettings, database: Database, now: Callable[[], datetime]
) -> int:
    """Run specs on a new database, write the table after each, and return how many ended without a score."""

    def tell(event: Event) -> None:
        if isinstance(event, JobDone):
            write_table(database, table)

    planned = [
        PlannedJob(spec=spec, family=spec.base or spec.model, priority=number, reason=REASON, policy="person")
        for number, spec in enumerate(specs)
    ]
    enqueue(database, planned, now())
    rules = QueueSettings(owner=new_owner(), trusts_queue=True)  # whoever launched it did
    answer = run_queue(database, LocalExecutor(form, 1), default_catalogue(), rules, now=now, tell=tell)
    return sum(row["value"] is None for row in answer.records())


def write_table(database: Database, table: Path) -> None:
    """Write all items so far as JSON lines; a reader sees the old or the new table, never a part of it."""
    unfinished = table.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8") as file:
        for row in list_item_table(database).records():
            told = {name: value for name, value in row.items() if value is not None}
            file.write(json.dumps(told, default=_stated) + "\n")
    unfinished.replace(table)


def _stated(value: object) -> str:
    """Return a time as text, because JSON has no times."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is in no table")
    return value.isoformat()


def main() -> None:
    """Run the slice in the environment; exits with 3 if something ended without a score."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.jobs.hf_jobs_slice", description=__doc__)
    parser.add_argument("table", type=Path, help="where the items are written to, as JSON lines")
    table = parser.parse_args().table
    specs = decode_slice(os.environ[SLICE_VARIABLE])
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "slice.duckdb")
        failed = run_slice(specs, table, WorkerSettings(setup=Setup()), database, lambda: datetime.now(UTC))
        database.close()
    raise SystemExit(3 if failed else 0)


if __name__ == "__main__":
    main()
