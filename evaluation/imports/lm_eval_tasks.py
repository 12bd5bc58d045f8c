"""The tasks and groups of a results file of lm-evaluation-harness, and the score that each of their metrics gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.imports.documents import NOT_KNOWN, left_out, name_of, told
from evaluation.imports.lm_eval_samples import Samples, item_scores
from lineage.scores import Identity, ItemScores, Score, digest
from lineage.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.imports.documents import Node
    from evaluation.imports.lm_eval_run import Run
    from evaluation.imports.reading import Skipped
    from lineage.instruments import Catalogue, Instrument

ENGINE: Final = "lm-eval"
GENERATION: Final = "generate_until"
OTHER_AGGREGATES: Final = frozenset(
    {"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "mcc", "f1", "bleu", "chrf", "ter"}
)
"""Metrics that lm-evaluation-harness 0.4.13 aggregates otherwise than by the mean where a task does not say how."""
_TOLERANCE: Final = 1e-6
"""Of an instrument's range: the engine writes full precision, its mean adds up in another order than ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number of a results file: `acc,none` of a task or a group, in the document of the whole run."""

    document: Node
    task: str
    name: str
    filter: str
    instrument: Instrument

    @property
    def key(self) -> str:
        """How the file names it: metric and filter."""
        return f"{self.name},{self.filter}"

    @property
    def config(self) -> Node:
        """How the task was set up; null for a group."""
        return self.document.at("configs", self.task)


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
                yield Metric(document=document, task=task, name=name, filter=chosen, instrument=instrument)


def make_score(metric: Metric, run: Run, samples: Samples | None) -> Score:
    """Return the score of a metric, with its items where there are samples and the value is their mean.

    Raises ImportRefused where the value is outside of the instrument's range or not what the samples say.
    """
    node = metric.document.at("results", metric.task, metric.key)
    value, instrument = node.number(), metric.instrument
    if not instrument.holds(value):
        raise node.refused(f"{value:g} is outside of {instrument.low:g} to {instrument.high:g} of {instrument.name}")
    items = None if samples is None else _items(metric, samples, node, value)
    return Score(
        model=run.model,
        revision=run.revision,
        instrument=instrument,
        identity=_identity(metric, run, samples if items is not None else None, items),
        value=value,
        stderr=_stderr(metric),
        items=_effective(metric) if items is None else len(items),
        source=ENGINE,
        origin=plain(f"lm-eval {metric.document.path.name}" + (f", on {run.carrier}" if run.carrier else "")),
        measured_at=run.measured_at,
        run_name=name_of(metric.task),
        item_scores=items,
    )


def check_samples(document: Node, task: str, samples: Samples) -> None:
    """Refuse samples that are not those of the results: by the hash over all of them, and by their number."""
    hashed = document.at("task_hashes", task)
    if hashed.value is not None and hashed.text() != samples.task_hash:
        raise hashed.refused(f"{samples.path.name} holds other samples than these results were made of")
    told_count = document.at("n-samples", task, "effective")
    for name in samples.filters() if told_count.value is not None else ():
        found = len(samples.of_filter(name))
        if found != told_count.count():
            raise told_count.refused(f"{samples.path.name} has {found:,} samples with the filter {name}")


def _items(metric: Metric, samples: Samples, node: Node, value: float) -> ItemScores | None:
    """Return the items of a metric; null where the engine does not take their mean (as for a correlation)."""
    if not _is_mean(metric):
        return None
    items = item_scores(samples.of_filter(metric.filter), metric.name, metric.instrument)
    if items is not None and abs(float(np.mean(items.values)) - value) > _TOLERANCE * metric.instrument.span:
        raise node.refused(f"{value:g}, but the mean of {samples.path.name} is {float(np.mean(items.values)):g}")
    return items


def _is_mean(metric: Metric) -> bool:
    """Say whether the engine takes the mean: the task says so, or says nothing and it is the metric's own way."""
    for entry in metric.config.at("metric_list").elements():
        if entry.at("metric").value == metric.name:
            return entry.at("aggregation").value in (("mean",) if metric.name in OTHER_AGGREGATES else ("mean", None))
    return metric.name not in OTHER_AGGREGATES


def _stderr(metric: Metric) -> float | None:
    """Return the standard error that the engine states, null where it writes `N/A` or nothing."""
    node = metric.document.at("results", metric.task, f"{metric.name}_stderr,{metric.filter}")
    if node.value is None or node.value == "N/A":
        return None
    error = node.number()
    if error < 0:
        raise node.refused("a standard error below 0")
    return error


def _effective(metric: Metric) -> int | None:
    """Return how many items were run, null where the file does not tell."""
    row = metric.document.at("results", metric.task)
    for node in (
        metric.document.at("n-samples", metric.task, "effective"),
        row.at("sample_count").at(metric.key),
        row.at("sample_len"),
    ):
        if node.value is not None:
            return node.count()
    return None


def _identity(metric: Metric, run: Run, samples: Samples | None, items: ItemScores | None) -> Identity:
    kind = metric.config.at("output_type").text()
    return Identity(
        name=metric.instrument.name,
        item_set_hash=_counted(metric) if items is None else items.item_set_hash,
        scorer=name_of(metric.key),
        template=_template(metric, run) if samples is None else _seen_template(metric, run, samples),
        decoding=told(metric.config.at("generation_kwargs").fields()) if kind == GENERATION else None,
        softmax_dtype=None if kind == GENERATION else run.softmax_dtype,
    )


def _counted(metric: Metric) -> str | None:
    """Return what stands for the set of items where only their numbers are told."""
    counts = {
        leaf: [metric.document.at("n-samples", leaf, name).value for name in ("original", "effective")]
        for leaf in _leaves(metric.document, metric.task)
        if metric.document.at("n-samples", leaf).fields()
    }
    return digest(counts) if counts else None


def _leaves(document: Node, task: str) -> list[str]:
    """Return the tasks of a group, through groups inside of it, in the order of their names; of a task itself."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [task]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        inner = [str(child.value) for child in document.at("group_subtasks", name).elements()]
        waiting += inner
        if not inner:
            found.add(name)
    return sorted(found)


def _template(metric: Metric, run: Run) -> str | None:
    """Return what the results tell of the prompts of all tasks in it."""
    leaves = _leaves(metric.document, metric.task)
    shots = {leaf: metric.document.at("n-shot", leaf).value for leaf in leaves}
    versions = {leaf: metric.document.at("versions", leaf).value for leaf in leaves}
    return told({"shots": _one(shots), "version": _one(versions), **run.asked_with})


def _one(values: dict[str, object]) -> object:
    """Return what all tasks have in common, all of it where they differ."""
    alike = {str(value) for value in values.values()}
    return next(iter(values.values())) if len(alike) == 1 else values


def _seen_template(metric: Metric, run: Run, samples: Samples) -> str | None:
    shots, version = (metric.document.at(part, metric.task).value for part in ("n-shot", "versions"))
    settings = {"shots": shots, "version": version, "chat": run.chat is not None, "prompts": samples.prompts()}
    return told(settings)
