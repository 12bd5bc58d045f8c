"""Names that a format can hold, distinct where the ids are: whatever strangers call their models.

Formats that cannot hold every character get a name of the id's visible ones. Where the two differ, U+FFFD and the
place of the model in the export come last, so that no two models are taken for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

MARK: Final = "\N{REPLACEMENT CHARACTER}"


class SafeNames:
    """The names of the models of one export; `name` comes for a model before `of` is asked for it."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        """Take what makes a text fit for the format; it leaves a fit text as it is."""
        self._clean = clean
        self._changed: dict[str, str] = {}

    def name(self, text: str, place: int) -> str:
        """Return the name of a model, which is the `place`-th of the export."""
        cleaned = self._clean(text)
        if cleaned == text and MARK not in text:
            return text
        self._changed[text] = changed = f"{cleaned}{MARK}{place}"
        return changed

    def of(self, text: str) -> str:
        """Return the name that a model was given."""
        return self._changed.get(text, text)


def visible(text: str) -> str:
    """Return a text as one line of visible characters (`lineage.text.plain`), however long."""
    return plain(text, None)
