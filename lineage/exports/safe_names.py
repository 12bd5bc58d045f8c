"""Names that a format can hold, distinct where the ids are: whatever strangers call their models.

Formats that cannot hold every character get a name of the id's visible ones. Where the two differ, U+FFFD and the
place of the model in the export come last, so that no two models are taken for one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

MARK: Final = "\N{REPLACEMENT CHARACTER}"
is_usual: Final = re.compile(r"[A-Za-z0-9._/-]+").fullmatch
"""Says (by a match) that a text has only what ids have on the Hub, and that no format has to change it."""


class SafeNames:
    """The names of the models of one export; `name` comes for a model before `of` is asked for it."""

    def __init__(self, clean: Callable[[str], str], write: Callable[[str], str] = str) -> None:
        """Take what makes a text fit for the format, leaving a fit one as it is, and how a fit text is written."""
        self._clean = clean
        self._write = write
        self._changed: dict[object, str] = {}

    def name(self, text: str, place: int) -> str:
        """Return the name of a model, as it is written; it is the `place`-th of the export."""
        if is_usual(text):
            return text
        cleaned = self._clean(text)
        if cleaned != text or MARK in text:
            cleaned = f"{cleaned}{MARK}{place}"
        self._changed[text] = written = self._write(cleaned)
        return written

    def of(self, text: object) -> object:
        """Return the name that a model was given, as it is written."""
        return self._changed.get(text, text)


def visible(text: str) -> str:
    """Return a text as one line of visible characters (`lineage.text.plain.plain`), however long."""
    return plain(text, None)
