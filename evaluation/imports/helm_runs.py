"""What the `run_spec.json` of a HELM run says: the model, the scenario, how it was asked and how answers were drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evaluation.imports.json_node import Node, told
from lineage.scores.score import digest

if TYPE_CHECKING:
    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Catalogue, Instrument

ENGINE: Final = "helm"
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
        found = (catalogue.for_task(ENGINE, name, metric) for name in names)
        return next((instrument for instrument in found if instrument is not None), None)


def read_run_spec(document: Node, wanted: ImportSettings) -> RunSpec:
    """Read a run's specification; raises ImportRefused where it names no model and the user names none."""
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
