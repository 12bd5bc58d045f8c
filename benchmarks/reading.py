"""What cold commands cost that read one model or a page of rows: CPU seconds and peak memory, beside the least.

The least is a process that imports the same two libraries, opens the file and looks up one id; DuckDB by its engine
alone, as commands do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.tables import MILLION, Cell, print_machine, print_table, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.rig.processes import Measured

ROUNDS: Final = 3
FULL: Final = 3 * MILLION
GENERATED: Final = "generated.duckdb"
GENERATE: Final = """
import sys
from pathlib import Path
from benchmarks.rig.hub_graph import FAMILY, MODELS, generate, write_database
models = int(sys.argv[2])
write_database(Path(sys.argv[1]), generate(models, models // 2, max(2, FAMILY * models // MODELS)))
"""
"""In a process of its own: what this one imports and remembers would count as the memory of the commands."""
CHOOSE: Final = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    connection.execute("set enable_progress_bar = false")
    print(json.dumps(connection.execute('''
        select
            (select count(*) from models where hub_id is not null),
            (select child from edges order by child limit 1 offset (select count(*) // 2 from edges)),
            (select min(domain) from domains)
    ''').fetchall()[0]))
"""
"""The number of models, the middle one of those with a parent, and a domain."""
LEAST: Final = """
import sys
import typer
from store.duckdb_engine import engine
with engine.connect(sys.argv[1], read_only=True) as connection:
    connection.execute("select nid from hub.nodes where id = $1", [sys.argv[2]]).fetchall()
"""
GOAL_CPU_SECONDS: Final = {"status": 0.3, "models": 0.5, "models of a domain": 0.5, "completion of an id": 0.2}
GOAL_ONE_MODEL: Final = 0.3
COLUMNS: Final = ("command", "least CPU s", "median CPU s", "peak MB", "x the least", "goal, CPU s")


def main() -> None:
    """Measure a generated database, or your own ones with --db."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=1, default=[MILLION // 10], metavar="MODELS", help="how many models")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} models")
    parser.add_argument("--db", type=Path, nargs="*", default=[], help="databases to read instead of a generated one")
    options = parser.parse_args()
    print_machine("duckdb", "typer", "pydantic")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        for path in options.db or [_generated(folder, FULL if options.full else options.sizes[0])]:
            _read(path, folder)


def _generated(folder: Path, models: int) -> Path:
    path = folder / GENERATED
    run_measured([sys.executable, "-c", GENERATE, str(path), str(models)], clean_environment(folder))
    return path


def _read(path: Path, folder: Path) -> None:
    """Print what each command takes on a database, the least of some rounds."""
    environment = clean_environment(folder)
    models, model, domain = json.loads(run_measured([sys.executable, "-c", CHOOSE, str(path)], environment).stdout)
    least = _rounds([sys.executable, "-c", LEAST, str(path), model], environment)
    rows: list[Sequence[Cell]] = [_row("import, open, look up one id", least, least, None)]
    commands: dict[str, list[str]] = {
        "show": ["show", model],
        "tree": ["tree", model, "--depth", "1"],
        "tree --up": ["tree", model, "--up"],
        "path": ["path", model, model],
        "coverage": ["coverage", model],
        "models": ["models", "--limit", "20"],
        "models of a domain": ["models", "--limit", "20", "--domain", domain],
        "status": ["status"],
    }
    for name, command in commands.items():
        runs = _rounds([LINEAGE, *command, "--db", str(path)], environment)
        rows.append(_row(name, runs, least, GOAL_CPU_SECONDS.get(name, GOAL_ONE_MODEL)))
    words = {"_LINEAGE_COMPLETE": "complete_bash", "COMP_WORDS": f"lineage show {model[:-2]}", "COMP_CWORD": "2"}
    runs = _rounds([LINEAGE], {**environment, **words, "LINEAGE_DB": str(path)})
    rows.append(_row("completion of an id", runs, least, GOAL_CPU_SECONDS["completion of an id"]))
    print(f"\n{path.name}: {models:,} models, cold processes, {ROUNDS} rounds\n")
    print_table(COLUMNS, rows)


def _rounds(command: Sequence[str], environment: Mapping[str, str]) -> list[Measured]:
    return [run_measured(command, environment) for _ in range(ROUNDS)]


def _row(name: str, runs: Sequence[Measured], least: Sequence[Measured], goal: float | None) -> Sequence[Cell]:
    seconds = [run.cpu_seconds for run in runs]
    best = min(seconds)
    return [
        name,
        best,
        statistics.median(seconds),
        max(run.peak_bytes for run in runs) / MILLION,
        ratio(best, min(run.cpu_seconds for run in least)),
        goal,
    ]


if __name__ == "__main__":
    main()
