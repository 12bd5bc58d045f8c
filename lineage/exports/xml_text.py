"""Text inside XML: characters that XML cannot hold are replaced, and those with a meaning are escaped.

XML 1.0 has no control characters except tab and line ends, no surrogates, no U+FFFE and U+FFFF (section 2.2). Tabs and
line ends are written as references, because a reader may turn them into spaces (section 3.3.3). So are the characters
that only XML 1.1 treats as line ends (its section 2.11), because some readers of 1.0 do too.
"""

from __future__ import annotations

import re
from typing import Final

from lineage.exports.safe_names import MARK, is_usual, visible

_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL: Final = re.compile("[&<>\"'\t\n\r\x7f-\x9f\u2028]")
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def possible(text: str) -> str:
    """Return a text with U+FFFD in place of every character that XML cannot hold."""
    return _IMPOSSIBLE.sub(MARK, text)


def escaped(text: str) -> str:
    """Return a text of valid characters, escaped for an element or a quoted attribute."""
    return _SPECIAL.sub(lambda found: _NAMED.get(found[0]) or f"&#{ord(found[0])};", text)


def xml_text(text: str) -> str:
    """Return any text, made valid and escaped for an element or a quoted attribute."""
    return text if is_usual(text) else escaped(possible(text))


def xml_label(text: str) -> str:
    """Return the visible characters of any text, for people, escaped for XML."""
    return text if is_usual(text) else xml_text(visible(text))
