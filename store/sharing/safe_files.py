"""Files of names that anyone can tell, such as those beside a database: made and read so that planted ones do no harm.

Whoever may write into a folder can put a link, a pipe or a file of their own where we are about to write. A file is
therefore always made anew (`O_EXCL`, which fails at a link too: open(2)), and given its name when it is whole.
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
    """Put a text at a path, whole or not at all; a link at the path is replaced, never followed. Raises OSError.

    Nobody else may write the same path meanwhile.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with fresh.open("x", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def read_start(path: Path, most_bytes: int) -> bytes:
    """Return the first bytes of a file, at most so many; raises OSError for a link, a pipe and whatever is no file."""
    with os.fdopen(os.open(path, os.O_RDONLY | _WAITS_FOR_NOBODY | _STAYS_HERE), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(None, "this is no ordinary file", str(path))
        return file.read(most_bytes)
