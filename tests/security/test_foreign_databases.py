"""A database of a stranger's is looked into and compared without its views reading what lies on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from store.connect import open_database
from store.errors import StatementRefused, StoreError
from store.outputs.diff import compare

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "the user's own words"


@pytest.fixture(name="secret")
def fixture_secret(tmp_path: Path) -> Path:
    """Give a file of the user's."""
    place = tmp_path / "secret.txt"
    place.write_text(WORDS, encoding="utf-8")
    return place


@pytest.fixture(name="foreign")
def fixture_foreign(tmp_path: Path, secret: Path) -> Path:
    """Give a database in which a table is a view that reads the file."""
    path = tmp_path / "foreign.duckdb"
    open_database(path).close()
    with duckdb.connect(str(path)) as connection:
        columns = [
            (str(name), str(kind))
            for name, kind in connection.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = 'hub' and table_name = 'edges'"
            ).fetchall()
        ]
        connection.execute("drop table hub.edges cascade")
        told = ", ".join(
            f"content as {name}" if kind == "VARCHAR" else f"null::{kind} as {name}" for name, kind in columns
        )
        connection.execute(f"create view hub.edges as select {told} from read_text('{secret}')")  # noqa: S608 - a stranger's
    return path


def test_its_views_read_nothing(foreign: Path) -> None:
    """Who asks it a question is told that files are not read."""
    database = open_database(foreign, "read")
    try:
        with pytest.raises(StatementRefused, match="disabled"):
            database.query("from hub.edges")
    finally:
        database.close()


def test_comparing_reads_nothing(foreign: Path, tmp_path: Path) -> None:
    """Neither side of a comparison reads a file either."""
    ours = tmp_path / "ours.duckdb"
    open_database(ours).close()
    for pair in ((ours, foreign), (foreign, ours)):
        with pytest.raises(StoreError, match="disabled") as caught:
            compare(*pair)
        assert WORDS not in str(caught.value)
