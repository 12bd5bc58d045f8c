"""The samples of an Inspect log: one value a sample, scorer and epoch, and the mean over epochs as one value an item.

Seen: samples that inspect_ai 0.3.285 wrote with its `mockllm` provider, for scorers whose values are letters, numbers
and mappings, and one whose grader failed: it writes the literal `NaN`, which JSON does not have. Such a scorer is left
out with the reason, as a mean over the samples that happened to be graded would be another set of items each time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.imports.json_node import Node, name_of
from lineage.scores.score import ItemScores, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.scores.instruments import Instrument

GRADES: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""What Inspect's `value_to_float` makes of its letters: correct, partial, incorrect, no answer."""
_LONGEST_REPLY: Final = (1 << 31) - 1


@dataclass(slots=True)
class SampleScore:
    """All epochs of one sample: values by scorer and in the order of epochs, and how long the replies were."""

    asked: str
    epochs: set[int] = field(default_factory=set)
    finished: int = 0
    values: dict[str, list[Node]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)


@dataclass(slots=True)
class SampleScores:
    """The samples of a log by the name of the item."""

    items: dict[str, SampleScore] = field(default_factory=dict)

    def add(self, sample: Node) -> None:
        """Take one sample; raises ImportRefused where it comes twice or has not the form of one."""
        name = sample_name(sample.at("id"))
        epoch = 1 if sample.at("epoch").value is None else sample.at("epoch").count()
        item = self.items.setdefault(name, SampleScore(asked=_asked(sample)))
        if epoch in item.epochs:
            raise sample.refused(f"sample {name} comes twice in epoch {epoch}")
        item.epochs.add(epoch)
        scores = dict(_scores(sample.at("scores")))
        item.finished += sample.at("error").value is None and bool(scores)
        for scorer, value in scores.items():
            item.values.setdefault(scorer, []).append(value)
        reply = _reply(sample)
        if reply is not None:
            item.lengths.append(min(len(reply), _LONGEST_REPLY))

    def scorers(self) -> list[str]:
        """Return the names of all scorers, of one that gives a mapping `scorer.key`, in the order of the log."""
        return list(dict.fromkeys(scorer for item in self.items.values() for scorer in item.values))

    def prompts(self) -> str:
        """Return a hash of what was asked: of every sample its input and target, whatever their order."""
        return digest(sorted((name, item.asked) for name, item in self.items.items()))

    def why_unusable(self, scorer: str) -> str | None:
        """Say why a scorer gives no number an item, or None where it does."""
        values = [value.value for item in self.items.values() for value in item.values.get(scorer, ())]
        ungraded = sum(isinstance(value, float) and math.isnan(value) for value in values)
        if ungraded:
            return f"{ungraded} of {len(values)} samples were not graded"
        if any(not isinstance(value, int | float) and value not in GRADES for value in map(_hashable, values)):
            return "its values are no numbers, nor the letters C, P, I, N"
        return None

    def item_scores(self, scorer: str, instrument: Instrument) -> ItemScores:
        """Return one value an item, the mean of its epochs; raises ImportRefused where one is out of range."""
        kept = {name: item for name, item in self.items.items() if scorer in item.values}
        means = [np.mean([_within(value, instrument) for value in item.values[scorer]]) for item in kept.values()]
        lengths = [round(np.mean(item.lengths)) if item.lengths else -1 for item in kept.values()]
        return ItemScores(
            items=tuple(kept),
            values=np.array(means, dtype=np.float64),
            reply_lengths=np.array(lengths, dtype=np.int32) if any(length >= 0 for length in lengths) else None,
        )


def sample_name(node: Node) -> str:
    """Return the name of a sample: its id, a number or a text."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | str):
        raise node.refused("not an id")
    return name_of(str(node.value))


def _scores(node: Node) -> Iterator[tuple[str, Node]]:
    for scorer in node.fields():
        value = node.at(scorer, "value")
        if isinstance(value.value, dict):
            yield from ((f"{scorer}.{key}", value.at(key)) for key in value.value)
        else:
            yield scorer, value


def _asked(sample: Node) -> str:
    """Return a hash of input and target, without the ids that Inspect gives to messages, new in every run."""
    said = sample.at("input").value
    if isinstance(said, list):
        said = [[part.get("role"), part.get("content")] if isinstance(part, dict) else part for part in said]
    return digest([said, sample.at("target").value])


def _reply(sample: Node) -> str | None:
    """Return the reply, which a log may keep among the attachments and name by its hash."""
    output = sample.at("output").value
    reply = output.get("completion") if isinstance(output, dict) else None
    if isinstance(reply, str) and reply.startswith("attachment://"):
        reply = sample.at("attachments").fields().get(reply.removeprefix("attachment://"))
    return reply if isinstance(reply, str) else None


def _hashable(value: object) -> object:
    return value if isinstance(value, int | float | str) else None


def _within(node: Node, instrument: Instrument) -> float:
    value = GRADES[node.value] if isinstance(node.value, str) else node.number()
    if not instrument.holds(value):
        raise node.refused(f"{value:g} is outside of {instrument.low:g} to {instrument.high:g} of {instrument.name}")
    return value
