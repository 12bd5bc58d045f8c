"""The commands that read the database, and what every command needs: its options and its lexicon."""

# ruff: noqa: FBT002, PLR0913, PLR0917

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.text.plain import plain
from lineage.vocabulary import DomainName, Format, RelationName, Sort, StatusName
from store.commands.completion import (
    complete_author,
    complete_library,
    complete_license,
    complete_model,
    complete_selector,
)
from store.commands.printing import columns, print_result, put, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

    from lineage.domains.lexicon import Lexicon
    from store.connect import Mode
    from store.database import Database

EPILOG: Final = "Exit codes: 0 done, 1 the answer is no or nothing was found, 2 wrong usage, 3 could not finish."
LONGEST_SELECTOR: Final = 200
DEFAULT_DB: Final = Path("lineage.duckdb")
STDOUT: Final = Path("-")
DbOption = Annotated[Path, typer.Option("--db", envvar="LINEAGE_DB", help="The database file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the answer.")]
SelectorArgument = Annotated[
    str | None,
    typer.Argument(
        help="Which models, such as domain:medical or org/name+ (docs/selectors.md).", autocompletion=complete_selector
    ),
]
ModelArgument = Annotated[str, typer.Argument(help="A model's id, or a former one.", autocompletion=complete_model)]
LimitOption = Annotated[int, typer.Option(min=0, help="How many at most; 0 for all.")]
LexiconOption = Annotated[
    Path | None,
    typer.Option("--lexicon", help="A file that adds to the words that make a domain (docs/domains.md)."),
]

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=EPILOG)
def resolve(lexicon: LexiconOption = None, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Compute parents, families and domains anew from the stored records, and say what came out as `status` does."""
    from store.derive.pipeline import derive

    words = chosen_lexicon(lexicon)
    with changing(db) as database:
        tell_other_words(database, words, lexicon)
        say("resolving the graph")
        derive(database, words, now())
    status(db=db, output=output)


@app.command(epilog=EPILOG)
def status(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Say what the database holds: how many models, how fresh, by domain, relation and status, and the last crawls."""
    from store.queries.models import read_status

    with opened(db, "read") as database:
        result = read_status(database)
    print_result(result, output, Layout.SECTIONS)


@app.command(epilog=EPILOG)
def models(
    selector: SelectorArgument = None,
    domain: Annotated[DomainName | None, typer.Option(help="Only models of this domain.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Only models that show the domain by their own signs.")] = False,
    confidence: Annotated[float | None, typer.Option(help="Only models at least this surely of the domain.")] = None,
    author: Annotated[
        str | None, typer.Option(help="Only models of this user or organisation.", autocompletion=complete_author)
    ] = None,
    library: Annotated[
        str | None,
        typer.Option(help="Only models of this library, such as transformers.", autocompletion=complete_library),
    ] = None,
    license_name: Annotated[
        str | None, typer.Option("--license", help="Only models under this licence.", autocompletion=complete_license)
    ] = None,
    relation: Annotated[RelationName | None, typer.Option(help="Only derivatives made this way.")] = None,
    status_name: Annotated[StatusName | None, typer.Option("--status", help="Only models of this status.")] = None,
    search: Annotated[str | None, typer.Option(help="Only models whose id contains this.")] = None,
    undeclared: Annotated[
        bool | None, typer.Option("--undeclared/--declared", help="Only models that declare no parent, or one.")
    ] = None,
    unscored: Annotated[
        bool | None,
        typer.Option(
            "--unscored/--scored", help="Only models without, or with, a score here or a result in their record."
        ),
    ] = None,
    sort: Annotated[Sort, typer.Option(help="What to order by, the greatest first.")] = Sort.DOWNLOADS,
    limit: LimitOption = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List models, with their domains and parents: those that a selector names and that pass every filter."""
    from store.queries.models import list_models

    with reading(db) as database:
        result = list_models(
            database,
            limit=limit,
            selector=selector,
            sort=sort.value,
            domain=_value(domain),
            basis="own" if own else None,
            confidence=confidence,
            author=author,
            library=library,
            license=license_name,
            relation=_value(relation),
            status=_value(status_name),
            search=search,
            undeclared=undeclared,
            unscored=unscored,
        )
    print_result(result, output, Layout.COLUMNS, ("domains", "relations"))
    if not result.rows:
        say(f"no model passes, selected and filtered like that{_meant(db, selector, author, library, license_name)}")
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def show(
    model: ModelArgument,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show everything that is known of one model: record, parents with their evidence, domains, problems, history."""
    from store.queries.models import show_model

    with reading(db) as database:
        result = show_model(database, model)
    print_result(result, output, Layout.SECTIONS)


@app.command(epilog=EPILOG)
def tree(
    model: ModelArgument,
    depth: Annotated[int, typer.Option(min=1, help="How many generations.")] = 12,
    up: Annotated[
        bool, typer.Option("--up", help="Show where the model comes from instead of what was made of it.")
    ] = False,
    every: Annotated[bool, typer.Option("--full", help="Fold nothing.")] = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Draw a model's family as a tree, with how each derivative was made."""
    from store.queries.trees import draw_tree, list_tree

    with reading(db) as database:
        if output is not Format.TABLE:
            print_result(list_tree(database, model, depth=depth, is_up=up), output)
            return
        is_ascii = "utf" not in (sys.stdout.encoding or "").lower()
        text = draw_tree(database, model, depth=depth, is_up=up, is_full=every, columns=columns(), is_ascii=is_ascii)
    put(text)


@app.command(epilog=EPILOG)
def sql(
    query: Annotated[str, typer.Argument(help="One statement that reads; - takes it from stdin.")],
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Ask the database in SQL. It only reads; the views are described in docs/schema.md."""
    text = _stdin() if query == "-" else query
    with opened(db, "read") as database:
        found = database.query(text)
    print_result(found, output)


@contextmanager
def opened(path: Path, mode: Mode) -> Iterator[Database]:
    """Open a database while the block runs; raises what `open_database` raises.

    What was written well is left with the files of its graph, so that the next command need not make them.
    """
    from store.connect import open_database

    database = open_database(path, mode)
    try:
        yield database
        if mode == "write":
            from store.derive.graph_cache import keep_files

            keep_files(database)
    finally:
        database.close()


@contextmanager
def changing(path: Path) -> Iterator[Database]:
    """Open a database to be written that is there already: where there is none, none is made, but NoDatabase raised."""
    from store.connect import check_there

    check_there(path)
    with opened(path, "write") as database:
        yield database


@contextmanager
def reading(path: Path) -> Iterator[Database]:
    """Open a database to be read, and say so where what is derived does not follow from its records."""
    with opened(path, "read") as database:
        if database.value("derive/freshness") is None and database.value("read/count_models"):
            say("note: records came after parents and domains were computed; `lineage resolve` does it now")
        yield database


def chosen_lexicon(path: Path | None) -> Lexicon:
    """Return the default lexicon with what a file adds to it; raises UsageError or LexiconError."""
    from lineage.domains.lexicon import merge
    from lineage.domains.lexicon_file import LARGEST_FILE_BYTES, default_lexicon, read_lexicon

    if path is None:
        return default_lexicon()
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the lexicon {path} cannot be read: {error}") from error
    return merge(default_lexicon(), read_lexicon(text, str(path)))


def now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


def tell_other_words(database: Database, words: Lexicon, lexicon: Path | None) -> None:
    """Say on stderr that domains are judged by other words than the last time, where no `lexicon` is named for it."""
    from store.derive.pipeline import is_judged_otherwise

    if lexicon is None and is_judged_otherwise(database, words):
        say("note: domains were judged by other words until now; `lineage resolve --lexicon FILE` takes yours")


def tell_unselected(db: Path, selector: str | None) -> None:
    """Say on stderr where a selector names no model at all, with what was perhaps meant; None names every model."""
    from store.queries.select import select
    from store.queries.suggestions import meant

    if selector is None:
        return
    with opened(db, "read") as database:
        if not len(select(database, selector)):
            say(f"no model is selected by {plain(selector, LONGEST_SELECTOR)}{meant(database, selector, {})}")


def _meant(db: Path, selector: str | None, author: str | None, library: str | None, license_name: str | None) -> str:
    """Return how a sentence on nothing found goes on: with the name that was perhaps meant, or where to look."""
    from lineage.selectors.records import Method
    from store.queries.suggestions import meant

    with opened(db, "read") as database:
        near = meant(database, selector, {Method.ORG: author, Method.LIBRARY: library, Method.LICENSE: license_name})
    return near or "; `lineage status` counts what there is"


def _value(choice: StrEnum | None) -> str | None:
    return None if choice is None else choice.value


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"stdin is not UTF-8: {error.reason} at byte {error.start}") from error
