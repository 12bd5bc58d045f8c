"""The statistics of a HELM run, by item and over all items.

HELM writes one entry an instance, perturbation and train trial for every class of metrics, so one instance comes
several times; an entry holds many metrics, each with the split of the instance. Trials repeat an item with other
examples in the prompt: an item's value is their mean, as HELM's own is. Items that perturb an instance are a score of
their own, clustered by the instance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evaluation.imports.json_node import name_of
from lineage.scores.score import ItemScores, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.imports.json_node import Node
    from lineage.scores.instruments import Instrument


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
    """The values of a measure by item and trial; an item is an instance's id and what perturbs it.

    `is_split` says that HELM counts some of them apart, by a part of the split.
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


def read_items(document: Node, wanted: Mapping[str, Instrument]) -> dict[HelmMetric, ItemValues]:
    """Read `per_instance_stats.json`, of it the wanted metrics; raises ImportRefused where a value is told twice."""
    found: dict[HelmMetric, ItemValues] = {}
    for entry in document.elements():
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
