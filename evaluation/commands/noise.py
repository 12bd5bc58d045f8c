"""`lineage research noise`: how far runs of the same weights differ, per instrument and engine."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.catalogue import chosen_catalogue, find_instrument
from evaluation.commands.evaluate import hardware_for, plan_with_commits, set_up
from lineage.output.result import Result
from lineage.statistics.noise_floor import DEFAULT_RUNS
from lineage.vocabulary import DEFAULT_ENDPOINT, DeviceName, EngineName, Format
from store.commands.opening import now, opened
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
    from evaluation.engines.interface import Setup
    from evaluation.jobs.repeated_runs import RepeatedRuns
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Instrument
    from store.database import Database

app = typer.Typer(rich_markup_mode=None, add_completion=False)
COLUMNS = ("model", "instrument", "engine", "runs", "items", "floor", "changed", "values")
POINTS = 100


@app.command(epilog=EPILOG)
def noise(
    model: Annotated[str, typer.Argument(help="The model to run.", autocompletion=complete_model)],
    instrument: Annotated[str, typer.Argument(help="The instrument.", autocompletion=complete_instrument)],
    task: Annotated[str | None, typer.Option(help="What the engine runs, as of `lineage evaluate`.")] = None,
    limit_items: Annotated[int | None, typer.Option(min=1, help="Run at most this many items.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Set an option of the engine; repeatable.")
    ] = None,
    engine: Annotated[EngineName | None, typer.Option(help="Use this engine.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="The address of an OpenAI-compatible server.")] = None,
    runs: Annotated[int, typer.Option(min=2, max=100, help="Run the items this often.")] = DEFAULT_RUNS,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the orders.")] = 0,
    device: DeviceOption = DeviceName.AUTO,
    trust_remote_code: TrustOption = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Measure the noise floor: how far runs of the same weights differ.

    The items are run again and again, in other batches and orders, by a fresh engine each time. The largest difference
    of two runs is stored as the floor of everything that is measured alike: no drift within it is called worse or
    better. `floor` is in points, `changed` is the share of items that got several values. No score is stored.
    """
    from evaluation.engines.options import read_given
    from evaluation.jobs.evaluate import EvaluateRequest
    from evaluation.workers.settings import read_settings

    setup = set_up(device, instruments, read_settings([]), trust_remote_code or (), engine, endpoint_url)
    catalogue = chosen_catalogue(instruments)
    asked = EvaluateRequest(
        model=model,
        instrument=instrument,
        engine=None if engine is None else engine.value,
        task=task,
        item_limit=limit_items,
        options=read_given(option or []),
        is_served=endpoint_url is not None,
        hardware=hardware_for(device),
        trusted=setup.trusted,
    )
    with opened(db, "write") as database:
        hub = os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT
        spec = plan_with_commits(database, catalogue, asked, hub).spec
        found = _repeat(spec, setup, find_instrument(catalogue, instrument), runs, seed)
        _keep(database, spec, found)
    print_result(_result(model, instrument, found), output)


def _repeat(spec: JobSpec, setup: Setup, instrument: Instrument, runs: int, seed: int) -> RepeatedRuns:
    """Return how far the runs differed, and tell the value of each on stderr."""
    from evaluation.engines.registry import make_runner
    from evaluation.errors import CannotRun
    from evaluation.jobs.repeated_runs import RepeatedRuns, repeat_runs

    steps = repeat_runs(spec, lambda: make_runner(spec.engine, setup), instrument, runs=runs, seed=seed)
    with redirect_stdout(sys.stderr):  # libraries print
        for number, step in enumerate(steps, start=1):
            if isinstance(step, RepeatedRuns):
                return step
            say(f"run {number} of {runs}: {step:.6g}")
    raise CannotRun(spec.model, "no run ended")


def _keep(database: Database, spec: JobSpec, found: RepeatedRuns) -> None:
    """Store the floor, and measure drift again if it is new."""
    from store.drift.write_drift import refresh
    from store.scores.noise_floors import write_noise_floor

    ran = partial(write_noise_floor, engine=found.engine, model=spec.model, revision=spec.revision)
    if ran(database, found.identity, found.floor, measured_at=now()):
        refresh(database)


def _result(model: str, instrument: str, found: RepeatedRuns) -> Result:
    floor = found.floor
    told = (found.engine, floor.runs, floor.items, POINTS * floor.floor, floor.changed, list(found.values))
    return Result(columns=COLUMNS, rows=((model, instrument, *told),))
