"""The results that a snapshot's cards state: how many are read, and why the rest is not.

It uses the catalogue of the package. A folder of archives of records (`md_*.zip`) can be named.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rig.records import SNAPSHOT
from benchmarks.rig.tables import print_machine
from evaluation.imports.from_cards import scores_from_cards
from evaluation.imports.interface import Skipped
from lineage.crawl_records import PageFacts, Spent, WalkRow, WalkStep
from lineage.scores.instrument_file import default_catalogue
from store.connect import open_database
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def pages(folder: Path) -> Iterator[bytes]:
    """Yield the records of a snapshot's archives, 500 per page."""
    for archive in sorted(folder.glob("md_*.zip")):
        with zipfile.ZipFile(archive) as files:
            bodies = [files.read(name) for name in files.namelist() if name.endswith(".json")]
        for start in range(0, len(bodies), 500):
            yield b"[" + b",".join(bodies[start : start + 500]) + b"]"


def main() -> None:
    """Load the snapshot into a temporary database, read its results, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, default=SNAPSHOT.parent, help="folder of md_*.zip")
    folder: Path = parser.parse_args().records
    print_machine("duckdb")
    if not any(folder.glob("md_*.zip")):
        print("there are no archives of records here: nothing to read")
        return
    with tempfile.TemporaryDirectory() as scratch:
        database = open_database(Path(scratch) / "cards.duckdb")
        with DuckDBCrawlStore(database) as store:
            crawl = store.open_crawl("all", "snapshot", NOW).crawl
            store.add_walks(crawl, [WalkRow(walk="created", request="first")])
            facts = PageFacts(crawl=crawl, seen_at=NOW, detail=20)
            step = WalkStep(walk="created", request="next")
            records = sum(store.take_page(page, facts, step, Spent()).records for page in pages(folder))
        began = time.process_time()
        found = list(scores_from_cards(database, default_catalogue()))
        spent = time.process_time() - began
        database.close()
    reasons = Counter(each.reason.partition(": ")[0] for each in found if isinstance(each, Skipped))
    scores = [each for each in found if not isinstance(each, Skipped)]
    print(f"{records:,} records state {len(found):,} results; read in {spent:.2f} CPU-seconds")
    print(f"{len(scores):,} scores of {len({score.model for score in scores}):,} models")
    for name, count in Counter(score.instrument.name for score in scores).most_common():
        print(f"{count:>8,}  {name}")
    print(f"{reasons.total():,} skipped")
    for reason, count in reasons.most_common():
        print(f"{count:>8,}  {reason}")


if __name__ == "__main__":
    main()
