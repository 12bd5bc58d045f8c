"""Words written as one, split by a dictionary: `esgexpert` is `esg expert`, and `comedqa` stays as it is.

A run of letters is split only if every part of it is known: a word of the lexicon, or a word that names of models hold
beside it. Looking for the lexicon's words within longer ones would find `law` in `lawrence` and `med` in `remedy`.
"""

from collections.abc import Collection, Container, Sequence
from functools import lru_cache
from typing import Final

_SHORTEST_TERM: Final = 3
_SHORTEST_COMPOUND: Final = 6
_LONGEST_COMPOUND: Final = 40
_VERSION: Final = "v"
_REMEMBERED: Final = 1 << 16


class Compounds:
    """Splits runs of letters into `terms`, the lexicon's words without their spaces, and `companions`, other words."""

    def __init__(self, terms: Collection[str], companions: Collection[str]) -> None:
        """Take the words that runs may consist of; a term of fewer than three letters is never found in a run."""
        self._terms = frozenset(term for term in terms if len(term) >= _SHORTEST_TERM and term.isalpha())
        self._known = self._terms | frozenset(companions)
        self._longest = max(map(len, self._known), default=0)
        self._split = lru_cache(maxsize=_REMEMBERED)(self._fewest_parts)

    def expand(self, words: Sequence[str]) -> list[str]:
        """Return the words with each compound in its parts; the `v` of a version (`medicalv3`) is cut off."""
        expanded: list[str] = []
        for place, word in enumerate(words):
            if word.endswith(_VERSION) and place + 1 < len(words) and words[place + 1].isdigit():
                stem = word.removesuffix(_VERSION)
                parts = (stem,) if stem in self._terms else self._split(stem)
                expanded += (*parts, _VERSION) if parts else (word,)
            else:
                expanded += self._split(word) or (word,)
        return expanded

    def may_hold(self, word: str, known: Container[str]) -> bool:
        """Return whether `known` has the word, one of its parts, or of what is left without the `v` of a version."""
        stem = word.removesuffix(_VERSION)
        return any(part in known for part in (word, *self._split(word), stem, *self._split(stem)))

    def _fewest_parts(self, word: str) -> tuple[str, ...]:
        """Return the split into the fewest parts; empty if the word cannot be split or no part is a term."""
        if word in self._known or not _SHORTEST_COMPOUND <= len(word) <= _LONGEST_COMPOUND or not word.isalpha():
            return ()
        parts = self._split_from(word, 0, {}) or ()
        return parts if not self._terms.isdisjoint(parts) else ()

    def _split_from(self, word: str, start: int, seen: dict[int, tuple[str, ...] | None]) -> tuple[str, ...] | None:
        if start == len(word):
            return ()
        if start not in seen:
            splits = [
                (word[start:end], *rest)
                for end in range(start + 1, min(len(word), start + self._longest) + 1)
                if word[start:end] in self._known and (rest := self._split_from(word, end, seen)) is not None
            ]
            seen[start] = min(splits, key=len, default=None)
        return seen[start]
