"""Parquet of strangers: what is read, and that nothing else can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from store.errors import StoreError
from store.ingest.parquet_reader import _reader, column_names, row_batches

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="parquet")
def fixture_parquet(tmp_path: Path) -> Path:
    """Return a file of 25 rows with a number, a text and a structure."""
    path = tmp_path / "rows.parquet"
    with duckdb.connect() as connection:
        selected = "select range as number, 'item ' || range as name, {'score': range / 2, 'tags': ['a']} as nested"
        connection.execute(f"copy ({selected} from range(25)) to '{path}' (format parquet)")
    return path


def test_columns_and_rows_come_in_order(parquet: Path) -> None:
    """The names are those of the file, the rows come whole, in order and in batches."""
    assert column_names(parquet) == ("number", "name", "nested")
    batches = list(row_batches(parquet, batch=10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert batches[2][4] == (24, "item 24", {"score": 12.0, "tags": ["a"]})


def test_nothing_but_the_file_can_be_read(parquet: Path, tmp_path: Path) -> None:
    """The connection that reads a stranger's file opens no other one, and cannot be told to."""
    other = tmp_path / "other.csv"
    other.write_text("secret\n1\n")
    with _reader(parquet) as connection:
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"from read_csv('{other}')")
        with pytest.raises(duckdb.Error):
            connection.execute("set enable_external_access = true")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and nothing else PAR1"])
def test_what_is_no_parquet_is_said(tmp_path: Path, content: bytes) -> None:
    """A broken file is an error of the store that names it."""
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"broken\.parquet"):
        column_names(path)


def test_a_pattern_is_no_path(tmp_path: Path) -> None:
    """A path that DuckDB would read as a pattern is refused before it is looked at."""
    with pytest.raises(StoreError, match="rename the file"):
        column_names(tmp_path / "scores[1].parquet")
