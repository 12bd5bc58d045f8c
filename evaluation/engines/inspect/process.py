"""The process that Inspect runs in: `python -m evaluation.engines.inspect.process` reads one request on stdin.

It writes the log into the folder of the request and ends: with 0 if Inspect wrote one, however the run went; with 2 if
Inspect says that the request cannot be run; with anything else if it crashed. It ends at once when stdin does, because
the sender is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

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


def encode_request(request: InspectRequest) -> str:
    """Return a request as one line of JSON. It contains no key: keys are in the environment."""
    return json.dumps(asdict(request)) + "\n"


def decode_request(line: str) -> InspectRequest:
    """Return the request of a line that `encode_request` wrote."""
    return InspectRequest(**json.loads(line))


CANNOT_RUN: Final = 2
LIMITS: Final = ("max_connections", "max_retries", "attempt_timeout")


def main() -> int:
    """Carry out the request on stdin and return the exit code."""
    request = decode_request(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    from inspect_ai._util.error import PrerequisiteError  # Inspect has no public name for it

    try:
        _run(request)
    except PrerequisiteError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_RUN
    return 0


def _run(request: InspectRequest) -> None:
    """Run a task, or resume the log of a run that did not end. Every sample counts: one that fails ends the run."""
    from inspect_ai import eval as run_task
    from inspect_ai import eval_retry
    from inspect_ai.model import GenerateConfig, get_model

    quiet: dict[str, Any] = {"display": "none", "score_display": False, "ctl_server": False, "acp_server": False}
    shared: dict[str, Any] = {"log_dir": request.folder, "log_format": "eval", "fail_on_error": True, **quiet}
    limits: dict[str, Any] = {name: request.settings.get(name) for name in LIMITS}
    if request.unfinished is not None:
        eval_retry(request.unfinished, **shared, **limits)
        return
    roles: dict[str, Any] = {}
    settings: dict[str, Any] = dict(request.settings)
    if request.grader is not None:  # the settings of the run are the model's alone
        judging = GenerateConfig(temperature=0.0, **limits)
        roles = {"model_roles": {"grader": get_model(request.grader, config=judging)}}
    run_task(
        request.task,
        model=request.model,
        model_args=dict(request.arguments),
        task_args=dict(request.of_task),
        limit=request.limit,
        metadata=dict(request.about),
        **shared,
        **roles,
        **settings,
    )


def _end_with(lines: IO[str]) -> None:
    lines.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
