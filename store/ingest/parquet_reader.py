"""Untrusted parquet files, read through a separate DuckDB that can access this one file and nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import duckdb

from store.errors import StoreError
from store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH_ROWS: Final = 10_000
LARGEST_MEMORY: Final = "1GB"
PATTERN: Final = "*?["


def column_names(path: Path) -> tuple[str, ...]:
    """Return the column names of a parquet file; raises StoreError if it cannot be read."""
    with _reader(path) as connection:
        cursor = connection.execute(statement("bulk_load/tabular"), {"path": str(path.resolve())})
        return tuple(column[0] for column in cursor.description or ())


def column_names_without_replies(path: Path) -> tuple[str, ...]:
    """Return the names of the columns that `rows_without_replies` gives; raises StoreError if it cannot be read."""
    with _reader(path) as connection:
        cursor = connection.execute(statement("bulk_load/without_replies"), {"path": str(path.resolve())})
        return tuple(column[0] for column in cursor.description or ())


def rows_without_replies(path: Path) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a parquet file as `row_batches` does, without `response_content`, the longest of OpenEval's."""
    with _reader(path) as connection:
        cursor = connection.execute(statement("bulk_load/without_replies"), {"path": str(path.resolve())})
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield from rows


def row_batches(path: Path, batch: int = BATCH_ROWS) -> Iterator[list[tuple[object, ...]]]:
    """Yield the rows of a parquet file in order, `batch` of them in memory at a time.

    Texts are str, numbers int, float or Decimal, times datetime, structures dict, lists list, missing values None.
    Raises StoreError if the file cannot be read, at the batch that fails.
    """
    with _reader(path) as connection:
        cursor = connection.execute(statement("bulk_load/tabular"), {"path": str(path.resolve())})
        while rows := cursor.fetchmany(batch):
            yield rows


@contextmanager
def _reader(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    place = str(path.resolve())
    if not set(PATTERN).isdisjoint(place):
        raise StoreError(path, f"a path with one of {PATTERN} would be read as a pattern; rename the file")
    options: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": LARGEST_MEMORY,
        "threads": 1,
    }
    try:
        with duckdb.connect(":memory:", config=options) as connection:
            connection.execute(statement("bulk_load/allow_one_path"), {"path": place})
            connection.execute(statement("database/forbid_other_access"))
            yield connection
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise StoreError(path, str(error).strip().partition("\n")[0]) from error
