"""How a database is opened: made, brought up to date, and refused where it is none of ours."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from store.database import Database
from store.duckdb_engine import engine
from store.errors import (
    CannotWrite,
    DamagedFile,
    DatabaseLocked,
    FrozenSnapshot,
    NewerSchema,
    NoDatabase,
    NotOurDatabase,
    OlderSchema,
    ReservedName,
    StoreError,
    TornLog,
    UnknownSize,
    UnreleasedSchema,
    is_damage,
    read_lock_owner,
)
from store.flushing import flush_file, flush_names
from store.free_memory import free_memory
from store.torn_log import broken_entry, is_torn, set_aside_torn_end, stamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.torn_log import Stamp

Mode = Literal["write", "read"]
RECORDS_SCHEMA = "hub"
MEMORY_VARIABLE: Final = "LINEAGE_MEMORY"
MOST_MEMORY: Final = 400_000_000
MOST_EXPORT_MEMORY: Final = 600_000_000
LEAST_MEMORY: Final = 250_000_000
FREE_SHARE: Final = 4
"""DuckDB takes at most one part in so many of the memory that is free when a database is opened."""
_SIZE: Final = re.compile(r"[1-9][0-9]{0,8} ?([KMGT]i?)?B", re.IGNORECASE)
_QUOTED: Final = re.compile(r'".*"')


@cache
def migrations() -> tuple[str, ...]:
    """Return the migration scripts in order; the first makes version 1, the next brings that to version 2."""
    scripts = sorted(
        (entry for entry in files("store").joinpath("migrations").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(script.read_text(encoding="utf-8") for script in scripts)


def check_there(path: Path) -> None:
    """Raise `NoDatabase` where there is no file, or `CannotWrite` where the system will not say."""
    try:
        is_there = path.exists()
    except OSError as error:
        raise CannotWrite(path, str(error.strerror)) from error
    if not is_there:
        raise NoDatabase(path, "there is no database here yet")


def open_database(
    path: Path, mode: Mode = "write", *, folder: Path | None = None, is_bounded: bool = False, is_short: bool = False
) -> Database:
    """Open the database at `path`, bringing an older one up to date; `write` makes the file where there is none.

    Who reads reaches no other file, but for those in a `folder` to which it may export; without one it changes no
    setting either, as functions such as `enable_logging` would. With `is_bounded` or `LINEAGE_MEMORY`, DuckDB keeps
    within a bound for who reads too, where it would otherwise keep what it read as long as there is memory. With
    `is_short` it has one thread, which is best for looking up a few rows.
    Raises `NoDatabase`, `DatabaseLocked`, `NewerSchema`, `OlderSchema` (when opened to read), `UnreleasedSchema`,
    `FrozenSnapshot` (a snapshot, opened to write), `ReservedName`, `NotOurDatabase`, `DamagedFile`, `TornLog` (when
    opened to read; who writes sets the torn end aside), `CannotWrite` or `UnknownSize` (what the environment variable
    `LINEAGE_MEMORY` says).
    """
    if path.name.lstrip(".").partition(".")[0].lower() == RECORDS_SCHEMA:
        raise ReservedName(path)
    _see_to(path, mode)
    database = Database(_connect(path, mode, folder), path)
    try:
        _bring_up_to_date(database, mode)
        if not database.value("database/is_locked"):
            database.run("database/use_utc")
            database.draw_nothing()
        if folder is not None:
            bound_memory(database, MOST_EXPORT_MEMORY)
            database.run("database/bound_export_threads")
            database.run("database/spill_here", folder=str(folder.resolve()))
            database.run("database/allow_one_folder", folder=str(folder.resolve()))
            database.run("database/forbid_other_access")
        if mode == "write":
            database.run("database/checkpoint_late")
            bound_memory(database, MOST_MEMORY)
            database.publish()
        elif folder is None and not database.value("database/is_locked"):
            if is_bounded or os.environ.get(MEMORY_VARIABLE):
                bound_memory(database, MOST_MEMORY)
            if is_short:
                database.run("database/use_one_thread")
            database.run("database/lock_settings")
    except BaseException:
        database.close()
        raise
    return database


def _see_to(path: Path, mode: Mode) -> None:
    """Make the file where there is none and somebody writes; who reads must find one, or `NoDatabase` is raised."""
    if mode == "read":
        check_there(path)
    elif not os.path.lexists(path):
        _make(path)


def _make(path: Path) -> None:
    """Make an empty database beside its place, and give it its name once all of it is on the disk.

    So a loss of power leaves no file or a whole one. Where this cannot be done, as in a file system without links, or
    where another process is faster, whoever opens `path` next finds out.
    """
    with (
        suppress(OSError, StoreError),
        tempfile.TemporaryDirectory(prefix=".lineage-new-", dir=path.parent, ignore_cleanup_errors=True) as folder,
    ):
        made = Path(folder) / "new.duckdb"
        database = Database(_connect(made, "write", None), made)
        try:
            _bring_up_to_date(database, "write")
        finally:
            database.close()
        flush_file(made)
        path.hardlink_to(made)
        flush_names(path.parent)


def bound_memory(database: Database, most: int) -> None:
    """Set how much memory DuckDB may use: what `LINEAGE_MEMORY` says, else `most` bytes or a share of what is free."""
    size = os.environ.get(MEMORY_VARIABLE) or f"{min(most, max(LEAST_MEMORY, free_memory() // FREE_SHARE))}B"
    if not _SIZE.fullmatch(size):
        raise UnknownSize(MEMORY_VARIABLE, size)
    database.run("database/bound_memory", size=size)


def upgrade(path: Path) -> None:
    """Bring the database at `path` up to date, a snapshot too, which then is none any more: for copies."""
    database = Database(_connect(path, "write", None), path)
    try:
        with database.transaction():
            database.run("snapshots/forget_mark")
        _bring_up_to_date(database, "write")
    finally:
        database.close()


def copy_database(path: Path, target: Path) -> None:
    """Copy the database at `path`, of whatever schema, with its write-ahead log; nobody writes it meanwhile.

    Raises `DatabaseLocked`, `NotOurDatabase`, `NewerSchema`, `DamagedFile` or `CannotWrite`.
    """
    held = _connect(path, "read", None)
    try:
        # The log goes first: closing a second handle of the database drops the lock that this process, as DuckDB,
        # holds on it (fcntl(2), "advisory record locking").
        with suppress(FileNotFoundError):
            shutil.copyfile(log_path(path), log_path(target))
        shutil.copyfile(path, target)
    except OSError as error:
        raise CannotWrite(target, error.strerror or "cannot be copied") from error
    finally:
        held.close()


def log_path(path: Path) -> Path:
    """Return where the write-ahead log of a database lies."""
    return path.with_name(f"{path.name}.wal")


def _connect(path: Path, mode: Mode, folder: Path | None) -> engine.DuckDBPyConnection:
    options: Mapping[str, str] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if mode == "read" and folder is None:
        options = {**options, "enable_external_access": "false"}
    stamp = stamp_of(log_path(path))
    try:
        return engine.connect(str(path), read_only=mode == "read", config=dict(options))
    except (engine.Error, OSError) as error:
        if mode == "read" or stamp is None or not _is_mended(path, str(error), stamp):
            raise _why_not_opened(path, str(error).strip()) from error
    return _connect(path, mode, folder)  # the log is shorter than it was


def _is_mended(path: Path, message: str, stamp: Stamp) -> bool:
    """Return whether the torn end of its log kept a database from being opened, and is set aside now."""
    entry = broken_entry(_QUOTED.sub("", message))
    try:
        return entry is not None and set_aside_torn_end(path, log_path(path), entry, stamp) is not None
    except OSError:  # it may not be written, somebody has it open, or the disk is full
        return False


def _why_not_opened(path: Path, message: str) -> StoreError:
    words = _QUOTED.sub("", message)  # the name of the file may hold any of these words
    entry = broken_entry(words)
    if entry is not None and is_torn(log_path(path), entry):
        return TornLog(path, "the last transaction in its log was cut off, as by a loss of power")
    if is_damage(words):
        return DamagedFile(path, message.partition("\n")[0])
    if "Could not set lock" in words:
        return DatabaseLocked(path, read_lock_owner(words))
    if "not a valid" in words:
        return NotOurDatabase(path, "this is not a DuckDB database")
    if "newer" in words or "storage version" in words.lower():
        return NewerSchema(path, "a later DuckDB wrote this file")
    return CannotWrite(path, message.partition("\n")[0])


def _schema_version(database: Database) -> object:
    """Return the version that a database states, 0 where it is empty; listing what is in it takes far longer."""
    try:
        return database.value("database/schema_version")
    except StoreError as error:
        if not isinstance(error.__cause__, engine.CatalogException):
            raise
    tables = {str(row[0]) for row in database.run("database/list_tables").rows}
    if "hub.schema_version" in tables:
        raise UnreleasedSchema(database.path)
    if tables:
        raise NotOurDatabase(database.path, "this DuckDB database was not made by lineage")
    return 0


def _bring_up_to_date(database: Database, mode: Mode) -> None:
    version = _schema_version(database)
    if not isinstance(version, int):
        raise NotOurDatabase(database.path, "this DuckDB database does not state its version")
    known = len(migrations())
    if version > known:
        raise NewerSchema(database.path, f"its schema has version {version}, this lineage knows {known}")
    if mode == "write" and version and database.value("snapshots/read_mark") is not None:
        raise FrozenSnapshot(database.path)
    if version == known:
        return
    if mode == "read":
        raise OlderSchema(database.path, version, known)
    for number, script in enumerate(migrations()[version:], start=version + 1):
        with database.transaction():
            database.migrate(script)
            database.run("database/set_version", version=number)
