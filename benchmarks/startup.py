"""How long `lineage --help` takes, beside Python itself and importing the official client."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.processes import LINEAGE, clean_environment
from benchmarks.rig.tables import Cell, print_machine, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUNS: Final = 20
GOAL_SECONDS: Final = 0.15
HELP: Final = "lineage --help"
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "python -c pass": (sys.executable, "-c", "pass"),
    HELP: (LINEAGE, "--help"),
    "lineage crawl --help": (LINEAGE, "crawl", "--help"),
    "python -c 'import huggingface_hub'": (sys.executable, "-c", "import huggingface_hub"),
    "python -c 'from huggingface_hub import HfApi'": (sys.executable, "-c", "from huggingface_hub import HfApi"),
}


def main() -> None:
    """Run each command in turn, round by round, so that a passing load affects all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=1, default=[RUNS], metavar="RUNS", help="rounds to run")
    runs: int = parser.parse_args().sizes[0]
    print_machine("typer", "huggingface_hub")
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as home:
        environment = clean_environment(Path(home))
        for _ in range(runs + 1):
            for name, command in COMMANDS.items():
                seconds[name].append(_wall_seconds(command, environment))
    kept = {name: times[1:] for name, times in seconds.items()}
    bare = statistics.median(kept["python -c pass"])
    rows: list[list[Cell]] = [
        [name, statistics.median(times), min(times), max(times), statistics.median(times) / bare]
        for name, times in kept.items()
    ]
    print(f"{runs} rounds behind one to warm up\n")
    print_table(("command", "median s", "least s", "most s", "x python"), rows)
    reached = statistics.median(kept[HELP])
    print(f"goal: {HELP} under {GOAL_SECONDS} s; reached {reached:.3f} s, {reached / GOAL_SECONDS:.0%} of it\n")


def _wall_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
