"""Make untrusted text safe to print: on a terminal, in a table, in a spreadsheet."""

import re
from typing import Final
from unicodedata import category, combining, east_asian_width

LIMIT: Final = 200
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_ELLIPSIS: Final = "…"
_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What Python calls printable and nobody sees: Default_Ignorable_Code_Point of Unicode 16, and the blank of Braille."""
_STYLES: Final = frozenset("\ufe0e\ufe0f")
"""They choose between the forms of a symbol, as in most emoji."""
_FORMULA_START: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def plain(text: str, limit: int | None = LIMIT) -> str:
    """Return a text as one line of visible characters, at most `limit` of them; None means no limit.

    Terminal escape sequences, control and format characters (C0, C1, bidi controls, zero-width ones), lone surrogates
    and blank letters become U+FFFD, so that hidden ones become visible; white space becomes a space. A selector of a
    symbol's form stays behind one symbol. A cut is marked with an ellipsis.
    """
    if limit is not None and len(text) > 8 * limit:
        text = text[: 8 * limit]
    if not text.isprintable() or _INVISIBLE.search(text):
        text = _ESCAPES.sub(_REPLACEMENT, text)
        text = "".join(map(_show, text, f" {text}"))
    if limit is not None and len(text) > limit:
        return text[: max(limit - 1, 0)] + _ELLIPSIS
    return text


def csv_cell(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula: one that starts like a formula gets a leading apostrophe.

    Such starts are `=`, `+`, `-`, `@` (also full-width or after white space), tab and line ends. Numbers stay
    unchanged.
    """
    if _FORMULA_START.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def width(text: str) -> int:
    """Return how many terminal columns a plain text occupies: two per wide character, none per combining one."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def fit(text: str, columns: int) -> str:
    """Return a plain text cut to some terminal columns; a cut is marked with an ellipsis."""
    if width(text) <= columns:
        return text
    kept, used = [], 1
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept) + _ELLIPSIS if columns > 0 else ""


def _show(character: str, before: str) -> str:
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    if character in _STYLES and category(before) == "So":
        return character
    return " " if character.isspace() else _REPLACEMENT


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in {"F", "W"} else 1
