"""The options of a task that the transformers runner knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.engines.tasks.options import TaskOptions, read_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.engines.options import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersOptions(TaskOptions):
    """How a task is run; `batch_tokens` is how many tokens go to the model at once, None for as many as fit."""

    batch_tokens: int | None = None


def read_options(given: Mapping[str, Value]) -> TransformersOptions:
    """Return the options of a task. Raises OptionInvalid for an unknown name, another type or a value out of range."""
    return read_as(TransformersOptions, given)
