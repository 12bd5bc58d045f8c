"""TOML from strangers, read without the costs that its reader has: a key of many parts, and numbers of many digits."""

from __future__ import annotations

import re
import tomllib
from typing import Final

MOST_PARTS: Final = 32
"""Parts of one key, such as `a.b.c`: tomllib keeps every beginning of it, 1.6 GB for 20,000 parts in 40 kB."""
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY: Final = re.compile(rf"(?<![\w-])(?:{_PART}\.[ \t]*+){{{MOST_PARTS}}}")


def read_toml(text: str) -> dict[str, object]:
    """Return the tables of a text.

    Raises ValueError for whatever is no TOML (TOMLDecodeError is one), nests too deeply, or has a key of too many parts
    or a number of too many digits.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
