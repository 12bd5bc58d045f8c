"""How long `lineage export` takes in each format, as a process, and its memory; beside merely writing the rows."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.tables import MILLION, Cell, print_machine, print_table, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.rig.processes import Measured

SMALL: Final = 50_000
LARGEST_FOR_NETWORKX: Final = 100_000
GOAL_SECONDS: Final = {"graphml": 10, "gexf": 10}
GOAL_RATIO: Final = {"parquet": 2.0, "csv": 2.0}
GOAL_MB: Final = 500
FORMATS: Final = ("parquet", "csv", "neo4j", "arrow", "jsonl", "json", "graphml", "gexf", "cyjs", "dot", "newick")
COLUMNS: Final = (
    "format",
    "seconds",
    "CPU s",
    "peak MB",
    "MB written",
    "peer's CPU s",
    "peer's peak MB",
    "x peer, by CPU",
)
OPTIONS: Final = {"parquet": "(format parquet, compression zstd)", "csv": "(format csv, header true)"}
GENERATE: Final = """
import sys
from pathlib import Path
from benchmarks.rig.hub_graph import FAMILY, MODELS, generate, write_database
models = int(sys.argv[2])
write_database(Path(sys.argv[1]), generate(models, models, FAMILY * models // MODELS))
"""
FINISH: Final = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as connection:
    for table in ("models", "edges"):
        connection.read_parquet(f"{sys.argv[2]}/{table}.parquet").create(table)
"""
COPY: Final = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for table in ("models", "edges"):
        connection.execute(f"copy {table} to '{sys.argv[2]}.{table}' " + sys.argv[3])
"""
WRITE_NETWORKX: Final = """
import duckdb, json, networkx, sys
graph = networkx.DiGraph()
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for table in ("models", "edges"):
        cursor = connection.execute(f"from {table}")
        names = [column[0] for column in cursor.description]
        known = [
            {name: value for name, value in zip(names, row) if isinstance(value, (str, int, float))}
            for row in cursor.fetchall()
        ]
        if table == "models":
            graph.add_nodes_from((one.pop("id"), one) for one in known)
        else:
            graph.add_edges_from((one.pop("parent"), one.pop("child"), one) for one in known)
if sys.argv[3] == "json":
    with open(sys.argv[2], "w") as out:
        json.dump(networkx.node_link_data(graph), out)
else:
    getattr(networkx, "write_" + sys.argv[3])(graph, sys.argv[2])
"""
"""As a user of networkx would write it; without lists and times, which its writers refuse."""


def main() -> None:
    """Export generated databases whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[SMALL], metavar="MODELS", help="models, and edges")
    parser.add_argument("--full", action="store_true", help="100,000 and 1,000,000 models")
    parser.add_argument("--formats", nargs="*", default=FORMATS, help="only these")
    options = parser.parse_args()
    print_machine("duckdb", "networkx")
    for models in [LARGEST_FOR_NETWORKX, MILLION] if options.full else options.sizes:
        with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
            _compare(Path(name), models, options.formats)


def _compare(folder: Path, models: int, formats: Sequence[str]) -> None:
    """Print a table of what each format takes at a size."""
    database = folder / "whole.duckdb"
    environment = clean_environment(folder)
    run_measured([sys.executable, "-c", GENERATE, str(database), str(models)], environment)
    finished = _finished_tables(database, folder, environment)
    rows: list[Sequence[Cell]] = []
    for name in formats:
        own = run_measured(
            [LINEAGE, "export", "--format", name, "-o", str(folder / name), "--db", str(database)], environment
        )
        peer = _peer(name, models, finished, folder, environment)
        rows.append(_row(name, own, folder / name, peer))
    print(f"\n{models:,} models and as many edges\n")
    print_table(COLUMNS, rows)
    if models == MILLION:
        _print_goals({str(row[0]): row for row in rows})


def _finished_tables(database: Path, folder: Path, environment: Mapping[str, str]) -> Path:
    """Return a database whose models and edges are stored as the tables that an export writes."""
    finished, tables = folder / "finished.duckdb", folder / "tables"
    run_measured([LINEAGE, "export", "--format", "parquet", "-o", str(tables), "--db", str(database)], environment)
    run_measured([sys.executable, "-c", FINISH, str(finished), str(tables)], environment)
    return finished


def _peer(name: str, models: int, finished: Path, folder: Path, environment: Mapping[str, str]) -> Measured | None:
    """Measure DuckDB's own COPY, or networkx if the graph is not too large for it; None if there is no peer."""
    target = str(folder / f"peer-{name}")
    if name in OPTIONS:
        return run_measured([sys.executable, "-c", COPY, str(finished), target, OPTIONS[name]], environment)
    if name in {"json", "graphml", "gexf"} and models <= LARGEST_FOR_NETWORKX:
        return run_measured([sys.executable, "-c", WRITE_NETWORKX, str(finished), target, name], environment)
    return None


def _row(name: str, own: Measured, place: Path, peer: Measured | None) -> Sequence[Cell]:
    files = place.iterdir() if place.is_dir() else [place]
    written = sum(one.stat().st_size for one in files) / MILLION
    beside: list[Cell] = [None, None, None]
    if peer is not None:
        beside = [peer.cpu_seconds, peer.peak_bytes / MILLION, ratio(own.cpu_seconds, peer.cpu_seconds)]
    return [name, own.wall_seconds, own.cpu_seconds, own.peak_bytes / MILLION, written, *beside]


def _print_goals(rows: Mapping[str, Sequence[Cell]]) -> None:
    for name, seconds in GOAL_SECONDS.items():
        if name in rows:
            print(f"{name}: {rows[name][1]:.1f} s of {seconds} s, {rows[name][3]:,.0f} MB of {GOAL_MB} MB")
    for name, times in GOAL_RATIO.items():
        if name in rows:
            print(f"{name}: {rows[name][-1]:.2f} times the CPU of DuckDB's COPY of finished tables, of {times:.0f}")


if __name__ == "__main__":
    main()
