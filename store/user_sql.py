"""Statements of users: one at a time, that reads, with DuckDB's own words where it has a fault."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from store.duckdb_engine import engine
from store.errors import DamagedFile, StatementRefused, is_damage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READING: Final = frozenset({"select", "explain", "multi"})


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Raise StatementRefused for what DuckDB refuses within the block, or DamagedFile where it is the file's fault."""
    try:
        yield
    except engine.Error as error:
        message = str(error).strip()
        raise DamagedFile(path, message) if is_damage(message) else StatementRefused(message) from error


def check_reads(connection: engine.DuckDBPyConnection, text: str, path: Path) -> None:
    """Raise StatementRefused where a text is not one statement that reads."""
    with refusing(path):
        statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise StatementRefused(f"only one statement is allowed; got {len(statements)}")
    if (kind := _kind_of(statements[0])) not in READING:
        raise StatementRefused(f"only SELECT is allowed; got {kind.upper()}")


def _kind_of(parsed: engine.Statement) -> str:
    try:
        return parsed.type.name.lower()
    except ValueError:
        return "another kind of statement"  # the Python client lacks names for some of DuckDB's statements
