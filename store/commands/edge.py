"""The commands by which a person corrects the graph."""

# ruff: noqa: FBT002, PLR0913, PLR0917

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lineage.vocabulary import Format, RelationName
from store.commands.completion import complete_model
from store.commands.models import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    LexiconOption,
    changing,
    chosen_lexicon,
    now,
    reading,
    tell_other_words,
)
from store.commands.printing import print_done, print_result, put, say

if TYPE_CHECKING:
    from pathlib import Path

    from store.derive.corrections import Correction

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Correct the graph by hand: add an edge or reject one. Every later crawl keeps to it.",
    epilog=EPILOG,
)
ChildArgument = Annotated[
    str, typer.Argument(help="The derivative's id, or a former one.", autocompletion=complete_model)
]
ParentArgument = Annotated[
    str, typer.Argument(help="The id of the model it was made from, or a former one.", autocompletion=complete_model)
]
NoteOption = Annotated[str | None, typer.Option(help="Why; `lineage show` repeats it.")]
LaterOption = Annotated[
    bool, typer.Option("--later", help="Only keep it; the next `lineage resolve` or crawl computes the graph.")
]


@app.command(epilog=EPILOG)
def add(
    child: ChildArgument,
    parent: ParentArgument,
    relation: Annotated[RelationName | None, typer.Option(help="How it was made. Default: what the signs say.")] = None,
    note: NoteOption = None,
    lexicon: LexiconOption = None,
    later: LaterOption = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say that a model was made from another, whatever its record declares."""
    from store.derive.corrections import Correction

    chosen = None if relation is None else relation.value
    correction = Correction(child=child, parent=parent, verdict="add", relation=chosen, note=note)
    _keep(correction, db, output, lexicon, later=later)


@app.command(epilog=EPILOG)
def reject(
    child: ChildArgument,
    parent: ParentArgument,
    note: NoteOption = None,
    lexicon: LexiconOption = None,
    later: LaterOption = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say that a model was not made from another, whatever declares or suggests it; `show` tells of it."""
    from store.derive.corrections import Correction

    _keep(Correction(child=child, parent=parent, verdict="reject", note=note), db, output, lexicon, later=later)


@app.command(name="list", epilog=EPILOG)
def list_edges(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """List what was corrected, the latest first."""
    from store.derive.corrections import list_corrections

    with reading(db) as database:
        result = list_corrections(database)
    print_result(result, output)
    if not result.rows:
        say("nothing was corrected yet; `lineage edge add` and `lineage edge reject` do")
        raise typer.Exit(1)


def _keep(correction: Correction, db: Path, output: Format, lexicon: Path | None, *, later: bool) -> None:
    from store.derive.corrections import correct

    words = None if later else chosen_lexicon(lexicon)
    with changing(db) as database:
        if words is not None:
            tell_other_words(database, words, lexicon)
        kept = correct(database, correction, words, now())
    facts = {name: getattr(kept, name) for name in ("child", "parent", "verdict", "relation", "note")}
    print_done(output, **facts, is_computed=not later)
    if output is Format.TABLE:
        done = "added: {} was made from {}" if kept.verdict == "add" else "rejected: {} was not made from {}"
        put(f"{done.format(kept.child, kept.parent)}\n")
