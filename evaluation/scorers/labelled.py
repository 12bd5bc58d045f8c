"""Labelled replies: people's judgements of replies, as a file of JSON lines, to calibrate a scorer.

A line is `{"prompt": ..., "reply": ..., "label": true}`. The label is true if the reply is what the scorer counts: a
refusal, a harmful reply. `prompt` may be missing if the scorer does not read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evaluation.errors import ImportRefused
from evaluation.json_node import Node, read_lines
from lineage.scores.score import digest

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_TEXT: Final = 200_000
MOST_LINES: Final = 200_000
KEYS: Final = frozenset({"prompt", "reply", "label"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A reply with what people say of it; `prompt` is empty where it was left out."""

    prompt: str
    reply: str
    label: bool


def read_labelled(path: Path) -> tuple[Labelled, ...]:
    """Read labelled replies; raises ImportRefused with the line at fault, and if there are none."""
    found: list[Labelled] = []
    for node in read_lines(path):
        if len(found) == MOST_LINES:
            raise node.refused(f"more than {MOST_LINES:,} lines")
        found.append(_labelled(node))
    if not found:
        raise ImportRefused(
            path, None, "the file has no labelled reply", "`lineage docs evaluating` shows the form of the file"
        )
    return tuple(found)


def labels_hash(labelled: tuple[Labelled, ...]) -> str:
    """Return the hash of labelled replies, whatever their order."""
    return digest(sorted((one.prompt, one.reply, one.label) for one in labelled))


def long_text(node: Node, *, is_required: bool = True) -> str:
    """Return a text as it is, empty where it may be left out and is; raises ImportRefused for anything else."""
    if node.value is None and not is_required:
        return ""
    if not isinstance(node.value, str):
        raise node.refused("not a text" if node.value is not None else "a text is missing")
    if len(node.value) > LONGEST_TEXT:
        raise node.refused(f"a text of more than {LONGEST_TEXT:,} characters")
    try:
        node.value.encode()
    except UnicodeEncodeError as error:
        raise node.refused("a text with a broken character") from error
    return node.value


def _labelled(node: Node) -> Labelled:
    if set(node.fields()) - KEYS:
        raise node.refused("unknown keys; known are prompt, reply and label")
    label = node.at("label")
    if not isinstance(label.value, bool):
        raise label.refused("neither true nor false")
    return Labelled(
        prompt=long_text(node.at("prompt"), is_required=False), reply=long_text(node.at("reply")), label=label.value
    )
