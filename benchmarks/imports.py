"""How fast `lineage scores import` reads scores item by item, as a process, beside merely reading the same file."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.scores.score_files import write_item_table, write_lm_eval_run, write_models
from benchmarks.rig.tables import MILLION, Cell, print_machine, print_table, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.rig.processes import Measured

ROWS: Final = 1_000_000
MODELS: Final = 100
BBQ_ITEMS: Final = 58_492
READ_CSV: Final = (
    "import duckdb, sys; c = duckdb.connect(); "
    "c.execute('create table items as from read_csv($1)', [sys.argv[1]]); "
    "print(c.execute('select count(*) from items').fetchall()[0][0])"
)
PYTHON_CSV: Final = "import csv, sys; print(sum(1 for _ in csv.reader(open(sys.argv[1], newline=''))) - 1)"
READ_JSON: Final = READ_CSV.replace("read_csv($1)", "read_json($1)")
PYTHON_JSON: Final = "import json, sys; print(sum(1 for line in open(sys.argv[1]) if json.loads(line)))"
COLUMNS: Final = ("what", "seconds", "CPU s", "rows/s", "peak MB", "x first peer")


def main() -> None:
    """Import each file into a database without its models, again, and with its models; then let the peers read it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[ROWS, BBQ_ITEMS], metavar=("ROWS", "SAMPLES"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows, samples = options.sizes
    print_machine("duckdb", "numpy")
    print(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        write_models(folder / "models.jsonl", MODELS)
        table = folder / "items.csv"
        write_item_table(table, MODELS, rows // MODELS, options.seed)
        run = write_lm_eval_run(folder / "run", samples, options.seed)
        _compare(folder, table, table, rows // MODELS * MODELS, {"read_csv": READ_CSV, "csv.reader": PYTHON_CSV})
        _compare(folder, run.parent, run, samples, {"read_json": READ_JSON, "json.loads": PYTHON_JSON})


def _compare(folder: Path, path: Path, file: Path, rows: int, peers: Mapping[str, str]) -> None:
    """Print the cost of importing `path`, whose rows are in `file`, beside each peer."""
    environment = clean_environment(folder)
    taken: list[tuple[str, Measured]] = []
    empty, known = folder / f"{path.stem}-empty.duckdb", folder / f"{path.stem}-known.duckdb"
    run_measured([LINEAGE, "load", str(folder / "models.jsonl"), "--db", str(known)], environment)
    for what, db in (("its models unknown", empty), ("again", empty), ("its models here, drift measured", known)):
        command = [LINEAGE, "scores", "import", str(path), "--db", str(db)]
        taken.append((f"scores import, {what}", run_measured(command, environment)))
    for what, program in peers.items():
        found = run_measured([sys.executable, "-c", program, str(file)], environment)
        taken.append((what, found))
        if int(found.stdout) != rows:
            print(f"NOT COMPARABLE: {what} found {int(found.stdout):,} of {rows:,} rows")
    print(f"{file.name}: {rows:,} rows, {file.stat().st_size / MILLION:,.0f} MB\n")
    peer = taken[-len(peers)][1].wall_seconds
    print_table(COLUMNS, [_row(what, one, rows, peer) for what, one in taken])


def _row(what: str, one: Measured, rows: int, peer: float) -> Sequence[Cell]:
    seconds = one.wall_seconds
    return [what, seconds, one.cpu_seconds, rows / seconds, one.peak_bytes / MILLION, ratio(seconds, peer)]


if __name__ == "__main__":
    main()
