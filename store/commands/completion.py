"""What completes words of the command line from the database: ids, selectors, users, licences, numbers, instruments.

Nothing is ever said of what goes wrong here: where the database is missing or held by another, less is offered.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from lineage.errors import LineageError
from lineage.output.shell_completion import HEAD, begun, closed_words
from lineage.selectors.parser import CLOSED
from lineage.selectors.records import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from store.database import Database

MOST: Final = 60
LONGEST: Final = 200
_IDS: Final = "complete/ids"
STATEMENTS: Final = {  # of the methods whose values the database knows
    Method.ORG: "complete/org",
    Method.LICENSE: "complete/license",
    Method.LIBRARY: "complete/library",
    Method.DATASET: "complete/dataset",
}


class Context(Protocol):
    """What typer tells of the words before: the parameters that are read already, by name."""

    @property
    def params(self) -> Mapping[str, object]:
        """The values."""


def complete_selector(ctx: Context, incomplete: str) -> list[str]:
    """Return how the last term of a selector may go on."""
    head = os.environ.get(HEAD, "")
    term = begun(head + incomplete)
    if term is None:
        return []
    if term.method is None:
        words = [*(word for word in closed_words() if word.startswith(term.value)), *_named(ctx, _IDS, term.value)]
    elif term.method in CLOSED:
        words = [word for word in CLOSED[term.method] if word.startswith(term.value)]
    else:
        words = _named(ctx, STATEMENTS[term.method], term.value) if term.method in STATEMENTS else []
    return [f"{term.front}{word}".removeprefix(head) for word in words]


def complete_model(ctx: Context, incomplete: str) -> list[str]:
    """Return how a model's id may go on."""
    return _named(ctx, _IDS, incomplete)


def complete_author(ctx: Context, incomplete: str) -> list[str]:
    """Return how the name of a user or an organisation may go on."""
    return _named(ctx, STATEMENTS[Method.ORG], incomplete)


def complete_library(ctx: Context, incomplete: str) -> list[str]:
    """Return how the name of a library may go on."""
    return _named(ctx, STATEMENTS[Method.LIBRARY], incomplete)


def complete_license(ctx: Context, incomplete: str) -> list[str]:
    """Return how the name of a licence may go on."""
    return _named(ctx, STATEMENTS[Method.LICENSE], incomplete)


def complete_job(ctx: Context, incomplete: str) -> list[str]:
    """Return the numbers of jobs that begin so."""
    return _named(ctx, "complete/job", incomplete)


def complete_crawl(ctx: Context, incomplete: str) -> list[str]:
    """Return the numbers of crawls that begin so."""
    return _named(ctx, "complete/crawl", incomplete)


def complete_instrument(incomplete: str) -> list[str]:
    """Return the instruments of the catalogue that begin so."""
    from lineage.scores.instrument_file import default_catalogue

    return _beginning(incomplete, (one.name for one in default_catalogue()))


def complete_construct(incomplete: str) -> list[str]:
    """Return the constructs of instruments that begin so."""
    from lineage.scores.instruments import Construct

    return _beginning(incomplete, Construct)


def complete_export_format(incomplete: str) -> list[str]:
    """Return the formats of exports that begin so."""
    from lineage.exports.formats import FORMATS

    return _beginning(incomplete, (one.name for one in FORMATS))


def _beginning(front: str, names: Iterable[str]) -> list[str]:
    return sorted(str(name) for name in names if name.startswith(front))


def _named(ctx: Context, statement: str, front: str) -> list[str]:
    """Return names of a kind that begin with a text, or what so many begin with; nothing where nothing can be read."""
    from store.connect import open_database

    path = ctx.params.get("db")
    with suppress(LineageError, OSError):
        database = open_database(Path(str(path or "lineage.duckdb")), "read")
        try:
            return _branches(lambda length: _ask(database, statement, front, length), len(front))
        finally:
            database.close()
    return []


def _ask(database: Database, statement: str, front: str, length: int) -> list[str]:
    found = database.run(statement, front=front, length=length, most=MOST + 1)
    return [str(value) for (value,) in found.rows]


def _branches(ask: Callable[[int], list[str]], typed: int) -> list[str]:
    """Return all that `ask` finds where that is not too much, else the longest beginnings that are few enough.

    A shell inserts what all that it is offered have in common: a mere part of the names would lead it astray.
    """
    found = ask(LONGEST)
    if len(found) <= MOST:
        return found
    low, high = typed + 1, LONGEST
    while low < high:
        middle = (low + high + 1) // 2
        if len(ask(middle)) <= MOST:
            low = middle
        else:
            high = middle - 1
    return ask(low)
