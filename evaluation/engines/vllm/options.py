"""The options of a task that the engine vllm knows: those of every engine that runs models here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.engines.tasks.options import TaskOptions, read_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.engines.options import Value


def read_options(given: Mapping[str, Value]) -> TaskOptions:
    """Return the options of a task. Raises OptionInvalid for an unknown name, another type or a value out of range."""
    return read_as(TaskOptions, given)
