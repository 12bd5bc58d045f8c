"""Which jobs this user queued, of those that reach beyond their model: a job may name code to run and a server to ask.

A database may come from a stranger, with a queue in it. What is named there must not run, nor be sent a key, on a plain
`lineage evaluate`. So the keys of such jobs are kept in a file of the user's own when the user queues them, and a
job that is not in it is given back. The file has one key a line and nothing secret.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lineage.scores.task_reference import inspect_task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.scheduling.job import JobSpec

CODE: Final = frozenset({".yaml", ".yml"})
"""Files of lm-evaluation-harness that may name functions to run."""
FILES: Final = CODE | {".jsonl", ".ndjson"}
"""Definitions that are files."""
REACHING: Final = ("url", "key_variable")
"""Ends of the names of options that say where a request goes, and which key goes with it."""


def queued_file() -> Path:
    """Return the file of the jobs that this user queued."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "lineage" / "queued"


def reach_of(spec: JobSpec) -> tuple[str, ...]:
    """Return the code that a job runs and the servers and keys that it names; empty for most jobs."""
    code = [spec.definition] if inspect_task(spec.definition) or Path(spec.definition).suffix in CODE else []
    return (*code, *(f"{name}={value}" for name, value in spec.options.items() if name.endswith(REACHING) and value))


def from_anywhere(definition: str) -> str:
    """Return a definition with the absolute path of its file; names of tasks are unchanged."""
    named = inspect_task(definition)
    if named is not None:
        return f"{Path(named[0]).resolve()}@{named[1]}"
    return str(Path(definition).resolve()) if Path(definition).suffix in FILES else definition


def remember(specs: Iterable[JobSpec]) -> None:
    """Keep that this user queued some jobs; raises OSError if the file cannot be written."""
    keys = [spec.key for spec in specs if reach_of(spec)]
    if not keys:
        return
    path = queued_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="ascii") as file:
        file.write("".join(f"{key}\n" for key in keys))


def own_keys() -> frozenset[str]:
    """Return the keys of the jobs that this user queued, none where there is no file."""
    try:
        return frozenset(queued_file().read_text("ascii").split())
    except (FileNotFoundError, UnicodeDecodeError):
        return frozenset()
