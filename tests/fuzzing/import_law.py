"""What holds for every import, whatever stands in the file: each file has one fate, whole or not at all, and is told.

`broken` is None where the law holds; otherwise it says what happened instead.
"""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from evaluation.imports.interface import ImportSettings
from evaluation.imports.run import FileImported, FileJoined, FilePassedOver, FileRefused, import_files
from lineage.scores.instrument_file import default_catalogue

if TYPE_CHECKING:
    from evaluation.imports.run import ImportOutcome
    from store.database import Database
    from tests.fuzzing.bad_files import BadFile

NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
FATES: Final = {FileImported: "imported", FileRefused: "refused", FilePassedOver: "passed over", FileJoined: "joined"}
TABLES: Final = ("item csv", "item lines", "parquet")
COUNTS: Final = "select (select count(*) from scores), (select count(*) from items)"


def judge(database: Database, bad: BadFile, folder: Path) -> tuple[tuple[str, ...], str | None]:
    """Import the files of a folder; return the fates of each, and what was broken, or None for nothing."""
    before = stored(database)
    outcomes: list[ImportOutcome] = []
    try:
        outcomes.extend(import_files(database, [folder], ImportSettings(catalogue=default_catalogue()), NOW))
    except Exception as error:  # noqa: BLE001 -- that nothing is raised is the law
        return (), f"{type(error).__name__}: {str(error)[:200]}"
    fates = tuple(FATES[type(outcome)] for outcome in outcomes)
    after = stored(database)
    written = [outcome for outcome in outcomes if isinstance(outcome, FileImported)]
    told = (sum(one.new for one in written), sum(one.items for one in written))
    if (after[0] - before[0], after[1] - before[1]) != told:
        return fates, f"told {told}, stored {after[0] - before[0]}, {after[1] - before[1]}"
    if len(fates) != len(bad.files):
        return fates, f"{len(bad.files)} files, {len(fates)} fates"
    for outcome in outcomes:
        if isinstance(outcome, FileRefused) and not (str(outcome.error) and outcome.error.hint):
            return fates, "refused without a word"
    is_new = len(written) == 1 and written[0].new and not written[0].known
    if bad.form in TABLES and is_new and told[1] != (rows := row_count(bad)):
        return fates, f"{rows} rows, {told[1]} items"
    return fates, None


def stored(database: Database) -> tuple[int, int]:
    """Return how many scores and items there are."""
    scores, items = database.query(COUNTS).rows[0]
    return int(str(scores)), int(str(items))


def row_count(bad: BadFile) -> int:
    """Count the rows of a table, by other means than the import's."""
    ((name, content),) = bad.files.items()
    if name.endswith(".csv"):
        return sum(bool(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))) - 1
    if name.endswith(".jsonl"):
        return sum(bool(line.strip()) for line in content.split(b"\n"))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(":memory:") as connection:
        path = Path(folder) / name
        path.write_bytes(content)
        return len(connection.read_parquet(str(path)).fetchall())
