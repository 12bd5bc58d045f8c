"""What an instrument's definition names: by its form, which engine runs it.

A task of Inspect is written as Inspect's own command line takes it, `FILE.py@TASK`. Everything else is a name or a YAML
file of lm-evaluation-harness, or prompts of one's own, which more than one engine runs.
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
    """Return the only engine that runs a definition, or None where it is for the user to choose."""
    return None if inspect_task(definition) is None else INSPECT
