"""`lineage report`: write a report for an auditor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.errors import UsageError
from lineage.vocabulary import Against, Paper
from store.commands.check import read_policy_file
from store.commands.opening import note_unselected, now, reading
from store.commands.options import DEFAULT_DB, EPILOG, STDOUT, DbOption, SelectorArgument
from store.commands.printing import say

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def report(
    selector: SelectorArgument = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file: .html, .pdf or .md; - writes Markdown to stdout.")
    ] = None,
    against: Annotated[
        Against, typer.Option(help="Which ancestor drift is measured against.")
    ] = Against.SCORED_ANCESTOR,
    policy: Annotated[
        Path | None, typer.Option(help="A policy file; the first page says what it finds (`lineage docs gates`).")
    ] = None,
    dossier: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Write the dossier of one model instead of a report on a selection."),
    ] = None,
    paper: Annotated[Paper, typer.Option(help="The paper of a PDF.")] = Paper.A4,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Write a report for an auditor, as HTML, PDF or Markdown.

    The first page says what got worse, what was never measured and what a policy finds, with a place for names. Then
    come the findings one by one, coverage, lineage, drift, what rules ask of those who modify or deploy a model, scope
    and methods; the tables are an appendix. --dossier writes all that is known of one model. HTML and PDF are one
    printable file; a PDF needs the extra `reports`. The figures of Markdown are in a folder beside it. The report
    contains the hash of the facts that it rests on, so that others can check what it was made from.
    """
    from store.outputs.report import make_dossier, make_report
    from store.outputs.report_files import form_of, write_files

    if output is None:
        raise UsageError("name the output: -o report.html, -o report.pdf or -o report.md")
    if dossier is not None and selector is not None:
        raise UsageError("give a selector or --dossier MODEL, not both")
    form = form_of(output)
    rules = None if policy is None else read_policy_file(policy)
    with reading(db) as database:
        say("collecting the facts")
        made = (
            make_report(database, selector, against, now(), rules)
            if dossier is None
            else make_dossier(database, dossier, against, now(), rules)
        )
    for place in write_files(made.blocks, None if output == STDOUT else output, form, paper, overwrites=force):
        say(f"wrote {place}")
    if not made.models:
        note_unselected(db, selector or "*")
        raise typer.Exit(1)
