"""Names that a format can hold, unique for every id, whatever strangers call their models.

Formats that cannot hold every character get a name of the id's visible ones. If this changes the id, U+FFFD and the
model's place in the export are appended, so that no two models can be confused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

MARK: Final = "\N{REPLACEMENT CHARACTER}"
is_usual: Final = re.compile(r"[A-Za-z0-9._/-]+").fullmatch
"""A pattern that matches texts with only the characters of ids on the Hub, which no format has to change."""


class SafeNames:
    """The names of the models of one export; call `name` for a model before `of`."""

    def __init__(self, clean: Callable[[str], str], write: Callable[[str], str] = str) -> None:
        """Take `clean`, which makes a text fit for the format (a fit one stays), and `write`, which writes it."""
        self._clean = clean
        self._write = write
        self._changed: dict[object, str] = {}

    def name(self, text: str, place: int) -> str:
        """Return the name of a model as written; it is number `place` of the export."""
        if is_usual(text):
            return text
        cleaned = self._clean(text)
        if cleaned != text or MARK in text:
            cleaned = f"{cleaned}{MARK}{place}"
        self._changed[text] = written = self._write(cleaned)
        return written

    def of(self, text: object) -> object:
        """Return the name that a model was given, as written."""
        return self._changed.get(text, text)


def visible(text: str) -> str:
    """Return a text as one line of visible characters (`lineage.text.plain.plain`), of any length."""
    return plain(text, None)
