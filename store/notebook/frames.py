"""Tables for notebooks: views and statements as Arrow, pandas or polars, read on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.errors import LineageError, MissingPackage
from store.user_sql import refusing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

    from store.database import Database


class NoSuchTable(LineageError):
    """No view has this name."""

    exit_code = 1

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Report the unknown name and list the known ones."""
        super().__init__(f"there is no table {name[:100]!r}; the tables are {', '.join(sorted(known))}")


class LazyTable:
    """A table that is not read yet. Each method reads all of it into memory; the database must be open."""

    def __init__(self, relation: DuckDBPyRelation, path: Path) -> None:
        """Wrap a relation, which DuckDB will read from the file at `path`."""
        self._relation = relation
        self._path = path

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._relation.columns)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table; raises MissingPackage without pyarrow, StatementRefused if DuckDB cannot read it."""
        try:
            import pyarrow  # noqa: F401, ICN001 - DuckDB needs it
        except ImportError as error:
            raise MissingPackage("pyarrow", "to_arrow") from error
        with refusing(self._path):
            return self._relation.to_arrow_table()

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas frame; raises MissingPackage without pandas and pyarrow, and StatementRefused."""
        try:
            import pandas  # noqa: F401, ICN001 - pyarrow needs it
            import pyarrow  # noqa: F401, ICN001 - DuckDB's own way through numpy warns in pandas 3.1
        except ImportError as error:
            raise MissingPackage("pandas pyarrow", "to_pandas") from error
        with refusing(self._path):
            return self._relation.to_arrow_table().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """Return a polars frame; raises MissingPackage without polars and pyarrow, and StatementRefused."""
        try:
            import polars  # noqa: ICN001 - not called so often that it needs a short name
            import pyarrow  # noqa: F401, ICN001 - DuckDB needs it
        except ImportError as error:
            raise MissingPackage("polars pyarrow", "to_polars") from error
        with refusing(self._path):
            frame = polars.from_arrow(self._relation.to_arrow_table())
        return frame if isinstance(frame, polars.DataFrame) else frame.to_frame()


def view(database: Database, name: str) -> LazyTable:
    """Return a view of docs/schema.md as a table; raises NoSuchTable."""
    known = {str(row[0]).removeprefix("main.") for row in database.run("database/list_tables").rows}
    views = {one for one in known if "." not in one}
    if name not in views:
        raise NoSuchTable(name, views)
    return LazyTable(database.view(name), database.path)
