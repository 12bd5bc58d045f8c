"""`lineage path`: how models are related."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.output.colour import paint_relations
from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.opening import reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption
from store.commands.printing import print_result, put, say
from store.queries.completion import complete_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result
    from store.database import Database

app = typer.Typer(rich_markup_mode=None, add_completion=False)
PAIR = 2


@app.command(epilog=EPILOG)
def path(
    models: Annotated[
        list[str],
        typer.Argument(metavar="A B [C...]", help="Ids of two or more models.", autocompletion=complete_model),
    ],
    common: Annotated[bool, typer.Option("--common", help="Show only the nearest common ancestors.")] = False,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show how models are related: paths and common ancestors.

    For two models: all shortest paths between them, up to parents and down to children. If neither descends from the
    other, the table also lists their nearest common ancestors. For more than two models, or with --common: only their
    nearest common ancestors, those below which there is no other. A model counts as its own ancestor.
    """
    from store.queries.families import list_ways

    if len(models) < PAIR:
        raise UsageError("name two models or more")
    with reading(db, is_short=True) as database:
        if common or len(models) > PAIR:
            _print_common(database, models, output)
            return
        result, are_more = list_ways(database, models[0], models[1], limit=limit)
        print_result(result, output, Layout.COLUMNS, ("move", "id", "relation"), paint_relations)
        if not result.rows:
            _end_unknown("path between them")
        if are_more:
            say("(there are more paths of this length: --limit 0 shows all)")
        if output is Format.TABLE and is_over_ancestor(result):
            put("\nnearest common ancestors\n")
            _print_common(database, models, output)


def is_over_ancestor(ways: Result) -> bool:
    """Return whether the paths climb to a common ancestor and descend again, rather than leading straight."""
    return {"up", "down"} <= {row["move"] for row in ways.records()}


def _print_common(database: Database, models: Sequence[str], output: Format) -> None:
    from store.queries.families import list_common

    result = list_common(database, models)
    print_result(result, output, Layout.COLUMNS, ("distances", "inferred"))
    if not result.rows:
        _end_unknown("common ancestor")


def _end_unknown(what: str) -> None:
    """Say that none is known, which does not mean that there is none, and end with exit code 1."""
    say(f"no {what} is known in this database; an undeclared parent, or a model not crawled yet, may hide one")
    raise typer.Exit(1)
