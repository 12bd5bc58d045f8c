"""`lineage resolve`: compute what follows from the stored records again."""

from __future__ import annotations

import typer

from lineage.vocabulary import Format
from store.commands.opening import changing, chosen_lexicon, lexicon_in_force, now
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LexiconOption
from store.commands.printing import say
from store.commands.status import status

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def resolve(lexicon: LexiconOption = None, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Recompute parents, families and domains from stored records.

    It then prints what `lineage status` prints.
    """
    from store.refresh import derive

    words = chosen_lexicon(lexicon)
    with changing(db) as database:
        words = lexicon_in_force(database, words, lexicon)
        say("computing the graph")
        derive(database, words, now())
    status(db=db, output=output)
