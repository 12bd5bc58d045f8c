"""The command that looks at the environment."""

# ruff: noqa: FBT002

from __future__ import annotations

from typing import Annotated

import typer

from evaluation.commands.scores_from_hub import DEFAULT_ENDPOINT, EndpointOption
from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption
from store.commands.printing import print_result, say

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=EPILOG)
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the Hub.")] = False,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Check the environment, and say what to do: Python, DuckDB, database, disk, token, Hub, quota, extras, GPU.

    Nothing is changed; the Hub is asked one question. Exit 1 where something is a problem; a note is none.
    """
    from evaluation.doctor import examine
    from lineage.output.findings import as_result, is_sound

    findings = tuple(examine(db, endpoint, offline=offline))
    print_result(as_result(findings), output, Layout.RECORDS)
    if not is_sound(findings):
        say("something here keeps lineage from working")
        raise typer.Exit(1)
