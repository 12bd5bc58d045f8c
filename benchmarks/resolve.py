"""How long everything that follows from the records takes: `derive` by step, `classify`, a whole Hub's graph.

And what deriving the newest models alone costs beside deriving all: the catalogue is loaded without them and derived,
which learns from it; then they come, and what changed is derived with what was learned; at last all is derived again,
and the rules learn anew.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import store.refresh
from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.records import SNAPSHOT_RECORDS, find_source, write_cuts, write_day
from benchmarks.rig.stopwatch import clock, since, stopwatches
from benchmarks.rig.tables import Cell, print_machine, print_table
from lineage.domains.classify import DomainSigns, classify
from lineage.domains.lexicon_file import default_lexicon
from lineage.graph.graph import Graph
from lineage.output.crawl_events import StageBegan
from store.connect import open_database
from store.ingest.bulk_load import load_file
from store.refresh import derive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from store.database import Database

    Numbers = NDArray[np.int64]

RECORDS: Final = 100_000
HUB_NODES: Final = 3_000_000
HUB_EDGES: Final = 1_600_000
PEER_SHARE: Final = 10
CYCLES: Final = 40
SKEW: Final = 3
CLASSIFIED: Final = 20_000
NOW: Final = datetime(2024, 7, 12, tzinfo=UTC)
CHANGED: Final = (100, 1_000)
EDGES: Final = "select child, parent, inferred from edges"
STEPS: Final = ("write_declarations", "write_edges", "write_nodes", "load_all", "write_families", "write_domains")


def main() -> None:
    """Derive a loaded snapshot, classify its models, and label generated graphs of the whole Hub's size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[RECORDS], help="records to load and derive")
    parser.add_argument("--full", action="store_true", help=f"all {SNAPSHOT_RECORDS:,} records")
    parser.add_argument("--records", type=Path, help="a file of records (.jsonl, .gz, .xz) instead of the snapshot")
    parser.add_argument("--changed", type=int, nargs="*", default=CHANGED, help="how many of the newest come later")
    parser.add_argument("--copies", type=int, help="only a day's 1,000 changes of the records so many times")
    options = parser.parse_args()
    source = find_source(options.records)
    print_machine("duckdb", "numpy", "scipy", "networkx")
    print(source.name + "\n")
    for size in [SNAPSHOT_RECORDS] if options.full else options.sizes:
        with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
            records = write_cuts(source, [size], Path(folder))[size]
            if options.copies:
                _print_day(records, options.copies * size, options.copies, Path(folder))
                continue
            _print_derive(records, size, Path(folder))
            lines = sorted(records.read_bytes().splitlines(keepends=True), key=_age) if options.changed else []
            for changed in options.changed:
                (Path(folder) / str(changed)).mkdir()
                _print_changes(lines[:-changed], lines[-changed:], Path(folder) / str(changed))
    if options.copies:
        return
    _print_classify(list(source.lines(CLASSIFIED)))
    _print_graph()


def _age(line: bytes) -> str:
    return str(json.loads(line).get("_id"))


def _print_derive(records: Path, size: int, folder: Path) -> None:
    path = folder / "resolve.duckdb"
    database = open_database(path)
    start = beginning = clock()
    with stopwatches(store.refresh, STEPS) as spent:
        for event in load_file(database, records, default_lexicon(), NOW):
            if isinstance(event, StageBegan) and event.stage.startswith("resolving"):
                beginning = clock()
        derived = since(beginning)
    loaded = (beginning[0] - start[0], beginning[1] - start[1])
    database.close()
    named = [sum(values) for values in zip(*spent.values(), strict=True)]
    rest = (derived[0] - named[0], derived[1] - named[1])
    timings = {**spent, "the rest": rest, "derive, all": derived, "for comparison: load_file before": loaded}
    rows: list[list[Cell]] = [
        [name.replace("_", " "), wall, cpu, size / wall, wall / derived[0]] for name, (wall, cpu) in timings.items()
    ]
    print(f"derive on {size:,} records with {_edge_count(path):,} edges, the first time")
    print_table(("step", "seconds", "CPU s", "records/s", "of derive"), rows)


def _print_changes(earlier: Sequence[bytes], newest: Sequence[bytes], folder: Path) -> None:
    database = open_database(folder / "changes.duckdb")
    first = _derive_loaded(database, folder / "earlier.jsonl", earlier)
    part = _derive_loaded(database, folder / "newest.jsonl", newest)
    alone = _all_edges(database)
    start = clock()
    derive(database, default_lexicon(), NOW)
    whole = since(start)[1]
    anew = _all_edges(database)
    database.close()
    rows: list[list[Cell]] = [
        [f"the {len(newest):,} newest, with what was learned", part, part / whole],
        ["all, learning anew", whole, 1.0],
        [f"before: the first {len(earlier):,}", first, first / whole],
    ]
    print_table(("derived", "CPU s", "of all"), rows)
    others = {child for child, *_ in alone ^ anew}
    print(f"{len(anew):,} edges, of {len(others):,} models they differ from those of learning anew\n")


def _print_day(records: Path, size: int, copies: int, folder: Path) -> None:
    catalogue, changes = folder / "catalogue.jsonl", folder / "changes.jsonl"
    writer = get_context("spawn").Process(target=write_day, args=(records, copies, catalogue, changes))
    writer.start()  # it needs much memory, with which the processes to be measured would begin
    writer.join()
    named = (("all, learning", catalogue, "2024-07-12"), ("1,000 changes", changes, "2024-07-13"))
    rows: list[list[Cell]] = []
    for what, path, day in named:
        command = (LINEAGE, "load", str(path), "--as-of", day, "--db", str(folder / "day.duckdb"))
        spent = run_measured(command, clean_environment(folder))
        rows.append([what, spent.cpu_seconds, spent.peak_bytes / 1e6])
    print(f"{size:,} records")
    print_table(("loaded and derived", "CPU s", "peak MB"), rows)


def _derive_loaded(database: Database, path: Path, lines: Sequence[bytes]) -> float:
    """Load records and return the CPU seconds of deriving."""
    path.write_bytes(b"".join(lines))
    start = clock()
    for event in load_file(database, path, default_lexicon(), NOW, as_of=NOW):
        if isinstance(event, StageBegan) and event.stage.startswith("resolving"):
            start = clock()
    return since(start)[1]


def _all_edges(database: Database) -> set[tuple[object, ...]]:
    return {tuple(row) for row in database.query(EDGES).rows}


def _edge_count(path: Path) -> int:
    database = open_database(path, "read")
    try:
        return int(str(database.query("select count(*) from edges").rows[0][0]))
    finally:
        database.close()


def _print_classify(lines: Sequence[bytes]) -> None:
    lexicon = default_lexicon()
    start = clock()
    records = [json.loads(line) for line in lines]
    _, parsing = since(start)
    facts = [_facts(record) for record in records]
    start = clock()
    found = sum(bool(classify(one, lexicon)) for one in facts)
    _, cold = since(start)
    start = clock()
    for one in facts:
        classify(one, lexicon)
    _, warm = since(start)
    print(f"classify on {len(facts):,} records, every one of them; {found:,} show a domain")
    timings = {
        "classify, the first time": cold,
        "classify, the words known": warm,
        "limit: json.loads of them": parsing,
    }
    rows: list[list[Cell]] = [[name, cpu, len(facts) / cpu, parsing / cpu] for name, cpu in timings.items()]
    print_table(("what", "CPU s", "models/CPU s", "of limit"), rows)


def _facts(record: Mapping[str, Any]) -> DomainSigns:
    tags = record["tags"]
    return DomainSigns(
        id=record["id"],
        tags=tags,
        datasets=[tag.removeprefix("dataset:") for tag in tags if tag.startswith("dataset:")],
        library=record.get("library_name"),
        pipeline_tag=record.get("pipeline_tag"),
    )


def _print_graph() -> None:
    size, child, parent = generated_edges(HUB_NODES, HUB_EDGES)
    rows: list[list[Cell]] = []

    def note(what: str, nodes: int, edges: int, seconds: float) -> None:
        rows.append([what, nodes, edges, seconds, edges / seconds])

    start = clock()
    graph = Graph.from_edges(size, child, parent)
    note("Graph.from_edges", size, len(child), since(start)[0])
    start = clock()
    families = graph.families()
    note("Graph.families: root, depth, size, component, cycles", size, len(child), since(start)[0])
    start = clock()
    graph.nearest_marked(np.arange(size) % 5 == 0)
    note("Graph.nearest_marked, a fifth marked", size, len(child), since(start)[0])
    busiest = int(np.argmax(np.bincount(families.root)))
    start = clock()
    below = graph.descendants(busiest)
    note(f"Graph.descendants of one, {len(below):,} of them", size, len(child), since(start)[0])
    start = clock()
    matrix = csr_array((np.ones(len(child), np.uint8), (child, parent)), shape=(size, size))
    for connection in ("weak", "strong"):
        connected_components(matrix, directed=True, connection=connection)
    note("limit: scipy, weak and strong components alone", size, len(child), since(start)[0])
    print("The graph of a whole Hub, generated, in arrays")
    print_table(("what", "nodes", "edges", "seconds", "edges/s"), rows)
    _print_networkx(HUB_NODES // PEER_SHARE, HUB_EDGES // PEER_SHARE)


def _print_networkx(nodes: int, edges: int) -> None:
    """Do with networkx what `families` does, without finding the nearest root, on a smaller graph."""
    size, child, parent = generated_edges(nodes, edges)
    start = clock()
    families = Graph.from_edges(size, child, parent).families()
    ours = since(start)[0]
    start = clock()
    peer: nx.DiGraph[int] = nx.DiGraph()
    peer.add_nodes_from(range(size))
    peer.add_edges_from(zip(parent.tolist(), child.tolist(), strict=True))
    built = since(start)[0]
    start = clock()
    cycles = sum(len(group) > 1 for group in nx.strongly_connected_components(peer))
    components = sum(1 for _ in nx.weakly_connected_components(peer))
    roots = np.flatnonzero(families.depth == 0).tolist()
    depth = np.zeros(size, dtype=np.int32)
    for level, layer in enumerate(nx.bfs_layers(peer, roots)):
        depth[layer] = level
    theirs = since(start)[0]
    agree = bool((depth == families.depth).all()) and components == len(np.unique(families.component))
    print(f"Beside networkx on a tenth of it: {cycles} cycles, {components:,} components, answers agree: {agree}")
    rows: list[list[Cell]] = [
        ["Graph.from_edges and families", size, edges, ours, 1.0],
        ["networkx: build the DiGraph", size, edges, built, built / ours],
        ["networkx: components, cycles, depths", size, edges, theirs, theirs / ours],
    ]
    print_table(("what", "nodes", "edges", "seconds", "x ours"), rows)


def generated_edges(nodes: int, edges: int) -> tuple[int, Numbers, Numbers]:
    """Return the number of nodes and the children and parents of a graph like the Hub's.

    Half of the nodes have a parent, mostly among the earliest; 40 edges close a cycle of two.
    """
    random = np.random.default_rng(7)
    child = random.integers(1, nodes, edges - CYCLES, dtype=np.int64)
    parent = np.minimum((child * random.random(len(child)) ** SKEW).astype(np.int64), child - 1)
    return nodes, np.concatenate([child, parent[:CYCLES]]), np.concatenate([parent, child[:CYCLES]])


if __name__ == "__main__":
    main()
