"""The newest state of a database that can be read while other processes write it, for a reader that goes on for long.

A reader that held the file would keep every crawl and evaluation out. So each state is copied: by ourselves where
nobody writes, else by the writer, who is asked (store.sharing.published_copy). Many threads read one copy, each by a
cursor.
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
from store.derive.graph_cache import files_of
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
    """A state of the database. `writer` is the process that writes now, or None where none does or it is not told.

    `as_of` is when the copy was taken. With `is_behind` somebody has been writing since.
    """

    database: Database
    as_of: datetime
    is_behind: bool
    writer: int | None


class Copies:
    """Keeps the newest copy of one database in a folder of its own. Use as a context manager, or `close` it.

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
        """Return where the database is that is copied."""
        return self._path

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self._now()

    def check(self) -> None:
        """Take a first copy; raises what `reading` raises but DatabaseLocked, as whoever writes will bring one."""
        with suppress(DatabaseLocked), self.reading():
            pass

    def close(self) -> None:
        """Close and remove the copy; those who still read it finish first."""
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            held.retire()

    @contextmanager
    def reading(self) -> Iterator[ReaderState]:
        """Lend the newest state that there is, by a cursor of its own, while the block runs.

        Raises DatabaseLocked where somebody writes and there is no copy yet (it is asked for: try again in seconds),
        NoDatabase, NewerSchema or NotOurDatabase where nothing can be read, and CannotWrite where there is no room.
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
        """Return the newest copy, entered, with whether it is behind and who writes."""
        with self._lock:
            try:
                held, is_behind, writer = self._take_current(), False, None
            except DatabaseLocked as error:
                ask(self._path)
                held, is_behind, writer = self._take_published(error), True, error.pid
            held.enter()
            return held, is_behind, writer

    def _take_current(self) -> _SharedCopy:
        """Copy the file itself where it changed; raises DatabaseLocked where somebody writes it."""
        if self._held is not None and self._held.stamp == _stamp(self._path):
            return self._held
        source = open_database(self._path, "read")  # while it is open nobody writes
        try:
            stamp = _stamp(self._path)
            return self._adopt(lambda target: copy_database(self._path, target), stamp, self._now())
        finally:
            source.close()

    def _take_published(self, locked: DatabaseLocked) -> _SharedCopy:
        """Take what the writer put beside the file where it is newer than what we have; raises where there is none."""
        published = copy_path(self._path)
        stamp = None if published.is_symlink() or not published.is_file() else _stamp(published)
        if stamp is not None and (self._held is None or self._held.stamp != stamp):
            with suppress(FileNotFoundError):  # the writer may end, and take it away, between two looks
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
        """Hold what is put into a new place; nothing is left there where that fails."""
        target = self._place()
        try:
            put(target)
            with suppress(OSError):  # the graph's arrays are made anew where they cannot be had
                shutil.copytree(files_of(self._path), files_of(target), copy_function=_link)
            fresh = _SharedCopy(database=open_database(target, "read"), as_of=as_of, stamp=stamp)
        except BaseException:
            shutil.rmtree(target.parent, ignore_errors=True)
            raise
        old, self._held = self._held, fresh
        if old is not None:
            old.retire()
        return fresh


class _SharedCopy:
    """A copy, how many read it, and its end once it is retired and nobody does."""

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
    """Give a file a second name, or copy it where that cannot be; raises FileNotFoundError."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
