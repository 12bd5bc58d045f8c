"""The task that an instrument's definition refers to; its form decides which engine runs it.

An Inspect task is written as on Inspect's own command line, `FILE.py@TASK`. Everything else is a task name or a YAML
file of lm-evaluation-harness, or the user's own prompts, which more than one engine runs.
"""

from __future__ import annotations

import re
from typing import Final

INSPECT: Final = "inspect"
_INSPECT_TASK: Final = re.compile(r"(.+\.py)@([^\W\d]\w*)")


def inspect_task(definition: str) -> tuple[str, str] | None:
    """Return the file and the task of a definition that Inspect runs, or None for any other."""
    found = _INSPECT_TASK.fullmatch(definition)
    return None if found is None else (found[1], found[2])


def engine_of(definition: str) -> str | None:
    """Return the only engine that runs a definition, or None if the user may choose."""
    return None if inspect_task(definition) is None else INSPECT
