"""`lineage changes`: what happened to models since a crawl."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import ChangeName, Format
from store.commands.opening import end_listing, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, SelectorArgument
from store.commands.printing import print_result
from store.queries.completion import complete_crawl

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def changes(
    selector: SelectorArgument = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="A date, or the number of a crawl to count from its start. Default: the last crawl.",
            autocompletion=complete_crawl,
        ),
    ] = None,
    kind: Annotated[
        list[ChangeName] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only this kind; repeatable: {', '.join(ChangeName)}."),
    ] = None,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List what changed since a crawl: models, parents, licences."""
    from store.queries.changes import list_changes, read_since

    with reading(db) as database:
        moment = read_since(database, since)
        result = list_changes(database, moment, selector=selector, kinds=kind, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("kind", "before", "after"))
    end_listing(result, f"nothing happened to these models since {moment:%Y-%m-%d %H:%M}", db, selector)
