"""The process that runs the queue tells how far it is, and takes that back when it ends."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from evaluation.jobs.coordinator import QueueSettings
from evaluation.jobs.evaluate import run_queue
from evaluation.jobs.events import ItemsKept, JobBegan, JobDone, JobFailed, QueueOpened, Settling
from evaluation.jobs.progress_publisher import EVERY, ProgressPublisher
from lineage.scheduling.queue_progress import RunningJob
from lineage.scores.instrument_file import default_catalogue
from lineage.vocabulary import JobState
from store.jobs.queue import find_job
from store.sharing.progress_file import progress_path, read_progress

if TYPE_CHECKING:
    from evaluation.jobs.events import Event
    from lineage.scheduling.queue_progress import QueueProgress
    from tests.evaluation.conftest import Bench


def seen(bench: Bench) -> QueueProgress:
    """Return what is told of the bench's database."""
    progress = read_progress(bench.database.path)
    assert progress is not None
    return progress


def test_it_tells_jobs_by_state_those_that_run_pace_and_time_left(bench: Bench) -> None:
    """Each second at most; a beat tells that the process lives; what ended runs no more; the end removes the file."""
    job = find_job(bench.database, bench.want("small"))
    bench.want("next")
    with ProgressPublisher(bench.database, bench.clock) as publisher:
        publisher.take(QueueOpened(jobs=2, items=0, reclaimed=0))
        assert (seen(bench).process, seen(bench).jobs) == (os.getpid(), {JobState.QUEUED: 2})
        publisher.take(JobBegan(job=job, items_kept=2))
        assert seen(bench).running == ()
        bench.clock.now += EVERY
        publisher.take(ItemsKept(job=job, new=4, kept=6, total=10))
        one = RunningJob(
            number=job.number, model="maple/small", instrument="truthfulqa_mc1", items_done=6, items_total=10
        )
        assert seen(bench).running == (one,)
        assert (seen(bench).items_per_second, seen(bench).seconds_left) == (4.0, 3.5)
        told_at = seen(bench).told_at
        bench.clock.now += EVERY / 2
        publisher.beat()
        assert seen(bench).told_at == told_at
        bench.clock.now += EVERY / 2
        publisher.beat()
        assert seen(bench).told_at == told_at + EVERY
        publisher.take(JobFailed(job=job, reason="broke", is_over=False))
        publisher.take(JobBegan(job=job, items_kept=6))
        publisher.take(JobDone(job=job, value=1.0, items=10, is_stopped_early=False))
        publisher.take(Settling(linked=0))
        assert (seen(bench).is_settling, seen(bench).running) == (True, ())
    assert not progress_path(bench.database.path).exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_it_is_there_while_the_queue_runs_and_gone_afterwards(bench: Bench, error: type[BaseException]) -> None:
    """However a run ends, the file is gone, the workers are ended and the leases are back."""
    bench.want("first", items=8)
    bench.want("second", priority=2)
    told: list[QueueProgress] = []

    def tell(event: Event) -> None:
        bench.clock.now += timedelta(seconds=2)
        told.append(seen(bench))
        if isinstance(event, ItemsKept):
            raise error

    bench.coordinator()
    executor = bench.executor
    assert executor is not None
    with pytest.raises(error):
        run_queue(
            bench.database, executor, default_catalogue(), QueueSettings(owner="test"), now=bench.clock, tell=tell
        )
    assert told[-1].jobs == {JobState.LEASED: 2}
    assert [one.model for one in told[-1].running] == ["maple/first"]
    assert not progress_path(bench.database.path).exists()
    assert {row["state"] for row in bench.jobs().values()} == {"queued"}
    assert executor.process_ids == ()
