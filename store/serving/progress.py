"""How far the queue is while a process runs it, told by that process beside the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lineage.scheduling.queue_progress import encode
from store.sharing.progress_file import read_progress

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def progress_of(path: Path, now: datetime) -> dict[str, object] | None:
    """Return what the process that runs the queue told last (docs/evaluating.md); None where none does."""
    told = read_progress(path)
    if told is None or not told.is_of(None, now):
        return None
    return dict(json.loads(encode(told)))
