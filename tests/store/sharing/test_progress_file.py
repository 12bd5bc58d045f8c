"""The file beside the database is there or not, and never a part of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineage.scheduling.queue_progress import QueueProgress
from store.sharing.progress_file import LARGEST_BYTES, progress_path, read_progress, remove_progress, write_progress

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROGRESS = QueueProgress(process=4711, started_at=NOW, told_at=NOW, new_items=3)


def test_it_lies_beside_the_database_until_it_is_removed(tmp_path: Path) -> None:
    """What is written is read, replaced by what is written next, and gone when it is removed, twice too."""
    db = tmp_path / "lineage.duckdb"
    assert read_progress(db) is None
    write_progress(db, QueueProgress(process=1, started_at=NOW, told_at=NOW))
    write_progress(db, PROGRESS)
    assert progress_path(db).name == "lineage.duckdb.progress.json"
    assert [path.name for path in tmp_path.iterdir()] == [progress_path(db).name]
    assert read_progress(db) == PROGRESS
    remove_progress(db)
    remove_progress(db)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    """A file of another kind, one that is too large and a folder of that name are nothing."""
    db = tmp_path / "lineage.duckdb"
    progress_path(db).write_bytes(b"\xff\x00")
    assert read_progress(db) is None
    write_progress(db, PROGRESS)
    text = progress_path(db).read_text()
    progress_path(db).write_text(text + " " * LARGEST_BYTES)
    assert read_progress(db) is None
    progress_path(db).unlink()
    progress_path(db).mkdir()
    assert read_progress(db) is None


def test_a_disk_that_refuses_is_no_error(tmp_path: Path) -> None:
    """Where it cannot be written the run goes on."""
    db = tmp_path / "no" / "folder" / "lineage.duckdb"
    write_progress(db, PROGRESS)
    remove_progress(db)
    assert read_progress(db) is None
