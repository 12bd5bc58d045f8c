"""Suggestions when nothing is found: corrections for unknown values of selectors and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.selectors.parser import parse
from lineage.selectors.records import Having, Method
from lineage.text.suggest import nearest
from store.queries.completion import LONGEST
from store.queries.unfinished_term import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from store.database import Database

MOST: Final = 20_000
"""How many names with the same first letter are compared at most, so that an error appears quickly."""


def meant(database: Database, selector: str | None, filters: Mapping[Method, str | None]) -> str:
    """Return a sentence that suggests a correction of the first value that no model has; empty if none is close.

    Only values with the same first letter are compared.
    """
    for method, value in _asked(selector, filters):
        known = {
            str(name) for front in {value[:1].lower(), value[:1].upper()} for (name,) in _names(database, method, front)
        }
        if value.lower() not in {name.lower() for name in known} and (near := nearest(value, known)):
            return f"; no model has {method}:{value} (did you mean {method}:{near}?)"
    return ""


def _asked(selector: str | None, filters: Mapping[Method, str | None]) -> Iterator[tuple[Method, str]]:
    for group in parse(selector).groups if selector else ():
        for term in group.terms:
            if isinstance(term.atom, Having) and term.atom.method in STATEMENTS:
                yield term.atom.method, term.atom.value
    yield from ((method, value) for method, value in filters.items() if value)


def _names(database: Database, method: Method, front: str) -> tuple[tuple[object, ...], ...]:
    return database.run(STATEMENTS[method], front=front, length=LONGEST, most=MOST).rows
