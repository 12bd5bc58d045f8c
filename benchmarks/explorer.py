"""The explorer page by size: seconds to write it, its size, first render and frames in Chromium without a GPU.

It is compared with the goals; the families are generated, with scores for some of their models.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.rig.browsing import Costs, browse, chromium
from benchmarks.rig.explorer_family import write_family
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table, ratio
from lineage.explorer.page import render_page
from lineage.explorer.payload import encode
from store.connect import open_database
from store.outputs.explorer import find_explorer

SIZES: Final = (50, 5_000, 100_000)
FULL: Final = 200_000
SCORED: Final = {50: 0.62, 5_000: 0.08}
LARGE_SCORED: Final = 0.01
GOAL_FIRST_MS: Final = 400
GOALS: Final = f"goals at 100,000 models: first render {GOAL_FIRST_MS} ms, median frame 17 ms, page 1.50 MB"
COLUMNS: Final = (
    "models",
    "file MB",
    "read s",
    "write s",
    "first ms",
    f"of {GOAL_FIRST_MS} ms",
    "(least)",
    "CPU ms",
    "frame ms",
    "(95 %)",
    "fold ms",
    "all rows ms",
    "compare ms",
    "heap MB",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A page on disk: its path, and the seconds to read its data and to write it."""

    path: Path
    read_seconds: float
    write_seconds: float


def main() -> None:
    """Write the pages, open each in the browser, print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES), metavar="MODELS", help="models in the page"
    )
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} models too")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="fresh pages for the first render")
    options = parser.parse_args()
    if shutil.which("chromium") is None:
        print("not run: there is no `chromium` on the PATH")
        return
    print_machine("duckdb", "playwright")
    rows: list[list[Cell]] = []
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name, chromium() as browser:
        print(f"Chromium {browser.version} without GPU; {GOALS}\n")
        for size in [*options.sizes, *([FULL] if options.full else [])]:
            written = _write(Path(name), size)
            rows.append(_row(size, written, browse(browser, written.path, options.rounds)))
    print_table(COLUMNS, rows)


def _write(folder: Path, size: int) -> Written:
    path = folder / f"family-{size}.duckdb"
    write_family(path, size, SCORED.get(size, LARGE_SCORED))
    database = open_database(path, "read")
    start = clock()
    found = find_explorer(database, None)
    read_seconds = since(start)[0]
    database.close()
    start = clock()
    page = folder / f"family-{size}.html"
    page.write_text(render_page(encode(found)), "utf-8")
    return Written(path=page, read_seconds=read_seconds, write_seconds=since(start)[0])


def _row(size: int, written: Written, costs: Costs) -> list[Cell]:
    figures = (
        costs.first,
        ratio(costs.first, GOAL_FIRST_MS),
        costs.first_least,
        costs.processor,
        costs.frame,
        costs.frame_slow,
        costs.fold,
        costs.all_rows,
        costs.compare,
        costs.heap_mb,
    )
    size_mb = written.path.stat().st_size / 1e6
    return [size, size_mb, written.read_seconds, written.write_seconds, *figures]


if __name__ == "__main__":
    main()
