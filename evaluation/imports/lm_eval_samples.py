"""The samples file of lm-evaluation-harness: one line per document and filter, in columns.

Seen: files that lm-evaluation-harness 0.4.13 wrote for multiple choice, generation (with two filters: each document has
a line for each) and rolling log-likelihood (whose metrics are pairs, so no item has a number). Items are named as
evaluation.lm_eval_format names them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.json_node import Node, read_lines
from evaluation.lm_eval_format import asked_hash, cluster_of, name_documents
from lineage.scores.score import ItemScores

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lineage.scores.instruments import Instrument

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_UNKNOWN_LENGTH: Final = -1
LONGEST_REPLY: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line: the document, how it was asked, and the metrics that were wanted of it, still with their places.

    `length` is characters of the generated reply, -1 where none was generated.
    """

    number: int
    document: str
    cluster: str | None
    asked: str
    filter: str
    length: int
    values: dict[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSamples:
    """All lines of a task. `task_hash` is what the engine would write as the task's hash in its results."""

    path: Path
    lines: tuple[Sample, ...]
    metrics: tuple[str, ...]
    task_hash: str

    def filters(self) -> tuple[str, ...]:
        """Return the names of the filters, in the order of the file."""
        return tuple(dict.fromkeys(line.filter for line in self.lines))

    def of_filter(self, name: str) -> list[Sample]:
        """Return the lines of a filter in the order of the data set."""
        return sorted((line for line in self.lines if line.filter == name), key=lambda line: line.number)

    def prompts(self) -> str:
        """Return a hash of what was asked: for every document its prompt and its target, whatever their order.

        It is taken over whole prompts, so whatever shaped them is in it (examples, their order and seed, chat template,
        system prompt, wording), and a template that differs in text and not in effect is the same.
        """
        return asked_hash((line.document, line.asked) for line in self.lines)


def read_samples(path: Path, metrics: frozenset[str] | None) -> TaskSamples:
    """Read a samples file, of each line the named metrics, all for None; raises ImportRefused with the line."""
    hashed = hashlib.sha256()
    lines: list[Sample] = []
    seen: set[tuple[str, int]] = set()
    names: dict[str, None] = {}
    for node in read_lines(path):
        line = _sample(node, metrics)
        if (line.filter, line.number) in seen:
            raise node.refused(f"doc_id {line.number} comes twice with the filter {line.filter}")
        seen.add((line.filter, line.number))
        names.update(dict.fromkeys(line.values))
        hashed.update(f"{line.document}{line.asked}".encode())
        lines.append(line)
    if not lines:
        raise Node(path, None, None).refused("no sample in it")
    return TaskSamples(path=path, lines=tuple(lines), metrics=tuple(names), task_hash=hashed.hexdigest())


def item_scores(lines: Iterable[Sample], metric: str, instrument: Instrument) -> ItemScores | None:
    """Return one metric of the lines of one filter; None where it is no number an item, or no line has it.

    Raises ImportRefused where a value is outside of the instrument's range or is not finite.
    """
    kept = [line for line in lines if metric in line.values]
    if not kept or any(isinstance(line.values[metric].value, list | dict | str) for line in kept):
        return None
    values = np.array([_within(line.values[metric], instrument) for line in kept])
    items, clusters = name_documents([line.document for line in kept], [line.cluster for line in kept])
    lengths = np.array([line.length for line in kept], dtype=np.int32)
    is_told = bool((lengths != _UNKNOWN_LENGTH).any())
    return ItemScores(items=items, values=values, clusters=clusters, reply_lengths=lengths if is_told else None)


def _sample(node: Node, metrics: frozenset[str] | None) -> Sample:
    said = [element.text() for element in node.at("metrics").elements()]
    fields = node.fields()
    document, prompt, target = (_hash(node.at(f"{part}_hash")) for part in ("doc", "prompt", "target"))
    return Sample(
        number=node.at("doc_id").count(),
        document=document,
        cluster=cluster_of(fields.get("doc")),
        asked=prompt + target,
        filter=node.at("filter").text() or "none",
        length=_reply_length(fields),
        values={
            name: node.at(name) for name in said if name in fields and name and (metrics is None or name in metrics)
        },
    )


def _reply_length(fields: dict[str, object]) -> int:
    """Return the characters of the first reply where one was generated: then the request carries a mapping."""
    try:
        arguments = fields["arguments"]["gen_args_0"]["arg_1"]  # type: ignore[index]  # strangers' shape, caught below
        reply = fields["resps"][0][0]  # type: ignore[index]  # as above
    except (KeyError, IndexError, TypeError):
        return _UNKNOWN_LENGTH
    return len(reply) if isinstance(arguments, dict) and isinstance(reply, str) else _UNKNOWN_LENGTH


def _within(node: Node, instrument: Instrument) -> float:
    value = node.number()
    if not instrument.holds(value):
        raise node.refused(f"{value:g} is outside of {instrument.low:g} to {instrument.high:g} of {instrument.name}")
    return value


def _hash(node: Node) -> str:
    text = node.text()
    if text is None or not _HASH.fullmatch(text):
        raise node.refused("not a hash of 64 hexadecimal digits")
    return text
