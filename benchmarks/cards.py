"""What the cards of a snapshot state of their models, how much of it is read, and why the rest is not.

The snapshot is looked for beside the repository where none is named; without one there is nothing to count.
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

from evaluation.cards import scores_from_cards
from evaluation.imports.reading import Skipped
from lineage.instruments import Catalogue, Construct, Direction, Instrument, Reported, Scale
from lineage.pages import PageFacts, Spent, WalkRow, WalkStep
from store.crawls import CrawlShelf
from store.database import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SNAPSHOT = Path(__file__).resolve().parents[2] / "shared" / "data" / "hub-2024-07-11"
BOARD = "Open LLM Leaderboard"
COMMON = {
    "arc_challenge": ("ai2_arc", "acc_norm"),
    "hellaswag": ("hellaswag", "acc_norm"),
    "mmlu": ("cais/mmlu", "acc"),
    "truthfulqa_mc2": ("truthful_qa", "mc2"),
    "winogrande": ("winogrande", "acc"),
    "gsm8k": ("gsm8k", "acc"),
    "ifeval": ("HuggingFaceH4/ifeval", "inst_level_strict_acc and prompt_level_strict_acc"),
    "bbh": ("BBH", "acc_norm"),
    "math_hard": ("hendrycks/competition_math", "exact_match"),
    "gpqa": ("Idavidrein/gpqa", "acc_norm"),
    "musr": ("TAUR-Lab/MuSR", "acc_norm"),
    "mmlu_pro": ("TIGER-Lab/MMLU-Pro", "acc"),
}
"""The benchmarks of both Open LLM Leaderboards, which told their results in percent."""


def common() -> Catalogue:
    """Return a catalogue of the common benchmarks, in percent by whoever reports them."""
    return Catalogue.of(
        Instrument(
            name=name,
            title=name,
            construct=Construct.CAPABILITY,
            direction=Direction.CAPABILITY,
            low=0,
            high=1,
            scale=Scale.RATE,
            reported=tuple(
                Reported(dataset=dataset, metric=metric, config=None, publisher=publisher, low=0, high=100)
                for publisher in (BOARD, None)
            ),
        )
        for name, (dataset, metric) in COMMON.items()
    )


def pages(folder: Path) -> Iterator[bytes]:
    """Yield the records of a snapshot's archives, 500 a page."""
    for archive in sorted(folder.glob("md_*.zip")):
        with zipfile.ZipFile(archive) as files:
            bodies = [files.read(name) for name in files.namelist() if name.endswith(".json")]
        for start in range(0, len(bodies), 500):
            yield b"[" + b",".join(bodies[start : start + 500]) + b"]"


def main() -> None:
    """Load the snapshot into a database that is thrown away, read its results, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SNAPSHOT, help="with md_*.zip, records of the Hub")
    folder: Path = parser.parse_args().folder
    if not folder.is_dir():
        print(f"no snapshot at {folder}")
        return
    with tempfile.TemporaryDirectory() as scratch:
        database = open_database(Path(scratch) / "cards.duckdb")
        with CrawlShelf(database) as shelf:
            crawl = shelf.open_crawl("all", "snapshot", NOW).crawl
            shelf.add_walks(crawl, [WalkRow(walk="created", request="first")])
            facts = PageFacts(crawl=crawl, seen_at=NOW, detail=20)
            step = WalkStep(walk="created", request="next")
            records = sum(shelf.take_page(page, facts, step, Spent()).records for page in pages(folder))
        began = time.process_time()
        found = list(scores_from_cards(database, common()))
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
