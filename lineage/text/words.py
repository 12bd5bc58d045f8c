"""Split repository names into words, by the one rule for both name matching and relation signs.

Hashes in a name are not words, because they contain short words by chance: 16 or more hexadecimal digits, or 40 or more
letters and digits with four digits or more.
"""

import re
from typing import Final

_CHUNK: Final = re.compile(r"[A-Za-z0-9]+")
_HASH_LENGTH: Final = 16
_HASH: Final = re.compile(r"\b(?:[0-9a-f]{16,}|(?=(?:[A-Za-z]*[0-9]){4})[0-9A-Za-z]{40,})\b")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def list_chunks(name: str) -> list[str]:
    """Return the runs of ASCII letters and digits as they are written, those that are hashes too."""
    return _CHUNK.findall(name)


def split_chunks(name: str) -> list[str]:
    """Return the lower-case runs of ASCII letters and digits: `Bio_ClinicalBERT-v2` gives `bio, clinicalbert, v2`."""
    return " ".join(_CHUNK.findall(_drop_hashes(name))).lower().split()


def split_words(name: str) -> list[str]:
    """Return the lower-case words, also split at camel case: `Bio_ClinicalBERT2` gives `bio, clinical, bert, 2`."""
    return " ".join(_WORD.findall(_drop_hashes(name))).lower().split()


def _drop_hashes(name: str) -> str:
    return _HASH.sub(" ", name.replace("_", " ")) if len(name) > _HASH_LENGTH else name
