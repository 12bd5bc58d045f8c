"""The tasks and groups of a results file of lm-evaluation-harness, and what the file tells of each of their metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evaluation.imports.json_node import NOT_KNOWN, left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.imports.interface import Skipped
    from evaluation.imports.json_node import Node
    from lineage.scores.instruments import Catalogue, Instrument

ENGINE: Final = "lm-eval"
OTHER_AGGREGATES: Final = frozenset(
    {"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "mcc", "f1", "bleu", "chrf", "ter"}
)
"""Metrics that lm-evaluation-harness 0.4.13 aggregates otherwise than by the mean where a task does not say how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number of a results file: `acc,none` of a task or a group, in the document of the whole run.

    `leaves` are the tasks that it is made of: those of the group that have the metric, or the task itself.
    """

    document: Node
    task: str
    name: str
    filter: str
    instrument: Instrument
    leaves: tuple[str, ...]

    @property
    def key(self) -> str:
        """How the file names it: metric and filter."""
        return f"{self.name},{self.filter}"

    @property
    def is_group(self) -> bool:
        """Whether it stands for several tasks."""
        return self.leaves != (self.task,)

    def of_leaves(self, *place: str) -> dict[str, Node]:
        """Return what the file tells of each task in one of its parts, such as `versions`."""
        return {leaf: self.document.at(*place, leaf) for leaf in self.leaves}

    def stderr(self) -> float | None:
        """Return the standard error that the engine states, or None where it writes `N/A` or nothing."""
        node = self.document.at("results", self.task, f"{self.name}_stderr,{self.filter}")
        if node.value is None or node.value == "N/A":
            return None
        error = node.number()
        if error < 0:
            raise node.refused("a standard error below 0")
        return error

    def count(self) -> int | None:
        """Return how many items were run, or None where the file does not tell."""
        row = self.document.at("results", self.task)
        told = (
            self.document.at("n-samples", self.task, "effective"),
            row.at("sample_count", self.key),
            row.at("sample_len"),
        )
        return next((node.count() for node in told if node.value is not None), None)

    def is_mean(self) -> bool:
        """Return whether the engine takes the mean of items: the tasks say so, or say nothing and the metric is one."""
        said = [
            entry.at("aggregation").value
            for config in self.of_leaves("configs").values()
            for entry in config.at("metric_list").elements()
            if entry.at("metric").value == self.name
        ]
        return all(way == "mean" or (way is None and self.name not in OTHER_AGGREGATES) for way in said or [None])


def find_metrics(document: Node, catalogue: Catalogue) -> Iterator[Metric | Skipped]:
    """Yield every metric of every task and group, those that the catalogue does not know as skipped."""
    for task in document.at("results").fields():
        for key in document.at("results", task).fields():
            name, comma, chosen = key.rpartition(",")
            if not comma or name.endswith("_stderr"):
                continue
            instrument = catalogue.for_task(ENGINE, task, key) or catalogue.for_task(ENGINE, task, name)
            if instrument is None:
                yield left_out(f"{task} {key}", NOT_KNOWN)
            else:
                yield Metric(
                    document=document,
                    task=task,
                    name=name,
                    filter=chosen,
                    instrument=instrument,
                    leaves=_leaves(document, task, key),
                )


def _leaves(document: Node, task: str, key: str) -> tuple[str, ...]:
    """Return the tasks of a group that have a metric, through groups inside of it, sorted; of a task itself."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [task]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        inner = [child.text() or "" for child in document.at("group_subtasks", name).elements()]
        waiting += inner
        if not inner and (name == task or document.at("results", name, key).value is not None):
            found.add(name)
    return tuple(sorted(found)) or (task,)
