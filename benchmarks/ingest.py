"""How fast pages in memory and files become rows: ours beside what DuckDB alone needs for the same bytes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks.rig.bare_listing import count_with_duckdb
from benchmarks.rig.processes import clean_environment, run_measured
from benchmarks.rig.records import find_source
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import MILLION, Cell, print_machine, print_table
from lineage.crawl_records import PageFacts
from store.connect import open_database
from store.ingest.ingest import Ingest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.crawl_records import PageStored
    from store.database import Database

RECORDS: Final = 100_000
PAGE_SIZES: Final = (1_000, 5_000)
FIRST: Final = datetime(2024, 7, 11, tzinfo=UTC)
LATER: Final = datetime(2024, 7, 12, tzinfo=UTC)
LISTING_DETAIL: Final = 10
PARALLEL_COUNT: Final = "select count(*) from read_json_objects($1, format = 'newline_delimited')"
FILE_COLUMNS: Final = ("a file", "seconds", "CPU s", "records/CPU s", "peak MB", "x limit, by CPU")
COLUMNS: Final = ("page", "what", "seconds", "CPU s", "records/s", "records/CPU s", "of limit, by CPU")


def main() -> None:
    """Ingest the same records in pages of each size: into an empty database, then once more as known ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(PAGE_SIZES), help="records a page")
    parser.add_argument("--count", type=int, default=RECORDS, help="records in all")
    parser.add_argument("--records", type=Path, help="a file of records (.jsonl, .gz, .xz) instead of the snapshot")
    options = parser.parse_args()
    source = find_source(options.records)
    lines = [line.strip() for line in source.lines(options.count)]
    print_machine("duckdb")
    print(f"{len(lines):,} {source.name}, {sum(map(len, lines)) / len(lines):,.0f} bytes each\n")
    for size in options.sizes:
        bodies = [b"[" + b",".join(lines[at : at + size]) + b"]" for at in range(0, len(lines), size)]
        print_table(COLUMNS, _measure(size, len(lines), bodies))
    print_table(FILE_COLUMNS, _load(lines))
    print(f"All in one newline-delimited file, every core: {_whole_file_rate(lines):,.0f} objects/s\n")


def _measure(size: int, records: int, bodies: Sequence[bytes]) -> list[list[Cell]]:
    start = clock()
    counted = count_with_duckdb(iter(bodies))
    limit = since(start)
    timings: list[tuple[str, tuple[float, float]]] = []
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        path = Path(folder) / "ingest.duckdb"
        for what, seen_at in (("into an empty database", FIRST), ("again, all of them known", LATER)):
            start = clock()
            database = open_database(path)
            _take(database, bodies, seen_at)
            database.close()
            timings.append((what, since(start)))
        database = open_database(path, "read")
        stored = int(str(database.value("models/count_models")))
        database.close()
    if not counted == stored == records:
        print(f"NOT COMPARABLE: counted {counted:,}, stored {stored:,} of {records:,} records")
    timings.append(("limit: read_json_objects, counted", limit))
    return [[size, what, wall, cpu, records / wall, records / cpu, limit[1] / cpu] for what, (wall, cpu) in timings]


def _load(lines: Sequence[bytes]) -> list[list[Cell]]:
    """Load the records from a file, nothing derived, and let DuckDB alone type and keep them; each a process."""
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        path = folder / "records.jsonl"
        path.write_bytes(b"\n".join(lines) + b"\n")
        ours = ["lineage", "load", str(path), "--as-of", "2026-01-01", "--db", str(folder / "ours.duckdb")]
        limit = ["duckdb", str(path), str(folder / "limit.duckdb")]
        spent = {
            what: run_measured(
                [sys.executable, "-m", "benchmarks.rig.stored_records", *options], clean_environment(folder)
            )
            for what, options in {
                "lineage load, nothing derived": ours,
                "limit: typed and kept": limit,
            }.items()
        }
    least = list(spent.values())[-1].cpu_seconds
    return [
        [
            what,
            measured.wall_seconds,
            measured.cpu_seconds,
            len(lines) / measured.cpu_seconds,
            measured.peak_bytes / MILLION,
            measured.cpu_seconds / least,
        ]
        for what, measured in spent.items()
    ]


def _take(database: Database, bodies: Sequence[bytes], seen_at: datetime) -> None:
    facts = PageFacts(crawl=1, seen_at=seen_at, detail=LISTING_DETAIL)
    with Ingest(database) as ingest:
        for body in bodies:
            ingest.take(body, facts, _no_checkpoint)


def _no_checkpoint(page: PageStored) -> None:
    """Write no checkpoint: only the page is measured."""


def _whole_file_rate(lines: Sequence[bytes]) -> float:
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder, duckdb.connect() as connection:
        path = Path(folder) / "all.jsonl"
        path.write_bytes(b"\n".join(lines) + b"\n")
        start = clock()
        connection.execute(PARALLEL_COUNT, [str(path)]).fetchall()
        return len(lines) / since(start)[0]


if __name__ == "__main__":
    main()
