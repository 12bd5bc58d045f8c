"""A model card's bytes: front matter with the card data, and a body."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Draft

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./-]*[A-Za-z0-9]|[A-Za-z]")
_WORDS_WITH_A_MEANING = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_LAST_OF_THE_BASIC_PLANE = "\uffff"


def render_readme(draft: Draft) -> bytes | None:
    """Return README.md: the draft's own bytes if it has them, else front matter and body; None without either."""
    if draft.readme is not None or (draft.card is None and not draft.body):
        return draft.readme
    text = draft.body
    if draft.card is not None:
        text = f"---\n{front_matter(draft.card)}---\n\n{text}"
    return text.encode("utf-8", errors="backslashreplace")


def front_matter(card: dict[str, object]) -> str:
    """Return the card as YAML 1.1 that reads back as the card: lists of scalars in blocks, deeper things in flow."""
    return "".join(_entry(key, value) for key, value in card.items())


def _entry(key: str, value: object) -> str:
    if isinstance(value, list) and value and not any(isinstance(item, list | dict) for item in value):
        return f"{_scalar(key)}:\n" + "".join(f"- {_scalar(item)}\n" for item in value)
    return f"{_scalar(key)}: {_scalar(value)}\n"


def _scalar(value: object) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS_WITH_A_MEANING:
            return value
        # Beyond the basic plane JSON writes two escapes where YAML reads two characters.
        return json.dumps(value, ensure_ascii=max(value, default="") <= _LAST_OF_THE_BASIC_PLANE)
    return json.dumps(value)
