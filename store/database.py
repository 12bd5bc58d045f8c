"""One DuckDB file: how it is opened, migrated, read and written.

Every statement is a file under `store/sql`, named by its path without the ending. Writes go through `transaction()`.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import duckdb

from lineage.answers import Answer
from store.errors import (
    CannotWrite,
    DamagedFile,
    DatabaseLocked,
    NewerSchema,
    NoDatabase,
    NotOurDatabase,
    ReservedName,
    StatementRefused,
    StoreError,
    is_damage,
    read_lock_owner,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from pyarrow import RecordBatchReader

Mode = Literal["write", "read"]
Row = tuple[object, ...]
READING = {"select", "explain", "multi"}
RECORDS_SCHEMA = "hub"


@cache
def statement(name: str) -> str:
    """Return the text of the statement `name`, e.g. `ingest/read_page`."""
    return files("store").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


@cache
def migrations() -> tuple[str, ...]:
    """Return the migration scripts in order; number n brings a database from version n to n + 1."""
    scripts = sorted(
        (entry for entry in files("store").joinpath("migrations").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(script.read_text(encoding="utf-8") for script in scripts)


class Database:
    """An open database. One process writes at a time; threads of one process may share the object by turns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        """Wrap an open connection; use `open_database` to make one."""
        self._connection = connection
        self.path = path
        self._prepared: set[str] = set()

    def run(self, name: str, /, **parameters: object) -> Answer:
        """Run the statement `name` and return what it gives.

        Raises `CannotWrite` when the disk refuses, `StoreError` when DuckDB fails otherwise.
        """
        with self._translated():
            cursor = self._connection.execute(statement(name), parameters or None)
            columns = tuple(column[0] for column in cursor.description or ())
            return Answer(columns=columns, rows=tuple(cursor.fetchall()) if columns else ())

    def replay(self, name: str) -> tuple[Row, ...]:
        """Run a statement without parameters that is planned once a connection, and return its rows.

        For the statements that run on every page: planning them costs as much as running them.
        """
        handle = "replay_" + name.replace("/", "_")
        with self._translated():
            if handle not in self._prepared:
                plan = f"prepare {handle} as {statement(name)}"  # both are a file of ours: its name and its text
                self._connection.execute(plan)
                self._prepared.add(handle)
            call = f"execute {handle}"
            return tuple(self._connection.execute(call).fetchall())

    def value(self, name: str, /, **parameters: object) -> object:
        """Return the single value that the statement `name` gives, or null where it gives no row."""
        rows = self.run(name, **parameters).rows
        return rows[0][0] if rows else None

    def arrays(self, name: str, /, **parameters: object) -> dict[str, np.ndarray]:
        """Return the columns of the statement `name` as numpy arrays."""
        with self._translated():
            return self._connection.execute(statement(name), parameters or None).fetchnumpy()

    def stream(self, name: str, /, batch: int = 10_000, **parameters: object) -> Iterator[Row]:
        """Yield the rows of the statement `name` from a cursor of their own, a batch in memory at a time."""
        with self._translated():
            cursor = self._connection.cursor().execute(statement(name), parameters or None)
            while rows := cursor.fetchmany(batch):
                yield from rows

    def read_along(self, name: str, /, batch: int = 10_000) -> Iterator[Row]:
        """Yield the rows of the statement `name`, a batch in memory at a time, from the connection itself.

        Unlike `stream` it sees what was lent to this connection; nothing else may run on it before the last row.
        """
        with self._translated():
            cursor = self._connection.execute(statement(name))
            while rows := cursor.fetchmany(batch):
                yield from rows

    @contextmanager
    def batches(self, name: str, /, batch: int = 100_000) -> Iterator[RecordBatchReader]:
        """Lend the rows of the statement `name` as record batches of pyarrow's; raises ImportError without it."""
        with self._translated(), self._connection.sql(statement(name)).to_arrow_reader(batch) as reader:
            yield reader

    @contextmanager
    def columns(self, name: str, /, **arrays: object) -> Iterator[None]:
        """Lend numpy arrays to SQL as the table `name` while the block runs."""
        with self._translated():
            self._connection.register(name, arrays)
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # the transaction was aborted, and its roll-back forgets the table as well
                self._connection.unregister(name)
            raise
        self._connection.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block writes, all of it or nothing."""
        with self._translated():
            self._connection.execute("begin")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        with self._translated():
            self._connection.execute("commit")

    def query(self, text: str, parameters: Sequence[object] = ()) -> Answer:
        """Run one statement of the user's. Only on a database opened to be read.

        Raises `StatementRefused` with DuckDB's own words when it has a fault or would write, or `DamagedFile`.
        """
        try:
            statements = self._connection.extract_statements(text)
            if len(statements) != 1:
                raise StatementRefused(f"one statement is expected, {len(statements)} were given")
            if (kind := _kind_of(statements[0])) not in READING:
                raise StatementRefused(f"this is no statement that reads, but {kind}")
            with self._interruptible():
                cursor = self._connection.execute(text, list(parameters) or None)  # a parsed one ignores Ctrl-C
            return Answer(
                columns=tuple(column[0] for column in cursor.description or ()),
                rows=tuple(cursor.fetchall()),
            )
        except duckdb.Error as error:
            message = str(error).strip()
            raise DamagedFile(self.path, message) if is_damage(message) else StatementRefused(message) from error

    def migrate(self, script: str) -> None:
        """Run a migration script; the caller's transaction makes it whole or nothing."""
        with self._translated():
            self._connection.execute(script)

    def close(self) -> None:
        """Close the file; what was committed is kept."""
        self._connection.close()

    def _roll_back(self) -> None:
        with suppress(duckdb.Error):  # the transaction is gone already, with the disk or with the connection
            self._connection.execute("rollback")

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            if "interrupted" not in str(error).lower():
                raise
            raise KeyboardInterrupt from error  # DuckDB's name for a Ctrl-C while it works

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with self._interruptible():
                yield
        except (duckdb.IOException, duckdb.FatalException) as error:
            message = str(error).strip()
            raise (DamagedFile if is_damage(message) else CannotWrite)(self.path, message) from error
        except duckdb.Error as error:
            message = str(error).strip()
            kind = CannotWrite if "Failed to commit" in message else StoreError
            raise kind(self.path, message) from error


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise CannotWrite(path, str(error.strerror)) from error


def _kind_of(parsed: duckdb.Statement) -> str:
    try:
        return parsed.type.name.lower()
    except ValueError:
        return "one of a kind without a name"  # the Python client lacks names for some of DuckDB's statements


def open_database(path: Path, mode: Mode = "write", *, folder: Path | None = None) -> Database:
    """Open the database at `path`, bringing an older one up to date; `write` makes the file where there is none.

    Who reads reaches no other file, but for those in a `folder` to which it may export.
    Raises `NoDatabase`, `DatabaseLocked`, `NewerSchema`, `ReservedName`, `NotOurDatabase`, `DamagedFile` or
    `CannotWrite`.
    """
    if path.name.lstrip(".").partition(".")[0].lower() == RECORDS_SCHEMA:
        raise ReservedName(path)
    if mode == "read" and not _is_there(path):
        raise NoDatabase(path, "there is no database here yet")
    database = Database(_connect(path, mode, folder), path)
    try:
        _bring_up_to_date(database, mode)
        database.run("database/use_utc")
        database.run("database/draw_nothing")
        if folder is not None:
            database.run("export/bound_memory")
            database.run("export/bound_threads")
            database.run("export/spill_here", folder=str(folder.resolve()))
            database.run("export/allow_one_folder", folder=str(folder.resolve()))
            database.run("load/forbid_other_access")
        if mode == "write":
            database.run("database/checkpoint_late")
            database.run("database/bound_memory")
    except BaseException:
        database.close()
        raise
    return database


def _connect(path: Path, mode: Mode, folder: Path | None) -> duckdb.DuckDBPyConnection:
    options: Mapping[str, str] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if mode == "read" and folder is None:
        options = {**options, "enable_external_access": "false"}
    try:
        return duckdb.connect(str(path), read_only=mode == "read", config=dict(options))
    except (duckdb.Error, OSError) as error:
        raise _why_not_opened(path, str(error).strip()) from error


def _why_not_opened(path: Path, message: str) -> StoreError:
    if is_damage(message):  # before the lock, as it speaks of a block
        return DamagedFile(path, message.partition("\n")[0])
    if "lock" in message.lower():
        return DatabaseLocked(path, read_lock_owner(message))
    if "valid DuckDB database" in message or "not a valid" in message:
        return NotOurDatabase(path, "this is not a DuckDB database")
    if "newer" in message or "storage version" in message.lower():
        return NewerSchema(path, "a later DuckDB wrote this file")
    return CannotWrite(path, message.partition("\n")[0])


def _bring_up_to_date(database: Database, mode: Mode) -> None:
    tables = {str(row[0]) for row in database.run("database/list_tables").rows}
    if tables and "hub.schema_version" not in tables:
        raise NotOurDatabase(database.path, "this DuckDB database was not made by lineage")
    version = database.value("database/schema_version") if tables else 0
    if not isinstance(version, int):
        raise NotOurDatabase(database.path, "this DuckDB database names no version")
    known = len(migrations())
    if version > known:
        raise NewerSchema(database.path, f"its schema has version {version}, this lineage knows {known}")
    if version == known:
        return
    if mode == "read":
        raise NoDatabase(
            database.path,
            f"its schema has version {version}, this lineage reads {known}; `lineage resolve` or any crawl updates it",
        )
    for number, script in enumerate(migrations()[version:], start=version + 1):
        with database.transaction():
            database.migrate(script)
            database.run("database/set_version", version=number)
