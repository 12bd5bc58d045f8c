"""How commands open the database and the lexicon, and what they say when nothing was found."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import typer

from lineage.errors import UsageError
from lineage.text.plain import plain
from store.commands.printing import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.domains.lexicon import Lexicon
    from lineage.output.result import Result
    from store.connect import Mode
    from store.database import Database

LONGEST_SELECTOR: Final = 200


@contextmanager
def opened(path: Path, mode: Mode, *, is_bounded: bool = False, is_short: bool = False) -> Iterator[Database]:
    """Open a database while the block runs; raises what `open_database` raises.

    After a successful write, the files of its graph are cached, so that the next command need not build them.
    """
    from store.connect import open_database

    database = open_database(path, mode, is_bounded=is_bounded, is_short=is_short)
    try:
        yield database
        if mode == "write":
            from store.derive.graph_cache import keep_files

            keep_files(database)
    finally:
        database.close()


@contextmanager
def changing(path: Path) -> Iterator[Database]:
    """Open an existing database for writing; raises NoDatabase if there is none."""
    from store.connect import check_there

    check_there(path)
    with opened(path, "write") as database:
        yield database


@contextmanager
def reading(path: Path, *, is_bounded: bool = False, is_short: bool = False) -> Iterator[Database]:
    """Open a database for reading, and print a note if its parents and domains are older than its records."""
    with opened(path, "read", is_bounded=is_bounded, is_short=is_short) as database:
        if database.value("refresh/freshness") is None and database.value("models/count_models"):
            say("note: some records are newer than the computed parents and domains; run `lineage resolve`")
        yield database


def chosen_lexicon(path: Path | None) -> Lexicon:
    """Return the default lexicon, extended by a file if one is given; raises UsageError or LexiconError."""
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
    """Return the current time in UTC."""
    return datetime.now(UTC)


def lexicon_in_force(database: Database, words: Lexicon, lexicon: Path | None) -> Lexicon:
    """Return `words` if a lexicon file was named for them, otherwise those that the database keeps from the last time.

    Prints a note if the lexicon that ships has changed since the domains were computed.
    """
    from store.derive.domains import kept_lexicon
    from store.refresh import is_judged_otherwise

    if lexicon is not None:
        return words
    kept = kept_lexicon(database)
    if is_judged_otherwise(database, kept):
        say("note: the lexicon has changed since the domains were computed; they are computed with it now")
    return kept


def note_unselected(db: Path, selector: str | None) -> None:
    """Print a note if a selector matches no model, with the nearest name; None selects every model."""
    from store.queries.select import select_scores
    from store.queries.suggestions import meant

    if selector is None:
        return
    with opened(db, "read") as database:
        if not len(select_scores(database, selector).numbers):
            say(f"no model matches {plain(selector, LONGEST_SELECTOR)}{meant(database, selector, {})}")


def end_listing(result: Result, nothing: str, db: Path, selector: str | None) -> None:
    """Say why a listing is empty and end with exit code 1, or do nothing if it has rows."""
    if not result.rows:
        say(nothing)
        note_unselected(db, selector)
        raise typer.Exit(1)
