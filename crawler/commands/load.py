"""`lineage load`: start from a bulk listing instead of an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.commands.drawing import CrawlDrawing
from lineage.vocabulary import Format
from store.commands.opening import chosen_lexicon, lexicon_in_force, now, opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LexiconOption
from store.commands.printing import print_result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def load(
    file: Annotated[
        Path, typer.Argument(help="The Hub's records as JSON lines (.jsonl, .gz, .xz), or a snapshot's .parquet.")
    ],
    as_of: Annotated[
        str | None, typer.Option(help="When the file was made (YYYY-MM-DD). Default: its newest model.")
    ] = None,
    lexicon: LexiconOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Load a bulk listing of the Hub as a starting point.

    A crawl then requests only what is newer than the listing.
    """
    from store.ingest.bulk_load import load_file, read_as_of

    words = chosen_lexicon(lexicon)
    moment = read_as_of(as_of)
    with opened(db, "write") as database, CrawlDrawing() as drawing:
        words = lexicon_in_force(database, words, lexicon)
        for event in load_file(database, file, words, now(), as_of=moment):
            drawing.draw(event, None)
        result = drawing.end(database)
    print_result(result, output)
