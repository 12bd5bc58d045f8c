"""The queue's progress while a process runs it, as that process writes it beside the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lineage.scheduling.queue_progress import encode
from store.sharing.progress_file import read_progress

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def progress_of(path: Path, now: datetime) -> dict[str, object] | None:
    """Return the last progress of the process that runs the queue (docs/evaluating.md); None if there is none."""
    told = read_progress(path)
    if told is None or not told.is_of(None, now):
        return None
    return dict(json.loads(encode(told)))
