"""The command that evaluates models: those of the queue, or one that a person names."""

# ruff: noqa: FBT002, PLR0913, PLR0917, TC001, TC003

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.commands.progress_line import ProgressLine
from evaluation.commands.scores import InstrumentsOption
from evaluation.imports.catalogue import chosen_catalogue
from evaluation.workers.factory import make_executor, on_cluster
from lineage.errors import UsageError
from lineage.output.result import Result
from lineage.output.terminal import Layout
from lineage.vocabulary import BatchingName, ClusterName, DeviceName, EngineName, Format, JobStateName, LauncherName
from store.commands.completion import complete_instrument, complete_model
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, changing, now, opened
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.interface import Setup
    from evaluation.jobs.evaluate import EvaluateRequest
    from evaluation.jobs.hf_jobs import Offer
    from lineage.scores.instruments import Catalogue
    from store.database import Database

app = typer.Typer(rich_markup_mode=None)


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
            help="What the engine runs: a task's name, a YAML file, FILE.py@TASK of Inspect. Default: the usual."
        ),
    ] = None,
    limit_items: Annotated[
        int | None, typer.Option(min=1, help="Run so many items at most, with MODEL INSTRUMENT: a score of its own.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option of the engine, with MODEL INSTRUMENT; repeatable."),
    ] = None,
    engine: Annotated[EngineName | None, typer.Option(help="Run by this engine; of the queue only its jobs.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Where an OpenAI-compatible server answers.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes run models side by side.")] = 1,
    device: Annotated[DeviceName, typer.Option(help="What models run on.")] = DeviceName.AUTO,
    threads: Annotated[int, typer.Option(min=0, help="Threads of each worker; 0 for as many as there are.")] = 0,
    memory_mib: Annotated[int, typer.Option(min=0, help="Address space of each worker at most; 0 for no limit.")] = 0,
    cache_gb: Annotated[
        float, typer.Option(min=0, help="GiB of downloaded models kept on the disk at most; 0 for no limit.")
    ] = 0,
    batching: Annotated[
        BatchingName, typer.Option(help="How replies are batched; auto is continuous on a GPU and static elsewhere.")
    ] = BatchingName.AUTO,
    max_jobs: Annotated[int | None, typer.Option(min=1, help="Run so many jobs at most.")] = None,
    attempts: Annotated[int, typer.Option(min=1, help="Give a job up after so many attempts without an item.")] = 3,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="Stop a job when it is decided against its ancestor: then no score.")
    ] = False,
    trust_remote_code: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Let this model's own code run; repeatable.", autocompletion=complete_model),
    ] = None,
    cluster: Annotated[ClusterName | None, typer.Option(help="Run workers on a cluster (docs/cluster.md).")] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="ray://HOST:PORT, or HOST:PORT from within. Default: a cluster of this machine.")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option(min=0, help="GPUs of each worker on a cluster, 0.5 for a half. Default: 1 on cuda.")
    ] = None,
    launcher: Annotated[
        LauncherName | None, typer.Option(help="Start the queue elsewhere, a job a family (docs/cluster.md).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --launcher: show what would be started.")] = False,
    image: Annotated[str | None, typer.Option(help="With --launcher: the image, which has lineage[eval].")] = None,
    bucket: Annotated[str | None, typer.Option(help="With --launcher: OWNER/NAME of the bucket for results.")] = None,
    flavor: Annotated[str, typer.Option(help="With --launcher: the machine.")] = "cpu-basic",
    namespace: Annotated[
        str | None, typer.Option(help="With --launcher: the user or organisation that runs the jobs. Default: yours.")
    ] = None,
    launch_hours: Annotated[float, typer.Option(min=0.1, help="With --launcher: the most a job may take.")] = 1.0,
    logs: Annotated[
        Path | None, typer.Option(help="Where Inspect's logs are kept. Default: ~/.local/state/lineage/inspect.")
    ] = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Run the queue, or one model on one instrument, and keep the scores with their items.

    Stop it at any moment: at most the items of one batch are lost, and the same command goes on. A model that crashes
    is an error of its job and not the end. Drift is measured anew when all is run.
    """
    from evaluation.jobs.coordinator import QueueSettings
    from evaluation.jobs.evaluate import new_owner, run_queue
    from evaluation.jobs.hf_jobs import offer_of
    from store.jobs.leases import ReadyFilter

    asked = _asked(model, instrument, engine, task, limit_items, option or [], is_served=endpoint_url is not None)
    if launcher is not None:
        offer = offer_of(image, bucket, flavor, launch_hours, namespace, is_for_queue=asked is None)
        _launch(db, engine, offer, output, is_dry_run=dry_run)
        return
    setup = _setup(device, threads, endpoint_url, instruments, logs, cache_gb, batching, trust_remote_code)
    catalogue, on = chosen_catalogue(instruments), on_cluster(cluster, ray_address, gpus_per_worker)
    with changing(db) if asked is None else opened(db, "write") as database, ProgressLine() as drawing:
        only = None if asked is None else _asked_for(database, catalogue, asked)
        rules = QueueSettings(
            owner=new_owner(),
            ready=ReadyFilter(engine=_value(engine), only=only),
            attempts=attempts,
            most_jobs=max_jobs,
            stops_early=stop_early,
        )
        executor = make_executor(setup, workers, memory_mib, on)
        answer = run_queue(database, executor, catalogue, rules, now=now, tell=drawing.tell)
    _report(answer, output)


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
    """Return what a person names, or None for the queue; raises UsageError for half of it."""
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
        raise UsageError(f"{named} are for one MODEL and INSTRUMENT: jobs of the queue have their own")
    return None


def _setup(
    device: DeviceName,
    threads: int,
    endpoint_url: str | None,
    instruments: Path | None,
    logs: Path | None,
    cache_gb: float,
    batching: BatchingName,
    trusted: Sequence[str] | None,
) -> Setup:
    """Return how workers are set up; raises OptionInvalid for the address of a server that is none."""
    from evaluation.engines.interface import Setup

    if endpoint_url is not None:
        from evaluation.engines.endpoint.api_client import parse_url

        parse_url(endpoint_url)
    return Setup(
        device=device.value,
        threads=threads or None,
        endpoint_url=endpoint_url,
        instruments=None if instruments is None else str(instruments),
        logs=None if logs is None else str(logs.resolve()),
        cache_gb=cache_gb or None,
        batching=batching.value,
        trusted=tuple(trusted or ()),
    )


def _asked_for(database: Database, catalogue: Catalogue, asked: EvaluateRequest) -> frozenset[int]:
    """Queue what a person names, and return its number as the only one that may be claimed."""
    from evaluation.jobs.evaluate import ask_for, plan_request

    return frozenset({ask_for(database, plan_request(database, catalogue, asked), now())})


def _launch(db: Path, engine: EngineName | None, offer: Offer, output: Format, *, is_dry_run: bool) -> None:
    """Start the queue elsewhere and print what was started; exits with 1 where nothing is queued."""
    from evaluation.jobs.hf_jobs import launch

    with opened(db, "read") as database:
        answer = launch(database, _value(engine), offer, is_dry_run=is_dry_run)
    print_result(answer, output)
    say(f"{len(answer.rows):,} jobs {'would be' if is_dry_run else 'were'} started; import the tables that they write")
    if not answer.rows:
        raise typer.Exit(1)


def _report(answer: Result, output: Format) -> None:
    """Print what became of the jobs; raises SomeFailed, or exits with 1 where there were none."""
    from evaluation.jobs.evaluate import SomeFailed

    print_result(answer, output, Layout.COLUMNS, ("model", "instrument", "state", "value", "error"))
    failed = sum(row["state"] == JobStateName.FAILED.value for row in answer.records())
    if failed:
        raise SomeFailed(failed, len(answer.rows))
    if not answer.rows:
        say("nothing was to be run; `lineage schedule` fills the queue, `lineage queue list` shows it")
        raise typer.Exit(1)
