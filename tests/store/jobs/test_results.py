"""What comes of jobs is kept once, counted, and becomes a score when it is whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.scheduling.job import Change, JobFailure
from lineage.scores.score import ItemScores
from lineage.vocabulary import JobState
from store.jobs.queue import clear, enqueue, find_job, move, queue_state, restart
from store.jobs.results import (
    ItemsCost,
    JobResult,
    begin,
    fail,
    finish,
    keep_items,
    kept_items,
    kept_names,
    link_copies,
)
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineage.scheduling.job import Job
    from lineage.scheduling.plan import PlannedJob
    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

    Make = Callable[..., PlannedJob]
    MakeScore = Callable[..., Score]
    Rows = Callable[[Database, str], list[tuple[object, ...]]]

START = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def begun(database: Database, wanted: PlannedJob) -> Job:
    """Return a job that a worker has begun."""
    enqueued = enqueue(database, [wanted], START)
    number = (*enqueued.new, *enqueued.known)[0]
    move(database, [number], Change.CLAIM, START)
    begin(database, number, "cpu", START)
    return find_job(database, number)


def items(names: Sequence[str], value: float = 1.0) -> ItemScores:
    """Return items of one value."""
    return ItemScores(items=tuple(names), values=np.full(len(names), value))


def keep(database: Database, job: Job, names: Sequence[str], value: float = 1.0, *, second: int = 1) -> int:
    """Keep items that took half a second each, so many seconds after the start."""
    cost = ItemsCost(seconds=0.5 * len(names), at=START + second * SECOND)
    return keep_items(database, job, items(names, value), 5, cost)


@given(batches=st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_items_are_kept_once_however_they_come(database: Database, make_wanted: Make, batches: list[list[str]]) -> None:
    """Whatever batches come, in whatever order and however often, each item is kept with its first value."""
    job = begun(database, make_wanted(1))
    new = [keep(database, job, batch, place / 10) for place, batch in enumerate(batches)]
    first = {name: place / 10 for place, batch in reversed(list(enumerate(batches))) for name in batch}
    kept = kept_items(database, job)
    assert dict(zip(kept.items, kept.values.tolist(), strict=True)) == first
    assert kept_names(database, job) == first.keys()
    assert (sum(new), find_job(database, job.number).items_done) == (len(first), len(first))
    clear(database, list(JobState))


def test_what_is_told_of_items_comes_back(database: Database, make_wanted: Make) -> None:
    """Clusters and lengths of replies are kept, an item without a cluster stands for itself, and nothing is made up."""
    job = begun(database, make_wanted(1))
    told = ItemScores(
        items=("a", "b"),
        values=np.array([0.25, 1.0]),
        clusters=("c", "b"),
        reply_lengths=np.array([7, -1], dtype=np.int32),
    )
    keep_items(database, job, told, None, ItemsCost(seconds=1, at=START))
    kept = kept_items(database, job)
    assert (kept.items, kept.clusters) == (("a", "b"), ("c", "b"))
    assert kept.reply_lengths is not None
    assert (kept.values.tolist(), kept.reply_lengths.tolist()) == ([0.25, 1.0], [7, -1])
    other = begun(database, make_wanted(2))
    keep(database, other, "a")
    assert (kept_items(database, other).clusters, kept_items(database, other).reply_lengths) == (None, None)
    assert find_job(database, job.number).items_total is None


def test_costs_are_those_of_all_attempts(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """Each attempt has its items and seconds until its end, or its last items where nobody saw the end."""
    job = begun(database, make_wanted(1, expected_seconds=9.0))
    keep(database, job, "ab", second=3)
    begin(database, job.number, "cuda", START + 10 * SECOND)
    keep(database, job, "bc", second=12)
    fail(database, job.number, JobFailure(reason="broke", traceback="at"), START + 14 * SECOND)
    columns = "attempt, place, items, run_seconds, seconds, expected_seconds, outcome, error, traceback"
    assert rows_of(database, f"select {columns} from attempts order by attempt") == [  # noqa: S608 -- our own columns
        (1, "cpu", 2, 1.0, 3.0, 9.0, "lost", None, None),
        (2, "cuda", 1, 1.0, 4.0, 9.0, "failed", "broke", "at"),
    ]
    assert rows_of(database, "select attempts, cost_seconds, items_done, error from jobs") == [(2, 7.0, 3, "broke")]


def test_tokens_are_counted_where_the_engine_counts_them(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """Those of all batches together; None where none told any."""
    counting, silent = begun(database, make_wanted(1)), begun(database, make_wanted(2))
    for names, tokens in (("ab", 90), ("c", None), ("d", 20)):
        keep_items(database, counting, items(names), 4, ItemsCost(seconds=1, at=START, tokens=tokens))
    keep(database, silent, "ab")
    assert rows_of(database, "select items, tokens from attempts order by job") == [(4, 110), (2, None)]


def test_a_job_fails_after_attempts_in_a_row_without_an_item(database: Database, make_wanted: Make) -> None:
    """What gets on is tried again; three attempts that bring nothing end it, and a person can start over."""
    wanted, outcomes = make_wanted(1), []
    for names in ("", "", "a", "", "", "a"):
        job = begun(database, wanted)
        keep(database, job, names)
        outcomes.append(fail(database, job.number, JobFailure(reason="broke"), START))
    assert outcomes == [False, False, False, False, False, True]
    failed = find_job(database, job.number)
    assert (failed.state, failed.attempts, failed.error, failed.items_done) == (JobState.FAILED, 6, "broke", 1)
    restart(database, [job.number], START)
    again = find_job(database, job.number)
    assert (again.state, again.attempts, again.error, again.items_done) == (JobState.QUEUED, 0, None, 1)
    job = begun(database, wanted)
    assert not fail(database, job.number, JobFailure(reason="broke"), START)


def test_what_cannot_be_run_fails_at_once(database: Database, make_wanted: Make) -> None:
    """Where trying again cannot help it is not tried."""
    job = begun(database, make_wanted(1))
    assert fail(database, job.number, JobFailure(reason="no safetensors", is_final=True), START)
    assert find_job(database, job.number).state is JobState.FAILED


def test_a_finished_job_is_a_score(database: Database, make_wanted: Make, make_score: MakeScore, rows_of: Rows) -> None:
    """The score is written with its items in one go, what was kept apart is dropped, and drift is not current."""
    job = begun(database, make_wanted(1))
    keep(database, job, "abcde")
    score = make_score("maple/model-1", 3, of=5, with_items=True)
    assert finish(database, job, JobResult(value=0.6, weights_hash="w", score=score), START + 2 * SECOND)
    told = "select state, value, weights_hash, run, is_stopped_early, cost_seconds from jobs"
    assert rows_of(database, told) == [("done", 0.6, "w", score.run, False, 2.0)]
    assert rows_of(database, "select run, items, has_items from scores") == [(score.run, 5, True)]
    assert rows_of(database, "select count(*) from hub.job_items") == [(0,)]
    assert not queue_state(database).is_drift_current


def test_a_result_that_comes_twice_changes_nothing(
    database: Database, make_wanted: Make, make_score: MakeScore, rows_of: Rows
) -> None:
    """A job is done once: a second end of it, by whomever, writes neither score nor state."""
    job = begun(database, make_wanted(1))
    first = make_score("maple/model-1", 3, of=5)
    assert finish(database, job, JobResult(value=0.6, weights_hash="w", score=first), START)
    second = make_score("maple/model-1", 4, of=5)
    assert not finish(database, job, JobResult(value=0.8, weights_hash="w", score=second), START)
    assert rows_of(database, "select run from scores") == [(first.run,)]
    assert rows_of(database, "select value from jobs") == [(0.6,)]


def test_a_score_that_cannot_be_written_leaves_the_job_as_it_was(
    database: Database, make_wanted: Make, make_score: MakeScore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Score and state are one transaction: where one fails, neither is written, and the items are still there."""
    job = begun(database, make_wanted(1))
    keep(database, job, "abcde")
    monkeypatch.setattr("store.scores.write._add_items", lambda *_: (_ for _ in ()).throw(RuntimeError("no disk")))
    outcome = JobResult(value=0.6, weights_hash="w", score=make_score("maple/model-1", 3, of=5, with_items=True))
    with pytest.raises(RuntimeError, match="no disk"):
        finish(database, job, outcome, START)
    assert find_job(database, job.number).state is JobState.LEASED
    assert kept_names(database, job) == set("abcde")


def test_what_is_stopped_early_is_no_score(database: Database, make_wanted: Make, rows_of: Rows) -> None:
    """The job is done with the mean of what was run, its items stay with it, and nothing is among the scores."""
    job = begun(database, make_wanted(1))
    keep(database, job, "ab")
    finish(database, job, JobResult(value=1.0, weights_hash=None, score=None), START)
    assert rows_of(database, "select state, value, is_stopped_early, run, items_done from jobs") == [
        ("done", 1.0, True, None, 2)
    ]
    assert rows_of(database, "select count(*) from scores") == [(0,)]
    assert kept_names(database, job) == {"a", "b"}
    assert queue_state(database).is_drift_current


def test_exact_copies_are_given_the_scores_of_their_originals(
    desk: Desk, make_wanted: Make, make_score: MakeScore
) -> None:
    """Each measured score of the original, with its items, once; what a card states of it is not handed on."""
    database = desk.database
    desk.take([desk.record(1), desk.record(2)])
    desk.derive()
    copy = make_wanted(
        2, instrument="", definition="", is_skipped=True, copy_of="maple/model-1", reason="identical weights"
    )
    enqueue(database, [copy], START)
    assert link_copies(database, START) == 0
    reported = make_score("maple/model-1", 9, of=20, is_reported=True, source="card")
    write_scores(database, [make_score("maple/model-1", 8, of=20, with_items=True), reported], START)
    assert (link_copies(database, START), link_copies(database, START)) == (1, 0)
    told = "select model, value, revision, origin, source, has_items from scores where origin like 'identical%'"
    assert desk.rows(told) == [("maple/model-2", 0.4, "a1b2c3d", "identical weights: maple/model-1", "lineage", True)]
    assert desk.rows("select count(*) from items group by run") == [(20,), (20,)]
    assert desk.rows("select state, reason from jobs") == [("skipped", "identical weights")]
