"""Suggest the word that was probably meant by a misspelt one."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WORD: Final = 200
_NOT_ONE_OF: Final = re.compile(r"(?s)(?:Value error, )?((.*) is not one of (.*)\.)")


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word with the most similar spelling, ignoring capitals; None if none is similar."""
    known = {one.lower(): one for one in words}
    near = get_close_matches(word[:LONGEST_WORD].lower(), list(known), n=1)
    return known[near[0]] if near else None


def perhaps(value: object, words: Iterable[str]) -> str:
    """Return the end of a message that suggests a similar word; empty if none is similar."""
    near = nearest(value, words) if isinstance(value, str) else None
    return f" (did you mean {near}?)" if near else ""


def clearer(message: str) -> str:
    """Return typer's message about an invalid choice with a suggestion added; any other message unchanged."""
    found = _NOT_ONE_OF.fullmatch(message)
    if found is None:
        return message
    near = nearest(found[2].strip("'"), re.findall(r"'([^']*)'", found[3]))
    return f"{found[1]} Did you mean {near!r}?" if near else found[1]
