"""The identity of our scores, worded exactly as the importer words it for files of the harness."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.tasks.harness_tasks import prompts
from evaluation.errors import CannotRun
from evaluation.json_node import name_of, told
from evaluation.lm_eval_format import ENGINE, GENERATION, common_value
from lineage.scores.score import Identity, digest, item_set_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evaluation.engines.tasks.harness_tasks import HarnessTask, ItemOutcome
    from lineage.scores.instruments import Catalogue, Instrument

SOFTMAX: Final = "float32"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What a score's identity says of what answered: transformers unless more is told.

    `template` is added to what is said of the prompts, `decoding` is how replies are drawn, or None for the settings of
    the task, and `softmax_dtype` the type in which log-probabilities are taken.
    """

    template: Mapping[str, object] = field(default_factory=dict)
    decoding: str | None = None
    softmax_dtype: str = SOFTMAX


TRANSFORMERS: Final = EngineSettings()


def metric_of(outcome: ItemOutcome, name: str, instrument: Instrument, catalogue: Catalogue, wanted: str | None) -> str:
    """Return which of an outcome's metrics, `NAME,FILTER`, is the instrument's in the task or group of a name.

    It is the one that the user wants, else the first one that the catalogue knows as the instrument's, else the one
    that is called as the instrument's scorer. Raises CannotRun where none is.
    """
    keys = list(outcome.metrics)
    if wanted is not None:
        fitting = [key for key in keys if wanted in {key, key.rpartition(",")[0]}]
    else:
        known = [
            key
            for key in keys
            if instrument
            in (catalogue.for_task(ENGINE, name, key), catalogue.for_task(ENGINE, name, key.rpartition(",")[0]))
        ]
        fitting = known or [key for key in keys if instrument.scorer in {key, key.rpartition(",")[0]}]
    if not fitting:
        raise CannotRun(name, f"none of its metrics measures {instrument.name}: {', '.join(keys)}")
    return fitting[0]


def value_of(outcome: ItemOutcome, key: str, instrument: Instrument) -> float:
    """Return an item's value. Raises CannotRun where it is no number, or outside of the instrument's range."""
    value = outcome.metrics.get(key)
    try:
        number = float(value)  # type: ignore[arg-type]  # strangers' tasks, caught below
    except (TypeError, ValueError) as exc:
        raise CannotRun(instrument.name, f"{key} is no number of one item") from exc
    if not instrument.holds(number):
        raise CannotRun(instrument.name, f"{number:g} is outside of {instrument.low:g} to {instrument.high:g}")
    return number


def identity_of(
    tasks: Sequence[HarnessTask],
    items: Sequence[str],
    instrument: Instrument,
    key: str,
    *,
    is_group: bool,
    is_chat: bool,
    engine_settings: EngineSettings = TRANSFORMERS,
) -> Identity:
    """Return the identity of the score of a task, or of a group's tasks, over all items of the names."""
    configs = {task.name: task.config() for task in tasks}
    is_generation = all(config.get("output_type") == GENERATION for config in configs.values())
    asked = {task.name: prompts(task) for task in tasks}
    template: dict[str, object] = {
        "shots": common_value({name: config.get("num_fewshot", 0) for name, config in configs.items()}),
        "version": common_value({task.name: task.task.VERSION for task in tasks}),
        "chat": is_chat,
        "prompts": digest(asked) if is_group else asked[tasks[0].name],
        **engine_settings.template,
    }
    return Identity(
        name=instrument.name,
        item_set_hash=item_set_hash(items),
        scorer=name_of(key),
        template=told(template),
        decoding=(engine_settings.decoding or _decoding(configs)) if is_generation else None,
        softmax_dtype=None if is_generation else engine_settings.softmax_dtype,
    )


def _decoding(configs: Mapping[str, dict[str, Any]]) -> str | None:
    settings = common_value({name: config.get("generation_kwargs") for name, config in configs.items()})
    return told(settings) if isinstance(settings, dict) else None
