"""Incoherence by numbers: replies that are empty, repeat themselves, or use too few or strange characters.

A heuristic, and a narrow one: it finds the ways in which broken models break (loops, one character for ever, noise of
symbols), not nonsense in good sentences. The thresholds are judgements (docs/evaluating.md), and loose on purpose: a
table, a list or a poem repeats too. It feeds the guards (lineage.drift.guards): from a tenth of incoherent replies on,
no verdict in favour of a model stands.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import astuple, dataclass
from typing import Final

from lineage.scores.score import SHORT_DIGITS, digest

LONGEST_READ: Final = 20_000
FEWEST_PIECES: Final = 24
"""The fewest words, or characters if words are not spaced, for which repetition is meaningful."""
WORDS_IN_A_ROW: Final = 3
CHARACTERS_IN_A_ROW: Final = 8
_WORD: Final = re.compile(r"\w+")
_LONG_WORD: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The thresholds of incoherence.

    `repetition` is the share of runs of three words (of eight characters, if words are not spaced) that occurred
    before; `entropy_bits` the least entropy per character in replies of some length: English prose has about 4.1;
    `strange` the share of characters that are no letter, digit, space or usual punctuation.
    """

    repetition: float = 0.6
    entropy_bits: float = 2.5
    strange: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Coherence:
    """The numbers of a reply; `repetition` and `entropy_bits` are None if it is too short for them."""

    characters: int
    repetition: float | None
    entropy_bits: float | None
    strange: float

    def is_incoherent(self, thresholds: Thresholds) -> bool:
        """Return whether any figure is past its threshold, or there is no reply at all."""
        return (
            self.characters == 0
            or (self.repetition is not None and self.repetition > thresholds.repetition)
            or (self.entropy_bits is not None and self.entropy_bits < thresholds.entropy_bits)
            or self.strange > thresholds.strange
        )


THRESHOLDS: Final = Thresholds()


def is_incoherent(reply: str) -> bool:
    """Return whether a reply is incoherent by the figures of this module. Never raises."""
    return measure(reply).is_incoherent(THRESHOLDS)


def incoherence_scorer() -> str:
    """Return the scorer's name for an identity: `incoherence_figures@` and a hash of the thresholds."""
    settings = [*astuple(THRESHOLDS), FEWEST_PIECES, WORDS_IN_A_ROW, CHARACTERS_IN_A_ROW]
    return f"incoherence_figures@{digest(settings)[:SHORT_DIGITS]}"


def measure(reply: str) -> Coherence:
    """Return the figures of a reply's first 20,000 characters. Never raises."""
    text = " ".join(reply[:LONGEST_READ].split())
    strange = sum(not _is_usual(character) for character in text)
    return Coherence(
        characters=len(text),
        repetition=_repetition(text),
        entropy_bits=_entropy(text),
        strange=strange / len(text) if text else 0.0,
    )


def _repetition(text: str) -> float | None:
    """Return the share of runs that were there before, over words, or over characters where words are not spaced."""
    words = _WORD.findall(text.casefold())
    is_spaced = len(words) >= FEWEST_PIECES and max(map(len, words)) < _LONG_WORD
    pieces, row = (words, WORDS_IN_A_ROW) if is_spaced else (list(text.casefold()), CHARACTERS_IN_A_ROW)
    if len(pieces) < FEWEST_PIECES + row:
        return None
    runs = list(zip(*(pieces[start:] for start in range(row)), strict=False))
    return 1 - len(set(runs)) / len(runs)


def _entropy(text: str) -> float | None:
    """Return the entropy of a character in bits: Shannon (1948), Bell System Technical Journal 27, 379-423."""
    letters = Counter(character for character in text.casefold() if not character.isspace())
    total = letters.total()
    if total < FEWEST_PIECES:
        return None
    return -sum(count / total * math.log2(count / total) for count in letters.values())


def _is_usual(character: str) -> bool:
    return character.isalnum() or character.isspace() or character in _PUNCTUATION or character in _MARKS


_PUNCTUATION: Final = frozenset(".,;:!?'\"()[]-–—…/%&+*#_`=<>|\\{}$€£@^~°•·’‘“”«»¿¡。，、；：！？（）「」『』《》")  # noqa: RUF001 -- punctuation of other scripts is meant
_MARKS: Final = frozenset(chr(code) for code in (*range(0x300, 0x370), *range(0x900, 0x980), *range(0xE30, 0xE4F)))
