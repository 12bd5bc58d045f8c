"""`lineage evaluate`: run the queue, or one model on one instrument."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from evaluation.catalogue import chosen_catalogue
from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.vocabulary import DEFAULT_ENDPOINT, RUN_HERE, DeviceName, EngineName, Format, JobState
from store.commands.opening import changing, now, opened
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    DeviceOption,
    FormatOption,
    InstrumentsOption,
    TrustOption,
)
from store.commands.printing import print_result, say
from store.queries.completion import complete_instrument, complete_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.interface import Setup
    from evaluation.jobs.coordinator import QueueSettings
    from evaluation.jobs.evaluate import EvaluateRequest
    from evaluation.jobs.events import Event
    from evaluation.jobs.progress import QueueCounts
    from evaluation.workers.settings import EvaluateSettings
    from lineage.output.result import Result
    from lineage.scheduling.hardware import Hardware
    from lineage.scheduling.plan import PlannedJob
    from lineage.scores.instruments import Catalogue
    from store.commands.progress_line import ProgressLine
    from store.database import Database
    from store.jobs.leases import ReadyFilter

app = typer.Typer(rich_markup_mode=None, add_completion=False)
LINE_EVERY_SECONDS: Final = 10.0
ENDPOINT_VARIABLE: Final = "HF_ENDPOINT"


@app.command(epilog=EPILOG)
def evaluate(
    model: Annotated[
        str | None, typer.Argument(help="Run this one model instead of the queue...", autocompletion=complete_model)
    ] = None,
    instrument: Annotated[
        str | None, typer.Argument(help="...on this instrument.", autocompletion=complete_instrument)
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="With MODEL: what the engine runs, as a task's name, a YAML file, or FILE.py@TASK of Inspect."
        ),
    ] = None,
    limit_items: Annotated[
        int | None, typer.Option(min=1, help="With MODEL: run at most this many items; the score is kept apart.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="With MODEL: set an option of the engine; repeatable."),
    ] = None,
    engine: Annotated[
        EngineName | None, typer.Option(help="Use this engine; from the queue, run only its jobs.")
    ] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="The address of an OpenAI-compatible server.")] = None,
    device: DeviceOption = DeviceName.AUTO,
    workers: Annotated[int, typer.Option(min=1, help="Run this many processes side by side.")] = 1,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Run workers on a Ray cluster: ray://HOST:PORT, HOST:PORT, or local (`lineage docs cluster`).",
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set threads, memory-mib, cache-gb, batching, gpus-per-worker, attempts or logs; repeatable.",
        ),
    ] = None,
    max_jobs: Annotated[int | None, typer.Option(min=1, help="Run at most this many jobs.")] = None,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="Stop a job once its verdict is certain; it then gets no score.")
    ] = False,
    trust_remote_code: TrustOption = None,
    trust_queue: Annotated[
        bool,
        typer.Option("--trust-queue", help="Also run jobs that somebody else queued and that name code or servers."),
    ] = False,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Run the queue, or one model on one instrument.

    Of a model whose commit is not known, as after `lineage load`, the record is fetched first. The scores are stored
    with their items, and drift is measured again at the end. You can stop it at any moment: at most the items of one
    batch are lost, and the same command continues. A model that crashes fails its job and not the run.
    `lineage docs evaluating` describes what --set takes.
    """
    from evaluation.jobs.coordinator import QueueSettings
    from evaluation.jobs.evaluate import new_owner
    from evaluation.workers.settings import read_settings

    asked = _asked(model, instrument, engine, task, limit_items, option or [], is_served=endpoint_url is not None)
    chosen = read_settings(setting or [])
    setup = set_up(device, instruments, chosen, trust_remote_code or (), engine, endpoint_url)
    if asked is not None:
        asked = replace(asked, hardware=hardware_for(device, is_here=ray is None), trusted=setup.trusted)
    catalogue = chosen_catalogue(instruments)
    with changing(db) if asked is None else opened(db, "write") as database:
        only = None if asked is None else _asked_for(database, catalogue, asked)
        rules = QueueSettings(
            owner=new_owner(),
            ready=_ready(engine, only, is_served=endpoint_url is not None),
            attempts=chosen.attempts,
            most_jobs=max_jobs,
            stops_early=stop_early,
            trusts_queue=trust_queue,
            keeps_replies=chosen.replies,
        )
        result = run_with_progress(database, setup, catalogue, rules, workers, chosen, ray)
    _report(result, output)


def run_with_progress(
    database: Database,
    setup: Setup,
    catalogue: Catalogue,
    rules: QueueSettings,
    workers: int,
    settings: EvaluateSettings,
    ray: str | None,
) -> Result:
    """Run the jobs with their progress on stderr."""
    from evaluation.jobs.evaluate import run_queue
    from evaluation.jobs.progress import QueueCounts
    from evaluation.workers.factory import make_executor, on_cluster
    from store.commands.progress_line import ProgressLine

    executor = make_executor(setup, workers, settings.memory_mib, on_cluster(ray, settings.gpus_per_worker))
    progress = QueueCounts(started=time.monotonic())
    with ProgressLine(every_seconds=LINE_EVERY_SECONDS) as line:
        return run_queue(database, executor, catalogue, rules, now=now, tell=lambda event: _draw(line, progress, event))


def _draw(line: ProgressLine, progress: QueueCounts, event: Event) -> None:
    """Count an event and show what it changes."""
    at = time.monotonic()
    if told := progress.take(event):
        line.say(told)
    line.draw(progress.line(at), brief=progress.figures(at))


def _value(engine: EngineName | None) -> str | None:
    return None if engine is None else engine.value


def _asked(
    model: str | None,
    instrument: str | None,
    engine: EngineName | None,
    task: str | None,
    limit: int | None,
    options: Sequence[str],
    *,
    is_served: bool,
) -> EvaluateRequest | None:
    """Return the one job that was named, or None for the queue; raises UsageError if half of it is missing."""
    from evaluation.engines.options import read_given
    from evaluation.jobs.evaluate import EvaluateRequest

    if model is not None and instrument is not None:
        return EvaluateRequest(
            model=model,
            instrument=instrument,
            engine=_value(engine),
            task=task,
            item_limit=limit,
            options=read_given(options),
            is_served=is_served,
        )
    if model is not None:
        raise UsageError(f"name the instrument to run on {model}, or nothing to run the queue")
    if limit is not None or task is not None or options:
        named = "--limit-items, --task and --option"
        raise UsageError(f"{named} need MODEL and INSTRUMENT: jobs of the queue have their own")
    return None


def _ready(engine: EngineName | None, only: frozenset[int] | None, *, is_served: bool) -> ReadyFilter:
    """Return which jobs are run: the named one, or those of an engine; where a server is named, those that use one."""
    from store.jobs.leases import ReadyFilter

    if only is not None:
        return ReadyFilter(only=only)
    chosen = tuple(EngineName) if engine is None else (engine,)
    engines = tuple(one.value for one in chosen if not is_served or one not in RUN_HERE)
    return ReadyFilter(engines=engines, is_served=is_served)


def set_up(
    device: DeviceName,
    instruments: Path | None,
    settings: EvaluateSettings,
    trusted: Sequence[str],
    engine: EngineName | None = None,
    endpoint_url: str | None = None,
) -> Setup:
    """Return how workers are set up.

    Raises OptionInvalid if the server's address is not one, UsageError for an engine that uses no server.
    """
    from evaluation.engines.interface import Setup

    check_server(endpoint_url, engine)
    return Setup(
        device=device.value,
        threads=settings.threads or None,
        endpoint_url=endpoint_url,
        instruments=None if instruments is None else str(instruments),
        logs=None if settings.logs is None else str(settings.logs.resolve()),
        cache_gb=settings.cache_gb or None,
        batching=settings.batching.value,
        trusted=tuple(trusted),
    )


def hardware_for(device: DeviceName, *, is_here: bool = True) -> Hardware:
    """Return this machine with a GPU as the device says; what is elsewhere is not known to have vLLM."""
    from evaluation.jobs.from_plan import chosen_hardware

    machine = chosen_hardware(None)
    sees = {DeviceName.CPU: False, DeviceName.CUDA: True, DeviceName.AUTO: machine.has_gpu and is_here}
    return replace(machine, has_gpu=sees[device], has_vllm=machine.has_vllm and is_here)


def check_server(url: str | None, engine: EngineName | None) -> None:
    """Raise OptionInvalid if the server's address is not one, UsageError for an engine that uses no server."""
    if url is None:
        return
    if engine in RUN_HERE:
        raise UsageError(
            f"--endpoint-url {url} names a server, and the engine {engine} uses none: "
            "leave one of them out, or use --engine endpoint"
        )
    from evaluation.engines.endpoint.api_client import parse_url

    parse_url(url)


def _asked_for(database: Database, catalogue: Catalogue, asked: EvaluateRequest) -> frozenset[int]:
    """Queue the job that was named, and return its number as the only one that may be run."""
    from evaluation.jobs.evaluate import ask_for

    endpoint = os.environ.get(ENDPOINT_VARIABLE) or DEFAULT_ENDPOINT
    wanted = plan_with_commits(database, catalogue, asked, endpoint)
    say(f"engine: {wanted.spec.engine} ({wanted.engine_reason})")
    return frozenset({ask_for(database, wanted, now())})


def plan_with_commits(database: Database, catalogue: Catalogue, asked: EvaluateRequest, endpoint: str) -> PlannedJob:
    """Return the job that was named, after fetching the commits of the model and its base where they are not known.

    Raises what `plan_request` raises, HubError, and CommitUnknown if the Hub names no commit either.
    """
    from crawler.commands.crawl import fetch_commit
    from evaluation.jobs.evaluate import plan_request
    from store.jobs.run_facts import CommitUnknown

    fetched: set[str] = set()
    while True:
        try:
            return plan_request(database, catalogue, asked)
        except CommitUnknown as unknown:
            if unknown.model in fetched:
                raise
            fetched.add(unknown.model)
            say(f"the commit of {unknown.model} is not known: fetching its record from {endpoint}")
            fetch_commit(database, unknown.model, endpoint)


def _report(result: Result, output: Format) -> None:
    """Print what became of the jobs; raises SomeFailed or SomeWait, or exits with 1 if there were none."""
    from evaluation.jobs.evaluate import SomeFailed, SomeWait

    print_result(result, output, Layout.COLUMNS, ("model", "instrument", "state", "value", "error"))
    failed = sum(row["state"] == JobState.FAILED.value for row in result.records())
    if failed:
        raise SomeFailed(failed, len(result.rows))
    if any(row["state"] == JobState.QUEUED.value for row in result.records()):
        raise SomeWait
    if not result.rows:
        say("there was nothing to run; `lineage schedule --queue` fills the queue, `lineage queue list` shows it")
        raise typer.Exit(1)
