"""Columns in a form that compresses well: codes for repeated words, and rounded numbers."""

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
"""Stands for the parent's id in texts from the database; no displayed text contains it."""
PARENT_SIGN: Final = "\x00"
"""The same placeholder on the page; no text that went through `plain` contains it."""
MOST_PIECES: Final = 20
TEXT_LIMIT: Final = 300


class Words:
    """Words and their codes, in the order in which they were added."""

    def __init__(self, first: Iterable[Hashable] = ()) -> None:
        """Give the first codes to these words."""
        self._codes: dict[Hashable, int] = {word: code for code, word in enumerate(first)}

    def code(self, word: Hashable) -> int:
        """Return the code of a word; a new word gets the next code."""
        return self._codes.setdefault(word, len(self._codes))

    def codes(self, words: Iterable[Hashable]) -> list[int]:
        """Return the code of each word."""
        return [self.code(word) for word in words]

    def shown(self, texts: Iterable[str], limit: int = TEXT_LIMIT) -> list[int]:
        """Return the code of each text as displayed; a repeated text costs nothing."""
        known: dict[str, int] = {}
        return [
            known[text] if text in known else known.setdefault(text, self.code(plain(text, limit))) for text in texts
        ]

    def listed(self) -> list[Hashable]:
        """Return the words in the order of their codes."""
        return list(self._codes)


def shown(text: str) -> str:
    """Return an untrusted text as one visible line, with the mark of the parent replaced by the sign of the page."""
    return PARENT_SIGN.join(plain(part, TEXT_LIMIT) for part in text[: 4 * TEXT_LIMIT].split(PARENT_MARK))


def numbers(values: NDArray[np.generic], digits: int = 0) -> list[float | None]:
    """Return numbers rounded to `digits` decimals, or None for NaN; whole numbers have no decimal point."""
    if values.dtype.kind in "iub":
        return list(values.astype(np.int64).tolist())
    rounded = np.round(values.astype(np.float64), digits)
    whole = rounded == np.floor(rounded)
    return [
        None if math.isnan(value) else int(value) if is_whole else value
        for value, is_whole in zip(rounded.tolist(), whole.tolist(), strict=True)
    ]


def tenths(values: NDArray[np.generic]) -> list[float | None]:
    """Return numbers rounded as sentences show them, or None for NaN; -0 becomes 0."""
    return [
        None if math.isnan(value) else _short(float(f"{value:.1f}")) for value in values.astype(np.float64).tolist()
    ]


def q_values(values: NDArray[np.float64]) -> list[float | None]:
    """Return q-values rounded to the two digits that sentences show, or None for NaN."""
    return [None if math.isnan(value) else _short(float(f"{value:.2g}")) for value in values.tolist()]


def _short(value: float) -> float:
    return int(value) if value == int(value) else value


def proof_sets(proofs: Columns) -> list[list[list[object]]]:
    """Return each number's evidence: kind, relation, resolution, confidence, rule, words, is inferred.

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
    """Return columns with their rows in the given order."""
    return {name: values[order] for name, values in columns.items()}
