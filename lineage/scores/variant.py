"""Which file of a repository a score is about: `org/name:Q2_K`, `org/name#subfolder`.

A repository may hold one model in several precisions, or several checkpoints in folders, and their scores differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NAMED: Final = re.compile(
    r"(?P<repository>[\w.-]+/[\w.-]+)(?::(?P<name>[\w.-]+)|#/*(?P<folder>[\w.-]+(?:/+[\w.-]+)*)/*)", re.ASCII
)
_PRECISION: Final = re.compile(r"(?:i?q|tq|bf|fp?|int|w|mxfp|nvfp)\d\w*", re.ASCII | re.IGNORECASE)
_FILE_NAME: Final = re.compile(
    rf"[-._/](?P<precision>{_PRECISION.pattern})(?:-\d+-of-\d+)?\.gguf$", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFile:
    """What a score is about: a repository, and a variant such as `:Q2_K` or `#subfolder`, empty for all of it."""

    repository: str
    variant: str

    @property
    def is_precision(self) -> bool:
        """Whether the variant is a precision in which the repository has its model."""
        return self.variant.startswith(":") and _PRECISION.fullmatch(self.variant[1:]) is not None


def variant_of_file(path: str) -> str:
    """Return the variant that a file of weights is: its precision if its name tells, else its path.

    `tiny-7b.Q2_K.gguf` is `:Q2_K`; so are the parts of one that is split.
    """
    found = _FILE_NAME.search(path)
    return f":{found['precision'].upper()}" if found else f"#{path.strip('/')}"


def split_variant(named: str) -> ScoredFile:
    """Return the repository and the variant that a name is made of; ids of the Hub have neither `:` nor `#`.

    Precisions are the same in any capitals (`:q2_k` is `:Q2_K`), other words after a colon too.
    """
    found = _NAMED.fullmatch(named)
    if found is None:
        return ScoredFile(repository=named, variant="")
    repository, name, folder = found["repository"], found["name"], found["folder"]
    if folder is not None:
        return ScoredFile(repository=repository, variant=f"#{folder}")
    return ScoredFile(repository=repository, variant=f":{name.upper() if _PRECISION.fullmatch(name) else name.lower()}")
