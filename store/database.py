"""One open DuckDB file: how it is read and written.

Statements are called by name, e.g. `queue/move` (`store.statements`). Writes go through `transaction()`.
"""

from __future__ import annotations

import glob
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from lineage.output.result import Result
from store.duckdb_engine import engine
from store.errors import CannotWrite, DamagedFile, StoreError, TooLittleMemory, is_damage
from store.flushing import flush_names
from store.sharing.published_copy import PublishedCopy
from store.statements import statement
from store.user_sql import check_reads, refusing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from pyarrow import RecordBatchReader

Row = tuple[object, ...]
BATCH: Final = 10_000
"""How many rows are fetched at a time where they are read as they come."""


class Database:
    """An open database. One process writes at a time; threads of one process may share the object by turns."""

    def __init__(self, connection: engine.DuckDBPyConnection, path: Path) -> None:
        """Wrap an open connection; use `store.connect.open_database` to make one."""
        self._connection = connection
        self.path = path
        self._prepared: set[str] = set()
        self._publisher: PublishedCopy | None = None
        self._flushed_log: int | None = None

    def run(self, name: str, /, **parameters: object) -> Result:
        """Run the statement `name` and return what it gives.

        Raises `CannotWrite` when the disk refuses, `TooLittleMemory`, or `StoreError` when DuckDB fails otherwise.
        """
        with self._translated():
            cursor = self._connection.execute(statement(name), parameters or None)
            columns = _names(cursor)
            return Result(columns=columns, rows=tuple(cursor.fetchall()) if columns else ())

    def replay(self, name: str, variant: int = 0) -> tuple[Row, ...]:
        """Run a statement without parameters that is planned once a connection, and return its rows.

        For the statements that run on every page: planning them costs as much as running them. The plan holds what the
        variables of the connection held at the first run; each `variant` has a plan of its own.
        """
        handle = f"replay_{variant}_" + name.replace("/", "_")
        with self._translated():
            if handle not in self._prepared:
                plan = f"prepare {handle} as {statement(name)}"  # both are a file of ours: its name and its text
                self._connection.execute(plan)
                self._prepared.add(handle)
            call = f"execute {handle}"
            return tuple(self._connection.execute(call).fetchall())

    def value(self, name: str, /, **parameters: object) -> object:
        """Return the single value that the statement `name` gives, or None where it gives no row."""
        rows = self.run(name, **parameters).rows
        return rows[0][0] if rows else None

    def arrays(self, name: str, /, **parameters: object) -> dict[str, np.ndarray]:
        """Return the columns of the statement `name` as numpy arrays."""
        with self._translated():
            return self._connection.execute(statement(name), parameters or None).fetchnumpy()

    def stream(self, name: str, /, batch: int = BATCH, **parameters: object) -> Iterator[Row]:
        """Yield the rows of the statement `name` from a cursor of their own, a batch in memory at a time."""
        with self._translated():
            cursor = self._connection.cursor().execute(statement(name), parameters or None)
            yield from _fetched(cursor, batch)

    def read_along(self, name: str, /, batch: int = BATCH, **parameters: object) -> Iterator[Row]:
        """Yield the rows of the statement `name`, a batch in memory at a time, from the connection itself.

        Unlike `stream` it sees what was lent to this connection; nothing else may run on it before the last row.
        """
        with self._translated():
            yield from _fetched(self._connection.execute(statement(name), parameters or None), batch)

    def read_rows(self, name: str, /, **parameters: object) -> tuple[tuple[str, ...], Iterator[Row]]:
        """Run the statement `name`, and return its columns, and its rows as `read_along` yields them."""

        def rest() -> Iterator[Row]:
            with self._translated():
                yield from _fetched(cursor)

        with self._translated():
            cursor = self._connection.execute(statement(name), parameters or None)
        return _names(cursor), rest()

    @contextmanager
    def batches(self, name: str, /, batch: int = 100_000) -> Iterator[RecordBatchReader]:
        """Lend the rows of the statement `name` as record batches of pyarrow's; raises ImportError without it."""
        _add_relations()
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
            with suppress(engine.Error):  # the transaction was aborted, and its roll-back forgets the table as well
                self._connection.unregister(name)
            raise
        self._connection.unregister(name)
        arrays.clear()  # DuckDB keeps what was lent until the transaction ends, even if it is taken back

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
        is_named = self._log() == self._flushed_log is not None
        with self._translated():
            self._connection.execute("commit")
        if not is_named or self._log() != self._flushed_log:
            self._flush_names()
        if self._publisher is not None:
            self._publisher.look()

    def query(self, text: str, parameters: Sequence[object] = ()) -> Result:
        """Run one statement of the user's. Only on a database opened to be read.

        Raises `StatementRefused` with DuckDB's own words when it has a fault or would write, or `DamagedFile`.
        """
        columns, rows = self.query_rows(text, parameters)
        return Result(columns=columns, rows=tuple(rows))

    def query_rows(self, text: str, parameters: Sequence[object] = ()) -> tuple[tuple[str, ...], Iterator[Row]]:
        """Run a statement as `query` does, and return its columns and its rows, a batch in memory at a time.

        Nothing else may run before the last row; a fault that DuckDB meets in a later row is raised there.
        """

        def rest() -> Iterator[Row]:
            with refusing(self.path), self._interruptible():
                yield from _fetched(cursor)

        check_reads(self._connection, text, self.path)
        with refusing(self.path), self._interruptible():
            cursor = self._connection.execute(text, list(parameters) or None)  # a parsed one ignores Ctrl-C
        return _names(cursor), rest()

    def draw_nothing(self) -> None:
        """Turn off DuckDB's own progress bar, which would end up in the output."""
        if self.value("database/is_drawing"):
            self.run("database/draw_nothing")

    def view(self, name: str) -> engine.DuckDBPyRelation:
        """Return a view as a relation that is not read yet; the caller knows that there is one of this name."""
        _add_relations()
        return self._connection.view(name)

    def reading(self, text: str, parameters: Sequence[object] = ()) -> engine.DuckDBPyRelation:
        """Return one statement of the user's as a relation that is not read yet; raises `StatementRefused`."""
        _add_relations()
        check_reads(self._connection, text, self.path)
        with refusing(self.path):
            return self._connection.sql(text, params=list(parameters))

    def fill(self, table: str, path: Path) -> None:
        """Append the rows of a parquet file to a table with the same columns, in the file's order.

        The caller names the table. Raises StoreError if the file cannot be read or has other columns or types.
        """
        _add_relations()
        with self._translated():
            rows, into = self._connection.read_parquet(glob.escape(str(path))), self._connection.table(table)
            if (rows.columns, rows.types) != (into.columns, into.types):
                raise StoreError(path, f"its columns are not those of {table}")
            rows.insert_into(table)

    def migrate(self, script: str) -> None:
        """Run a migration script; the caller's transaction makes it whole or nothing."""
        with self._translated():
            self._connection.execute(script)

    def sibling(self) -> Database:
        """Return the same database by a connection of its own, for another thread; closing it leaves this one open."""
        return Database(self._connection.cursor(), self.path)

    def publish(self) -> None:
        """Make a copy for others to read between transactions from now on, whenever one is wanted."""
        self._publisher = PublishedCopy(self.path, self._settled)

    def close(self) -> None:
        """Close the file; what was committed is kept."""
        self._connection.close()
        if self._publisher is not None:
            self._publisher.end()
            self._publisher = None  # it knows this object: together they would outlive the connection

    def _settled(self) -> bool:
        """Fold the write-ahead log into the file; not while other cursors read."""
        try:
            self.run("database/checkpoint")
        except StoreError:
            return False
        return True

    def _log(self) -> int | None:
        """Return the inode of the write-ahead log, None where there is none."""
        try:
            return self.path.with_name(f"{self.path.name}.wal").stat().st_ino
        except OSError:
            return None

    def _flush_names(self) -> None:
        """Flush the name of the log: DuckDB flushes what is in it, but not the name of one that it began."""
        try:
            flush_names(self.path.parent)
        except OSError as error:
            raise CannotWrite(self.path, error.strerror or "its folder cannot be flushed") from error
        self._flushed_log = self._log()

    def _roll_back(self) -> None:
        with suppress(engine.Error):  # the transaction is gone already, with the disk or with the connection
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
        except (engine.IOException, engine.FatalException) as error:
            message = str(error).strip()
            raise (DamagedFile if is_damage(message) else CannotWrite)(self.path, message) from error
        except engine.OutOfMemoryException as error:
            raise TooLittleMemory(self.path, str(error).strip().partition("\n")[0]) from error
        except engine.Error as error:
            message = str(error).strip()
            kind = CannotWrite if "Failed to commit" in message else StoreError
            raise kind(self.path, message) from error


def _add_relations() -> None:
    """Give every connection the methods that return relations: importing DuckDB's package does."""
    import duckdb  # noqa: F401 -- only for what importing it does


def _names(cursor: engine.DuckDBPyConnection) -> tuple[str, ...]:
    return tuple(column[0] for column in cursor.description or ())


def _fetched(cursor: engine.DuckDBPyConnection, batch: int = BATCH) -> Iterator[Row]:
    while rows := cursor.fetchmany(batch):
        yield from rows
