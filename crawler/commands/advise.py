"""`lineage advise`: advisories on models and on what was made from them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.text.plain import plain
from lineage.text.suggest import perhaps
from lineage.vocabulary import AdvisoryState, Format
from store.commands.opening import changing, now, opened, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption
from store.commands.printing import print_done, print_result, put, put_parts, say
from store.queries.completion import complete_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lineage.output.result import Result
    from store.queries.advised_models import DeployedModel

MODELS: Final = "models"
NAMED: Final = 10
"""How many unknown models a note names; the answer has all."""
LARGEST_LIST: Final = 64 << 20
_HELP: Final = frozenset({"-h", "--help"})
_COMMIT: Final = re.compile(r"[0-9a-fA-F]{7,64}")
MODELS_EPILOG: Final = "Exit codes: 0 nothing was found, 1 an advisory was found, 2 wrong usage, 3 could not finish."


class _ModelsFirst(TyperGroup):
    """A group in which `lineage advise MODEL` is short for `lineage advise models MODEL`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer keeps the class of its contexts private
        """Put the name of the command before models and options that stand without one.

        A word like the name of a command is one that is misspelt, and no model.
        """
        word = args[0] if args else ""
        is_short = word not in ("", *self.commands, *_HELP) and ("/" in word or not perhaps(word, self.commands))
        return super().parse_args(ctx, [MODELS, *args] if is_short else args)


app = typer.Typer(
    cls=_ModelsFirst,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Find models with advisories, inherited from their ancestors.",
    epilog=EPILOG,
)


@app.command(name=MODELS, epilog=MODELS_EPILOG)
def find(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="MODEL...", help="Ids of models, or ID@COMMIT.", autocompletion=complete_model),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file with more of them, one a line; # begins a comment.")
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Find the advisories on models and on their ancestors.

    `lineage advise MODEL` is short for it. An advisory holds for derivatives over declared edges; over an inferred one,
    or where it names commits, it is possible (`lineage docs advisories`). Withdrawn ones are shown, and do not count.
    """
    from store.queries.advised_models import advised

    asked = _asked([*(models or ()), *_lines(file)])
    with reading(db, is_short=True) as database:
        result = advised(database, asked)
    print_result(_for_people(result) if output is Format.TABLE else result, output, Layout.COLUMNS, ("state", "path"))
    if _conclude(result, len(asked)):
        raise typer.Exit(1)


@app.command(name="import", epilog=EPILOG)
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON files: a record of OSV, or a list.")],
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Import advisories in the shape of OSV.

    All files are imported or none. A record that was modified later replaces the one with its id; records that name no
    model of the Hub are left out.
    """
    from store.ingest.advisories import keep_advisories

    found = [one for file in files for one in _read(file)]
    with opened(db, "write") as database:
        kept = keep_advisories(database, found, now())
    print_done(output, new=kept.new, replaced=kept.replaced, known=kept.known, left_out=kept.left_out)
    if output is Format.TABLE:
        put(f"{kept.new:,} new, {kept.replaced:,} replaced, {kept.known:,} known, {kept.left_out:,} about no model\n")


@app.command(name="list", epilog=EPILOG)
def list_(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """List the advisories, latest change first."""
    from store.ingest.advisories import list_advisories

    with reading(db) as database:
        result = list_advisories(database)
    print_result(result, output, Layout.COLUMNS, ("models", "withdrawn_at"))
    if not result.rows:
        say("there are no advisories yet; `lineage advise import` and `lineage advise add` make them")
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def add(
    model: Annotated[str, typer.Argument(help="The model's id.", autocompletion=complete_model)],
    summary: Annotated[str, typer.Option(help="What is wrong, in a line.")],
    details: Annotated[str | None, typer.Option(help="What is wrong, at length.")] = None,
    reference: Annotated[list[str] | None, typer.Option(metavar="URL", help="Where it is told; repeatable.")] = None,
    revision: Annotated[
        list[str] | None, typer.Option(metavar="COMMIT", help="Only this commit; repeatable. Default: every commit.")
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make an advisory of your own on a model.

    It need not be in the database. `lineage advise export` writes the record, to be handed on or changed: with a later
    `modified`, an import replaces it.
    """
    from lineage.advisories.advisory import own_advisory
    from store.ingest.advisories import keep_advisories

    made = own_advisory(
        model, now(), summary=summary, details=details, commits=revision or (), references=reference or ()
    )
    with changing(db) as database:
        keep_advisories(database, [made], now())
    print_done(output, advisory=made.id, model=made.models[0].id, commits=made.models[0].commits, summary=made.summary)
    if output is Format.TABLE:
        put(f"added: {made.id} on {made.models[0].id}\n")


@app.command(epilog=EPILOG)
def export(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids of advisories. Default: all.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file instead of stdout, complete or not at all."),
    ] = None,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Write advisories as JSON of OSV, as they were read.

    One that is named is written as a record, several as a list.
    """
    from store.ingest.advisories import exported
    from store.outputs.atomic_write import OutputTarget, put_text

    with opened(db, "read") as database:
        text = exported(database, ids or ())
    if out is None:
        put_parts([text])
    else:
        put_text([text], OutputTarget(path=out, overwrites=True))


def _read(file: Path) -> Iterable[Any]:
    from lineage.advisories.advisory import read_advisories
    from lineage.advisories.osv_json import LARGEST_FILE

    return read_advisories(_start_of(file, LARGEST_FILE + 1), str(file))


def _start_of(file: Path, size: int) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(size)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _lines(file: Path | None) -> Iterator[str]:
    if file is None:
        return
    text = _start_of(file, LARGEST_LIST + 1)
    if len(text) > LARGEST_LIST:
        raise UsageError(f"{file} is larger than {LARGEST_LIST >> 20} MiB")
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text") from error
    yield from (word for line in lines if (word := line.partition("#")[0].strip()))


def _asked(words: Sequence[str]) -> list[DeployedModel]:
    """Return each model once; raises UsageError if there is none, or something else than a commit behind an @."""
    from store.queries.advised_models import DeployedModel

    found = []
    for word in dict.fromkeys(words):
        model, at, commit = word.partition("@")
        if at and not _COMMIT.fullmatch(commit):
            raise UsageError(f"{plain(word)}: behind the @ stands a commit, of 7 to 64 hexadecimal digits")
        found.append(DeployedModel(id=model, commit=commit.lower() or None))
    if not found:
        raise UsageError("name models, or a file of them with --file")
    return found


def _for_people(result: Result) -> Result:
    """Return the rows with one column for a path, from the ancestor down."""
    from lineage.output.result import Result

    names = ("asked", "advisory", "state", "why", "path", "summary", "withdrawn_at")
    rows = []
    for row in result.records():
        path, relations = row["path"], row["relations"]
        if isinstance(path, list) and isinstance(relations, list):
            steps = [_step(str(relation), str(above)) for above, relation in zip(path[1:], relations, strict=False)]
            row["path"] = "; ".join([*path[:1], *steps]) if steps else "itself" if path else None
        rows.append(tuple(row[name] for name in names))
    return Result(columns=names, rows=tuple(rows))


def _step(relation: str, above: str) -> str:
    kind, _, inferred = relation.partition(", ")
    return f"{kind} of {above}" + (f" ({inferred})" if inferred else "")


def _conclude(result: Result, asked: int) -> bool:
    """Say on stderr what was found, and return whether that is an advisory that stands."""
    rows = result.records()
    unknown = [str(row["asked"]) for row in rows if row["state"] == AdvisoryState.UNKNOWN]
    if unknown:
        named = f"{plain(', '.join(unknown[:NAMED]), None)}{', ...' if len(unknown) > NAMED else ''}"
        count = f"{len(unknown):,} of {asked:,} models"
        say(f"{count} are not in the database, and what they were made from is unknown: {named}")
    counting = (AdvisoryState.AFFECTED, AdvisoryState.POSSIBLE)
    found = {str(row["asked"]) for row in rows if row["state"] in counting}
    say(f"{len(found):,} of {asked:,} models have an advisory, of their own or of an ancestor")
    return bool(found)
