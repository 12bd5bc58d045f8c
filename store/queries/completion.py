"""Command-line completion: ids, selectors, users, licences, numbers and instruments.

Errors are never reported here: if the database is missing or held by another process, fewer words are offered. A shell
inserts the words it is offered, and zsh evaluates them, so only names of plain characters are offered.

Every command imports this module for its options, so it imports what completes a word only when it is asked.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from store.database import Database

MOST: Final = 60
LONGEST: Final = 200
_IDS: Final = "completion/ids"
DOMAINS: Final = "domains/names"


class Context(Protocol):
    """What typer knows about the preceding words: the parameters parsed so far, by name."""

    @property
    def params(self) -> Mapping[str, object]:
        """The values by name."""


def complete_selector(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the last term of a selector."""
    from lineage.selectors.parser import CLOSED
    from lineage.selectors.records import Method
    from store.queries.unfinished_term import STATEMENTS, closed_words, unfinished_term

    term = unfinished_term(incomplete)
    if term is None:
        return []
    if term.method is None:
        words = [*(word for word in closed_words() if word.startswith(term.value)), *complete_model(ctx, term.value)]
    elif term.method in CLOSED:
        words = [word for word in CLOSED[term.method] if word.startswith(term.value)]
    elif term.method is Method.DOMAIN:
        words = complete_domain(ctx, term.value)
    else:
        words = _named(ctx, STATEMENTS[term.method], term.value) if term.method in STATEMENTS else []
    return [f"{term.front}{word}" for word in words]


def complete_model(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of a model's id."""
    from store.derive.kept_ids import kept_ids  # where DuckDB is not needed, it is not loaded

    ids = kept_ids(_path(ctx))
    if ids is None:
        return _named(ctx, _IDS, incomplete)
    return _branches(lambda length: ids.beginnings(incomplete, length, MOST + 1), len(incomplete))


def complete_domain(ctx: Context, incomplete: str) -> list[str]:
    """Return the domains with this prefix: those of the database, or the default ones if it has none yet."""
    if found := _named(ctx, DOMAINS, incomplete):
        return found
    if _named(ctx, DOMAINS, ""):
        return []
    from lineage.domains.lexicon_file import default_lexicon

    return [name for name in default_lexicon().names if name.startswith(incomplete)]


def complete_author(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the name of a user or an organisation."""
    return _named(ctx, "completion/org", incomplete)


def complete_library(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the name of a library."""
    return _named(ctx, "completion/library", incomplete)


def complete_license(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the name of a licence."""
    return _named(ctx, "completion/license", incomplete)


def complete_job(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the number of a job."""
    return _named(ctx, "completion/job", incomplete)


def complete_crawl(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the number of a crawl."""
    return _named(ctx, "completion/crawl", incomplete)


def complete_instrument(incomplete: str) -> list[str]:
    """Return completions of the name of an instrument."""
    from lineage.scores.instrument_file import default_catalogue

    return _beginning(incomplete, (one.name for one in default_catalogue()))


def complete_construct(incomplete: str) -> list[str]:
    """Return completions of a construct."""
    from lineage.vocabulary import Construct

    return _beginning(incomplete, Construct)


def complete_export_format(incomplete: str) -> list[str]:
    """Return completions of an export format."""
    from lineage.exports.formats import FORMATS

    return _beginning(incomplete, (one.name for one in FORMATS))


def _beginning(front: str, names: Iterable[str]) -> list[str]:
    return sorted(str(name) for name in names if name.startswith(front))


def _named(ctx: Context, statement: str, front: str) -> list[str]:
    """Return names with a given prefix, or shared prefixes of many; nothing if the database cannot be read."""
    from store.connect import open_database

    with suppress(LineageError, OSError):
        database = open_database(_path(ctx), "read")
        try:
            return _branches(lambda length: _ask(database, statement, front, length), len(front))
        finally:
            database.close()
    return []


def _path(ctx: Context) -> Path:
    return Path(str(ctx.params.get("db") or "lineage.duckdb"))


def _ask(database: Database, statement: str, front: str, length: int) -> list[str]:
    found = database.run(statement, front=front, length=length, most=MOST + 1)
    return [str(value) for (value,) in found.rows]


def _branches(ask: Callable[[int], list[str]], typed: int) -> list[str]:
    """Return what `ask` finds if that is short enough, else the longest prefixes that are few enough.

    A shell inserts the common prefix of the words it is offered, so an arbitrary part of the names would insert too
    much.
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
