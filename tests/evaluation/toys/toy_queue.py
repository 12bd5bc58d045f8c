"""Runs the queue of a database with the toy engine, as a process that can be killed: a line on stdout for each event.

`python toy_queue.py DB WORKERS`; a line is the event's name and the ids of the workers' processes.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from evaluation.engines.interface import Setup
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.jobs.evaluate import new_owner
from evaluation.workers.local import LocalExecutor, WorkerSettings
from lineage.scores.instrument_file import default_catalogue
from store.connect import open_database

TOY = {"toy": "toy_runner:make_runner"}


def main() -> None:
    """Run the queue to its end."""
    form = WorkerSettings(setup=Setup(device="cpu", threads=1), engines=TOY)
    executor = LocalExecutor(form, int(sys.argv[2]))
    database = open_database(Path(sys.argv[1]))
    rules = QueueSettings(owner=new_owner(), attempts=100)
    for event in Coordinator(database, executor, default_catalogue(), rules, lambda: datetime.now(UTC)).run():
        told = [type(event).__name__, *(str(process) for process in executor.process_ids)]
        sys.stdout.write(" ".join(told) + "\n")
        sys.stdout.flush()
    database.close()


if __name__ == "__main__":
    main()
