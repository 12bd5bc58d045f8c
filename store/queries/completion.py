"""Command-line completion: ids, selectors, users, licences, numbers and instruments.

Errors are never reported here: if the database is missing or held by another process, fewer words are offered. A shell
inserts the words it is offered, and zsh evaluates them, so only names of plain characters are offered.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from lineage.errors import LineageError
from lineage.selectors.parser import CLOSED
from lineage.selectors.records import EVERYTHING_WORDS, OTHER_SPELLINGS, Mark, Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from store.database import Database

MOST: Final = 60
LONGEST: Final = 200
_IDS: Final = "completion/ids"
_TERM: Final = re.compile(r"(?s)(.*[\s,])?((?:[0-9]*\+)?)([^\s,+\"']*)")
STATEMENTS: Final = {  # of the methods whose values come from the database
    Method.ORG: "completion/org",
    Method.LICENSE: "completion/license",
    Method.LIBRARY: "completion/library",
    Method.DATASET: "completion/dataset",
    Method.DOMAIN: "domains/names",
}


class Context(Protocol):
    """What typer knows about the preceding words: the parameters parsed so far, by name."""

    @property
    def params(self) -> Mapping[str, object]:
        """The values by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedTerm:
    """The last, unfinished term of a selector: the text before it, its method if it has one, and its value."""

    front: str
    method: Method | None
    value: str


def complete_selector(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the last term of a selector."""
    term = unfinished_term(incomplete)
    if term is None:
        return []
    if term.method is None:
        words = [*(word for word in closed_words() if word.startswith(term.value)), *_named(ctx, _IDS, term.value)]
    elif term.method in CLOSED:
        words = [word for word in CLOSED[term.method] if word.startswith(term.value)]
    elif term.method is Method.DOMAIN:
        words = complete_domain(ctx, term.value)
    else:
        words = _named(ctx, STATEMENTS[term.method], term.value) if term.method in STATEMENTS else []
    return [f"{term.front}{word}" for word in words]


def unfinished_term(text: str) -> UnfinishedTerm | None:
    """Return the last term of a selector that is being typed; None if nothing can complete it."""
    found = _TERM.fullmatch(text)
    if found is None:
        return None
    name, colon, value = found[3].partition(":")
    front = (found[1] or "") + found[2]
    if not colon:
        return UnfinishedTerm(front=front, method=None, value=name)
    method = OTHER_SPELLINGS.get(name) or (Method(name) if name in frozenset(Method) else None)
    return None if method is None else UnfinishedTerm(front=f"{front}{name}:", method=method, value=value)


def closed_words() -> tuple[str, ...]:
    """Return the terms of selectors that need no database: marks, everything, methods with fixed values."""
    having = (f"{method}:{value}" for method, values in CLOSED.items() for value in values)
    return (*EVERYTHING_WORDS[1:], *Mark, *having)


def complete_model(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of a model's id."""
    return _named(ctx, _IDS, incomplete)


def complete_domain(ctx: Context, incomplete: str) -> list[str]:
    """Return the domains with this prefix: those of the database, or the default ones if it has none yet."""
    if found := _named(ctx, STATEMENTS[Method.DOMAIN], incomplete):
        return found
    if _named(ctx, STATEMENTS[Method.DOMAIN], ""):
        return []
    from lineage.domains.lexicon_file import default_lexicon

    return [name for name in default_lexicon().names if name.startswith(incomplete)]


def complete_author(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the name of a user or an organisation."""
    return _named(ctx, STATEMENTS[Method.ORG], incomplete)


def complete_library(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the name of a library."""
    return _named(ctx, STATEMENTS[Method.LIBRARY], incomplete)


def complete_license(ctx: Context, incomplete: str) -> list[str]:
    """Return completions of the name of a licence."""
    return _named(ctx, STATEMENTS[Method.LICENSE], incomplete)


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
