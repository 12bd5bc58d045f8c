"""`lineage models`: list models by selector and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import Format, Relation, Sort, StatusName
from store.commands.opening import opened, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, SelectorArgument
from store.commands.printing import print_rows, say
from store.queries.completion import complete_author, complete_domain, complete_library, complete_license

if TYPE_CHECKING:
    from enum import StrEnum
    from pathlib import Path

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def models(
    selector: SelectorArgument = None,
    domain: Annotated[
        str | None,
        typer.Option(
            help="Only models of this domain; those with weak signs come last.", autocompletion=complete_domain
        ),
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="Only models whose own record shows the domain.")] = False,
    confidence: Annotated[
        float | None, typer.Option(help="Only models that are of the domain with at least this confidence.")
    ] = None,
    author: Annotated[
        str | None, typer.Option(help="Only models of this user or organisation.", autocompletion=complete_author)
    ] = None,
    library: Annotated[
        str | None,
        typer.Option(help="Only models of this library, such as transformers.", autocompletion=complete_library),
    ] = None,
    license_name: Annotated[
        str | None, typer.Option("--license", help="Only models under this licence.", autocompletion=complete_license)
    ] = None,
    relation: Annotated[Relation | None, typer.Option(help="Only derivatives made this way.")] = None,
    status_name: Annotated[StatusName | None, typer.Option("--status", help="Only models of this status.")] = None,
    search: Annotated[str | None, typer.Option(help="Only models whose id contains this text.")] = None,
    undeclared: Annotated[
        bool | None, typer.Option("--undeclared/--declared", help="Only models that declare no parent, or that do.")
    ] = None,
    unscored: Annotated[
        bool | None,
        typer.Option("--unscored/--scored", help="Only models without any score, stored or in their record; or with."),
    ] = None,
    sort: Annotated[Sort, typer.Option(help="What to sort by, largest first.")] = Sort.DOWNLOADS,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List models with their domains and parents.

    A model is listed if the selector names it and it passes every filter.
    """
    from store.queries.models import models_listed

    filters = {"author": author, "library": library, "license": license_name, "search": search}
    with reading(db, is_bounded=not limit) as database:
        asked = models_listed(
            database,
            limit=limit,
            selector=selector,
            sort=sort.value,
            domain=domain,
            basis="own" if own else None,
            confidence=confidence,
            relation=_value(relation),
            status=_value(status_name),
            undeclared=undeclared,
            unscored=unscored,
            **filters,
        )
        with asked as (names, rows):
            is_any = print_rows(names, rows, output, Layout.COLUMNS, ("domains", "relations"))
    if not is_any:
        say(f"no model matches the selector and every filter{_meant(db, selector, author, library, license_name)}")
        raise typer.Exit(1)


def _meant(db: Path, selector: str | None, author: str | None, library: str | None, license_name: str | None) -> str:
    """Return the end of the message that nothing was found: the nearest name, or where to look."""
    from lineage.selectors.records import Method
    from store.queries.suggestions import meant

    with opened(db, "read") as database:
        near = meant(database, selector, {Method.ORG: author, Method.LIBRARY: library, Method.LICENSE: license_name})
    return near or "; `lineage status` counts what there is"


def _value(choice: StrEnum | None) -> str | None:
    return None if choice is None else choice.value
