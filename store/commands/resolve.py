"""`lineage resolve`: compute what follows from the stored records again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from lineage.errors import UsageError
from lineage.vocabulary import Format
from store.commands.opening import changing, chosen_lexicon, lexicon_in_force, now
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LexiconOption
from store.commands.printing import say
from store.commands.status import status

_SHIPPED: Final = "shipped"
_NONE: Final = "none"

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def resolve(
    lexicon: LexiconOption = None,
    curated: Annotated[
        list[str] | None,
        typer.Option(
            help="Which vendor facts to use from now on: a file, shipped or none; repeatable, later ones count"
            " (`lineage docs lineage`). Default: those used last, at first shipped."
        ),
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Recompute parents, families and domains from stored records.

    The rules that infer parents learn anew from all models; a crawl derives
    what changed with what they learned last.

    It then prints what `lineage status` prints.
    """
    from store.derive.curated import keep_files
    from store.refresh import derive

    words = chosen_lexicon(lexicon)
    texts = [_text_of(name) for name in curated or ()]
    with changing(db) as database:
        words = lexicon_in_force(database, words, lexicon)
        if curated:
            keep_files(database, texts)
        say("computing the graph")
        derive(database, words, now())
    status(db=db, output=output)


def _text_of(name: str) -> str | None:
    """Return the text of a file of vendor facts; None stands for the one that ships."""
    from lineage.parents.curated import LARGEST_FILE_BYTES, NO_FACTS

    if name in {_SHIPPED, _NONE}:
        return None if name == _SHIPPED else NO_FACTS
    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the vendor facts {name} cannot be read: {error}") from error
