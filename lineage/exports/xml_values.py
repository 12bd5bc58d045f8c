"""The values of a row as XML writes them: each known one between the text that opens it and the one that ends it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from lineage.exports.graph_rows import Kind
from lineage.exports.xml_text import xml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineage.exports.graph_rows import Column, Row

    Word: TypeAlias = Callable[[object], str]

LIST_JOIN: Final = "; "
_FEW: Final = 4096
_SPECIAL_NUMBERS: Final = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}


class ValueWriter:
    """Writes what is known of a row; null is left out."""

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
                if value is not None
            ]
        )


def _flag(value: object) -> str:
    return "true" if value else "false"


def _number(value: object) -> str:
    """Return a number as XML Schema writes doubles (XML Schema 2, section 3.2.5)."""
    text = repr(value)
    return _SPECIAL_NUMBERS.get(text, text)


def _texts(value: object) -> str:
    return xml_text(LIST_JOIN.join(cast("list[str]", value)))


_WORDS: Final[dict[Kind, Word]] = {
    Kind.TEXT: cast("Word", xml_text),
    Kind.WORD: cast("Word", lru_cache(maxsize=_FEW)(xml_text)),
    Kind.TEXTS: _texts,
    Kind.TIME: str,
    Kind.WHOLE: str,
    Kind.NUMBER: cast("Word", lru_cache(maxsize=_FEW)(_number)),
    Kind.FLAG: _flag,
}
