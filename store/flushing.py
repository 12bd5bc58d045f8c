"""What must outlast a loss of power is flushed: the content of a file, and its name, which its folder holds.

Some file systems flush no folders, and some nothing at all: they say so (EINVAL, ENOTSUP), and there is nothing to do.
A disk that failed or is full says something else, and that is raised.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

_IS_LOST: Final = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})


def flush_file(path: Path) -> None:
    """Wait until the content of a file is on the disk. Raises OSError; a link is not followed."""
    _flush(os.open(path, os.O_RDONLY | os.O_NOFOLLOW))


def flush_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Raises OSError where the disk failed."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # who may write into a folder may not always list it
        return
    _flush(descriptor)


def flush_all(place: Path) -> None:
    """Wait until a file, or everything in a folder, is on the disk. Raises OSError; links are not followed."""
    if not place.is_dir():
        flush_file(place)
        return
    for folder, _, files in os.walk(place):
        for name in files:
            if not (file := Path(folder, name)).is_symlink():
                flush_file(file)
        flush_names(Path(folder))


def _flush(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _IS_LOST:
            raise
    finally:
        os.close(descriptor)
