"""The results file of lm-evaluation-harness: the run, its tasks and groups, and the score of each metric.

Seen: files that lm-evaluation-harness 0.4.13 wrote with its `hf` model, with and without `peft`, a chat template and a
limit. `config.model_args` is a mapping there and a text in earlier versions; both are read.

A group whose value is the mean over all items of its tasks has the items of all of them, named `TASK/HASH`; a group
that is computed in another way (the mean of the means of its tasks) has no items.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.imports.interface import NOT_KNOWN, left_out
from evaluation.imports.lm_eval_samples import TaskSamples, item_scores
from evaluation.json_node import Node, name_of, told
from evaluation.lm_eval_format import ENGINE, GENERATION, common_value
from lineage.scores.score import Identity, ItemScores, Score, digest
from lineage.scores.variant import variant_of_file
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from evaluation.imports.interface import ImportSettings, Skipped
    from lineage.scores.instruments import Catalogue, Instrument

MODEL_ARGUMENTS: Final = ("peft", "delta", "pretrained", "model", "path", "engine")
"""The arguments that name the model, the derivative first: with `peft` and `delta`, `pretrained` is their base."""
SHA_OF: Final = {"peft": "peft_sha", "delta": "delta_sha"}
LONGEST_ARGUMENTS: Final = 10_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessRun:
    """The model of a run and how it was asked.

    `carrier` is the base of an adapter or a delta; None for any other model. `revision` is a commit, or a branch other
    than `main`; None if the file states neither. `softmax_dtype` applies to log-likelihoods.
    """

    model: str
    revision: str | None
    carrier: str | None
    measured_at: datetime | None
    softmax_dtype: str | None
    chat: str | None
    system: str | None
    multiturn: bool | None

    @property
    def asked_with(self) -> dict[str, object]:
        """Return what the file tells of the prompt, for all tasks of the run."""
        return {"chat": self.chat, "system": self.system, "multiturn": self.multiturn or None}


def read_run(document: Node, wanted: ImportSettings) -> HarnessRun:
    """Read what holds for all tasks; raises ImportRefused if neither the file nor the user names a model."""
    config = document.at("config")
    arguments = model_arguments(config.at("model_args"))
    role = next((name for name in MODEL_ARGUMENTS if arguments.at(name).value), None)
    named = arguments.at(role) if role else document.at("model_name")
    model = wanted.model or named.text()
    if model is None:
        raise named.refused("no model is named; say which with --model")
    is_of_file = wanted.model is None or wanted.model.casefold() == str(named.value).casefold()
    return HarnessRun(
        model=model if wanted.model is not None else f"{model}{model_variant(arguments)}",
        revision=wanted.revision or (_revision(config, role) if is_of_file else None),
        carrier=arguments.at("pretrained").text() if role in SHA_OF else None,
        measured_at=document.at("date").moment(),
        softmax_dtype=_softmax_dtype(config, arguments),
        chat=_hash(document.at("chat_template_sha")),
        system=_hash(document.at("system_instruction_sha")),
        multiturn=bool(document.at("fewshot_as_multiturn").value),
    )


def model_variant(arguments: Node) -> str:
    """Return which part of the repository was loaded; empty for all of it."""
    file, folder = arguments.at("gguf_file").text(), arguments.at("subfolder").text()
    if file is not None:
        return variant_of_file(file)
    return f"#{folder.strip('/')}" if folder else ""


def model_arguments(node: Node) -> Node:
    """Return the arguments of a model by name: a mapping, or `NAME=VALUE,...`, or a mapping that Python wrote as text.

    Other programs that read the harness's results keep them in the last form. What cannot be read has no arguments.
    """
    if not isinstance(node.value, str):
        return node
    if node.value.startswith("{"):
        return Node(node.path, node.place, _literal(node.value))
    pairs = (part.partition("=") for part in node.value.split(","))
    return Node(node.path, node.place, {name.strip(): value.strip() for name, _, value in pairs})


def _literal(text: str) -> dict[str, object]:
    """Return the mapping of a Python literal, an empty one where it is none; calls nothing and is bounded in length."""
    try:
        found = ast.literal_eval(text) if len(text) <= LONGEST_ARGUMENTS else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {}
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}


def _revision(config: Node, role: str | None) -> str | None:
    """Return the commit that was measured; `main` is no answer, as it moves."""
    sha = config.at(SHA_OF.get(role or "", "model_sha")).text()
    if sha is not None and _COMMIT.fullmatch(sha):
        return sha
    revision = None if role in SHA_OF else config.at("model_revision").text()
    return None if revision == "main" else revision


def _softmax_dtype(config: Node, arguments: Node) -> str | None:
    """Return the type in which the `hf` model takes log-softmax: the one asked for, else the type of the weights.

    None for other engines, which do not tell, under mixed precision, which decides by operation, and where the type was
    left to the model (`auto`) and not written down.
    """
    engine = config.at("model").text() or ""
    if not engine.startswith(("hf", "huggingface")) or arguments.at("mixed_precision_dtype").value:
        return None
    asked = (arguments.at("softmax_dtype"), config.at("model_dtype"), arguments.at("dtype"))
    found = next((text for node in asked if (text := node.text())), "auto").removeprefix("torch.")
    return None if found == "auto" else found


def _hash(node: Node) -> str | None:
    text = node.text()
    return None if text is None else text[:16]


OTHER_AGGREGATES: Final = frozenset(
    {"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "mcc", "f1", "bleu", "chrf", "ter"}
)
"""Metrics that lm-evaluation-harness 0.4.13 does not aggregate by the mean, if a task does not say how."""


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
        """Whether it covers several tasks."""
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
    """Raise ImportRefused for samples that are not those of the results, by their hash and their number."""
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
