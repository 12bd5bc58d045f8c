"""`lineage licences`: where the licence of a derivative differs from its parent's."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import Format, LicenceDrift
from store.commands.opening import end_listing, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, SelectorArgument
from store.commands.printing import print_result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def licences(
    selector: SelectorArgument = None,
    drift: Annotated[
        list[LicenceDrift] | None,
        typer.Option(
            "--drift", metavar="WAY", help=f"Only edges that differ this way; repeatable: {', '.join(LicenceDrift)}."
        ),
    ] = None,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List derivatives whose licence differs from their parent's.

    This is not legal advice. Licences are sorted into classes as a first look (`lineage docs crawling`); `looser` means
    that the derivative's class imposes fewer conditions than its parent's. Which terms bind a derivative is a question
    for its makers and their lawyers.
    """
    from store.queries.licences import list_licences

    with reading(db) as database:
        result = list_licences(database, selector=selector, drifts=drift, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("drift", "licence", "parent_licence", "parent"))
    end_listing(result, "no licence differs along these edges", db, selector)
