"""`lineage edge`: correct the graph by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lineage.vocabulary import Format, Relation
from store.commands.opening import changing, chosen_lexicon, lexicon_in_force, now, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LexiconOption
from store.commands.printing import print_done, print_result, put, say
from store.queries.completion import complete_model

if TYPE_CHECKING:
    from pathlib import Path

    from store.ingest.corrections import EdgeCorrection

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Correct the graph by hand; later crawls keep the corrections.",
    epilog=EPILOG,
)
ChildArgument = Annotated[
    str, typer.Argument(help="The derivative's id; a former id works too.", autocompletion=complete_model)
]
ParentArgument = Annotated[
    str,
    typer.Argument(help="The id of its parent; a former id works too.", autocompletion=complete_model),
]
NoteOption = Annotated[str | None, typer.Option(help="The reason, which `lineage show` displays.")]
LaterOption = Annotated[
    bool, typer.Option("--later", help="Store the correction only; the next `lineage resolve` or crawl applies it.")
]


@app.command(epilog=EPILOG)
def add(
    child: ChildArgument,
    parent: ParentArgument,
    relation: Annotated[Relation | None, typer.Option(help="How it was made. Default: from evidence.")] = None,
    note: NoteOption = None,
    lexicon: LexiconOption = None,
    later: LaterOption = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Add an edge, whatever the model's record declares."""
    from store.ingest.corrections import EdgeCorrection

    chosen = None if relation is None else relation.value
    correction = EdgeCorrection(child=child, parent=parent, verdict="add", relation=chosen, note=note)
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
    """Reject an edge, whatever declares or suggests it.

    `lineage show` mentions the rejection.
    """
    from store.ingest.corrections import EdgeCorrection

    _keep(EdgeCorrection(child=child, parent=parent, verdict="reject", note=note), db, output, lexicon, later=later)


@app.command(name="list", epilog=EPILOG)
def list_edges(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """List corrections, latest first."""
    from store.ingest.corrections import list_corrections

    with reading(db) as database:
        result = list_corrections(database)
    print_result(result, output)
    if not result.rows:
        say("there are no corrections yet; `lineage edge add` and `lineage edge reject` make them")
        raise typer.Exit(1)


def _keep(correction: EdgeCorrection, db: Path, output: Format, lexicon: Path | None, *, later: bool) -> None:
    from store.ingest.corrections import correct

    words = None if later else chosen_lexicon(lexicon)
    with changing(db) as database:
        if words is not None:
            words = lexicon_in_force(database, words, lexicon)
        kept = correct(database, correction, words, now())
    facts = {name: getattr(kept, name) for name in ("child", "parent", "verdict", "relation", "note")}
    print_done(output, **facts, is_computed=not later)
    if output is Format.TABLE:
        done = "added: {} was made from {}" if kept.verdict == "add" else "rejected: {} was not made from {}"
        put(f"{done.format(kept.child, kept.parent)}\n")
