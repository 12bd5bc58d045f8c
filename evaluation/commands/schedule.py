"""`lineage schedule`: rank what to evaluate next, and queue it if asked to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Final

import typer

from evaluation.catalogue import chosen_catalogue
from lineage.output.terminal import Layout
from lineage.selectors.records import quoted
from lineage.vocabulary import EngineName, Format, SchedulingPolicy
from store.commands.opening import changing, note_unselected, now, opened
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    InstrumentsOption,
    SelectorArgument,
)
from store.commands.printing import print_result, say
from store.queries.completion import complete_domain, complete_instrument, complete_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lineage.scheduling.inputs import SchedulePreferences
    from lineage.scheduling.plan import SkipCause
    from store.database import Database
    from store.jobs.queue import Enqueued
    from store.jobs.schedule import ScheduleRequest

app = typer.Typer(rich_markup_mode=None, add_completion=False)
DEFAULT_LIMIT: Final = 50
SHOWN: Final = ("model", "instrument", "reason")  # where there is no room for every column


@app.command(epilog=EPILOG)
def schedule(
    selector: SelectorArgument = None,
    domain: Annotated[
        list[str] | None, typer.Option(help="Only models of this domain; repeatable.", autocompletion=complete_domain)
    ] = None,
    instrument: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this instrument; repeatable. Default: safety, then what the domains of the models need.",
            autocompletion=complete_instrument,
        ),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Plan this much: 90m, 8h, 5000items, 20eur. Default: what --limit says.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Plan at most this many measurements; 0 for up to 1,000. Default: 50 without --budget, else 0.",
        ),
    ] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Put the plan into the queue of `lineage evaluate`.")] = False,
    hardware: Annotated[
        Path | None,
        typer.Option(help="A file that describes the machine (`lineage docs scheduling`). Default: this CPU."),
    ] = None,
    policy: Annotated[
        SchedulingPolicy, typer.Option(help="How to rank; all but voi are for comparison.")
    ] = SchedulingPolicy.VOI,
    engine: Annotated[
        EngineName | None,
        typer.Option(help="The engine that will run the jobs. Default: by what they ask and the hardware."),
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="The address of a server that will run what is GGUF only.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Queue the jobs with this option of the engine; repeatable."),
    ] = None,
    granted: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="You have access to this gated model; repeatable.", autocompletion=complete_model
        ),
    ] = None,
    trust_remote_code: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="You allow this model's own code to run; repeatable.", autocompletion=complete_model
        ),
    ] = None,
    guard: Annotated[
        bool, typer.Option("--guard/--no-guard", help="Also plan a capability check with a model's first instrument.")
    ] = True,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Also list what is not run, with the reason and what would mend it.")
    ] = False,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Rank what to evaluate next, with reasons; --queue queues it.

    Jobs that remove the most uncertainty about the most used models, for their cost, come first. Every job says why it
    is run. What cannot run is refused with the reason and is no part of the plan. Queueing twice queues nothing twice.
    Later jobs of a family are ranked as if its earlier ones had been measured.
    """
    from evaluation.jobs.from_plan import chosen_hardware, queue_plan, read_budget
    from lineage.scheduling.candidates import Access
    from store.jobs.schedule import ScheduleRequest, as_result, plan_schedule

    machine, catalogue = chosen_hardware(hardware), chosen_catalogue(instruments)
    spending = read_budget(budget, machine)
    terms = ScheduleRequest(
        hardware=machine,
        preferences=replace(
            _preferences(engine, option, endpoint_url), policy=policy, budget=spending, most=_most(limit, budget)
        ),
        access=Access(granted=frozenset(granted or ()), trusted=frozenset(trust_remote_code or ())),
        instruments=tuple(instrument or ()) or None,
        catalogue=catalogue,
        with_guard=guard,
    )
    with changing(db) if queue else opened(db, "read") as database:
        plan = plan_schedule(database, chosen := _selected(selector, domain), _informed(database, terms))
        queued = queue_plan(database, plan, now()) if queue else None
    if not (plan.jobs or plan.skipped):
        note_unselected(db, chosen)
    print_result(result := as_result(plan, with_skipped=skipped), output, Layout.COLUMNS, SHOWN)
    say("\n".join((plan.summary(), *plan.engines(), *mending(plan.refused, chosen), *_queueing(queued))))
    if not result.rows:
        raise typer.Exit(1)


def _informed(database: Database, terms: ScheduleRequest) -> ScheduleRequest:
    """Return what is asked for with what this machine knows: costs of earlier runs, and the user's files of items."""
    from evaluation.engines.registry import COSTED
    from evaluation.own_tasks.files import file_problems
    from store.jobs.run_facts import measured_costs

    measured = measured_costs(database, terms.catalogue, COSTED)
    return replace(terms, measured=measured, files=file_problems(terms.catalogue))


def _preferences(engine: EngineName | None, given: Sequence[str] | None, server: str | None) -> SchedulePreferences:
    """Return the engine of the jobs with its options; raises UsageError or OptionInvalid for any that is wrong.

    Without an engine, options are those of the usual one, which then runs the jobs.
    """
    from evaluation.commands.evaluate import check_server
    from evaluation.engines.options import read_given
    from evaluation.engines.registry import settle_options
    from lineage.scheduling.inputs import SchedulePreferences
    from lineage.scheduling.job import USUAL_ENGINE

    check_server(server, engine)
    options = read_given(given or ())
    chosen = USUAL_ENGINE if engine is None and options else engine
    if chosen is None:
        return SchedulePreferences(server=server)
    return SchedulePreferences(engine=str(chosen), options=settle_options(str(chosen), options), server=server)


def _most(limit: int | None, budget: str | None) -> int:
    from lineage.scheduling.inputs import MOST_JOBS

    most = (DEFAULT_LIMIT if budget is None else 0) if limit is None else limit
    return most or MOST_JOBS


def _queueing(queued: Enqueued | None) -> Iterator[str]:
    if queued is None:
        return
    fresh = len(queued.new) + len(queued.revived)
    yield f"queued {fresh:,} new jobs, {len(queued.known):,} were known; `lineage evaluate` runs the queue"


def _selected(selector: str | None, domains: Sequence[str] | None) -> str | None:
    """Return the selector for the models of a selector that are in one of the domains; None selects all."""
    if not domains:
        return selector
    chosen = [f"domain:{quoted(domain)}" for domain in domains]
    words = selector.split() if selector else []
    return " ".join(f"{word},{one}" for word in words for one in chosen) or " ".join(chosen)


def mending(refused: Mapping[SkipCause, int], selector: str | None) -> Iterator[str]:
    """Yield one line for each cause of refusal that a user can mend, with the command or option that does it."""
    from lineage.scheduling.plan import SkipCause

    named = quote(selector or "*")
    remedies = {
        SkipCause.NO_COMMIT: f"`lineage crawl --revisions {named}` fetches the commits, a request each",
        SkipCause.GATED: "ask for access on the Hub, then add --granted MODEL",
        SkipCause.TOO_LARGE: "describe a larger machine with --hardware FILE",
        SkipCause.REMOTE_CODE: "read that code, then add --trust-remote-code MODEL",
        SkipCause.NO_BASE: "name the base with `lineage edge add MODEL BASE --relation adapter`, or crawl it",
    }
    for cause, told in remedies.items():
        if refused.get(cause):
            yield f"{cause} ({refused[cause]:,}): {told}"
