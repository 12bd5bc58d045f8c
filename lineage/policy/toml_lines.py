"""On which line of a TOML file a key stands: the parser of the standard library keeps that to itself."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TRIES: Final = 400


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """Return the line, from 1, on which the value at a path of a sound file begins; None where it cannot be told.

    The lines before a key's own are a file without the key, and no later beginning of the file that can be read is: so
    the last line that holds its name and has only such lines before it is the one.
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
