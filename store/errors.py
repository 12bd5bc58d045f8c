"""What can go wrong with the database.

StoreError
├── NoDatabase        there is no file, and the command only reads
│   └── OlderSchema   an earlier version of lineage made the file, and the command only reads
├── DatabaseLocked    another process holds the file
├── NewerSchema       a later version of lineage made the file
├── UnreleasedSchema  a version of lineage from before the first release made the file
├── FrozenSnapshot    the file is a snapshot, and the command writes
├── ReservedName      the file has the name of the schema that holds the records
├── NotOurDatabase    the file is not DuckDB's, or not ours
├── CannotWrite       the file or the disk refuses to be written
├── TooLittleMemory   DuckDB would need more memory than it may use
├── DamagedFile       a part of the file is not what was written
│   └── TornLog       a loss of power cut off the last transaction in the file's log, and the command only reads
└── StatementRefused  a statement of the user's has a fault, or would write
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lineage.errors import LineageError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(LineageError):
    """The database could not be used."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file, and give the words of DuckDB or the system."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class NoDatabase(StoreError):
    """There is no database yet."""

    hint = "run `lineage crawl` first, or name another file with --db or LINEAGE_DB"


class OlderSchema(NoDatabase):
    """An earlier version of lineage made the file, and it is only to be read."""

    hint = "a snapshot is never changed: work on a copy, or read it with the version that made it"

    def __init__(self, path: Path, version: int, known: int) -> None:
        """Give the version of the file, and the version that is read."""
        told = f"its schema has version {version}, this lineage reads {known}"
        super().__init__(path, f"{told}; `lineage resolve` or any crawl updates it")


class FrozenSnapshot(StoreError):
    """A snapshot is read-only."""

    hint = "write to the database that it was made from, or name another file with --db"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path, "this is a snapshot, which is read-only")


class DatabaseLocked(StoreError):
    """Another process holds the database; `pid` is None where DuckDB does not name it."""

    hint = "wait until it ends, stop it (what it has stored is kept), or work on a copy of the file"

    def __init__(self, path: Path, pid: int | None) -> None:
        """Name the process."""
        super().__init__(path, f"in use by {'another process' if pid is None else f'process {pid}'}")
        self.pid = pid


class NewerSchema(StoreError):
    """A later version of lineage made the file."""

    hint = "upgrade hub-lineage, or start another file with --db"


class UnreleasedSchema(StoreError):
    """A version of lineage from before the first release made the file; its schema cannot be migrated."""

    hint = "crawl or load again into another file with --db; nothing was written to this one"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path, "made by lineage before its first release, with a schema that is no longer read")


class ReservedName(StoreError):
    """DuckDB calls a database by its file's name, and `hub` is the schema that holds the records."""

    hint = "choose another name, such as lineage.duckdb"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path, "a database cannot be called hub")


class NotOurDatabase(StoreError):
    """The file is not a database of lineage."""

    hint = "name another file with --db; nothing was written to this one"


class CannotWrite(StoreError):
    """The file, its folder or its disk refuses to be written."""

    hint = "free some disk or choose a writable place with --db; everything committed so far is kept"


class TooLittleMemory(StoreError):
    """DuckDB would need more memory than it may use."""

    hint = "let it use more, such as LINEAGE_MEMORY=2GB; everything committed so far is kept"


class DamagedFile(StoreError):
    """A part of the file is not what was written: its checksum is wrong, or its end is missing."""

    hint = (
        "use a copy from before the damage, or crawl into another file with --db; undamaged pages may still be readable"
    )


class TornLog(DamagedFile):
    """A loss of power cut off the last transaction in the log, which nobody was told is stored."""

    hint = (
        "any command that writes (such as `lineage resolve`) sets the end of the log aside and keeps all that was "
        "committed; it needs room for a copy of the log"
    )


class StatementRefused(UsageError):
    """The statement cannot be run here."""

    hint = "only statements that read are possible here; `lineage docs schema` describes the views"


class UnknownSize(UsageError):
    """What an environment variable says is no size of memory."""

    hint = "write a number and a unit, such as 800MB or 2GB, or leave it empty"

    def __init__(self, variable: str, text: str) -> None:
        """Name the variable and quote what it says."""
        super().__init__(f"{variable}: {text!r} is no size")


def is_damage(message: str) -> bool:
    """Return whether DuckDB's message is that of a damaged file: a wrong checksum, or an end that comes too soon."""
    return any(words in message for words in ("Corrupt database file", "Corrupt WAL", "Could not read enough bytes"))


def read_lock_owner(message: str) -> int | None:
    """Return the process that DuckDB's message says holds the lock; None where it names none, or 0: one elsewhere."""
    found = re.search(r"\(PID (\d+)\)", message)
    return int(found.group(1)) or None if found else None
