"""`lineage show`: everything known about one model."""

from __future__ import annotations

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.opening import reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, ModelArgument
from store.commands.printing import print_result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def show(
    model: ModelArgument,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show everything known about one model.

    Its record, its parents with their evidence, its domains, problems and history; of a file with scores of its own,
    such as org/name:Q2_K, these scores and how far they moved.
    """
    from store.queries.models import show_model

    with reading(db, is_short=True) as database:
        result = show_model(database, model)
    print_result(result, output, Layout.SECTIONS)
