"""Prompts of the user's own, as a file of JSON lines, so that an instrument runs without any other engine.

A line is `{"item": ..., "prompt": ...}`, for a choice with `"choices": [...]` and `"answer"`, the place of the right
one (from 0) or its text; for a written reply with `"answer"` where it is compared. `cluster` names the prompts that
vary one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evaluation.errors import ImportRefused
from evaluation.json_node import Node, read_lines
from evaluation.scorers.labelled import long_text

if TYPE_CHECKING:
    from pathlib import Path

OWN_PROMPTS: Final = frozenset({".jsonl", ".ndjson"})
"""The ends of the names of such files, as the definition of a job names one."""
MOST_PROMPTS: Final = 1_000_000
MOST_CHOICES: Final = 1_000
KEYS: Final = frozenset({"item", "prompt", "choices", "answer", "cluster"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt. `right` is the place of the right choice, or None without choices.

    `answer` the text to be written.
    """

    item: str
    prompt: str
    choices: tuple[str, ...] = ()
    right: int | None = None
    answer: str | None = None
    cluster: str | None = None


def read_prompts(path: Path) -> tuple[Prompt, ...]:
    """Read prompts; raises ImportRefused with the line at fault, where names repeat, and where kinds are mixed."""
    found: dict[str, Prompt] = {}
    for node in read_lines(path):
        if len(found) == MOST_PROMPTS:
            raise node.refused(f"more than {MOST_PROMPTS:,} lines")
        prompt = _prompt(node)
        if prompt.item in found:
            raise node.refused(f"the item {prompt.item} comes twice")
        found[prompt.item] = prompt
    if not found:
        raise ImportRefused(path, None, "the file has no prompt", "`lineage docs evaluating` shows its form")
    if len({bool(prompt.choices) for prompt in found.values()}) > 1:
        raise ImportRefused(path, None, "some prompts have choices and some have none", "split it into two files")
    return tuple(found.values())


def _prompt(node: Node) -> Prompt:
    if set(node.fields()) - KEYS:
        raise node.refused(f"unknown keys; known are {', '.join(sorted(KEYS))}")
    item = node.at("item").text()
    if item is None:
        raise node.at("item").refused("a name is missing")
    choices = tuple(long_text(one) for one in node.at("choices").elements())
    if len(choices) == 1 or len(choices) > MOST_CHOICES:
        raise node.at("choices").refused(f"not 2 to {MOST_CHOICES:,} choices")
    answer = node.at("answer")
    return Prompt(
        item=item,
        prompt=long_text(node.at("prompt")),
        choices=choices,
        right=_right(answer, choices) if choices else None,
        answer=None if choices or answer.value is None else long_text(answer),
        cluster=node.at("cluster").text(),
    )


def _right(answer: Node, choices: tuple[str, ...]) -> int:
    if isinstance(answer.value, str):
        if choices.count(answer.value) != 1:
            raise answer.refused("not one of the choices")
        return choices.index(answer.value)
    place = answer.count() if not isinstance(answer.value, bool) else len(choices)
    if place >= len(choices):
        raise answer.refused("not the place of a choice")
    return place
