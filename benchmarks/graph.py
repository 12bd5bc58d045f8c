"""The graph of the whole Hub: build, reach, roots, components and memory beside networkx; commands."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.hub_graph import EDGES, FAMILY, MODELS, generate, write_database
from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table, ratio
from store.connect import open_database
from store.derive.graph_tables import load_graph
from store.derive.kept_ids import files_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Found = dict[str, float]
ROUNDS: Final = 3
GOALS: Final = {"build": 0.5, "descendants": 0.02, "roots of all": 0.5}
GOAL_BYTES: Final = 40
GOAL_COMMAND_SECONDS: Final = 0.5
ASKED: Final = (
    "build",
    "descendants",
    "ancestors",
    "roots of all",
    "every root of all",
    "components",
    "strong components",
    "exposure of all",
    "page ranks",
    "first open, files made",
    "open the files",
    "descendants, with ids",
    "family as nx.DiGraph",
)


def main() -> None:
    """Measure a generated graph, and your own database with --db."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=1, default=[MODELS], metavar="MODELS", help="models to generate")
    parser.add_argument(
        "--db", type=Path, nargs="*", default=[], help="databases to ask too; files are made beside them"
    )
    options = parser.parse_args()
    models: int = options.sizes[0]
    print_machine("duckdb", "numpy", "scipy", "networkx")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        start = clock()
        path = folder / "whole.duckdb"
        edges, family = (EDGES * models // MODELS, FAMILY * models // MODELS)
        write_database(path, generate(models, edges, family))
        print(f"generated a database of {path.stat().st_size / 1e6:,.0f} MB in {since(start)[0]:.0f} s\n")
        for database in (path, *options.db):
            _print_graph(database, folder)
            _print_commands(database, folder)


def _print_graph(path: Path, folder: Path) -> None:
    arrays = folder / "edges.npz"
    said = _export(path, arrays)
    found: dict[str, Found] = {
        "lineage": _ask("lineage", path),
        "backend": _ask("backend", path),
        "networkx": _ask("networkx", arrays),
    }
    print(
        f"{path.name}: {said}\nseconds, the least of some repeats, each library in a process of its own; "
        "components of lineage begin with the roots"
    )
    ours, theirs = found["lineage"], found["networkx"]
    rows: list[list[Cell]] = []
    for asked in ASKED:
        seconds = [found[library].get(asked) for library in ("lineage", "backend", "networkx")]
        best = seconds[0] if seconds[0] is not None else seconds[1]
        peer = seconds[2]
        rows.append([asked, *seconds, peer / best if peer and best else None])
    print_table(("question", "lineage", "nx on lineage", "networkx", "networkx/ours"), rows)
    same = {
        key: {one.get(key) for one in found.values()}
        for key in ("descendants found", "ancestors found", "components found")
    }
    print(f"answers agree: {all(len(answers) == 1 for answers in same.values())} {_counts(ours)}")
    sizes = {name: one["bytes"] / one["edges"] for name, one in (("lineage", ours), ("networkx", theirs))}
    print("bytes an edge: " + ", ".join(f"{name} {size:,.0f}" for name, size in sizes.items()))
    an_edge = (ours["bytes"] - ours["node bytes"]) / ours["edges"]
    print(f"of lineage {an_edge:.0f} bytes for each edge and {ours['node bytes'] / ours['nodes']:.0f} for each node")
    reached = [f"{name} {ours[name] * 1000:.1f} ms of {goal * 1000:.0f}" for name, goal in GOALS.items()]
    print(f"goals: {', '.join(reached)}, {sizes['lineage']:.1f} bytes an edge of {GOAL_BYTES}\n")


def _counts(found: Mapping[str, float]) -> str:
    return f"({found['descendants found']:,.0f} descendants, {found['ancestors found']:,.0f} ancestors)"


def _export(path: Path, arrays: Path) -> str:
    """Write the edges of a database for the other libraries; return what kind of graph it is."""
    database = open_database(path, "read")
    graph = load_graph(database)
    database.close()
    child = np.repeat(np.arange(graph.size, dtype=np.int32), graph.upwards.degrees())
    labels = graph.labels
    top, leaf = np.bincount(labels.root).argmax(), labels.depth.argmax()
    np.savez(arrays, size=graph.size, child=child, parent=graph.upwards.neighbours, top=top, leaf=leaf)
    return (
        f"{graph.size:,} models, {graph.edge_count:,} edges, deepest {labels.depth.max()}, most parents "
        f"{graph.upwards.degrees().max()}, {len(graph.cycles())} cycles, largest family {labels.size.max():,}"
    )


def _ask(library: str, path: Path) -> Found:
    command = [sys.executable, "-m", "benchmarks.rig.graph_peers", library, str(path)]
    answer: Found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


def _print_commands(path: Path, folder: Path) -> None:
    """Time commands as processes, for the largest family, a leaf at the bottom, and a model in the middle."""
    database = open_database(path, "read")
    ((top, leaf, above, middle),) = (
        tuple(map(str, row))
        for row in database.query(
            "select arg_max(root, family_size), arg_max(model, depth), arg_max(root, depth), "
            "(select min(model) from exposure where derivatives between 5 and 50) from families"
        ).rows
    )
    database.close()
    commands = {
        "show, root of the largest family": ["show", top],
        "show, the deepest leaf": ["show", leaf],
        "tree, the largest family": ["tree", top],
        "tree, a small family": ["tree", middle],
        "tree --up, the deepest leaf": ["tree", "--up", leaf],
        "path, from the deepest leaf to its root": ["path", leaf, above],
        "common, leaf and root": ["path", "--common", leaf, above],
        "families": ["families"],
    }
    environment = clean_environment(folder)
    rows: list[list[Cell]] = []
    for name, command in commands.items():
        runs = [run_measured([LINEAGE, *command, "--db", str(path)], environment) for _ in range(ROUNDS)]
        times = [run.wall_seconds for run in runs]
        rows.append([name, statistics.median(times), ratio(statistics.median(times), GOAL_COMMAND_SECONDS)])
    print(f"commands on {path.name} as processes, files of the graph made: {files_of(path).exists()}")
    print_table(("command", "median s", f"of {GOAL_COMMAND_SECONDS} s"), rows)


if __name__ == "__main__":
    main()
