"""Commands over many scores as processes, and deriving what follows from scores, beside DuckDB on the finished tables.

The models, their families and their scores are generated as in `drift_scale.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.rig.processes import LINEAGE, Measured, clean_environment, run_measured
from benchmarks.rig.tables import Cell, print_machine, print_table, ratio

MODELS: Final = 3_000_000
SMALLER: Final = 100_000
BYTES_OF_A_MEGABYTE: Final = 1e6
GENERATE: Final = """
import sys
from pathlib import Path
from benchmarks.drift_scale import write_scored
write_scored(Path(sys.argv[1]), int(sys.argv[2]))
"""
REFRESH: Final = """
import sys
from pathlib import Path
from store.connect import open_database
from store.drift.write_drift import refresh
database = open_database(Path(sys.argv[1]))
refresh(database)
database.close()
"""
COPY: Final = """
import sys
import duckdb
database = duckdb.connect(sys.argv[1])
database.execute("attach ? as finished (read_only)", [sys.argv[2]])
database.execute("create table scores as from finished.hub.scores")
database.execute("create table standing as from finished.hub.standing")
database.execute("create table drift as from finished.hub.drift")
"""
AGGREGATE: Final = """
import sys
import duckdb
database = duckdb.connect(sys.argv[1], read_only=True)
told = "select against, verdict, count(*), count(distinct model), avg(delta), max(reason), max(guard)"
print(database.execute(f"{told} from hub.drift group by all order by all").fetchall())
"""
COUNT: Final = """
import sys
import duckdb
database = duckdb.connect(sys.argv[1], read_only=True)
print(*database.execute("select (select count(*) from hub.scores), (select count(*) from hub.drift)").fetchone())
"""
COMMANDS: Final = (
    ("drift", ["drift"]),
    ("drift --mixed", ["drift", "--mixed", "--format", "json"]),
    ("research study", ["research", "study", "--format", "json"]),
    (
        "export to html, a family, predictions fitted",
        ["export", "{family}", "--format", "html", "-o", "{folder}/page.html", "--force"],
    ),
    (
        "export to html, a family, fits kept",
        ["export", "{family}", "--format", "html", "-o", "{folder}/page.html", "--force"],
    ),
    ("coverage with predictions, a family", ["coverage", "{family}", "--predicted", "--format", "json"]),
    ("check of a family", ["check", "{family}", "--policy", "{folder}/policy.toml", "--format", "json"]),
    ("check of all models", ["check", "*", "--policy", "{folder}/policy.toml", "--format", "json"]),
    ("report on a family", ["report", "{family}", "-o", "{folder}/report.md", "--force"]),
    ("snapshot create", ["snapshot", "create", "-o", "{folder}/frozen.duckdb"]),
)
POLICY: Final = """
title = "benchmark"
[[rule]]
kind = "measured"
instruments = ["benchmark_00", "benchmark_01"]
accept_unknown_commit = true
[[rule]]
kind = "no_withheld"
[[rule]]
kind = "shown_no_worse"
instruments = ["benchmark_00"]
margin = 5
"""
FAMILY: Final = """
import sys
import duckdb
database = duckdb.connect(sys.argv[1], read_only=True)
sizes = "select root from families where depth = 0 and family_size <= ? order by family_size desc, root limit 1"
print(database.execute(sizes, [int(sys.argv[2])]).fetchone()[0])
"""
FAMILY_SIZE: Final = 3_000


def main() -> None:
    """Make a database, or take the given one, and run everything on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=1, default=[SMALLER], metavar="MODELS", help="models to generate")
    parser.add_argument("--full", action="store_true", help=f"{MODELS:,} models and 5,000,000 scores")
    parser.add_argument("--db", type=Path, help="a copy of a database with scores instead; its drift is derived again")
    options = parser.parse_args()
    models: int = MODELS if options.full else options.sizes[0]
    print_machine("duckdb", "numpy")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        environment = clean_environment(folder)
        database = options.db or folder / "scored.duckdb"
        if options.db is None:
            _python(environment, GENERATE, database, models)
        _print_derived(environment, folder, database)
        _print_commands(environment, folder, database)


def _python(environment: dict[str, str], program: str, *arguments: object) -> Measured:
    return run_measured([sys.executable, "-c", program, *map(str, arguments)], environment)


def _print_derived(environment: dict[str, str], folder: Path, database: Path) -> None:
    """Derive current scores, drift and verdicts again, and copy the finished tables."""
    derived = _python(environment, REFRESH, database)
    copied = _python(environment, COPY, folder / "copy.duckdb", database)
    scores, verdicts = map(int, _python(environment, COUNT, database).stdout.split())
    print(f"deriving what follows from {scores:,} scores: {verdicts:,} verdicts")
    _print(("derived, as a process", derived), ("DuckDB copies the finished tables", copied))


def _print_commands(environment: dict[str, str], folder: Path, database: Path) -> None:
    """Run each command over everything, or over a family of at most FAMILY_SIZE models."""
    family = _python(environment, FAMILY, database, FAMILY_SIZE).stdout.strip()
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    runs = []
    for name, words in COMMANDS:
        command = [word.format(family=f"{family}+", folder=folder) for word in words]
        runs.append((name, run_measured([LINEAGE, *command, "--db", str(database)], environment, codes=(0, 1))))
    diff = [LINEAGE, "snapshot", "diff", f"{folder}/frozen.duckdb", str(database)]
    runs.append(("snapshot diff, with itself", run_measured(diff, environment)))
    print("commands over these scores")
    _print(*runs, ("DuckDB aggregates the verdicts", _python(environment, AGGREGATE, database)))


def _print(*runs: tuple[str, Measured]) -> None:
    """Print what each run took, beside the last one."""
    limit = runs[-1][1].cpu_seconds
    rows: list[list[Cell]] = [
        [name, run.wall_seconds, run.cpu_seconds, run.peak_bytes / BYTES_OF_A_MEGABYTE, ratio(run.cpu_seconds, limit)]
        for name, run in runs
    ]
    print_table(("work", "seconds", "CPU s", "MB", "times the limit's CPU"), rows)


if __name__ == "__main__":
    main()
