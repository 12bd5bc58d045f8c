"""The commands that look after the queue."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.errors import QueueRuns
from lineage.output.result import Result
from lineage.output.terminal import Layout
from lineage.vocabulary import Format, JobStateName
from store.commands.completion import complete_job
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, changing, now, opened
from store.commands.printing import print_done, print_result, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lineage.scheduling.job import JobState
    from lineage.scheduling.queue_progress import QueueProgress
    from store.database import Database
    from store.errors import DatabaseLocked

queue_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look after the queue of evaluations: what is to be run, what runs, what became of it.",
    epilog=EPILOG,
)
JobArgument = Annotated[
    int,
    typer.Argument(
        metavar="JOB", help="A job's number, as `lineage queue list` shows it.", autocompletion=complete_job
    ),
]


@queue_app.command(name="list", epilog=EPILOG)
def list_(
    state: Annotated[list[JobStateName] | None, typer.Option(help="Only jobs of this state; repeatable.")] = None,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List jobs: what runs, then what is next, what failed, and the rest, the latest first.

    While `lineage evaluate` runs it holds the database: then what it told last is shown, the jobs that run and counts.
    """
    from lineage.scheduling.job import JobState
    from store.errors import DatabaseLocked
    from store.jobs.queue import count_jobs, list_jobs, queue_state

    states = None if not state else [JobState(one.value) for one in state]
    try:
        with opened(db, "read") as database:
            answer = list_jobs(database, states, limit)
            counts, is_paused = count_jobs(database), queue_state(database).is_paused
    except DatabaseLocked as locked:
        answer, told = _told_by_holder(locked, states, limit)
    else:
        told = ", ".join(f"{counts[one]:,} {one.value}" for one in JobState if one in counts) or "no jobs"
        told += "; the queue is paused" if is_paused else ""
    print_result(answer, output, Layout.COLUMNS, ("model", "instrument", "state", "error"))
    say(told)
    if not answer.rows:
        raise typer.Exit(1)


@queue_app.command(epilog=EPILOG)
def pause(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Let `lineage evaluate` run nothing of the queue until it is resumed."""
    from store.jobs.queue import pause as pause_queue

    with _changing(db) as database:
        pause_queue(database, is_paused=True)
    print_done(output, is_paused=True)
    say("the queue is paused; `lineage queue resume` lets it go on")


@queue_app.command(epilog=EPILOG)
def resume(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Let the queue go on."""
    from store.jobs.queue import pause as pause_queue

    with _changing(db) as database:
        pause_queue(database, is_paused=False)
    print_done(output, is_paused=False)
    say("the queue goes on with `lineage evaluate`")


@queue_app.command(epilog=EPILOG)
def retry(job: JobArgument, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Queue a job again that failed or was skipped; the items that it has are kept."""
    from store.jobs.queue import retry as retry_job

    with _changing(db) as database:
        retry_job(database, job, now())
    print_done(output, job=job, state=JobStateName.QUEUED.value)
    say(f"job {job} is queued again")


@queue_app.command(epilog=EPILOG)
def cancel(job: JobArgument, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Take a job out of the queue; it stays listed as skipped, and no schedule queues it again."""
    from store.jobs.queue import cancel as cancel_job

    with _changing(db) as database:
        cancel_job(database, job, now())
    print_done(output, job=job, state=JobStateName.SKIPPED.value)
    say(f"job {job} is cancelled")


@queue_app.command(epilog=EPILOG)
def clear(
    state: Annotated[
        list[JobStateName] | None, typer.Option(help="Forget the jobs of this state; repeatable. Default: queued.")
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Forget jobs, with the items of those that are not done; scores, and what jobs cost, are kept."""
    from lineage.scheduling.job import JobState
    from store.jobs.queue import clear as clear_jobs

    with _changing(db) as database:
        cleared = clear_jobs(database, [JobState(one.value) for one in state or [JobStateName.QUEUED]])
    print_done(output, forgotten=cleared)
    say(f"{cleared:,} jobs are forgotten")


@contextmanager
def _changing(db: Path) -> Iterator[Database]:
    """Open the database of a queue to be written; raises QueueRuns, or what `changing` raises."""
    from store.errors import DatabaseLocked

    try:
        with changing(db) as database:
            yield database
    except DatabaseLocked as locked:
        progress = _told(locked)
        if progress is None:
            raise
        raise QueueRuns(progress.process) from locked


def _told(locked: DatabaseLocked) -> QueueProgress | None:
    """Return what the process that holds the database tells of the queue; None where it runs none."""
    from store.sharing.progress_file import read_progress

    progress = read_progress(locked.path)
    return progress if progress is not None and progress.is_of(locked.pid, now()) else None


def _told_by_holder(locked: DatabaseLocked, states: Sequence[JobState] | None, limit: int) -> tuple[Result, str]:
    """Return the jobs that run and a sentence, as the process tells them that holds the database.

    Raises the error again where it runs no queue, or is asked for jobs of states that it does not list.
    """
    from lineage.scheduling.job import JobState

    progress = _told(locked)
    if progress is None or JobState.LEASED not in (states or [*JobState]):
        raise locked
    answer = progress.answer()
    shown = Result(columns=answer.columns, rows=answer.rows[: limit or None])
    return shown, f"`lineage evaluate` (process {progress.process}) holds the database; {progress.sentence()}"
