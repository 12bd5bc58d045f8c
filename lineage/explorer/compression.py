"""Columns in as few letters as compress well: codes for repeated words, and rounded numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.parents.evidence import INFERRED
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from numpy.typing import NDArray

    from lineage.explorer.inputs import Columns

PARENT_MARK: Final = "\ue000"
"""Stands for the id of the parent in texts from the database; no text that is shown has it."""
PARENT_SIGN: Final = "\x00"
"""The same in the page: no text that went through `plain` holds it."""
MOST_PIECES: Final = 20
TEXT_LIMIT: Final = 300


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


def tenths(values: NDArray[np.generic]) -> list[float | None]:
    """Return numbers rounded as sentences write them, or None for NaN; nothing is -0."""
    return [
        None if math.isnan(value) else _short(float(f"{value:.1f}")) for value in values.astype(np.float64).tolist()
    ]


def q_values(values: NDArray[np.float64]) -> list[float | None]:
    """Return q-values with the two digits that sentences give them, or None for NaN."""
    return [None if math.isnan(value) else _short(float(f"{value:.2g}")) for value in values.tolist()]


def _short(value: float) -> float:
    return int(value) if value == int(value) else value


def proof_sets(proofs: Columns) -> list[list[list[object]]]:
    """Return the evidence of each number: pieces of kind, relation, resolution, confidence, rule, words, is inferred.

    Inferred evidence comes last.
    """
    found: list[list[list[object]]] = []
    names = ("kind", "relation", "resolution", "confidence", "rule", "words")
    columns = (proofs[name].tolist() for name in names)
    for number, piece in zip(proofs["proof"].tolist(), zip(*columns, strict=True), strict=True):
        while len(found) <= number:
            found.append([])
        kind, relation, resolution, confidence, rule, words = piece
        found[number].append([kind, relation, resolution, confidence, plain(rule), shown(words), kind in INFERRED])
    for pieces in found:
        pieces.sort(key=lambda piece: bool(piece[-1]))
    return found


def take(columns: Mapping[str, NDArray[np.generic]], order: NDArray[np.integer]) -> dict[str, NDArray[np.generic]]:
    """Return columns with their rows in another order."""
    return {name: values[order] for name, values in columns.items()}
