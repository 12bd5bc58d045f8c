"""The file beside a database in which the process that holds it tells how far the queue is: `DB.progress.json`.

A reader sees it as it was before or after it was written, never a part of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lineage.scheduling.queue_progress import decode, encode
from store.sharing.safe_files import read_start, replace_text

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scheduling.queue_progress import QueueProgress

LARGEST_BYTES: Final = 1 << 20


def progress_path(database: Path) -> Path:
    """Return where the progress of a database lies."""
    return database.with_name(f"{database.name}.progress.json")


def write_progress(database: Path, progress: QueueProgress) -> None:
    """Write it; where the disk refuses, what was there stays: nobody's work depends on it."""
    with suppress(OSError):
        replace_text(progress_path(database), encode(progress))


def read_progress(database: Path) -> QueueProgress | None:
    """Return what was written last, of a process that ended too; None where there is nothing that can be read."""
    try:
        text = read_start(progress_path(database), LARGEST_BYTES + 1)
    except OSError:
        return None
    return None if len(text) > LARGEST_BYTES else decode(text.decode("utf-8", "replace"))


def remove_progress(database: Path) -> None:
    """Remove it: nobody runs the queue any more."""
    with suppress(OSError):
        progress_path(database).unlink()
