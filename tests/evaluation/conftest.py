"""A queue in a temporary folder with the toy engine, run by real processes."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import Setup
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.workers.local import LocalExecutor, WorkerSettings
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from lineage.scores.instrument_file import default_catalogue
from store.connect import open_database
from store.jobs.queue import enqueue, list_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.jobs.events import Event
    from store.database import Database

TOYS = Path(__file__).parent / "toys"
ENGINES = {"toy": "toy_runner:make_runner", "transformers": "toy_runner:make_runner"}
START = datetime(2026, 3, 1, tzinfo=UTC)
FORM = WorkerSettings(setup=Setup(device="cpu", threads=1), engines=ENGINES)


@dataclass(slots=True)
class Clock:
    """The time as a test sets it."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return it."""
        return self.now

    def ticks(self) -> float:
        """Return it in seconds: where a test sets the time, so much passes."""
        return self.now.timestamp()


@dataclass(slots=True)
class Bench:
    """A queue and what runs it; `executor` is that of the last run."""

    database: Database
    clock: Clock
    executor: LocalExecutor | None = None

    def want(
        self, model: str, *, priority: float = 1.0, family: str = "maple/base", engine: str = "toy", **options: object
    ) -> int:
        """Queue a job of the toy engine with these options and return its number."""
        work = JobSpec(
            model=f"maple/{model}",
            revision="a1b2c3d",
            instrument="truthfulqa_mc1",
            definition="toys",
            engine=engine,
            options=options,  # type: ignore[arg-type] # the tests pass plain values
        )
        wanted = PlannedJob(spec=work, family=family, priority=priority, reason="a test", policy="person")
        return enqueue(self.database, [wanted], START).new[0]

    def coordinator(
        self, *, workers: int = 1, form: WorkerSettings = FORM, rules: QueueSettings | None = None
    ) -> Coordinator:
        """Return a coordinator with workers of its own."""
        self.executor = LocalExecutor(form, workers)
        chosen = rules or QueueSettings(owner="test")
        return Coordinator(
            self.database, self.executor, default_catalogue(), chosen, self.clock, ticks=self.clock.ticks
        )

    def run(self, *, workers: int = 1, form: WorkerSettings = FORM, **rules: object) -> list[Event]:
        """Run the queue to its end and return what happened."""
        chosen = replace(QueueSettings(owner="test"), **rules)  # type: ignore[arg-type] # as above
        return list(self.coordinator(workers=workers, form=form, rules=chosen).run())

    def jobs(self) -> dict[str, dict[str, object]]:
        """Return the jobs as the view has them, by the name of the model."""
        return {str(row["model"]).removeprefix("maple/"): row for row in list_jobs(self.database).records()}

    def rows(self, text: str) -> list[tuple[object, ...]]:
        """Return the rows of a query of the test's own."""
        return self.database._connection.execute(text).fetchall()


@pytest.fixture(name="toys", autouse=True)
def fixture_toys(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let workers find the toy engine, and return its folder."""
    known = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*known, str(TOYS)]))
    return TOYS


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Give an empty queue."""
    database = open_database(tmp_path / "lineage.duckdb")
    yield Bench(database, Clock())
    database.close()
