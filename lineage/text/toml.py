"""Read untrusted TOML without the parser's worst costs, and find the line of a key.

The parser takes too long for a key with many parts and for numbers with many digits.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PARTS: Final = 32
"""The most parts of one key, such as `a.b.c`: tomllib keeps every prefix of it, 1.6 GB for 20,000 parts in 40 kB."""
MOST_TRIES: Final = 400
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY: Final = re.compile(rf"(?<![\w-])(?:{_PART}\.[ \t]*+){{{MOST_PARTS}}}")


def read_toml(text: str) -> dict[str, object]:
    """Return the tables of a text.

    Raises ValueError (TOMLDecodeError is one) if the text is not TOML, is nested too deeply, or has a key of too many
    parts or a number of too many digits.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """Return the line, from 1, where the value at a path of a valid file begins; None if it cannot be determined.

    The standard library's parser does not report lines, so they are found by parsing beginnings of the file.

    The lines before a key's own line form a valid file without the key, and every longer beginning that parses has the
    key. So the key's line is the last one that contains its name and follows a valid beginning without the key.
    """
    if not path or not _has(_parsed(text), path):
        return None
    word = next((str(one) for one in reversed(path) if isinstance(one, str)), "")
    lines = text.split("\n")
    holding = [number for number, line in enumerate(lines) if word in line][-MOST_TRIES:]
    for number in reversed(holding):
        before = _parsed("\n".join(lines[:number]))
        if before is not None and not _has(before, path):
            return number + 1
    return None


def _parsed(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _has(root: object, path: Sequence[str | int]) -> bool:
    found = root
    for step in path:
        if isinstance(step, int):
            if not isinstance(found, list) or step >= len(found):
                return False
            found = found[step]
        else:
            if not isinstance(found, dict) or step not in found:
                return False
            found = found[step]
    return True
