"""The command that decides what to evaluate next."""

# ruff: noqa: FBT002, PLR0913, PLR0917, TC001

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.commands.scores import InstrumentsOption
from evaluation.imports.catalogue import chosen_catalogue
from lineage.output.terminal import Layout
from lineage.vocabulary import DomainName, EngineName, Format, PolicyName
from store.commands.completion import complete_instrument, complete_model
from store.commands.models import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    LimitOption,
    SelectorArgument,
    changing,
    now,
    opened,
    tell_unselected,
)
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result
    from store.jobs.queue import Enqueued

app = typer.Typer(rich_markup_mode=None)
HardwareOption = Annotated[
    Path | None,
    typer.Option("--hardware", help="A file that describes what it runs on (docs/evaluating.md). Default: this CPU."),
]


@app.command(epilog=EPILOG)
def schedule(
    selector: SelectorArgument = None,
    domain: Annotated[list[DomainName] | None, typer.Option(help="Only models of this domain; repeatable.")] = None,
    instrument: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this instrument; repeatable. Default: all that need no judge.",
            autocompletion=complete_instrument,
        ),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="How much to queue: 90m, 8h, 5000items, 20eur. Default: 1,000 jobs.")
    ] = None,
    hardware: HardwareOption = None,
    policy: Annotated[PolicyName, typer.Option(help="How to choose; all but voi are for comparison.")] = PolicyName.VOI,
    engine: Annotated[EngineName, typer.Option(help="What is to run it.")] = EngineName.TRANSFORMERS,
    granted: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="A gated model that you have access to; repeatable.", autocompletion=complete_model
        ),
    ] = None,
    trust_remote_code: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="A model whose own code you let run; repeatable.", autocompletion=complete_model
        ),
    ] = None,
    guard: Annotated[
        bool, typer.Option("--guard/--no-guard", help="Run the guard of capability beside a model's first instrument.")
    ] = True,
    skipped: Annotated[bool, typer.Option("--skipped", help="List what is never run too, with the reasons.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be queued, and queue nothing.")] = False,
    instruments: InstrumentsOption = None,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Rank what is not measured, and queue it: the most uncertainty removed where many rely on it, for its cost.

    Every job says why it is run, and what is never run says why not. Scheduling twice queues nothing twice. A family's
    later jobs are chosen as if its earlier ones were measured.
    """
    from evaluation.jobs.from_plan import chosen_hardware, queue_plan, read_budget
    from evaluation.own_tasks.files import file_problems
    from lineage.scheduling.candidates import Access
    from lineage.scheduling.inputs import SchedulePreferences
    from lineage.scheduling.plan import SchedulingPolicy
    from store.jobs.run_facts import measured_costs
    from store.jobs.schedule import ScheduleRequest, as_result, plan_schedule

    machine, catalogue = chosen_hardware(hardware), chosen_catalogue(instruments)
    with opened(db, "read") if dry_run else changing(db) as database:
        terms = ScheduleRequest(
            hardware=machine,
            wish=SchedulePreferences(
                policy=SchedulingPolicy(policy.value), engine=engine.value, budget=read_budget(budget, machine)
            ),
            access=Access(granted=frozenset(granted or ()), trusted=frozenset(trust_remote_code or ())),
            instruments=tuple(instrument or ()) or None,
            catalogue=catalogue,
            with_guard=guard,
            measured=measured_costs(database, catalogue),
            files=file_problems(catalogue),
        )
        plan = plan_schedule(database, chosen := _selected(selector, domain), terms)
        queued = None if dry_run else queue_plan(database, plan, now())
    if not (plan.jobs or plan.skipped):
        tell_unselected(db, chosen)
    _report(as_result(plan, with_skipped=skipped), plan.summary(), queued, limit, output)


def _selected(selector: str | None, domains: Sequence[DomainName] | None) -> str | None:
    """Return the selector for models of a selector that are of one of some domains; None for all."""
    if not domains:
        return selector
    chosen = [f"domain:{domain.value}" for domain in domains]
    words = selector.split() if selector else []
    return " ".join(f"{word},{one}" for word in words for one in chosen) or " ".join(chosen)


def _report(answer: Result, summary: str, queued: Enqueued | None, limit: int, output: Format) -> None:
    """Print the plan and say what was queued; exits with 1 where nothing was to be run."""
    from lineage.output.result import Result

    shown = Result(columns=answer.columns, rows=answer.rows[: limit or None])
    print_result(shown, output, Layout.COLUMNS, ("model", "instrument", "reason"))
    if len(answer.rows) > len(shown.rows):
        say(f"({len(answer.rows) - len(shown.rows):,} more; --limit 0 shows all)")
    say(summary)
    if queued is not None:
        fresh = len(queued.new) + len(queued.revived)
        say(f"{fresh:,} jobs and skips are new, {len(queued.known):,} were known; `lineage evaluate` runs the queue")
    if not answer.rows:
        raise typer.Exit(1)
