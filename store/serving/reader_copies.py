"""Copies of a database for a long-running reader: the newest state, readable while other processes write.

A reader that held the file would block every crawl and evaluation. So each state is copied: by this process if nobody
writes, otherwise by the writer on request (`store.sharing.published_copy`). Many threads read one copy, each with its
own cursor.
"""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from store.connect import copy_database, log_path, open_database
from store.derive.kept_ids import files_of
from store.errors import DatabaseLocked
from store.sharing.published_copy import ask, copy_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from store.database import Database

NANOSECONDS: Final = 1e9
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """A state of the database. `writer` is the process that writes now, or None if there is none or it is unknown.

    `as_of` is when the copy was taken. `is_behind` means that somebody has written since.
    """

    database: Database
    as_of: datetime
    is_behind: bool
    writer: int | None


class Copies:
    """Keeps the newest copy of one database in its own folder. Use it as a context manager, or `close` it.

    Every method may be called from any thread.
    """

    def __init__(self, path: Path, folder: Path, now: Callable[[], datetime]) -> None:
        """Copy the database at `path` into `folder`; `now` gives the time, aware and in UTC."""
        self._path = path
        self._folder = folder
        self._now = now
        self._lock = threading.Lock()
        self._count = 0
        self._held: _SharedCopy | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """Return the path of the original database."""
        return self._path

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self._now()

    def check(self) -> None:
        """Take a first copy; raises what `reading` raises except DatabaseLocked: the writer will make a copy."""
        with suppress(DatabaseLocked), self.reading():
            pass

    def close(self) -> None:
        """Close and remove the copy; current readers finish first."""
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            held.retire()

    @contextmanager
    def reading(self) -> Iterator[ReaderState]:
        """Lend the newest available state, with its own cursor, for the duration of the block.

        Raises DatabaseLocked if somebody writes and there is no copy yet (one was requested: try again in seconds),
        NoDatabase, NewerSchema or NotOurDatabase if nothing can be read, and CannotWrite if the disk is full.
        """
        held, is_behind, writer = self._newest()
        try:
            database = held.database.sibling()
            try:
                yield ReaderState(database=database, as_of=held.as_of, is_behind=is_behind, writer=writer)
            finally:
                database.close()
        finally:
            held.leave()

    def _newest(self) -> tuple[_SharedCopy, bool, int | None]:
        """Return the newest copy, entered, whether it is behind, and the writer."""
        with self._lock:
            try:
                held, is_behind, writer = self._take_current(), False, None
            except DatabaseLocked as error:
                ask(self._path)
                held, is_behind, writer = self._take_published(error), True, error.pid
            held.enter()
            return held, is_behind, writer

    def _take_current(self) -> _SharedCopy:
        """Copy the file if it changed; raises DatabaseLocked if somebody writes it."""
        if self._held is not None and self._held.stamp == _stamp(self._path):
            return self._held
        source = open_database(self._path, "read")  # nobody can write while it is open
        try:
            stamp = _stamp(self._path)
            return self._adopt(lambda target: copy_database(self._path, target), stamp, self._now())
        finally:
            source.close()

    def _take_published(self, locked: DatabaseLocked) -> _SharedCopy:
        """Take the writer's published copy if it is newer than ours; raises if there is no copy at all."""
        published = copy_path(self._path)
        stamp = None if published.is_symlink() or not published.is_file() else _stamp(published)
        if stamp is not None and (self._held is None or self._held.stamp != stamp):
            with suppress(FileNotFoundError):  # the writer may end and remove it between two checks
                as_of = datetime.fromtimestamp(stamp[0] / NANOSECONDS, UTC)
                return self._adopt(lambda target: _link(published, target), stamp, as_of)
        if self._held is None:
            raise locked
        return self._held

    def _place(self) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return folder / self._path.name

    def _adopt(self, put: Callable[[Path], None], stamp: Stamp | None, as_of: datetime) -> _SharedCopy:
        """Keep what `put` places into a new folder; nothing is left there if that fails."""
        target = self._place()
        try:
            put(target)
            with suppress(OSError):  # the graph's arrays are rebuilt if they cannot be copied
                shutil.copytree(files_of(self._path), files_of(target), copy_function=_link)
            fresh = _SharedCopy(database=open_database(target, "read", is_bounded=True), as_of=as_of, stamp=stamp)
        except BaseException:
            shutil.rmtree(target.parent, ignore_errors=True)
            raise
        old, self._held = self._held, fresh
        if old is not None:
            old.retire()
        return fresh


class _SharedCopy:
    """A copy with its number of readers; it is removed once it is retired and has none."""

    def __init__(self, database: Database, as_of: datetime, stamp: Stamp | None) -> None:
        self.database = database
        self.as_of = as_of
        self.stamp = stamp
        self._lock = threading.Lock()
        self._readers = 1  # the owner

    def enter(self) -> None:
        with self._lock:
            self._readers += 1

    def leave(self) -> None:
        with self._lock:
            self._readers -= 1
            is_last = self._readers == 0
        if is_last:
            self.database.close()
            shutil.rmtree(self.database.path.parent, ignore_errors=True)

    retire = leave


def _stamp(path: Path) -> Stamp | None:
    """Return what changes when a database is written: the time and size of its file, and the size of its log."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    try:
        log_bytes = log_path(path).stat().st_size
    except FileNotFoundError:
        log_bytes = 0
    return found.st_mtime_ns, found.st_size, log_bytes


def _link(source: Path | str, target: Path | str) -> None:
    """Hard-link a file to a second name, or copy it if links are impossible; raises FileNotFoundError."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
