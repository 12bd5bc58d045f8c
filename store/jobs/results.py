"""The results of jobs: items as they are done, then a score, or why there is none.

A result is kept once, however often it arrives. The items of a job are kept apart until all are there: then the score
is written with them, and the job is done, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.scheduling.job import Change, JobFailure
from lineage.scores.score import digest
from lineage.vocabulary import QUEUE_SOURCE
from store.jobs.queue import lent_numbers, move
from store.lent_columns import as_columns
from store.scores.write import forget_drift, number_names, write_scores_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from lineage.output.result import Result
    from lineage.scheduling.job import Job
    from lineage.scores.score import ItemScores, Score
    from store.database import Database

ATTEMPTS_ALLOWED: Final = 3
MOST_GENERATIONS: Final = 32
MOST_RELATIVES: Final = 30
IDENTICAL: Final = "identical weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsCost:
    """What some items cost: seconds, and tokens or None if the engine counts none, and when they came."""

    seconds: float
    at: datetime
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """The result of a job: the mean of its items, and its score, or None if it was stopped early.

    `weights_hash` is None if the runner did not reach the end.
    """

    value: float
    weights_hash: str | None
    score: Score | None


def begin(database: Database, number: int, place: str, at: datetime) -> None:
    """Record that a worker begins a job; `place` is what it runs on."""
    with database.transaction():
        end_attempts(database, [number], "lost")
        database.run("queue/begin_attempt", number=number, place=place, at=at)
        database.run("queue/count_attempt", number=number)


def keep_items(
    database: Database,
    job: Job,
    items: ItemScores,
    total: int | None,
    cost: ItemsCost,
    replies: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Keep the results of some items in one transaction, each item once; returns how many were new.

    `total` is the number of items of the job, None while unknown. `replies` are what the model wrote, by item.
    """
    key = job.spec.key
    with database.transaction():
        with database.columns("lent_items", **_item_columns(items)):
            new = len(database.run("queue/add_items", key=key).rows)
        if replies:
            with database.columns("lent_replies", **as_columns(("item", "reply"), replies.items())):
                database.run("queue/keep_replies", key=key)
        database.run("queue/note_items", key=key, total=total)
        spent = {"run_seconds": cost.seconds, "tokens": cost.tokens, "at": cost.at}
        database.run("queue/note_cost", number=job.number, items=new, **spent)
        if new:
            database.run("queue/count_fruitless", number=job.number, is_fruitless=False)
    return new


def kept_names(database: Database, job: Job) -> frozenset[str]:
    """Return the names of the items of a job whose results are kept."""
    return frozenset(str(row[0]) for row in database.run("queue/list_done_items", key=job.spec.key).rows)


def kept_items(database: Database, job: Job) -> ItemScores:
    """Return the items that are kept of a job, in the order of their names."""
    from lineage.scores.score import ItemScores

    rows = database.run("queue/list_items", key=job.spec.key).rows
    clusters = tuple(row[2] for row in rows)
    lengths = [-1 if row[3] is None else cast("int", row[3]) for row in rows]
    return ItemScores(
        items=tuple(str(row[0]) for row in rows),
        values=np.array([row[1] for row in rows], dtype=np.float64),
        clusters=tuple(str(row[0]) if row[2] is None else str(row[2]) for row in rows) if any(clusters) else None,
        reply_lengths=np.array(lengths, dtype=np.int32) if max(lengths, default=-1) >= 0 else None,
    )


def reference_items(database: Database, job: Job) -> dict[str, float]:
    """Return the items of the nearest ancestor that the queue measured completely with the task of a job, or none."""
    spec = job.spec
    rows = database.run(
        "queue/reference_items",
        model=spec.model,
        instrument=spec.instrument,
        definition=spec.definition,
        source=QUEUE_SOURCE,
        generations=MOST_GENERATIONS,
    ).rows
    return {str(item): cast("float", value) for item, value in rows}


def relative_items(database: Database, job: Job) -> list[dict[str, float]]:
    """Return by run the items of relatives that were measured like a job before it began; later ones do not count.

    So the answer is the same whenever it is asked, and owes nothing to the items of the job.
    """
    spec = job.spec
    rows = database.run(
        "queue/relative_items",
        number=job.number,
        family=job.family,
        model=spec.model,
        instrument=spec.instrument,
        definition=spec.definition,
        engine=spec.engine,
        most=MOST_RELATIVES,
    ).rows
    found: dict[str, dict[str, float]] = {}
    for run, item, value in rows:
        found.setdefault(str(run), {})[str(item)] = cast("float", value)
    return list(found.values())


def note_decision(database: Database, number: int, decision: str) -> None:
    """Write what the items of a job decided before all were run."""
    database.run("queue/note_decision", number=number, decision=decision)


def finish(database: Database, job: Job, result: JobResult, at: datetime) -> bool:
    """Write the score of a job and that it is done, in one transaction; false if it was no longer leased.

    Without a score it was stopped early, and its items stay with the job. Drift is marked as not current:
    `store.drift.measure.refresh` computes it.
    """
    with database.transaction():
        if not move(database, [job.number], Change.FINISH, at):
            return False
        _end(database, job.number, "done", at)
        score = result.score
        if score is not None:
            write_scores_within(database, [score], at)
            database.run("scores/take_replies", key=job.spec.key, run=score.run)
            with database.columns("lent_specs", **as_columns(("key",), [(job.spec.key,)])):
                database.run("queue/drop_items")
                database.run("queue/drop_replies")
        database.run(
            "queue/note_result",
            number=job.number,
            value=result.value,
            weights_hash=result.weights_hash,
            is_stopped_early=score is None,
            run=None if score is None else score.run,
        )
    return True


def fail(
    database: Database,
    number: int,
    failure: JobFailure,
    at: datetime,
    *,
    allowed: int = ATTEMPTS_ALLOWED,
    is_lost: bool = False,
) -> bool:
    """Write why an attempt at a job failed; returns whether the job failed for good.

    It is queued again until `allowed` attempts in a row gave no item. The items that are kept stay. `is_lost` says that
    the worker is gone.
    """
    with database.transaction():
        items = database.value("queue/attempt_items", number=number) or 0
        _end(database, number, "lost" if is_lost else "failed", at, failure)
        fruitless = 0
        if not items:
            fruitless = cast("int", database.value("queue/count_fruitless", number=number, is_fruitless=True))
        is_over = failure.is_final or fruitless >= allowed
        move(database, [number], Change.GIVE_UP if is_over else Change.RETURN, at)
        with lent_numbers(database, [number]):
            database.run("queue/note_error", error=failure.reason)
    return is_over


def return_job(database: Database, number: int, reason: str, at: datetime) -> None:
    """Queue a leased job again that could not be run now, with the reason; the attempt does not count as failed."""
    with database.transaction():
        _end(database, number, "returned", at, JobFailure(reason=reason))
        move(database, [number], Change.RETURN, at)
        with lent_numbers(database, [number]):
            database.run("queue/note_error", error=reason)


def end_attempts(database: Database, numbers: Sequence[int], outcome: str) -> None:
    """End the running attempts at jobs whose end nobody saw, within the caller's transaction."""
    for number in numbers:
        database.run("queue/end_attempt", number=number, outcome=outcome, error=None, traceback=None, ended_at=None)


def link_copies(database: Database, at: datetime) -> int:
    """Give exact copies the scores of their originals, each once, and return how many are new; one transaction.

    Their jobs stay skipped, because nothing was run for them. The origin of the score is `identical weights`.
    """
    new, touched = 0, list[int]()
    with database.transaction():
        for model, revision, original, score, run in database.run("queue/list_links").rows:
            linked = digest([IDENTICAL, run, model, revision])
            with database.columns("lent_runs", **as_columns(("run",), [(linked,)])):
                if database.run("scores/known_runs").rows:
                    continue
            touched.append(number_names(database, [str(model)])[str(model)])
            place = cast("int", database.run("scores/next_numbers").rows[0][3])
            database.run(
                "queue/link_score",
                number=place,
                run=linked,
                named=touched[-1],
                revision=revision,
                origin=f"{IDENTICAL}: {original}",
                score=score,
                at=at,
            )
            database.run("queue/link_items", number=place, score=score)
            new += 1
        if new:
            forget_drift(database, touched)
    return new


def _end(database: Database, number: int, outcome: str, at: datetime, failure: JobFailure | None = None) -> None:
    database.run(
        "queue/end_attempt",
        number=number,
        outcome=outcome,
        error=None if failure is None else failure.reason,
        traceback=None if failure is None else failure.traceback,
        ended_at=at,
    )


def _item_columns(items: ItemScores) -> dict[str, object]:
    count = len(items)
    clusters = [None] * count if items.clusters is None else items.clusters
    return {
        "item": np.array(items.items, dtype=object),
        "value": np.asarray(items.values, dtype=np.float64),
        "cluster": np.array(clusters, dtype=object),
        "reply_length": np.full(count, -1, dtype=np.int32) if items.reply_lengths is None else items.reply_lengths,
    }


def list_item_table(database: Database) -> Result:
    """Return every item that was measured here as rows of a table that can be imported, with the same identity."""
    return database.run("queue/list_item_table", source=QUEUE_SOURCE)
