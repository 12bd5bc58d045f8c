"""A look at where the database is: the file, the room on its disk, and DuckDB."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import duckdb

from lineage.output.doctor import Finding, FindingState
from store.connect import open_database
from store.errors import DatabaseLocked, NoDatabase, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIGABYTE: Final = 10**9
WHOLE_HUB_BYTES: Final = 3 * GIGABYTE  # 760,000 records took 0.19 GB of file; three million, with room to rewrite
LEAST_BYTES: Final = GIGABYTE // 2


def check_store(db: Path) -> Iterator[Finding]:
    """Yield what is found of DuckDB, of the database file and of its disk; nothing is written."""
    yield Finding(about="DuckDB", state=FindingState.OK, found=duckdb.__version__)
    yield _of_file(db)
    yield _of_disk(db)


def _of_file(db: Path) -> Finding:
    try:
        database = open_database(db, "read")
    except NoDatabase as error:
        if db.exists():  # of an earlier schema: its own words say how to bring it up to date
            return Finding(about="database", state=FindingState.PROBLEM, found=str(error))
        return Finding(about="database", state=FindingState.NOTE, found=str(error), advice=error.hint)
    except DatabaseLocked as error:
        return Finding(about="database", state=FindingState.NOTE, found=str(error), advice=error.hint)
    except StoreError as error:
        return Finding(about="database", state=FindingState.PROBLEM, found=str(error), advice=error.hint)
    count = database.value("models/count_models")
    database.close()
    return Finding(about="database", state=FindingState.OK, found=f"{db}: {count:,} models")


def _of_disk(db: Path) -> Finding:
    folder = next(parent for parent in db.absolute().parents if parent.is_dir())
    free = shutil.disk_usage(folder).free
    found = f"{free / GIGABYTE:.1f} GB free at {folder}"
    if free < LEAST_BYTES:
        return Finding(
            about="disk", state=FindingState.PROBLEM, found=found, advice="free some space, or put --db on another disk"
        )
    if free < WHOLE_HUB_BYTES:
        advice = "enough for a domain; the whole Hub needs 3 GB"
        return Finding(about="disk", state=FindingState.NOTE, found=found, advice=advice)
    return Finding(about="disk", state=FindingState.OK, found=found)
