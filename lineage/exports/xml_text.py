"""Text inside XML: what no XML can hold is replaced, and what means something there is escaped.

XML 1.0 has no control characters but tab and line ends, no surrogates, no U+FFFE and U+FFFF (section 2.2). Tabs and
line ends are written as references, because a reader may turn them into spaces (section 3.3.3).
"""

from __future__ import annotations

import re
from typing import Final

from lineage.exports.safe_names import MARK

_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL: Final = re.compile("[&<>\"'\t\n\r]")
_REFERENCES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


def possible(text: str) -> str:
    """Return a text with what no XML can hold as U+FFFD."""
    return _IMPOSSIBLE.sub(MARK, text)


def escaped(text: str) -> str:
    """Return a possible text as it stands in an element or in an attribute's quotes."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _REFERENCES[found[0]], text)


def xml_text(text: str) -> str:
    """Return any text as it stands in an element or in an attribute's quotes."""
    return escaped(possible(text))
