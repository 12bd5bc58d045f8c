"""Tables for notebooks: views and statements as Arrow, pandas or polars, read on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.errors import LineageError
from lineage.output.result import Result, Tabular
from lineage.text.plain import plain
from store.user_sql import refusing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa
    from duckdb import DuckDBPyRelation

    from store.database import Database


class NoSuchTable(LineageError):
    """No view has this name."""

    exit_code = 1

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Report the unknown name and list the known ones."""
        super().__init__(f"there is no table {name[:100]!r}; the tables are {', '.join(sorted(known))}")


class LazyTable(Tabular):
    """A table that is not read yet. Each conversion reads all of it into memory; the database must be open.

    Conversions raise MissingPackage, and StatementRefused if DuckDB cannot read the table.
    """

    def __init__(self, relation: DuckDBPyRelation, path: Path) -> None:
        """Wrap a relation, which DuckDB will read from the file at `path`."""
        self._relation = relation
        self._path = path

    def __repr__(self) -> str:
        return f"<LazyTable of {', '.join(plain(name) for name in self.columns)}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._relation.columns)

    def _read_arrow(self) -> pa.Table:
        with refusing(self._path):
            return self._relation.to_arrow_table()

    def first_rows(self, most: int) -> tuple[Result, str]:
        """Return the first rows; they are read, and the others are not even counted."""
        with refusing(self._path):
            rows = tuple(self._relation.limit(most + 1).fetchall())
        first = Result(columns=self.columns, rows=rows[:most])
        return first, f"the first {most} rows" if len(rows) > most else "all rows"


def view(database: Database, name: str) -> LazyTable:
    """Return a view of docs/schema.md as a table; raises NoSuchTable."""
    known = {str(row[0]).removeprefix("main.") for row in database.run("database/list_tables").rows}
    views = {one for one in known if "." not in one}
    if name not in views:
        raise NoSuchTable(name, views)
    return LazyTable(database.view(name), database.path)
