"""`lineage status`: what the database holds."""

from __future__ import annotations

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.opening import opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption
from store.commands.printing import print_result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def status(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Summarise the database: models, domains, relations, crawls."""
    from store.queries.models import read_status

    with opened(db, "read") as database:
        result = read_status(database)
    print_result(result, output, Layout.SECTIONS)
