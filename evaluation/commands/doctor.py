"""`lineage doctor`: check the environment."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.output.colour import paint_states
from lineage.output.terminal import Layout
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, EndpointOption, FormatOption
from store.commands.printing import print_result, say

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Do not contact the Hub.")] = False,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Check the environment and say what to do about problems.

    It looks at Python, DuckDB, the database, the disk, the token, the Hub, its quota, extras and GPUs. It changes
    nothing, and sends one request to the Hub. A Hub that cannot be reached is a note, because local work runs without
    it. Exit code 1 means that something keeps local work from running.
    """
    from evaluation.doctor import examine
    from lineage.output.doctor import as_result, is_sound

    findings = tuple(examine(db, endpoint, offline=offline))
    print_result(as_result(findings), output, Layout.RECORDS, paint=paint_states)
    if not is_sound(findings):
        say("a problem above keeps lineage from working on this machine")
        raise typer.Exit(1)
