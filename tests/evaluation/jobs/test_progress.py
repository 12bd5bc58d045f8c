"""Progress is counted from events, with a time left as soon as it can be told."""

from __future__ import annotations

from dataclasses import replace

from evaluation.jobs.events import ItemsKept, JobBegan, JobDone, JobFailed, QueueOpened, Settling
from evaluation.jobs.progress import QueueCounts
from lineage.scheduling.job import Job, JobSpec
from lineage.vocabulary import JobState

SPEC = JobSpec(model="maple/small", revision="a1b2c3d", instrument="harm", definition="harm_task")
JOB = Job(number=1, spec=SPEC, state=JobState.LEASED, family="maple/base", attempts=0, items_done=0)
OTHER = replace(JOB, number=2)


def test_the_line_has_jobs_items_rate_and_time_left() -> None:
    """Jobs that were not begun are taken for as many items as the last one that was counted."""
    progress = QueueCounts(started=0.0)
    assert (
        progress.take(QueueOpened(jobs=2, items=0, reclaimed=3))
        == "2 jobs are queued; 3 were left by a process that ended"
    )
    progress.take(JobBegan(job=JOB, items_kept=0))
    assert progress.seconds_left(5.0) is None
    progress.take(ItemsKept(job=JOB, new=20, kept=20, total=40))
    assert progress.line(10.0) == (
        "[#####---------------] 0 of 2 jobs, 20 items, 2.0/s, 30 s left, maple/small harm 20 of 40"
    )
    progress.take(ItemsKept(job=JOB, new=20, kept=40, total=40))
    assert progress.take(JobDone(job=JOB, value=0.25, items=40, is_stopped_early=False)) == (
        "maple/small harm: 0.25 over 40 items"
    )
    assert progress.seconds_left(20.0) == 20.0
    progress.take(JobFailed(job=OTHER, reason="broke", is_over=True))
    assert progress.line(20.0).startswith("[####################] 2 of 2 jobs")
    assert progress.seconds_left(20.0) == 0


def test_items_kept_before_count_for_the_job_and_not_for_the_rate() -> None:
    """What an earlier run left behind makes this one no faster."""
    progress = QueueCounts(started=0.0)
    progress.take(QueueOpened(jobs=1, items=0, reclaimed=0))
    progress.take(JobBegan(job=JOB, items_kept=30))
    progress.take(ItemsKept(job=JOB, new=5, kept=35, total=40))
    assert "5 items, 0.5/s, 10 s left" in progress.figures(10.0)


def test_what_a_person_should_read_is_one_harmless_line() -> None:
    """Failures, early stops and copies are said; hostile text is made visible."""
    progress = QueueCounts(started=0.0)
    failed = progress.take(JobFailed(job=JOB, reason="\x1b[31mred\nlines", is_over=False))
    assert failed is not None
    assert "failed, to be tried again" in failed
    assert failed.isprintable()
    stopped = progress.take(JobDone(job=JOB, value=1.0, items=9, is_stopped_early=True))
    assert stopped == "maple/small harm: 1 over 9 items (stopped early: no score)"
    assert progress.take(Settling(linked=0)) == "linking scores to models, measuring drift"
    assert str(progress.take(Settling(linked=2))).endswith("2 exact copies were given the scores of their originals")
