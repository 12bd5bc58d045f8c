"""Set aside the end of a write-ahead log that a loss of power tore, so that the database opens with what was committed.

DuckDB takes a log that ends too soon, but refuses one whose last transaction was written in part: its sectors may
reach the disk in any order. Whoever commits is told so only after a flush, so what stands behind a broken entry was
never reported as stored, unless another transaction follows it: then the log was damaged later, and is left alone.

The format, as DuckDB 2.0 writes it: entries, each after a size and a checksum of 8 bytes; one of 5 bytes ends a
transaction. DuckDB itself leaves out a transaction that has no such end.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import re
import shutil
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from store.flushing import flush_file, flush_names

if TYPE_CHECKING:
    from pathlib import Path

_BROKEN: Final = re.compile(
    r"Corrupt WAL file: entry at byte position (\d+) computed checksum \d+ does not match stored checksum (\d+)"
)
_HEAD: Final = struct.Struct("<QQ")
_END_OF_TRANSACTION: Final = re.compile(rb"\x05\0{7}.{8}\x64\0\x64\xff\xff", re.DOTALL)
_STAYS_HERE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

Stamp = tuple[int, int, int]
"""What changes when a file is written: its inode, its time in nanoseconds, and its size in bytes."""


def stamp_of(log: Path) -> Stamp | None:
    """Return the stamp of a log, None where there is none."""
    try:
        found = log.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenEntry:
    """An entry of a log that is not what was written: where its head begins, and the checksum there."""

    begin: int
    checksum: int


def broken_entry(words: str) -> BrokenEntry | None:
    """Return the entry whose checksum DuckDB says is wrong, or None; a path in its words may say anything."""
    found = _BROKEN.search(words)
    return BrokenEntry(begin=int(found[1]) - _HEAD.size, checksum=int(found[2])) if found else None


def is_torn(log: Path, entry: BrokenEntry) -> bool:
    """Return whether the broken entry is there, and no whole transaction follows the one that it belongs to."""
    try:
        with os.fdopen(os.open(log, _STAYS_HERE), "rb") as file, _mapped(file.fileno()) as content:
            if not 0 <= entry.begin < len(content) - _HEAD.size:
                return False
            _, checksum = _HEAD.unpack_from(content, entry.begin)
            ends = [found.end() for found in _END_OF_TRANSACTION.finditer(content, entry.begin)]
            return checksum == entry.checksum and all(end == len(content) for end in ends)
    except (OSError, ValueError):  # it is gone, empty, or not a file
        return False


def set_aside_torn_end(path: Path, log: Path, entry: BrokenEntry, stamp: Stamp) -> Path | None:
    """Cut the torn log of a database before its broken entry, and return where a copy of all of it is.

    None where it must not be cut: it is not torn, has another stamp, or somebody has the database open. DuckDB has just
    refused to open it, so this process has not. Raises OSError; nothing is changed then.
    """
    import logging  # no other opening of a database needs it

    with path.open("r+b") as held:
        fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as DuckDB does while it has the database open
        if stamp_of(log) != stamp or not is_torn(log, entry):
            return None
        kept = _copied(log)
        os.truncate(log, entry.begin)
        flush_file(log)
    logging.getLogger(__name__).warning(
        "%s: its last transaction was cut off, as by a loss of power, and is left out; the log as it was is kept in %s",
        path,
        kept,
    )
    return kept


def _mapped(descriptor: int) -> mmap.mmap:
    return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)


def _copied(log: Path) -> Path:
    """Copy a log beside it, for those who may read it, and wait until the copy is on the disk. Raises OSError."""
    kept = _free_name(log)
    with os.fdopen(os.open(log, _STAYS_HERE), "rb") as source:
        rights = os.fstat(source.fileno()).st_mode & 0o777
        target = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights)
        try:
            with os.fdopen(target, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            flush_file(kept)
        except BaseException:
            with suppress(OSError):
                kept.unlink()
            raise
    flush_names(log.parent)
    return kept


def _free_name(log: Path) -> Path:
    number = 1
    while os.path.lexists(kept := log.with_name(f"{log.name}.torn-{number}")):
        number += 1
    return kept
