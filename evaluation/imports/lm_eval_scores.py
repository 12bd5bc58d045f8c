"""The score of a metric of lm-evaluation-harness: its value, its identity, and its items where there are samples.

A group whose value is the mean over all items of its tasks has the items of all of them, named `TASK/HASH`; one that is
made otherwise (the mean of the tasks' means) is a summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.imports.json_node import Node, name_of, told
from evaluation.imports.lm_eval_samples import TaskSamples, item_scores
from evaluation.imports.lm_eval_tasks import ENGINE, Metric
from lineage.scores.score import Identity, ItemScores, Score, digest
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.imports.lm_eval_run import HarnessRun

GENERATION: Final = "generate_until"
_TOLERANCE: Final = 1e-6
"""Of an instrument's range: the engine writes full precision, its mean adds up in another order than ours."""


def make_score(metric: Metric, run: HarnessRun, samples: Mapping[str, TaskSamples]) -> Score:
    """Return the score of a metric, with its items where there are samples of its tasks and the value is their mean.

    Raises ImportRefused where the value is outside of the instrument's range or not what the samples say.
    """
    node = metric.document.at("results", metric.task, metric.key)
    value, instrument = node.number(), metric.instrument
    if not instrument.holds(value):
        raise node.refused(f"{value:g} is outside of {instrument.low:g} to {instrument.high:g} of {instrument.name}")
    items = _checked_items(metric, samples, node, value)
    return Score(
        model=run.model,
        revision=run.revision,
        instrument=instrument,
        identity=_identity(metric, run, items, samples),
        value=value,
        stderr=metric.stderr(),
        items=metric.count() if items is None else len(items),
        source=ENGINE,
        origin=plain(f"lm-eval {metric.document.path.name}" + (f", on {run.carrier}" if run.carrier else "")),
        measured_at=run.measured_at,
        run_name=name_of(metric.task),
        item_scores=items,
    )


def check_samples(document: Node, task: str, samples: TaskSamples) -> None:
    """Refuse samples that are not those of the results: by the hash over all of them, and by their number."""
    hashed = document.at("task_hashes", task)
    if hashed.value is not None and hashed.text() != samples.task_hash:
        raise hashed.refused(f"{samples.path.name} holds other samples than these results were made of")
    stated = document.at("n-samples", task, "effective")
    for name in samples.filters() if stated.value is not None else ():
        found = len(samples.of_filter(name))
        if found != stated.count():
            raise stated.refused(f"{samples.path.name} has {found:,} samples with the filter {name}")


def _checked_items(metric: Metric, samples: Mapping[str, TaskSamples], node: Node, value: float) -> ItemScores | None:
    """Return the items of a metric; None where samples are missing or the engine does not take the items' mean.

    Raises ImportRefused where a task's value is not the mean of its samples. A group may be made in another way.
    """
    if not metric.is_mean() or any(leaf not in samples for leaf in metric.leaves):
        return None
    parts = {
        leaf: item_scores(samples[leaf].of_filter(metric.filter), metric.name, metric.instrument)
        for leaf in metric.leaves
    }
    told_parts = {leaf: part for leaf, part in parts.items() if part is not None}
    if len(told_parts) < len(parts):
        return None
    items = _joined(told_parts) if metric.is_group else told_parts[metric.task]
    mean = float(np.mean(items.values))
    if abs(mean - value) <= _TOLERANCE * metric.instrument.span:
        return items
    if metric.is_group:
        return None
    raise node.refused(f"{value:g}, but the mean of {samples[metric.task].path.name} is {mean:g}")


def _joined(parts: Mapping[str, ItemScores]) -> ItemScores:
    """Return the items of several tasks, with the name of their task before their own."""
    clusters = [f"{task}/{name}" for task, part in parts.items() for name in part.clusters or part.items]
    lengths = [
        np.full(len(part), -1, dtype=np.int32) if part.reply_lengths is None else part.reply_lengths
        for part in parts.values()
    ]
    return ItemScores(
        items=tuple(f"{task}/{name}" for task, part in parts.items() for name in part.items),
        values=np.concatenate([part.values for part in parts.values()]),
        clusters=tuple(clusters) if any(part.clusters for part in parts.values()) else None,
        reply_lengths=np.concatenate(lengths)
        if any(part.reply_lengths is not None for part in parts.values())
        else None,
    )


def _identity(
    metric: Metric, run: HarnessRun, items: ItemScores | None, samples: Mapping[str, TaskSamples]
) -> Identity:
    configs = metric.of_leaves("configs").values()
    is_generation = all(config.at("output_type").value == GENERATION for config in configs)
    decoding = {leaf: config.at("generation_kwargs").value for leaf, config in metric.of_leaves("configs").items()}
    return Identity(
        name=metric.instrument.name,
        item_set_hash=_counted(metric) if items is None else items.item_set_hash,
        scorer=name_of(metric.key),
        template=_template(metric, run) if items is None else _seen_template(metric, run, samples),
        decoding=_settings(decoding) if is_generation else None,
        softmax_dtype=None if is_generation else run.softmax_dtype,
    )


def _counted(metric: Metric) -> str | None:
    """Return what stands for the set of items where only their numbers are told."""
    counts = {
        leaf: [counted.at(name).value for name in ("original", "effective")]
        for leaf, counted in metric.of_leaves("n-samples").items()
        if counted.fields()
    }
    return digest(counts) if counts else None


def _template(metric: Metric, run: HarnessRun) -> str | None:
    """Return what the results tell of the prompts of all tasks in it."""
    return told({**_shape(metric), **run.asked_with})


def _seen_template(metric: Metric, run: HarnessRun, samples: Mapping[str, TaskSamples]) -> str | None:
    """Return the hash of what was asked in all tasks, and what does not show in it."""
    prompts = {leaf: samples[leaf].prompts() for leaf in metric.leaves}
    asked = digest(prompts) if metric.is_group else prompts[metric.task]
    return told({**_shape(metric), "chat": run.chat is not None, "prompts": asked})


def _shape(metric: Metric) -> dict[str, object]:
    parts = {"shots": metric.of_leaves("n-shot"), "version": metric.of_leaves("versions")}
    return {name: common_value({leaf: node.value for leaf, node in part.items()}) for name, part in parts.items()}


def _settings(of_leaves: dict[str, object]) -> str | None:
    found = common_value(of_leaves)
    return told(found) if isinstance(found, dict) else None


def common_value(values: Mapping[str, object]) -> object:
    """Return what all tasks have in common, all of it where they differ."""
    alike = {digest(value) for value in values.values()}
    return next(iter(values.values())) if len(alike) == 1 else values
