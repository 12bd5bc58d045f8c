"""Columns in as few letters as compress well: codes for repeated words, rounded numbers, patterns for sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.parents.evidence import INFERRED
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from numpy.typing import NDArray

PARENT_MARK: Final = "\ue000"
"""Stands for the id of the parent, or of the reference, in texts from the database; no text that is shown has it."""
PARENT_SIGN: Final = "\x00"
"""The same in the page: no text that went through `plain` holds it."""
PIECE_END: Final = "\x1e"
FIELD_END: Final = "\x1f"
MOST_PIECES: Final = 20
TEXT_LIMIT: Final = 300
_SMALLEST_Q: Final = 0.001


class Words:
    """Words and their codes, in the order in which they came."""

    def __init__(self, first: Iterable[Hashable] = ()) -> None:
        """Give these words the first codes."""
        self._codes: dict[Hashable, int] = {word: code for code, word in enumerate(first)}

    def code(self, word: Hashable) -> int:
        """Return the code of a word, a new one where it is new."""
        return self._codes.setdefault(word, len(self._codes))

    def codes(self, words: Iterable[Hashable]) -> list[int]:
        """Return the code of each word."""
        return [self.code(word) for word in words]

    def shown(self, texts: Iterable[str], limit: int = TEXT_LIMIT) -> list[int]:
        """Return the code of each text as it is shown; a text that comes again costs nothing."""
        known: dict[str, int] = {}
        return [
            known[text] if text in known else known.setdefault(text, self.code(plain(text, limit))) for text in texts
        ]

    def listed(self) -> list[Hashable]:
        """Return the words in the order of their codes."""
        return list(self._codes)


def shown(text: str) -> str:
    """Return a stranger's text as one line without hidden characters; where the mark of a parent stands, its sign."""
    return PARENT_SIGN.join(plain(part, TEXT_LIMIT) for part in text[: 4 * TEXT_LIMIT].split(PARENT_MARK))


def numbers(values: NDArray[np.generic], digits: int = 0) -> list[float | None]:
    """Return numbers rounded to some digits, or None for NaN; whole numbers are written as such."""
    if values.dtype.kind in "iub":
        return list(values.astype(np.int64).tolist())
    rounded = np.round(values.astype(np.float64), digits)
    whole = rounded == np.floor(rounded)
    return [
        None if math.isnan(value) else int(value) if is_whole else value
        for value, is_whole in zip(rounded.tolist(), whole.tolist(), strict=True)
    ]


def q_values(values: NDArray[np.float64]) -> list[float | None]:
    """Return q-values with the two digits that sentences give them, or None for NaN."""
    return [None if math.isnan(value) else float(f"{value:.2g}") for value in values.tolist()]


def proof_set(text: str) -> list[list[object]]:
    """Return the evidence of an edge as the database writes it: kind, relation, resolution, confidence, rule, words.

    Inferred evidence comes last; more than 20 pieces are cut.
    """
    pieces = [piece.split(FIELD_END, 5) for piece in text.split(PIECE_END)[:MOST_PIECES] if piece]
    pieces.sort(key=lambda piece: piece[0] in INFERRED)
    return [
        [kind, relation, resolution, float(confidence), plain(rule), shown(words), kind in INFERRED]
        for kind, relation, resolution, confidence, rule, words in pieces
    ]


def pattern(sentence: str, figures: Mapping[str, float | None]) -> str:
    """Return a verdict's sentence with its figures replaced by their names in braces, as `filled` puts them back.

    What does not come back exactly stays in letters: the sentence is never changed, only shortened.
    """
    text = shown(sentence).replace("{", "(").replace("}", ")")
    short = text
    for name, written in _written(figures).items():
        if written:
            short = short.replace(written, f"{{{name}}}", 1)
    return short if filled(short, figures) == text else text


def filled(short: str, figures: Mapping[str, float | None]) -> str:
    """Return the sentence of a pattern; `verdicts.js` does the same."""
    for name, written in _written(figures).items():
        short = short.replace(f"{{{name}}}", written)
    return short


def _written(figures: Mapping[str, float | None]) -> dict[str, str]:
    """Return how a sentence writes each figure; those with a sign, which are easily told, come first."""
    low, high, delta = figures["low"], figures["high"], figures["delta"]
    q, least, items = figures["q"], figures["least"], figures["items"]
    between = "" if low is None or high is None else f"({low:+.1f} to {high:+.1f}"
    return {
        "between": between,
        "q": "" if q is None else "q < 0.001" if q < _SMALLEST_Q else f"q = {q:.2g}",
        "items": "" if items is None or items < 0 else f"on {items:,.0f} items",
        "moved": "" if delta is None else f"{delta:+.1f}",
        "by": "" if delta is None else f"by {abs(delta):.1f} points",
        "least": "" if least is None else f"{least:.1f} points would",
    }


def take(columns: Mapping[str, NDArray[np.generic]], order: NDArray[np.integer]) -> dict[str, NDArray[np.generic]]:
    """Return columns with their rows in another order."""
    return {name: values[order] for name, values in columns.items()}
