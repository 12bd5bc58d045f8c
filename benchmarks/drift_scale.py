"""Drift of every score against its nearest scored ancestor on a whole Hub, and on its largest family, by part.

The ids of the generated models are shuffled, so that a family is scattered over all authors, as on the Hub.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.hub_graph import EDGES, FAMILY, MODELS, HubGraph, generate, write_database
from benchmarks.rig.scores.hub_scores import generate_scores, write_scores
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table, ratio
from lineage.drift.guards import inspect_guards
from lineage.drift.measure import DriftInputs, DriftSettings, measure
from lineage.drift.pairs import find_pairs
from lineage.statistics.verdicts import VERDICTS
from lineage.vocabulary import Against
from store.connect import open_database
from store.derive.graph_cache import open_graph
from store.drift.measure import DatabaseItems
from store.scores.current import load_current_scores, load_identities

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.drift.nearest_scored import ScorePairs
    from lineage.graph.csr import Mask, Nodes
    from lineage.graph.graph import Graph
    from store.database import Database

SMALLER: Final = 300_000
ROUNDS: Final = 5
GOAL_SECONDS: Final = 3.0
GOAL_FAMILY_SECONDS: Final = 0.2
PARTS: Final = ("scores into arrays", "pairs", "guards", "comparisons and verdicts")


class Watch:
    """Wall and CPU seconds of each part, one pair per round."""

    def __init__(self) -> None:
        self.spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._start = clock()

    def start(self) -> None:
        """Begin a part."""
        self._start = clock()

    def note(self, part: str) -> None:
        """End a part, and begin the next."""
        self.spent[part].append(since(self._start))
        self._start = clock()

    def median(self, part: str) -> tuple[float, float]:
        """Return median wall and CPU seconds of a part."""
        walls, cpus = zip(*self.spent[part], strict=True)
        return statistics.median(walls), statistics.median(cpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one pass over the scores found."""

    scores: int
    pairs: ScorePairs
    verdicts: dict[str, int]


def main() -> None:
    """Generate a Hub, measure the whole and its largest family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=1, default=[SMALLER], metavar="MODELS", help="models to generate")
    parser.add_argument("--full", action="store_true", help=f"{MODELS:,} models")
    options = parser.parse_args()
    models: int = MODELS if options.full else options.sizes[0]
    print_machine("duckdb", "numpy", "scipy")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        path = Path(name) / "scored.duckdb"
        start = clock()
        write_scored(path, models)
        print(f"generated a database of {path.stat().st_size / 1e6:,.0f} MB in {since(start)[0]:.0f} s\n")
        database = open_database(path, "read")
        graph = open_graph(database).graph
        _print_whole(database, graph)
        _print_family(database, graph)
        database.close()


def write_scored(path: Path, models: int) -> None:
    """Write a database of so many generated models with their scores."""
    write_database(path, _scattered(generate(models, EDGES * models // MODELS, FAMILY * models // MODELS)))
    _add_scores(path)


def _scattered(graph: HubGraph) -> HubGraph:
    """Renumber the models at random."""
    number = np.random.default_rng(5).permutation(graph.size).astype(np.int32)
    return HubGraph(size=graph.size, child=number[graph.child], parent=number[graph.parent])


def _add_scores(path: Path) -> None:
    database = open_database(path, "read")
    graph = open_graph(database).graph
    database.close()
    write_scores(path, generate_scores(graph))


def _print_whole(database: Database, graph: Graph) -> None:
    outcome, watch = _repeat(lambda watch: _measure(database, graph, watch))
    print(f"all of {graph.size:,} models and {graph.edge_count:,} edges: {_said(outcome)}")
    _print_parts(watch, GOAL_SECONDS)


def _print_family(database: Database, graph: Graph) -> None:
    family = graph.family(int(graph.labels.size.argmax()))
    outcome, watch = _repeat(lambda watch: _measure(database, graph, watch, family))
    print(f"the largest family, {len(family):,} models: {_said(outcome)}")
    _print_parts(watch, GOAL_FAMILY_SECONDS)


def _repeat(measure: Callable[[Watch], Outcome]) -> tuple[Outcome, Watch]:
    measure(Watch())
    watch = Watch()
    for _ in range(ROUNDS):
        outcome = measure(watch)
    return outcome, watch


def _measure(database: Database, graph: Graph, watch: Watch, family: Nodes | None = None) -> Outcome:
    """Do everything that drift from summaries needs, from the tables to the verdicts."""
    watch.start()
    nodes, wanted = (None, None) if family is None else _above(graph, family)
    current, identities = load_current_scores(database, nodes), load_identities(database)
    watch.note(PARTS[0])
    pairs = find_pairs(graph, current, identities, Against.SCORED_ANCESTOR, wanted)
    watch.note(PARTS[1])
    guards = inspect_guards(graph.size, current, identities)
    watch.note(PARTS[2])
    inputs = DriftInputs(current=current, identities=identities, items=DatabaseItems(database), guards=guards)
    drift = measure(inputs, pairs, DriftSettings())
    watch.note(PARTS[3])
    counts = np.bincount(drift.verdict, minlength=len(VERDICTS)).tolist()
    return Outcome(scores=len(current), pairs=pairs, verdicts=dict(zip(VERDICTS, counts, strict=True)))


def _above(graph: Graph, family: Nodes) -> tuple[Nodes, Mask]:
    """Return the nodes whose scores are needed for a family, and a mask of those that are asked about."""
    wanted = np.zeros(graph.size, dtype=bool)
    wanted[family] = True
    return graph.reach(family, is_up=True), wanted


def _said(outcome: Outcome) -> str:
    pairs = np.count_nonzero(outcome.pairs.reference_row >= 0)
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in outcome.verdicts.items())
    return f"{outcome.scores:,} scores, {len(outcome.pairs):,} of derivatives, {pairs:,} pairs ({verdicts})"


def _print_parts(watch: Watch, goal: float) -> None:
    figures = [(part, *watch.median(part)) for part in PARTS]
    wall, cpu = sum(figure[1] for figure in figures), sum(figure[2] for figure in figures)
    rows: list[list[Cell]] = [[part, one, other, one / wall, None] for part, one, other in figures]
    rows.append(["together", wall, cpu, 1.0, ratio(wall, goal)])
    print_table(("part", "median s", "CPU s", "share", f"of {goal:g} s"), rows)


if __name__ == "__main__":
    main()
