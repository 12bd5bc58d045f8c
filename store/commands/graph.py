"""The commands that look across the graph: families, ways between models, and what models have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.vocabulary import DomainName, FamilySort, Format
from store.commands.completion import complete_model
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, reading
from store.commands.printing import print_result, say

app = typer.Typer(rich_markup_mode=None)
_FEWEST = 2


@app.command(epilog=EPILOG)
def families(
    domain: Annotated[DomainName | None, typer.Option(help="Only families with a model of this domain.")] = None,
    sort: Annotated[FamilySort, typer.Option(help="What to order by, the greatest first.")] = FamilySort.MODELS,
    limit: Annotated[int, typer.Option(min=0, help="How many at most; 0 for all.")] = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List families by their roots: models, generations, derivatives, and the downloads of all of them together.

    A model belongs to the family of its nearest root; `show` names every root. With --domain, `models` orders by how
    many are of the domain.
    """
    from store.queries.families import list_families

    with reading(db) as database:
        result = list_families(database, domain=domain.value if domain else None, sort=sort.value, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("models", "derivatives"))
    if not result.rows:
        say("there is no such family")
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def path(
    start: Annotated[
        str, typer.Argument(metavar="A", help="A model's id, or a former one.", autocompletion=complete_model)
    ],
    end: Annotated[str, typer.Argument(metavar="B", help="Another model's.", autocompletion=complete_model)],
    limit: Annotated[int, typer.Option(min=0, help="How many ways at most; 0 for all.")] = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show all shortest ways from one model to another: up to parents, down to children, every parent of a merge.

    Where one is an ancestor of the other the ways lead straight, else over their common ancestors that are least far.
    """
    from store.queries.families import list_ways

    with reading(db) as database:
        result, are_more = list_ways(database, start, end, limit=limit)
    print_result(result, output, Layout.COLUMNS, ("move", "id", "relation"))
    if not result.rows:
        say("the two are not related: they share no ancestor")
        raise typer.Exit(1)
    if are_more:
        say("(there are more ways as short as these: --limit 0 shows all)")


@app.command(epilog=EPILOG)
def common(
    models: Annotated[
        list[str], typer.Argument(metavar="A B...", help="Two or more models.", autocompletion=complete_model)
    ],
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Find the nearest common ancestors of models: those below which there is no other. A model is its own ancestor."""
    from store.queries.families import list_common

    if len(models) < _FEWEST:
        raise UsageError("name two models or more")
    with reading(db) as database:
        result = list_common(database, models)
    print_result(result, output, Layout.COLUMNS, ("distances", "inferred"))
    if not result.rows:
        say("they have no common ancestor")
        raise typer.Exit(1)
