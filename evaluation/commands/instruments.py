"""`lineage instruments`: the catalogue of instruments, and what they measured here."""

from __future__ import annotations

from typing import Annotated

import typer

from evaluation.catalogue import chosen_catalogue
from lineage.output.terminal import Layout
from lineage.text.suggest import perhaps
from lineage.vocabulary import Format
from store.commands.opening import opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, InstrumentsOption
from store.commands.printing import print_result, say
from store.queries.completion import complete_construct, complete_instrument

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def instruments(
    name: Annotated[
        str | None,
        typer.Argument(help="Show only this instrument, in full.", autocompletion=complete_instrument),
    ] = None,
    construct: Annotated[
        str | None,
        typer.Option(help="Only instruments of this construct, such as bias.", autocompletion=complete_construct),
    ] = None,
    scored: Annotated[bool, typer.Option("--scored", help="Only instruments with scores in the database.")] = False,
    declared: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List instruments: construct, direction, items, models scored.

    The counts are by domain. A file for --instruments can declare more instruments.
    """
    from lineage.output.result import Result
    from lineage.vocabulary import Construct
    from store.scores.queries import list_instruments

    catalogue = chosen_catalogue(declared)
    if db.exists():
        with opened(db, "read") as database:
            result = list_instruments(database, catalogue)
    else:
        result = list_instruments(None, catalogue)
    rows = tuple(
        row
        for row in result.rows
        if (name is None or row[0] == name) and (construct is None or row[1] == construct) and (not scored or row[3])
    )
    layout = Layout.COLUMNS if name is None else Layout.RECORDS
    print_result(Result(columns=result.columns, rows=rows), output, layout, ("construct", "direction"))
    if not rows:
        near = perhaps(name, (one.name for one in catalogue)) or perhaps(construct, Construct)
        say(f"no instrument matches{near}; you can declare your own in a file for --instruments")
        raise typer.Exit(1)
