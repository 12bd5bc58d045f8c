"""The options of a task that Inspect runs: plain values by name."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from evaluation.engines.options import Value, check_types
from evaluation.errors import OptionInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CONNECTIONS: Final = 1_024
OF_TASK: Final = "task."
"""Prefix of the name of an argument of the task itself."""
_POSITIVE: Final = ("attempts", "answer_seconds", "run_seconds")
_NOT_NEGATIVE: Final = ("sample_seconds", "max_tokens", "temperature")


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectOptions:
    """What a user may set for a task; docs/evaluating.md describes each. An empty text and 0 mean not set.

    `model` is the server's name of the model, by default the task's. `connections` are requests under way at once, or
    the batch size for a model in memory; `attempts` are those per request, `answer_seconds` the limit for one,
    `sample_seconds` for a sample, `run_seconds` for the run. `own_decoding` leaves temperature, seed and tokens to the
    task. `grader` names a model of the server at `grader_url`, by default the model's own. `of_task` are the arguments
    of the task itself, given as `task.NAME`.
    """

    model: str = ""
    key_variable: str = ""
    connections: int = 16
    attempts: int = 6
    answer_seconds: int = 600
    sample_seconds: int = 0
    run_seconds: int = 21_600
    max_tokens: int = 0
    temperature: float = 0.0
    seed: int = 1234
    own_decoding: bool = False
    grader: str = ""
    grader_url: str = ""
    grader_key_variable: str = ""
    of_task: Mapping[str, Value] = field(default_factory=dict)

    def settings(self) -> dict[str, Value]:
        """Return the options as arguments of `inspect_ai.eval`."""
        found: dict[str, Value] = {
            "max_connections": self.connections,
            "max_retries": self.attempts - 1,
            "attempt_timeout": self.answer_seconds,
        }
        if self.sample_seconds:
            found["time_limit"] = self.sample_seconds
        if not self.own_decoding:
            found |= {"temperature": self.temperature, "seed": self.seed}
            found |= {"max_tokens": self.max_tokens} if self.max_tokens else {}
        return found


def read_options(given: Mapping[str, Value]) -> InspectOptions:
    """Return the options of a task; raises OptionInvalid for unknown names, other types and values out of range."""
    kinds = {one.name: type(one.default) for one in fields(InspectOptions) if one.name != "of_task"}
    of_task = {name.removeprefix(OF_TASK): value for name, value in given.items() if name.startswith(OF_TASK)}
    own = {name: value for name, value in given.items() if not name.startswith(OF_TASK)}
    known = check_types(own, kinds, f", and {OF_TASK}NAME")
    options = InspectOptions(**known, of_task=of_task)  # type: ignore[arg-type]  # each value has the type of its field's default
    _check(options)
    return options


def _check(options: InspectOptions) -> None:
    if not 1 <= options.connections <= MOST_CONNECTIONS:
        raise OptionInvalid("connections", f"not 1 to {MOST_CONNECTIONS:,}")
    for name in _POSITIVE:
        if not getattr(options, name) > 0:
            raise OptionInvalid(name, "not positive")
    for name in _NOT_NEGATIVE:
        if not getattr(options, name) >= 0:
            raise OptionInvalid(name, "negative")
    if options.grader_url and not options.grader:
        raise OptionInvalid("grader", "grader_url needs the name of the model there")
