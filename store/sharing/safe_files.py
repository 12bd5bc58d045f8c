"""Files with predictable names, such as those beside a database: written and read so that planted files do no harm.

Anyone who may write into a folder can put a link, a pipe or a file where we are about to write. Therefore a file is
always created new (`O_EXCL`, which also fails on a link: open(2)), and gets its name once it is complete.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_WAITS_FOR_NOBODY: Final = getattr(os, "O_NONBLOCK", 0)
_STAYS_HERE: Final = getattr(os, "O_NOFOLLOW", 0)


def replace_text(path: Path, text: str) -> None:
    """Write a text to a path, whole or not at all; a link there is replaced, never followed. Raises OSError.

    Nobody else may write to the same path at the same time.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with fresh.open("x", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def read_start(path: Path, most_bytes: int) -> bytes:
    """Return the first `most_bytes` bytes of a file; raises OSError for links, pipes and other special files."""
    with os.fdopen(os.open(path, os.O_RDONLY | _WAITS_FOR_NOBODY | _STAYS_HERE), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(None, "this is not a regular file", str(path))
        return file.read(most_bytes)
