"""A database of real records: an existing one, or one loaded from a listing for the measurement."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lineage.domains.lexicon_file import default_lexicon
from store.connect import open_database
from store.ingest.bulk_load import load_file

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW: Final = datetime(2024, 7, 12, tzinfo=UTC)


@contextmanager
def opened(db: Path | None, records: Path) -> Iterator[Path]:
    """Yield a database: an existing one, or one loaded from a listing."""
    if db is not None:
        yield db
        return
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        path = Path(folder) / "records.duckdb"
        database = open_database(path)
        for _ in load_file(database, records, default_lexicon(), NOW):
            pass
        database.close()
        yield path
