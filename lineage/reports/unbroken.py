"""Where a line may break in a text: a name is never broken but after the slash behind its organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 100
"""Names on the Hub have at most 96 letters; longer words, such as addresses, may break anywhere."""
_WORD: Final = re.compile(r"\s+|\S+")
_PARTS: Final = re.compile(r"[^/]*/|[^/]+")
_BREAKABLE: Final = re.compile(r"[^\w\s]")
"""Signs after which layout programs break a line, among others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text; a line may end before and after it, and within it unless it `is_whole`."""

    words: str
    is_whole: bool


def pieces(text: str) -> Iterator[Piece]:
    """Yield the parts of a text in order; joined they are the text."""
    loose = ""
    for word in _WORD.findall(text):
        if len(word) > LONGEST or not _BREAKABLE.search(word[:-1]):
            loose += word
            continue
        if loose:
            yield Piece(words=loose, is_whole=False)
            loose = ""
        for part in _PARTS.findall(word):
            yield Piece(words=part, is_whole=True)
    if loose:
        yield Piece(words=loose, is_whole=False)


def widest(text: str) -> str:
    """Return the longest part of a text that no line break divides."""
    whole = (part for one in pieces(text) for part in ((one.words,) if one.is_whole else one.words.split()))
    return max((part for part in whole if len(part) <= LONGEST), key=len, default="")
