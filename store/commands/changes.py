"""The commands that list what models say of data sets and licences, and what happened to them since a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import ChangeName, DriftName, Format
from store.commands.completion import complete_crawl
from store.commands.models import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    LimitOption,
    SelectorArgument,
    reading,
    tell_unselected,
)
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.output.result import Result

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=EPILOG)
def datasets(
    selector: SelectorArgument = None,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List the data sets that models say they were trained on, the most named first."""
    from store.queries.changes import list_datasets

    with reading(db) as database:
        result = list_datasets(database, selector=selector, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("models",))
    _end(result, "none of these models names a data set", db, selector)


@app.command(epilog=EPILOG)
def licences(
    selector: SelectorArgument = None,
    drift: Annotated[
        list[DriftName] | None,
        typer.Option(
            "--drift", metavar="WAY", help=f"Only edges that differ this way; repeatable: {', '.join(DriftName)}."
        ),
    ] = None,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List derivatives whose licence differs from that of what they were made of; not legal advice.

    Licences are sorted into classes as a first look (docs/crawling.md); `looser` means that the child's class asks less
    than its parent's. Which terms bind a derivative is for its makers and lawyers to say.
    """
    from store.queries.licences import list_licences

    with reading(db) as database:
        result = list_licences(database, selector=selector, drifts=drift, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("drift", "licence", "parent_licence", "parent"))
    _end(result, "no licence differs along these edges", db, selector)


@app.command(epilog=EPILOG)
def changes(
    selector: SelectorArgument = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="A date, or the number of a crawl: its begin. Default: the last crawl.", autocompletion=complete_crawl
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
    """List what happened to models since a crawl: new ones, vanished ones and parents, renames, parents, licences..."""
    from store.queries.changes import list_changes, read_since

    with reading(db) as database:
        moment = read_since(database, since)
        result = list_changes(database, moment, selector=selector, kinds=kind, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("kind", "before", "after"))
    _end(result, f"nothing happened to these models since {moment:%Y-%m-%d %H:%M}", db, selector)


def _end(result: Result, nothing: str, db: Path, selector: str | None) -> None:
    """End a listing with exit code 1 where it is empty."""
    if not result.rows:
        say(nothing)
        tell_unselected(db, selector)
        raise typer.Exit(1)
