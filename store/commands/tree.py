"""`lineage tree`: draw a model's family."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lineage.output.colour import paint_relations
from lineage.vocabulary import Format
from store.commands.opening import reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, ModelArgument
from store.commands.printing import columns, print_result, put_painted

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def tree(
    model: ModelArgument,
    depth: Annotated[int, typer.Option(min=1, help="Show at most this many generations.")] = 12,
    up: Annotated[bool, typer.Option("--up", help="Show the model's ancestors instead of its descendants.")] = False,
    every: Annotated[bool, typer.Option("--full", help="Show every model; fold nothing.")] = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Draw a model's family as a tree, with each relation."""
    from store.queries.trees import draw_tree, list_tree

    with reading(db, is_short=True) as database:
        if output is not Format.TABLE:
            print_result(list_tree(database, model, depth=depth, is_up=up), output)
            return
        is_ascii = "utf" not in (sys.stdout.encoding or "").lower()
        text = draw_tree(database, model, depth=depth, is_up=up, is_full=every, columns=columns(), is_ascii=is_ascii)
    put_painted(text, paint_relations)
