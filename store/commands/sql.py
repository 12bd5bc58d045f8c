"""`lineage sql`: ask the database anything."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lineage.errors import UsageError
from lineage.vocabulary import Format
from store.commands.opening import opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption
from store.commands.printing import print_rows

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT statement; - reads it from stdin.")],
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Query the database in SQL, read-only.

    `lineage docs schema` describes the views.
    """
    text = _stdin() if query == "-" else query
    with opened(db, "read") as database:
        print_rows(*database.query_rows(text), output)


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"stdin is not UTF-8: {error.reason} at byte {error.start}") from error
