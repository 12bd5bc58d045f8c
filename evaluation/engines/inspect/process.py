"""The process that Inspect runs in: `python -m evaluation.engines.inspect.process` reads one order on stdin.

It writes the log into the order's folder and ends: with 0 where Inspect wrote one, however the run went; with 2 where
Inspect says that what it was given cannot be run; with anything else where it crashed. When stdin ends it ends at once:
who sent the order is gone.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Final

from evaluation.engines.inspect.order import InspectRequest, decode_order

if TYPE_CHECKING:
    from typing import IO

CANNOT_RUN: Final = 2
LIMITS: Final = ("max_connections", "max_retries", "attempt_timeout")


def main() -> int:
    """Obey the order on stdin and return the exit code."""
    order = decode_order(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    from inspect_ai._util.error import PrerequisiteError  # Inspect has no public name for it

    try:
        _run(order)
    except PrerequisiteError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_RUN
    return 0


def _run(order: InspectRequest) -> None:
    """Run a task, or go on with the log of a run that did not end. Every sample counts: one that fails ends the run."""
    from inspect_ai import eval as run_task
    from inspect_ai import eval_retry
    from inspect_ai.model import GenerateConfig, get_model

    quiet = {"display": "none", "score_display": False, "ctl_server": False, "acp_server": False}
    shared = {"log_dir": order.folder, "log_format": "eval", "fail_on_error": True, **quiet}
    limits = {name: order.settings.get(name) for name in LIMITS}
    if order.unfinished is not None:
        eval_retry(order.unfinished, **shared, **limits)
        return
    roles = {}
    if order.grader is not None:  # the settings of the run are the model's alone
        judging = GenerateConfig(temperature=0.0, **limits)
        roles = {"model_roles": {"grader": get_model(order.grader, config=judging)}}
    run_task(
        order.task,
        model=order.model,
        model_args=dict(order.arguments),
        task_args=dict(order.of_task),
        limit=order.limit,
        metadata=dict(order.about),
        **shared,
        **roles,
        **order.settings,
    )


def _end_with(lines: IO[str]) -> None:
    lines.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
