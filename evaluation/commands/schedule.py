"""`lineage schedule`: rank what to evaluate next, and queue it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    LimitOption,
    SelectorArgument,
)
from store.commands.printing import print_result, say
from store.queries.completion import complete_domain, complete_instrument, complete_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result
    from store.jobs.queue import Enqueued

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def schedule(
    selector: SelectorArgument = None,
    domain: Annotated[
        list[str] | None, typer.Option(help="Only models of this domain; repeatable.", autocompletion=complete_domain)
    ] = None,
    instrument: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this instrument; repeatable. Default: all that need no judge.",
            autocompletion=complete_instrument,
        ),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Queue this much: 90m, 8h, 5000items, 20eur. Default: 1,000 jobs.")
    ] = None,
    hardware: Annotated[
        Path | None,
        typer.Option(help="A file that describes the machine (`lineage docs scheduling`). Default: this CPU."),
    ] = None,
    policy: Annotated[
        SchedulingPolicy, typer.Option(help="How to rank; all but voi are for comparison.")
    ] = SchedulingPolicy.VOI,
    engine: Annotated[EngineName, typer.Option(help="The engine that will run the jobs.")] = EngineName.TRANSFORMERS,
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
        bool, typer.Option("--guard/--no-guard", help="Also queue a capability check with a model's first instrument.")
    ] = True,
    skipped: Annotated[bool, typer.Option("--skipped", help="Also list what is not run, with the reasons.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be queued, and queue nothing.")] = False,
    instruments: InstrumentsOption = None,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Rank what to evaluate next, with reasons, and queue it.

    Jobs that remove the most uncertainty about the most used models, for their cost, come first. Every job says why it
    is run, and every skipped one why not. Scheduling twice queues nothing twice. Later jobs of a family are ranked as
    if its earlier ones had been measured.
    """
    from evaluation.engines.registry import COSTED
    from evaluation.jobs.from_plan import chosen_hardware, queue_plan, read_budget
    from evaluation.own_tasks.files import file_problems
    from lineage.scheduling.candidates import Access
    from lineage.scheduling.inputs import SchedulePreferences
    from store.jobs.run_facts import measured_costs
    from store.jobs.schedule import ScheduleRequest, as_result, plan_schedule

    machine, catalogue = chosen_hardware(hardware), chosen_catalogue(instruments)
    with opened(db, "read") if dry_run else changing(db) as database:
        terms = ScheduleRequest(
            hardware=machine,
            preferences=SchedulePreferences(policy=policy, engine=engine.value, budget=read_budget(budget, machine)),
            access=Access(granted=frozenset(granted or ()), trusted=frozenset(trust_remote_code or ())),
            instruments=tuple(instrument or ()) or None,
            catalogue=catalogue,
            with_guard=guard,
            measured=measured_costs(database, catalogue, COSTED),
            files=file_problems(catalogue),
        )
        plan = plan_schedule(database, chosen := _selected(selector, domain), terms)
        queued = None if dry_run else queue_plan(database, plan, now())
    if not (plan.jobs or plan.skipped):
        note_unselected(db, chosen)
    _report(as_result(plan, with_skipped=skipped), plan.summary(), queued, limit, output)


def _selected(selector: str | None, domains: Sequence[str] | None) -> str | None:
    """Return the selector for the models of a selector that are in one of the domains; None selects all."""
    if not domains:
        return selector
    chosen = [f"domain:{quoted(domain)}" for domain in domains]
    words = selector.split() if selector else []
    return " ".join(f"{word},{one}" for word in words for one in chosen) or " ".join(chosen)


def _report(result: Result, summary: str, queued: Enqueued | None, limit: int, output: Format) -> None:
    """Print the plan and say what was queued; exits with 1 if there is nothing to run."""
    from lineage.output.result import Result

    shown = Result(columns=result.columns, rows=result.rows[: limit or None])
    print_result(shown, output, Layout.COLUMNS, ("model", "instrument", "reason"))
    if len(result.rows) > len(shown.rows):
        say(f"({len(result.rows) - len(shown.rows):,} more; --limit 0 shows all)")
    say(summary)
    if queued is not None:
        fresh = len(queued.new) + len(queued.revived)
        say(f"queued {fresh:,} new jobs and skips, {len(queued.known):,} were known; `lineage evaluate` runs the queue")
    if not result.rows:
        raise typer.Exit(1)
