"""What the process that Inspect runs in is told, as one line of JSON. It holds no key: those are in its environment."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Plain = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectRequest:
    """One run: the task as `FILE.py@TASK`, the model as Inspect names it with its arguments, and where its log goes.

    `settings` are further arguments of `inspect_ai.eval`, `about` is written into the log for people. `limit` runs so
    many samples at most, or None for all. `of_task` are arguments of the task itself. `unfinished` is a log to go on
    with, None to begin.
    """

    task: str
    model: str
    folder: str
    arguments: Mapping[str, Plain] = field(default_factory=dict)
    grader: str | None = None
    limit: int | None = None
    settings: Mapping[str, Plain] = field(default_factory=dict)
    about: Mapping[str, str | None] = field(default_factory=dict)
    of_task: Mapping[str, Plain] = field(default_factory=dict)
    unfinished: str | None = None


def encode_order(order: InspectRequest) -> str:
    """Return an order as a line."""
    return json.dumps(asdict(order)) + "\n"


def decode_order(line: str) -> InspectRequest:
    """Return the order of a line that `encode_order` wrote."""
    return InspectRequest(**json.loads(line))
