"""`lineage snapshot`: freeze a database, and compare two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import DifferenceName, Format
from store.commands.opening import now
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption
from store.commands.printing import print_result, say, warn

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Freeze the database, or compare two databases.",
    epilog=EPILOG,
)
DIFF_EPILOG = "Exit codes: 0 nothing differs, 1 something does, 2 wrong usage, 3 could not finish."


@app.command(epilog=EPILOG)
def create(
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new file. Default: the database's name with the date.")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Check the hash of the snapshot --db instead."),
    ] = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Freeze the database into a dated, read-only copy with a hash.

    Two snapshots of the same content have the same hash, whenever they were made (`lineage docs gates`). No file is
    overwritten, and the copy appears complete or not at all.
    """
    from importlib.metadata import version

    from store.outputs.snapshots import as_result, make_snapshot, verify_snapshot

    if verify:
        facts, found = verify_snapshot(db)
        print_result(as_result(db, facts), output)
        if found != facts.content:
            warn(f"ALTERED: the content has the hash {found}, not the stated one")
            raise typer.Exit(1)
        say("the content matches the stated hash")
        return
    place, facts = make_snapshot(db, out, now(), version("hub-lineage"))
    print_result(as_result(place, facts), output)


@app.command(epilog=DIFF_EPILOG)
def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The older database.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The newer database.")],
    kind: Annotated[
        list[DifferenceName] | None,
        typer.Option(
            "--kind", metavar="KIND", help=f"Only this kind of difference; repeatable: {', '.join(DifferenceName)}."
        ),
    ] = None,
    limit: LimitOption = 50,
    output: FormatOption = Format.TABLE,
) -> None:
    """Compare two databases: models, edges, scores and verdicts.

    It counts and lists what is new, gone or different. Neither database is changed; one of an older version is compared
    as an updated copy.
    """
    from lineage.output.result import Result
    from store.outputs.diff import compare

    found = compare(before, after, kinds=[one.value for one in kind] if kind else None, limit=limit)
    counts = ", ".join(f"{count:,} {name}" for name, count in found.counts.items())
    if output is Format.TABLE and found.total:
        print_result(Result(columns=("kind", "differences"), rows=tuple(found.counts.items())), output)
        print_result(found.rows, output, Layout.COLUMNS, ("model", "what", "before", "after"))
    elif output is not Format.TABLE:
        print_result(found.rows, output)
    say(f"{before} and {after} differ: {counts}" if found.total else f"{before} and {after} do not differ")
    if found.total > len(found.rows.rows):
        say(f"({found.total - len(found.rows.rows):,} more; --limit 0 shows all)")
    if found.total:
        raise typer.Exit(1)
