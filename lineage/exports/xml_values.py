"""The values of a row as XML writes them: each known one between the text that opens it and the one that ends it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from lineage.exports.graph_rows import Kind
from lineage.exports.xml_text import xml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineage.exports.graph_rows import Column, Row

Word = "Callable[[object], str]"
LIST_JOIN: Final = "; "
_OFTEN: Final = 4096


class ValueWriter:
    """Writes what is known of a row; null, and numbers that XML schema readers stumble over, are left out."""

    def __init__(self, columns: Sequence[Column], opening: Callable[[Column], str], ending: str) -> None:
        """Take the columns, and what stands before and after each value."""
        self._parts = [(opening(column), _WORDS[column.kind]) for column in columns]
        self._ending = ending

    def written(self, values: Row) -> str:
        """Return the known values, which are as many as there are columns."""
        ending = self._ending
        return "".join(
            [
                f"{opening}{word(value)}{ending}"
                for (opening, word), value in zip(self._parts, values, strict=True)
                if value is not None and value != math.inf and value == value  # noqa: PLR0124 - NaN is the one that is not
            ]
        )


def _flag(value: object) -> str:
    return "true" if value else "false"


def _texts(value: object) -> str:
    return xml_text(LIST_JOIN.join(cast("list[str]", value)))


_often_seen: Final = lru_cache(maxsize=_OFTEN)(xml_text)
_WORDS: Final[dict[Kind, Callable[[object], str]]] = {
    Kind.TEXT: cast("Callable[[object], str]", _often_seen),
    Kind.TEXTS: _texts,
    Kind.TIME: str,
    Kind.WHOLE: str,
    Kind.NUMBER: repr,
    Kind.FLAG: _flag,
}
