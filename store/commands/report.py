"""The command that writes a report for an auditor."""

# ruff: noqa: FBT002, TC003

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.errors import UsageError
from lineage.vocabulary import AgainstName
from store.commands.models import DEFAULT_DB, EPILOG, STDOUT, DbOption, SelectorArgument, now, reading, tell_unselected
from store.commands.printing import say

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=EPILOG)
def report(
    selector: SelectorArgument = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file, .html or .md; - writes Markdown to stdout.")
    ] = None,
    against: Annotated[
        AgainstName, typer.Option(help="Which ancestor drift is told against.")
    ] = AgainstName.SCORED_ANCESTOR,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")] = False,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Write a report for an auditor: scope, coverage, lineage with its evidence, drift, what is withheld, and methods.

    HTML is one file with its figures within, which asks for nothing and can be printed; the figures of Markdown are in
    a folder beside it. It names the hash of the database's content, so that another can check what it was made of.
    """
    from lineage.drift.rows import Against
    from store.outputs.report import make_report
    from store.outputs.report_files import form_of, write_files

    if output is None:
        raise UsageError("say where to: -o report.html or -o report.md")
    form = form_of(output)
    with reading(db) as database:
        say("hashing the database, and gathering what is known")
        made = make_report(database, selector, Against(against.value), now())
    for place in write_files(made.blocks, None if output == STDOUT else output, form, overwrites=force):
        say(f"wrote {place}")
    if not made.models:
        tell_unselected(db, selector or "*")
        raise typer.Exit(1)
