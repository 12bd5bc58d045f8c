"""Publishes the progress of the queue in a file, because the process that runs it holds the database."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from evaluation.jobs.events import Settling
from evaluation.jobs.progress import QueueCounts
from lineage.scheduling.queue_progress import QueueProgress, RunningJob
from store.jobs.queue import count_jobs
from store.sharing.progress_file import remove_progress, write_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Self

    from evaluation.jobs.events import Event
    from store.database import Database

EVERY: Final = timedelta(seconds=1)


class ProgressPublisher:
    """Writes the progress file of a database while its block runs: at most once per second, and when all jobs are run.

    The file is removed at the end, whatever ends the block; a file that a killed process leaves is recognised by its
    time.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Write nothing yet; `now` returns the time, aware and in UTC."""
        self._database = database
        self._now = now
        self._started_at = now()
        self._told_at: datetime | None = None
        self._progress = QueueCounts(started=self._started_at.timestamp())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        remove_progress(self._database.path)

    def take(self, event: Event) -> None:
        """Count an event."""
        self._progress.take(event)
        if isinstance(event, Settling):
            self._tell(self._now())
        else:
            self.beat()

    def beat(self) -> None:
        """Publish the progress, which also shows that this process is alive, unless that was done within a second."""
        at = self._now()
        if self._told_at is None or abs(at - self._told_at) >= EVERY:  # a clock may be set back
            self._tell(at)

    def _tell(self, at: datetime) -> None:
        self._told_at = at
        counted = self._progress
        progress = QueueProgress(
            process=os.getpid(),
            started_at=self._started_at,
            told_at=at,
            jobs=count_jobs(self._database),
            running=tuple(self._running()),
            new_items=counted.new_items,
            items_per_second=counted.items_per_second(at.timestamp()),
            seconds_left=counted.seconds_left(at.timestamp()),
            is_settling=counted.is_settling,
        )
        write_progress(self._database.path, progress)

    def _running(self) -> list[RunningJob]:
        return [
            RunningJob(
                number=number,
                model=job.spec.model,
                instrument=job.spec.instrument,
                items_done=self._progress.kept[number][0],
                items_total=self._progress.kept[number][1],
            )
            for number, job in self._progress.running.items()
        ]
