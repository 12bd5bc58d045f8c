"""What must outlast a loss of power is flushed: the content of a file, and its name, which its folder holds."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def flush_file(path: Path) -> None:
    """Wait until the content of a file is on the disk. Raises OSError; a link is not followed."""
    _flush(path, os.O_RDONLY | os.O_NOFOLLOW)


def flush_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; where the system flushes no folders, there is nothing to do."""
    with suppress(OSError):  # network file systems refuse it, and their servers keep names by themselves
        _flush(folder, os.O_RDONLY | os.O_DIRECTORY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
