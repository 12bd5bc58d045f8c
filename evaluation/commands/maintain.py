"""`lineage maintain`: the cheapest repair of a drifted model, with evidence."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.catalogue import chosen_catalogue, find_instrument
from lineage.maintenance.search_limits import MOST_ITEMS
from lineage.output.terminal import Layout
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS
from lineage.vocabulary import DEFAULT_ENDPOINT, DeviceName, EngineName, Format, JobState
from store.commands.opening import changing, now
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    DeviceOption,
    FormatOption,
    InstrumentsOption,
    TrustOption,
)
from store.commands.printing import print_result, put, say
from store.queries.completion import complete_instrument, complete_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from evaluation.engines.interface import Setup
    from evaluation.engines.transformers.recipe_runner import RecipeRunner
    from evaluation.maintenance.answers import RecipeAnswers
    from evaluation.maintenance.measure import RepairJobs
    from evaluation.maintenance.repair import RepairReport, RepairRules
    from evaluation.workers.settings import EvaluateSettings
    from lineage.maintenance.trial import JudgedInstrument, RecipeTrial
    from lineage.scheduling.job import Options
    from lineage.scheduling.plan import PlannedJob
    from lineage.scores.instruments import Catalogue, Instrument
    from store.database import Database

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def maintain(
    model: Annotated[str, typer.Argument(help="The model that drifted.", autocompletion=complete_model)],
    base: Annotated[
        str, typer.Option(help="The base whose safety it is to have again.", autocompletion=complete_model)
    ],
    safety: Annotated[
        str,
        typer.Option(metavar="A,B", help="Instruments of safety, such as one of refusal and one of over-refusal."),
    ],
    capability: Annotated[
        str,
        typer.Option(help="The instrument of what the model has learned.", autocompletion=complete_instrument),
    ],
    margin: Annotated[
        float, typer.Option(min=0.1, max=50, help="Points within which a difference counts as none.")
    ] = DEFAULT_MARGIN_POINTS,
    unsafe: Annotated[
        str | None,
        typer.Option(
            help="A model made of the base by removing its safety, for the recipe `safety vector`.",
            autocompletion=complete_model,
        ),
    ] = None,
    most_items: Annotated[
        int, typer.Option(min=1, help="Search with at most this many items; the confirmation comes on top.")
    ] = MOST_ITEMS,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the frontier into this SVG file.")] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the recipe here, as mergekit reads it.")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write the repaired model into this folder, if safety is restored."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set an option of the engine transformers; repeatable."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set threads, memory-mib, cache-gb, batching or attempts, as for `lineage evaluate`; repeatable.",
        ),
    ] = None,
    device: DeviceOption = DeviceName.AUTO,
    trust_remote_code: TrustOption = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Find the cheapest repair of a drifted model, with evidence.

    It measures base and model where scores with items are missing, says which kind of drift it is, searches for weights
    between the two with one half of the items, and confirms them with the other half. Models are mixed in memory, and
    all that was run is kept: the same command again runs nothing. The exit code is 1 unless safety is restored or
    nothing is to be repaired. `lineage docs maintaining` describes recipes and verdicts.
    """
    from evaluation.commands.evaluate import set_up
    from evaluation.engines.options import read_given
    from evaluation.maintenance.model_folder import RepairTarget, write_repair
    from evaluation.maintenance.repair import check_sides, repair, store_report
    from evaluation.workers.settings import read_settings

    settings = read_settings(setting or [])
    setup = set_up(device, instruments, settings, trust_remote_code or ())
    catalogue = chosen_catalogue(instruments)
    wanted = [find_instrument(catalogue, name.strip()) for name in (*safety.split(","), capability)]
    sides = wanted[:-1], wanted[-1]
    check_sides(*sides)
    target = RepairTarget.checked(figure, recipe, write, overwrites=force)
    with changing(db) as database:
        jobs = _jobs(database, catalogue, (base, model, unsafe), wanted, read_given(option or []))
        judged = _measured(database, catalogue, setup, settings, jobs, sides)
        with closing(_answers(database, setup, jobs)) as answers:
            report = repair(judged, answers, _rules(jobs, margin, most_items), _tell)
            store_report(database, report, now())
            _print(report, output)
            for told in write_repair(report, answers.runner, target, is_adapter=jobs.model.base is not None):
                say(told)
    _say_cost(report, answers)
    if not report.outcome.is_good:
        raise typer.Exit(1)


def _rules(jobs: RepairJobs, margin: float, most_items: int) -> RepairRules:
    from evaluation.maintenance.repair import RepairRules

    return RepairRules(
        margin=margin,
        most_items=most_items,
        has_unsafe=jobs.unsafe is not None,
        is_adapter=jobs.model.base is not None,
    )


def _say_cost(report: RepairReport, answers: RecipeAnswers) -> None:
    """Say on stderr how many items it took, and how many of them were run now."""
    asked = f"{report.searched:,} items to search, {report.confirmed:,} to confirm"
    say(f"{asked}; {answers.new:,} of them run now, in {answers.seconds / 60:.1f} min")


def _jobs(
    database: Database,
    catalogue: Catalogue,
    models: tuple[str, str, str | None],
    instruments: Sequence[Instrument],
    options: Options,
) -> RepairJobs:
    """Return the jobs of base and model on each instrument, their commits fetched where they are not known."""
    from evaluation.commands.evaluate import ENDPOINT_VARIABLE, plan_with_commits
    from evaluation.jobs.evaluate import EvaluateRequest
    from evaluation.maintenance.measure import RepairJobs

    endpoint = os.environ.get(ENDPOINT_VARIABLE) or DEFAULT_ENDPOINT

    def planned(name: str, instrument: Instrument) -> PlannedJob:
        asked = EvaluateRequest(
            model=name, instrument=instrument.name, engine=EngineName.TRANSFORMERS.value, options=options
        )
        return plan_with_commits(database, catalogue, asked, endpoint)

    base, model, unsafe = models
    return RepairJobs.of(
        [planned(base, one) for one in instruments],
        [planned(model, one) for one in instruments],
        None if unsafe is None else planned(unsafe, instruments[0]),
    )


def _measured(
    database: Database,
    catalogue: Catalogue,
    setup: Setup,
    settings: EvaluateSettings,
    jobs: RepairJobs,
    sides: tuple[Sequence[Instrument], Instrument],
) -> list[JudgedInstrument]:
    """Return the instruments with the items of base and model; what is missing is measured first, by the queue."""
    from evaluation.commands.evaluate import run_with_progress
    from evaluation.jobs.coordinator import QueueSettings
    from evaluation.jobs.evaluate import SomeFailed, ask_for, new_owner
    from evaluation.maintenance.measure import NotMeasured
    from evaluation.maintenance.repair import find_instruments
    from store.jobs.leases import ReadyFilter

    judged, missing = find_instruments(database, jobs, *sides)
    if not missing:
        return judged
    names = {one.name for one in missing}
    numbers = frozenset(ask_for(database, job, now()) for job in jobs.of_instruments(names))
    rules = QueueSettings(owner=new_owner(), ready=ReadyFilter(only=numbers), attempts=settings.attempts)
    result = run_with_progress(database, setup, catalogue, rules, 1, settings, None)
    failed = sum(row["state"] == JobState.FAILED.value for row in result.records())
    if failed:
        raise SomeFailed(failed, len(result.rows))
    judged, missing = find_instruments(database, jobs, *sides)
    if missing:
        raise NotMeasured(missing[0].name, jobs.subject)
    return judged


def _answers(database: Database, setup: Setup, jobs: RepairJobs) -> RecipeAnswers:
    """Return what answers recipes; models are loaded when the first one is asked."""
    from evaluation.maintenance.answers import RecipeAnswers

    def load() -> AbstractContextManager[RecipeRunner]:
        from evaluation.engines.transformers.recipe_runner import opened

        say(f"loading {jobs.base.model} and {jobs.model.model}")
        return opened(setup, *jobs.weights(setup.trusted), jobs.model.options)

    return RecipeAnswers(database=database, subject=jobs.subject, specs=jobs.specs, load=load)


def _tell(trial: RecipeTrial) -> None:
    """Say on stderr what a recipe came to."""
    from lineage.maintenance.repair_verdict import describe

    said = "; ".join(f"{describe(one)}, {one.verdict}" for one in trial.drifts)
    say(f"{trial.half}: {trial.recipe.label}: {said}")


def _print(report: RepairReport, output: Format) -> None:
    """Print the frontier, and for people the kind of drift and the verdict."""
    from lineage.drift.plus import PLUS
    from lineage.maintenance.repair_table import show_repair

    result = report.table()
    if output is not Format.TABLE:
        print_result(result, output)
        return
    kind = "refusal and over-refusal were not both named" if report.refusals is None else report.refusals.sentence()
    put(f"Kind of drift: {kind}\n\n")
    print_result(show_repair(result), output, Layout.COLUMNS)
    put(f"\ncapability_change is from the fine-tune: {PLUS[False]}\n")
    put(f"\n{report.outcome.headline}: {report.outcome.reason}\n")
    if report.outcome.kept is not None:
        put(f"{report.outcome.kept:.0%} of the gain is kept on the half that confirms\n")
    if report.left_out:
        put(f"not tried: {'; '.join(report.left_out)}\n")
