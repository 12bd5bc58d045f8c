"""Evaluates models: the queue, or one model that a person names, with progress and a result per job."""

from __future__ import annotations

import os
import platform
import secrets
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from evaluation.catalogue import find_instrument
from evaluation.engines.registry import settle_options
from evaluation.jobs.coordinator import Coordinator
from evaluation.jobs.events import JobDone, JobFailed, JobGivenBack
from evaluation.jobs.from_plan import chosen_hardware
from evaluation.jobs.own_jobs import from_anywhere, remember
from evaluation.jobs.progress_publisher import ProgressPublisher
from evaluation.own_tasks.files import require_items
from lineage.errors import LineageError, UsageError
from lineage.output.result import Result
from lineage.scheduling.default_instruments import task_of
from lineage.scheduling.engine_choice import SERVED, choose_engine
from lineage.scheduling.job import USUAL_ENGINE, JobSpec, Options
from lineage.scheduling.plan import PlannedJob
from lineage.scores.task_reference import INSPECT, engine_of
from lineage.vocabulary import RUN_HERE, EngineName, JobState
from store.jobs.queue import enqueue, find_job, queue_state, restart
from store.jobs.run_facts import family_engines, find_facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from evaluation.jobs.coordinator import QueueSettings
    from evaluation.jobs.events import Event
    from evaluation.workers.interface import Executor
    from lineage.scheduling.engine_choice import EngineChoice
    from lineage.scheduling.hardware import Hardware
    from lineage.scores.instruments import Catalogue, Instrument
    from store.database import Database
    from store.jobs.run_facts import RunFacts

PERSON: Final = "person"
COLUMNS: Final = ("job", "model", "instrument", "state", "value", "items", "stopped_early", "error")


class QueuePaused(LineageError):
    """The queue is paused."""

    hint = "`lineage queue resume` resumes it"
    exit_code = 1


class SomeFailed(LineageError):
    """Some jobs failed for good."""

    hint = "what was measured is kept; `lineage queue list` shows why, `lineage queue retry JOB` tries again"

    def __init__(self, failed: int, ended: int) -> None:
        """Say how many of how many jobs."""
        super().__init__(f"{failed} of {ended} jobs failed for good")


class SomeWait(LineageError):
    """Some jobs could not be run, because what runs them is not there."""

    hint = "what was measured is kept; run the same command again once the server is there and serves the model"
    exit_code = 1

    def __init__(self) -> None:
        """Say what became of them."""
        super().__init__("jobs were given back and stay queued, because their server could not run them")


def run_queue(
    database: Database,
    executor: Executor,
    catalogue: Catalogue,
    rules: QueueSettings,
    *,
    now: Callable[[], datetime],
    tell: Callable[[Event], None],
) -> Result:
    """Run the queue and return the result of each job that ended; `tell` gets every event. Raises QueuePaused.

    A file beside the database shows the progress meanwhile. A pause stops the queue, not the jobs that a person names.
    """
    if rules.ready.only is None and queue_state(database).is_paused:
        executor.close()
        raise QueuePaused
    rows: dict[int, tuple[object, ...]] = {}
    with ProgressPublisher(database, now) as publisher:
        coordinator = Coordinator(database, executor, catalogue, rules, now, publisher.beat)
        with closing(coordinator.run()) as events:
            for event in events:
                publisher.take(event)
                tell(event)
                if isinstance(event, JobDone | JobGivenBack) or (isinstance(event, JobFailed) and event.is_over):
                    rows[event.job.number] = _row(event)
    return Result(columns=COLUMNS, rows=tuple(rows.values()))


def _row(event: JobDone | JobFailed | JobGivenBack) -> tuple[object, ...]:
    """Return the result of a job, in the order of the columns."""
    job = event.job
    named = (job.number, job.spec.model, job.spec.instrument)
    if isinstance(event, JobDone):
        return (*named, JobState.DONE.value, event.value, event.items, event.is_stopped_early, None)
    state = JobState.FAILED if isinstance(event, JobFailed) else JobState.QUEUED
    return (*named, state.value, None, job.items_done, False, event.reason)


def ask_for(database: Database, wanted: PlannedJob, at: datetime) -> int:
    """Queue a job for a person and return its number; one that failed or was skipped is queued again."""
    remember([wanted.spec])
    found = enqueue(database, [wanted], at)
    number = (*found.new, *found.revived, *found.known)[0]
    if find_job(database, number).state in {JobState.FAILED, JobState.SKIPPED}:
        with database.transaction():
            restart(database, [number], at, reason=wanted.reason)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateRequest:
    """What a person asks for: a model, an instrument, and optionally engine, task, number of items and options.

    `engine` is None for the one that is chosen by the task and the hardware, which is None for this machine.
    `is_served` is true if a server is named. `trusted` are the models whose own code may run.
    """

    model: str
    instrument: str
    engine: str | None = None
    task: str | None = None
    item_limit: int | None = None
    options: Options = field(default_factory=dict)
    is_served: bool = False
    hardware: Hardware | None = None
    trusted: tuple[str, ...] = ()


def plan_request(database: Database, catalogue: Catalogue, asked: EvaluateRequest) -> PlannedJob:
    """Return the job that a person asks for; without a task the engine runs the one in the catalogue.

    The model of a server need not be in the database. Raises NoSuchModel, OptionInvalid for an invalid address, or
    UsageError for an unknown instrument, one without a task or without the items that the user has to bring, one whose
    task another engine runs, or a model whose commit is not known.
    """
    instrument = find_instrument(catalogue, asked.instrument)
    definition = asked.task or task_of(instrument)
    if definition is None:
        raise UsageError(f"{asked.instrument} has no task that an engine here can run; name one with --task")
    if asked.task is None:
        require_items(instrument)
    _check_engine(definition, asked.engine)
    options = settle_options(asked.engine, asked.options) if asked.engine is not None else asked.options
    is_served = asked.engine == EngineName.ENDPOINT or (asked.is_served and asked.engine not in RUN_HERE)
    facts = find_facts(database, asked.model, is_served=is_served)
    choice = _choose(database, asked, instrument, definition, facts)
    if asked.engine is None:
        options = settle_options(choice.engine, asked.options)
    spec = JobSpec(
        model=facts.model,
        revision=facts.revision,
        instrument=instrument.name,
        definition=from_anywhere(definition),
        engine=choice.engine,
        base=facts.base,
        base_revision=facts.base_revision,
        item_limit=asked.item_limit,
        options=options,
    )
    return PlannedJob(
        spec=spec,
        family=facts.family,
        reason="a person asked for it",
        policy=PERSON,
        engine_reason=choice.reason,
    )


def _check_engine(definition: str, asked: str | None) -> None:
    """Raise UsageError if a definition is not run by the engine that was asked for."""
    only = engine_of(definition)
    if only is None and asked == INSPECT:
        raise UsageError(
            f"{INSPECT} runs a task from a file of yours, not {definition}: name it with --task FILE.py@TASK"
        )
    if only is not None and asked not in {only, None}:
        raise UsageError(f"{definition} is run by {only}, not by {asked}")


def _choose(
    database: Database, asked: EvaluateRequest, instrument: Instrument, definition: str, facts: RunFacts
) -> EngineChoice:
    """Return the engine for what is asked: options without an engine are those of the usual one."""
    is_usual = asked.engine is None and bool(asked.options) and not asked.is_served
    return choose_engine(
        definition,
        # A task of the user's own may want other answers than the instrument's.
        instrument.answers if asked.task is None else None,
        asked.hardware or chosen_hardware(None),
        asked=USUAL_ENGINE if is_usual else asked.engine,
        served=SERVED if asked.is_served else None,
        needs_code=not {facts.model, facts.base}.isdisjoint(asked.trusted),
        earlier=family_engines(database).get((facts.family, instrument.name)),
    )


def new_owner() -> str:
    """Return a name for this process that no other process has or had."""
    return f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"
