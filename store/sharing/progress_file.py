"""The progress file beside a database, `DB.progress.json`, written by the process that runs the queue.

A reader sees the file as it was before or after a write, never a part of it.
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
    """Return the path of a database's progress file."""
    return database.with_name(f"{database.name}.progress.json")


def write_progress(database: Path, progress: QueueProgress) -> None:
    """Write the progress; if the disk refuses, the old file stays, because no work depends on it."""
    with suppress(OSError):
        replace_text(progress_path(database), encode(progress))


def read_progress(database: Path) -> QueueProgress | None:
    """Return the last progress written, even by a process that has ended; None if there is nothing readable."""
    try:
        text = read_start(progress_path(database), LARGEST_BYTES + 1)
    except OSError:
        return None
    return None if len(text) > LARGEST_BYTES else decode(text.decode("utf-8", "replace"))


def remove_progress(database: Path) -> None:
    """Remove the file, because nobody runs the queue any more."""
    with suppress(OSError):
        progress_path(database).unlink()
