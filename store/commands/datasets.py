"""`lineage datasets`: the data sets that models were trained on."""

from __future__ import annotations

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.opening import end_listing, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, SelectorArgument
from store.commands.printing import print_result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def datasets(
    selector: SelectorArgument = None,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List data sets that models declare, most used first."""
    from store.queries.changes import list_datasets

    with reading(db) as database:
        result = list_datasets(database, selector=selector, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("models",))
    end_listing(result, "none of these models names a data set", db, selector)
