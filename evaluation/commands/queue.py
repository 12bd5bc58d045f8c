"""`lineage queue`: list, pause and change the queue of evaluations."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.errors import QueueRuns
from lineage.output.result import Result
from lineage.output.terminal import Layout
from lineage.vocabulary import Format, JobState
from store.commands.opening import changing, now, opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption
from store.commands.printing import print_done, print_result, say
from store.queries.completion import complete_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lineage.scheduling.queue_progress import QueueProgress
    from store.database import Database
    from store.errors import DatabaseLocked

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="List, pause and change the queue of evaluations.",
    epilog=EPILOG,
)
JobArgument = Annotated[
    int,
    typer.Argument(
        metavar="JOB", help="A job's number, as `lineage queue list` shows it.", autocompletion=complete_job
    ),
]


@app.command(name="list", epilog=EPILOG)
def list_(
    state: Annotated[list[JobState] | None, typer.Option(help="Only jobs of this state; repeatable.")] = None,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List jobs: running, next, failed, then the rest, latest first.

    While `lineage evaluate` runs, it holds the database; this then shows the running jobs and the counts that it last
    reported.
    """
    from store.errors import DatabaseLocked
    from store.jobs.queue import count_jobs, list_jobs, queue_state

    states = list(state) if state else None
    try:
        with opened(db, "read") as database:
            result = list_jobs(database, states, limit)
            counts, is_paused = count_jobs(database), queue_state(database).is_paused
    except DatabaseLocked as locked:
        result, told = _told_by_holder(locked, states, limit)
    else:
        told = ", ".join(f"{counts[one]:,} {one.value}" for one in JobState if one in counts) or "no jobs"
        told += "; the queue is paused" if is_paused else ""
    print_result(result, output, Layout.COLUMNS, ("model", "instrument", "state", "error"))
    say(told)
    if not result.rows:
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def pause(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Pause the queue: `lineage evaluate` starts no further job."""
    from store.jobs.queue import pause as pause_queue

    with _changing(db) as database:
        pause_queue(database, is_paused=True)
    print_done(output, is_paused=True)
    say("the queue is paused; `lineage queue resume` resumes it")


@app.command(epilog=EPILOG)
def resume(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Resume a paused queue."""
    from store.jobs.queue import pause as pause_queue

    with _changing(db) as database:
        pause_queue(database, is_paused=False)
    print_done(output, is_paused=False)
    say("the queue is resumed; `lineage evaluate` runs it")


@app.command(epilog=EPILOG)
def retry(job: JobArgument, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Queue a failed or skipped job again; its items are kept."""
    from store.jobs.queue import retry as retry_job

    with _changing(db) as database:
        retry_job(database, job, now())
    print_done(output, job=job, state=JobState.QUEUED.value)
    say(f"job {job} is queued again")


@app.command(epilog=EPILOG)
def cancel(job: JobArgument, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Cancel a job; it stays listed as skipped.

    `lineage schedule` does not queue it again.
    """
    from store.jobs.queue import cancel as cancel_job

    with _changing(db) as database:
        cancel_job(database, job, now())
    print_done(output, job=job, state=JobState.SKIPPED.value)
    say(f"job {job} is cancelled")


@app.command(epilog=EPILOG)
def clear(
    state: Annotated[
        list[JobState] | None, typer.Option(help="Delete jobs of this state; repeatable. Default: queued.")
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Delete jobs from the queue; scores are kept.

    Items of unfinished jobs are deleted; scores and measured costs are kept.
    """
    from store.jobs.queue import clear as clear_jobs

    with _changing(db) as database:
        cleared = clear_jobs(database, state or [JobState.QUEUED])
    print_done(output, forgotten=cleared)
    say(f"deleted {cleared:,} jobs")


@contextmanager
def _changing(db: Path) -> Iterator[Database]:
    """Open the database of a queue for writing; raises QueueRuns, or what `changing` raises."""
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
    """Return the progress that the process holding the database reports; None if it runs no queue."""
    from store.sharing.progress_file import read_progress

    progress = read_progress(locked.path)
    return progress if progress is not None and progress.is_of(locked.pid, now()) else None


def _told_by_holder(locked: DatabaseLocked, states: Sequence[JobState] | None, limit: int) -> tuple[Result, str]:
    """Return the running jobs and a summary, as the process that holds the database reports them.

    Raises the error again if that process runs no queue, or if only jobs that it does not list were requested.
    """
    progress = _told(locked)
    if progress is None or JobState.LEASED not in (states or [*JobState]):
        raise locked
    result = progress.answer()
    shown = Result(columns=result.columns, rows=result.rows[: limit or None])
    return shown, f"`lineage evaluate` (process {progress.process}) holds the database; {progress.sentence()}"
