"""`lineage research judges`: judged rates with their judge's error, judges of the same replies beside each other."""

from __future__ import annotations

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.opening import end_listing, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, SelectorArgument
from store.commands.printing import print_result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def judges(selector: SelectorArgument = None, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """List judged rates beside the true ones that they suggest.

    Judges of the same replies stand next to each other. `judged` is what the judge counted, with the interval of
    sampling items alone. `rate` takes out the judge's error on labelled replies (`lineage research calibrate`), and its
    interval contains that error's uncertainty. It is empty where the error is unknown or the judge is not shown to tell
    replies apart; `why` says which.
    """
    from store.scores.judged_rates import list_judged_rates

    with reading(db) as database:
        result = list_judged_rates(database, selector)
    print_result(result, output, Layout.RECORDS)
    end_listing(result, "no model has a judged rate", db, selector)
