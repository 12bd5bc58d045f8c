"""What `lineage --help` costs, beside Python itself and importing the official client."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.tables import Cell, print_machine, print_table

if TYPE_CHECKING:
    from benchmarks.rig.processes import Measured

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
    runs_of: dict[str, list[Measured]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as home:
        environment = clean_environment(Path(home))
        for _ in range(runs + 1):
            for name, command in COMMANDS.items():
                runs_of[name].append(run_measured(command, environment))
    cpu = {name: [run.cpu_seconds for run in found[1:]] for name, found in runs_of.items()}
    bare = statistics.median(cpu["python -c pass"])
    rows: list[list[Cell]] = [
        [
            name,
            statistics.median(times),
            min(times),
            max(times),
            statistics.median(times) / bare,
            statistics.median(run.wall_seconds for run in runs_of[name][1:]),
        ]
        for name, times in cpu.items()
    ]
    print(f"{runs} rounds behind one to warm up\n")
    print_table(("command", "median CPU s", "least", "most", "x python", "median s"), rows)
    reached = statistics.median(cpu[HELP])
    print(f"goal: {HELP} under {GOAL_SECONDS} CPU s; reached {reached:.3f}, {reached / GOAL_SECONDS:.0%} of it\n")


if __name__ == "__main__":
    main()
