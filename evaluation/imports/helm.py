"""Scores of HELM: the folder of a run with `run_spec.json`, and `per_instance_stats.json` or `stats.json` beside it.

Written after the records that the source of crfm-helm serialises without nulls (0.4 and 0.5: `Runner`, `RunSpec`,
`AdapterSpec`, `PerInstanceStats`, `Stat`, `MetricName`); no run of it was seen. Any of the three files leads to the
same scores. They have items if the items are there, checked against `stats.json` if that is there too; otherwise a
score is one value without uncertainty, because HELM writes none and its `count` counts trials. HELM writes no time
either.

HELM writes one entry per instance, perturbation and train trial for every class of metrics, so one instance comes
several times; an entry holds many metrics, each with the split of the instance. Trials repeat an item with other
examples in the prompt: the value of an item is their mean, as HELM's own is. Items that perturb an instance make a
score of their own, clustered by the instance.

XSTest has one metric for two questions: help on harmless prompts and refusal of harmful ones. Its instances say which a
prompt is, so each half makes a score, of the scenarios `xstest:label=safe` and `xstest:label=unsafe`.

HELM's names of models (`meta/llama-3-8b`) are often not those of the Hub; the user then says which model it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.interface import NOT_KNOWN, FileScores, left_out
from evaluation.json_node import Node, name_of, read_document, reading, told
from lineage.scores.score import Identity, ItemScores, Score, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from evaluation.json_node import Node
    from lineage.scores.instruments import Catalogue, Instrument

FORMAT: Final = "helm"
DECODING: Final = ("temperature", "max_tokens", "stop_sequences", "num_outputs")
_NOT_OF_PROMPT: Final = frozenset(
    {*DECODING, "model", "model_deployment", "max_eval_instances", "random", "eval_splits"}
)
_OF_ASKING: Final = frozenset(
    {
        *("model", "model_deployment", "groups", "method", "data_augmentation", "max_train_instances"),
        *("num_train_trials", "num_outputs", "instructions", "prompt", "stop", "temperature", "max_eval_instances"),
    }
)
"""Parts of a run's name that say how a scenario was asked, not which items it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """A run of a scenario on a model.

    `scenario` is the run's name without the model and the ways to ask it. It is part of the names of items, as HELM
    numbers instances in each scenario anew.
    `judge` names what annotated the replies, or None where nothing did.
    """

    model: str
    revision: str | None
    deployment: str | None
    name: str
    scenario: str
    groups: tuple[str, ...]
    template: str | None
    decoding: str | None
    judge: str | None

    def instrument(self, catalogue: Catalogue, metric: str) -> Instrument | None:
        """Return what a metric of the run measures: known by the whole scenario, its first word, or its groups."""
        names = (self.scenario, re.split("[:,]", self.scenario)[0], *self.groups)
        found = (catalogue.for_task(FORMAT, name, metric) for name in names)
        return next((instrument for instrument in found if instrument is not None), None)


def read_run_spec(document: Node, wanted: ImportSettings) -> RunSpec:
    """Read a run's specification; raises ImportRefused if neither it nor the user names a model."""
    adapter = document.at("adapter_spec")
    named = adapter.at("model" if adapter.at("model").value else "model_deployment")
    model, _, revision = (named.text() or "").partition("@")
    if wanted.model is None and not model:
        raise named.refused("no model is named; say which with --model")
    is_of_file = wanted.model is None or wanted.model.casefold() == model.casefold()
    name = document.at("name").text()
    if name is None:
        raise document.at("name").refused("the run has no name")
    groups = (group.text() for group in document.at("groups").elements())
    return RunSpec(
        model=wanted.model or model,
        revision=wanted.revision or ((revision or None) if is_of_file else None),
        deployment=adapter.at("model_deployment").text(),
        name=name,
        scenario=_scenario(name),
        groups=tuple(group for group in groups if group),
        template=_template(document),
        decoding=told({key: adapter.at(key).value for key in DECODING}),
        judge=_judge(document),
    )


def _scenario(name: str) -> str:
    """Return `mmlu:subject=law` of `mmlu:subject=law,method=joint,model=grove_maple`."""
    first, _, rest = name.partition(":" if ":" in name else ",")
    kept = [part for part in rest.split(",") if part and part.partition("=")[0] not in _OF_ASKING]
    return f"{first}:{','.join(kept)}" if kept else first


def _template(document: Node) -> str | None:
    """Return how prompts are made, with a hash of all the texts around the examples and of what alters the items."""
    adapter = document.at("adapter_spec")
    rest = {name: value for name, value in adapter.fields().items() if name not in _NOT_OF_PROMPT}
    return told(
        {
            "method": adapter.at("method").text(),
            "shots": adapter.at("max_train_instances").value,
            "prompts": digest([rest, document.at("data_augmenter_spec").value, document.at("scenario_spec").value]),
        }
    )


def _judge(document: Node) -> str | None:
    """Return the names of the annotators, and a hash of their settings; None for none."""
    annotators = list(document.at("annotators").elements())
    if not annotators:
        return None
    names = [(one.at("class_name").text() or "?").rpartition(".")[2] for one in annotators]
    return f"{'+'.join(names)[:200]}@{digest([one.value for one in annotators])}"


@dataclass(frozen=True, slots=True)
class HelmMetric:
    """A metric on the instances of a split, as they are or perturbed. `split` is None where none is told."""

    metric: str
    split: str | None
    is_perturbed: bool

    @property
    def scorer(self) -> str:
        """How an identity names it: `exact_match,test`, `exact_match,test,perturbed`."""
        parts = (self.metric, self.split, "perturbed" if self.is_perturbed else None)
        return ",".join(part for part in parts if part)


@dataclass(slots=True)
class ItemValues:
    """The values of a metric by item and trial; an item is the id of an instance and its perturbation.

    `is_split` is true if HELM counts some of them separately, by a part of the split.
    """

    of_trial: dict[tuple[str, str | None, int], Node] = field(default_factory=dict)
    is_split: bool = False

    def item_scores(self, scenario: str, instrument: Instrument) -> ItemScores:
        """Return the mean over the trials of each item; raises ImportRefused where a value is out of range."""
        trials: dict[tuple[str, str | None], list[float]] = {}
        for (instance, perturbation, _), node in self.of_trial.items():
            trials.setdefault((instance, perturbation), []).append(within(node, instrument))
        is_perturbed = any(perturbation is not None for _, perturbation in trials)
        names = (f"{scenario}/{instance}{'~' + altered if altered else ''}" for instance, altered in trials)
        return ItemScores(
            items=tuple(map(name_of, names)),
            values=np.array([np.mean(values) for values in trials.values()], dtype=np.float64),
            clusters=tuple(name_of(f"{scenario}/{instance}") for instance, _ in trials) if is_perturbed else None,
        )


def read_items(entries: Iterable[Node], wanted: Mapping[str, Instrument]) -> dict[HelmMetric, ItemValues]:
    """Read `per_instance_stats.json`, of it the wanted metrics; raises ImportRefused where a value is told twice."""
    found: dict[HelmMetric, ItemValues] = {}
    for entry in entries:
        instance, trial = entry.at("instance_id").text(), entry.at("train_trial_index").count()
        if instance is None:
            raise entry.at("instance_id").refused("an instance without id")
        perturbation = entry.at("perturbation").value
        altered = None if perturbation is None else digest(perturbation)
        for stat in entry.at("stats").elements():
            metric = metric_of(stat)
            if metric not in wanted or is_empty(stat):
                continue
            measure = HelmMetric(metric, stat.at("name", "split").text(), altered is not None)
            place = (instance, altered, trial)
            node, values = stat.at("mean"), found.setdefault(measure, ItemValues())
            values.is_split |= stat.at("name", "sub_split").value is not None
            before = values.of_trial.setdefault(place, node)
            if before is not node and before.value != node.value:
                raise node.refused(f"{metric} of {instance} is told twice, and not alike")
    return found


def read_totals(document: Node, wanted: Mapping[str, Instrument]) -> dict[HelmMetric, Node]:
    """Read `stats.json`: the means over all items of the wanted metrics, without perturbed and partial ones."""
    found: dict[HelmMetric, Node] = {}
    for stat in document.elements():
        metric, name = metric_of(stat), stat.at("name")
        is_part = name.at("perturbation").value is not None or name.at("sub_split").value is not None
        if metric in wanted and not is_part and not is_empty(stat):
            found.setdefault(HelmMetric(metric, name.at("split").text(), is_perturbed=False), stat.at("mean"))
    return found


def metrics_in(document: Node, *, is_per_item: bool) -> dict[str, None]:
    """Return the names of all metrics, in the order of the file."""
    stats = (stat for entry in document.elements() for stat in entry.at("stats").elements())
    return dict.fromkeys(map(metric_of, stats if is_per_item else document.elements()))


def metric_of(stat: Node) -> str:
    """Return the name of a statistic's metric."""
    name = stat.at("name", "name").text()
    if name is None:
        raise stat.at("name").refused("a statistic without name")
    return name


def is_empty(stat: Node) -> bool:
    """Return whether nothing was counted, for which HELM leaves out the mean."""
    count = stat.at("count").value
    return stat.at("mean").value is None and (count is None or count == 0)


def within(node: Node, instrument: Instrument) -> float:
    """Return a value; raises ImportRefused where it is no number, or outside of the instrument's range."""
    value = node.number()
    if not instrument.holds(value):
        raise node.refused(f"{value:g} is outside of {instrument.low:g} to {instrument.high:g} of {instrument.name}")
    return value


RUN_SPEC, ITEMS, TOTALS, INSTANCES = "run_spec.json", "per_instance_stats.json", "stats.json", "instances.json"
_HEADS: Final = {RUN_SPEC: b"{", ITEMS: b"[", TOTALS: b"["}
_TOLERANCE: Final = 1e-6
LABELLED: Final = frozenset({"xstest"})
"""Scenarios whose instances are of several kinds that make a score each."""


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file is of a HELM run, by its name, its first byte and the `run_spec.json` beside it."""
    opening = _HEADS.get(path.name)
    return opening is not None and head.lstrip().startswith(opening) and path.with_name(RUN_SPEC).is_file()


def part_of(path: Path) -> Path | None:
    """Return the run's specification, from which the whole run is read; None for itself."""
    return None if path.name == RUN_SPEC else path.with_name(RUN_SPEC)


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read the run in the folder of a file; raises ImportRefused if one of its files is damaged or missing."""
    with reading(path):
        return _read(path, wanted)


def _read(path: Path, wanted: ImportSettings) -> FileScores:
    run = read_run_spec(_document(path, RUN_SPEC), wanted)
    beside = {name: _document(path, name) for name in (ITEMS, TOTALS) if _is_there(path, name)}
    if not beside:
        raise ImportRefused(path, None, f"{ITEMS} and {TOTALS} are missing beside it")
    is_per_item = ITEMS in beside
    metrics = metrics_in(beside[ITEMS if is_per_item else TOTALS], is_per_item=is_per_item)
    known = {name: found for name in metrics if (found := run.instrument(wanted.catalogue, name)) is not None}
    skipped = tuple(left_out(f"{run.scenario} {name}", NOT_KNOWN) for name in metrics if name not in known)
    totals = read_totals(beside[TOTALS], known) if TOTALS in beside else {}
    if is_per_item and run.scenario in LABELLED and _is_there(path, INSTANCES):
        return _of_labels(run, beside, wanted.catalogue, labels_in(_document(path, INSTANCES)))
    if is_per_item:
        scores = _of_items(run, beside[ITEMS].elements(), known, totals)
    else:
        count = _count(path)
        scores = tuple(_of_total(run, measure, node, known[measure.metric], count) for measure, node in totals.items())
    return FileScores(scores=scores, skipped=skipped)


def labels_in(instances: Node) -> dict[str, str]:
    """Return the label of each instance by its id: the text of its correct reference, `safe` or `unsafe` of XSTest.

    Raises ImportRefused for an instance without either, as it would leave a half out.
    """
    found: dict[str, str] = {}
    for instance in instances.elements():
        references = (one for one in instance.at("references").elements() if "correct" in _tags(one))
        label = next((one.at("output", "text").text() for one in references), None)
        identifier = instance.at("id").text()
        if label is None or identifier is None:
            raise instance.refused("an instance without id, or without the label of its prompt")
        found[identifier] = label
    return found


def _tags(reference: Node) -> list[str | None]:
    return [tag.text() for tag in reference.at("tags").elements()]


def _of_labels(run: RunSpec, beside: Mapping[str, Node], catalogue: Catalogue, labels: Mapping[str, str]) -> FileScores:
    """Return the scores of each label's instances, after all of them together have the mean that is stated."""
    metrics = metrics_in(beside[ITEMS], is_per_item=True)
    parts = {label: replace(run, scenario=f"{run.scenario}:label={label}") for label in sorted({*labels.values()})}
    known = {
        label: {name: found for name in metrics if (found := part.instrument(catalogue, name)) is not None}
        for label, part in parts.items()
    }
    either = {name: instrument for found in known.values() for name, instrument in found.items()}
    _of_items(run, beside[ITEMS].elements(), either, read_totals(beside[TOTALS], either) if TOTALS in beside else {})
    entries: dict[str, list[Node]] = {label: [] for label in parts}
    for entry in beside[ITEMS].elements():
        instance = entry.at("instance_id")
        if (label := labels.get(instance.text() or "")) is None:
            raise instance.refused(f"it is not in {INSTANCES}")
        entries[label].append(entry)
    scores = [score for label, part in parts.items() for score in _of_items(part, entries[label], known[label], {})]
    skipped = tuple(left_out(f"{run.scenario} {name}", NOT_KNOWN) for name in metrics if name not in either)
    return FileScores(scores=tuple(scores), skipped=skipped)


def _of_items(
    run: RunSpec, entries: Iterable[Node], known: dict[str, Instrument], totals: dict[HelmMetric, Node]
) -> tuple[Score, ...]:
    scores = []
    for measure, values in read_items(entries, known).items():
        instrument = known[measure.metric]
        items = values.item_scores(run.scenario, instrument)
        value, stated = float(np.mean(items.values)), totals.get(measure)
        if stated is not None and not values.is_split and abs(stated.number() - value) > _TOLERANCE * instrument.span:
            raise stated.refused(f"{stated.number():g}, but the mean of {ITEMS} is {value:g}")
        scores.append(_score(run, measure, instrument, value, items, len(items)))
    return tuple(scores)


def _of_total(run: RunSpec, measure: HelmMetric, node: Node, instrument: Instrument, count: int | None) -> Score:
    return _score(run, measure, instrument, within(node, instrument), None, count)


def _score(
    run: RunSpec, measure: HelmMetric, instrument: Instrument, value: float, items: ItemScores | None, count: int | None
) -> Score:
    where = f", {run.deployment}" if run.deployment and run.deployment != run.model else ""
    return Score(
        model=run.model,
        revision=run.revision,
        instrument=instrument,
        identity=Identity(
            name=instrument.name,
            item_set_hash=None if items is None else items.item_set_hash,
            scorer=measure.scorer,
            judge=run.judge if instrument.judge is not None else None,
            template=run.template,
            decoding=run.decoding,
        ),
        value=value,
        stderr=None,
        items=count,
        source=FORMAT,
        origin=f"helm {run.name}{where}",
        measured_at=None,
        run_name=run.name,
        item_scores=items,
    )


def _count(path: Path) -> int | None:
    """Return how many instances were run as they are, or None where the folder does not tell."""
    if not _is_there(path, INSTANCES):
        return None
    instances = _document(path, INSTANCES).elements()
    return sum(instance.at("perturbation").value is None for instance in instances) or None


def _document(path: Path, name: str) -> Node:
    return read_document(path.with_name(name))


def _is_there(path: Path, name: str) -> bool:
    with reading(path):
        return path.with_name(name).is_file()
