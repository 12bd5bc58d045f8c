"""`lineage report`: write a report for an auditor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.errors import UsageError
from lineage.vocabulary import Against
from store.commands.check import read_policy_file
from store.commands.opening import note_unselected, now, reading
from store.commands.options import DEFAULT_DB, EPILOG, STDOUT, DbOption, SelectorArgument
from store.commands.printing import say

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def report(
    selector: SelectorArgument = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file, .html or .md; - writes Markdown to stdout.")
    ] = None,
    against: Annotated[
        Against, typer.Option(help="Which ancestor drift is measured against.")
    ] = Against.SCORED_ANCESTOR,
    policy: Annotated[
        Path | None, typer.Option(help="A policy file; the first page says what it finds (`lineage docs gates`).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Write a report for an auditor, as HTML or Markdown.

    The first page says what got worse, what was never measured and what a policy finds, with a place for names. The
    rest covers scope, coverage, lineage with its evidence, drift, withheld verdicts and methods. HTML is one
    self-contained, printable file; the figures of Markdown are in a folder beside it. The report contains the hash of
    the database, so that others can check what it was made from.
    """
    from store.outputs.report import make_report
    from store.outputs.report_files import form_of, write_files

    if output is None:
        raise UsageError("name the output: -o report.html or -o report.md")
    form = form_of(output)
    rules = None if policy is None else read_policy_file(policy)
    with reading(db) as database:
        say("hashing the database and collecting the facts")
        made = make_report(database, selector, against, now(), rules)
    for place in write_files(made.blocks, None if output == STDOUT else output, form, overwrites=force):
        say(f"wrote {place}")
    if not made.models:
        note_unselected(db, selector or "*")
        raise typer.Exit(1)
