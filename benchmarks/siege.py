"""Everything at once: faults, kills at random, full disks, damaged files, old schemas, jumping clocks, bad inputs.

Each case is determined by its seed and its number alone. What must hold: nothing is lost, stored twice or by half,
leases return, and the answers equal those of an undisturbed run. What does not hold is printed with the command that
repeats it, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fuzzing")]

from benchmarks.rig.siege import (  # noqa: E402 -- the path comes first: the working tree is measured
    clocks,
    crawls,
    damages,
    disks,
    exports,
    imports,
    inputs,
    loads,
    migrations,
    queues,
    readers,
    victims,
)
from benchmarks.rig.siege.cases import Case, Outcome  # noqa: E402 -- as above
from benchmarks.rig.tables import print_machine  # noqa: E402 -- as above

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: Final[dict[str, Callable[[Case], Outcome]]] = {
    "crawl": crawls.besiege,
    "clock": clocks.besiege,
    "ingest": loads.besiege,
    "migration": migrations.besiege,
    "lease": queues.besiege,
    "import": imports.besiege,
    "export": exports.besiege,
    "readers": readers.besiege,
    "disk": disks.besiege,
    "damage": damages.besiege,
    "records": inputs.besiege_records,
    "records over HTTP": inputs.besiege_crawl,
    "files": inputs.besiege_files,
    "cards": inputs.besiege_cards,
}
SMALL: Final = {
    "crawl": 1,
    "clock": 1,
    "ingest": 2,
    "migration": 6,
    "lease": 1,
    "import": 3,
    "export": 6,
    "readers": 1,
    "disk": 3,
    "damage": 4,
    "records": 2,
    "records over HTTP": 1,
    "files": 2,
    "cards": 1,
}
FULL: Final = {
    "crawl": 20,
    "clock": 20,
    "ingest": 60,
    "migration": 100,
    "lease": 10,
    "import": 60,
    "export": 100,
    "readers": 10,
    "disk": 40,
    "damage": 100,
    "records": 60,
    "records over HTTP": 4,
    "files": 40,
    "cards": 20,
}


def main() -> int:
    """Run the cases and print the counts; return 1 if something does not hold."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where it was started in the background
    print_machine("duckdb")
    started, broken = time.monotonic(), 0
    victims.prepare(str(ROOT), str(ROOT / "tests" / "fuzzing"))
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(prefix="siege-") as folder:
        os.environ["HF_HOME"] = os.environ["TMPDIR"] = folder
        for kind in options.only or KINDS:
            cases = range(*options.cases) if options.cases else range((FULL if options.full else SMALL)[kind])
            broken += _besiege(kind, cases, options.seed, Path(folder))
    print(f"{time.monotonic() - started:,.0f} seconds, seed {options.seed}; what does not hold: {broken}")
    return int(broken > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=KINDS, action="append", help="repeatable; default: every kind")
    parser.add_argument("--cases", type=_range, help="NUMBER or FROM:TO in place of the usual number of cases")
    parser.add_argument("--full", action="store_true", help="500 kills and 10,000 bad inputs, and more")
    return parser.parse_args()


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return (int(first), int(last)) if last else (int(first), int(first) + 1)


def _besiege(kind: str, cases: range, seed: int, shared: Path) -> int:
    """Run the cases of a kind, print their outcomes, and return how many things did not hold."""
    started, counts, broken, ended = time.monotonic(), Counter[str](), 0, 0
    try:
        for number in cases:
            with tempfile.TemporaryDirectory(prefix="case-", dir=shared) as folder:
                outcome = KINDS[kind](Case(kind=kind, number=number, seed=seed, folder=Path(folder), shared=shared))
            ended += 1
            counts.update(outcome.counts)
            broken += len(outcome.broken)
            for what in outcome.broken:
                print(f"  BROKEN {kind}, case {number}: {what}")
                print(f"    again: benchmarks/siege.py --only {kind!r} --seed {seed} --cases {number}", flush=True)
    finally:  # also where it is stopped: what was found until then counts
        print(f"{kind}: {ended} of {len(cases)} cases in {time.monotonic() - started:,.0f} seconds, {broken} broken")
        for name, count in sorted(counts.items()):
            print(f"  {name:<58}{count:>9,}", flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(main())
