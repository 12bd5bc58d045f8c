"""A copy of a database for other readers, made on request by the process that writes it.

While one process writes a DuckDB file, nobody else can open it. So a reader leaves a file `<database>.wanted`; the
writer sees it between two transactions and puts a complete, consistent copy at `<database>.copy`. Without requests, a
writer only checks the folder once a second.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_EVERY_SECONDS: Final = 1.0
SHARE_OF_TIME: Final = 0.05  # a copy that took one second is not repeated for twenty
LONGEST_COPY_SECONDS: Final = 600.0
# Copying takes a separate process: closing a second handle of a file drops the locks that this process, as DuckDB,
# holds on it (fcntl(2), "advisory record locking"). The copy is a new file, never the target of a planted link, and
# only those who may read the database may read it.
COPYING: Final = """
import os, shutil, sys
with open(sys.argv[1], "rb") as source:
    rights = os.fstat(source.fileno()).st_mode & 0o777
    target = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights)
    with os.fdopen(target, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
"""


def wanted_path(database: Path) -> Path:
    """Return the path of the file that requests a copy."""
    return database.with_name(f"{database.name}.wanted")


def copy_path(database: Path) -> Path:
    """Return the path of the copy."""
    return database.with_name(f"{database.name}.copy")


def ask(database: Path) -> None:
    """Ask the writer of a database for a copy; if the folder cannot be written, do nothing."""
    with suppress(OSError):  # it exists already; a link is not followed
        wanted_path(database).open("x").close()


class PublishedCopy:
    """Makes the copies of one database; used by the process, and in the thread, that writes it."""

    def __init__(self, path: Path, settle: Callable[[], bool], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Copy the file at `path`. `settle` flushes into it, and returns whether it could; `clock` is seconds."""
        self._path = path
        self._unfinished = copy_path(path).with_suffix(".part")
        self._settle = settle
        self._clock = clock
        self._next_look = clock()
        self._remove_copy()  # left by a killed writer: the database may have changed since

    def look(self) -> bool:
        """Make a copy if one is wanted and due, and return whether one was made. No transaction may be open."""
        now = self._clock()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_EVERY_SECONDS
        if not wanted_path(self._path).exists() or not self._settle():
            return False
        is_made = self._copy()
        spent = self._clock() - now
        self._next_look = self._clock() + max(LOOK_EVERY_SECONDS, spent / SHARE_OF_TIME)
        return is_made

    def end(self) -> None:
        """Remove the copy: the database itself is readable now."""
        self._remove_copy()
        with suppress(OSError):
            wanted_path(self._path).unlink(missing_ok=True)

    def _remove_copy(self) -> None:
        for path in (copy_path(self._path), self._unfinished):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _copy(self) -> bool:
        command = [sys.executable, "-I", "-S", "-c", COPYING, str(self._path), str(self._unfinished)]
        try:
            self._unfinished.unlink(missing_ok=True)
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_COPY_SECONDS)  # noqa: S603 - our own words, on our own file
            self._unfinished.replace(copy_path(self._path))
            wanted_path(self._path).unlink(missing_ok=True)
        except (OSError, subprocess.SubprocessError):  # the disk is full: readers keep the old copy
            with suppress(OSError):
                self._unfinished.unlink(missing_ok=True)
            return False
        return True
