"""Splitting repository names into words: the one rule that both name matching and relation signs follow."""

import re
from typing import Final

_CHUNK: Final = re.compile(r"[A-Za-z0-9]+")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def split_chunks(name: str) -> list[str]:
    """Return the lower-case runs of ASCII letters and digits: `Bio_ClinicalBERT-v2` gives `bio, clinicalbert, v2`."""
    return [chunk.lower() for chunk in _CHUNK.findall(name)]


def split_words(name: str) -> list[str]:
    """Return the lower-case words, split at camel case too: `Bio_ClinicalBERT2` gives `bio, clinical, bert, 2`."""
    return [word.lower() for word in _WORD.findall(name)]
