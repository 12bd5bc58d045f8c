"""The last term of a selector that is being typed, and the words that can complete it without a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lineage.selectors.parser import CLOSED
from lineage.selectors.records import EVERYTHING_WORDS, OTHER_SPELLINGS, Mark, Method

_TERM: Final = re.compile(r"(?s)(.*[\s,])?((?:[0-9]*\+)?)([^\s,+\"']*)")
STATEMENTS: Final = {  # of the methods whose values come from the database
    Method.ORG: "completion/org",
    Method.LICENSE: "completion/license",
    Method.LIBRARY: "completion/library",
    Method.DATASET: "completion/dataset",
    Method.DOMAIN: "domains/names",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedTerm:
    """The last, unfinished term of a selector: the text before it, its method if it has one, and its value."""

    front: str
    method: Method | None
    value: str


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
