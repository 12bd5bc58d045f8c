"""`lineage families`: families by their roots."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import FamilySort, Format
from store.commands.opening import reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption
from store.commands.printing import print_result, say
from store.queries.completion import complete_domain

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def families(
    domain: Annotated[
        str | None, typer.Option(help="Only families with a model of this domain.", autocompletion=complete_domain)
    ] = None,
    sort: Annotated[FamilySort, typer.Option(help="What to sort by, largest first.")] = FamilySort.MODELS,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List families by root: models, generations, total downloads.

    A model belongs to the family of its nearest root; `lineage show` names every root. With --domain, `models` sorts
    by the number of models in that domain. A root that declares no parent may still be a derivative: what it was
    probably made from is shown beside it.
    """
    from store.queries.families import list_families, tell_origins

    with reading(db) as database:
        result = list_families(database, domain=domain, sort=sort.value, limit=limit)
    shown = tell_origins(result) if output is Format.TABLE else result
    print_result(shown, output, Layout.COLUMNS, ("models", "derivatives", "root_is"))
    if not result.rows:
        say("no family matches")
        raise typer.Exit(1)
