"""One library's answers about a graph, timed in a process of its own; prints JSON.

`python -m benchmarks.rig.graph_peers LIBRARY FILE`: FILE holds size, child and parent (.npz), or is a database for
`lineage`. Memory is the growth of the resident set while the graph is built.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers = NDArray[np.int32]

REPEATS: Final = 5
_PAGE: Final = 4096


class Watch:
    """Seconds and sizes of each question, by its name."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def ask(self, name: str, question: Callable[[], Any], repeats: int = 1) -> Any:  # noqa: ANN401 - whatever is asked
        """Record the least seconds of several repeats; return the last answer."""
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            answer = question()
            times.append(time.perf_counter() - start)
        self.found[name] = min(times)
        return answer


def resident_bytes() -> int:
    """Return the resident set of this process; 0 if the system does not report it."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except OSError:
        return 0


def ask_lineage(path: Path, watch: Watch) -> None:
    """Load and build from a database, then ask; the files beside it are opened last, for the time that takes."""
    import lineage
    from store.connect import open_database
    from store.derive.graph_cache import open_graph
    from store.derive.graph_tables import load_graph

    database = open_database(path, "read")
    database.value("graph/count_nodes")
    graph = watch.ask("build", lambda: load_graph(database), 3)
    arrays = (
        array for side in (graph.upwards, graph.downwards) for array in (side.starts, side.neighbours, side.relations)
    )
    watch.found["bytes"] = sum(array.nbytes for array in arrays)
    watch.found["node bytes"] = graph.upwards.starts.nbytes + graph.downwards.starts.nbytes
    watch.found["nodes"] = graph.size
    watch.found["edges"] = graph.edge_count
    labels = watch.ask("roots of all", graph.families, REPEATS)
    watch.ask("every root of all", graph.all_roots, REPEATS)
    watch.found["components found"] = len(np.unique(labels.component))
    watch.ask("components", lambda: type(graph)(parents=graph.upwards, children=graph.downwards).components())
    top = int(np.bincount(labels.root).argmax())
    watch.found["descendants found"] = len(watch.ask("descendants", lambda: graph.descendants(top), REPEATS))
    leaf = int(labels.depth.argmax())
    watch.found["ancestors found"] = len(watch.ask("ancestors", lambda: graph.ancestors(leaf), REPEATS))
    watch.ask("strong components", lambda: type(graph)(parents=graph.upwards, children=graph.downwards).cycles())
    weights = np.ones(graph.size, dtype=np.int64)
    watch.ask("exposure of all", lambda: graph.exposure(weights), REPEATS)
    watch.ask("first open, files made", lambda: open_graph(database))
    database.close()
    with lineage.open(path) as library:
        models = watch.ask("open the files", library.graph, REPEATS)
        name = models.labels.take(np.array([top]))[0]
        watch.ask("descendants, with ids", lambda: models.descendants(name), REPEATS)
        watch.ask("family as nx.DiGraph", lambda: models.family(name))


def ask_backend(path: Path, watch: Watch) -> None:
    """Ask networkx's functions with our arrays behind them."""
    import networkx as nx

    import lineage

    with lineage.open(path) as library:
        graph: Any = library.graph()
    labels = graph.arrays.labels
    top = int(np.bincount(labels.root).argmax())
    name, leaf = graph.labels.take(np.array([top, int(labels.depth.argmax())]))
    watch.found["edges"] = graph.number_of_edges()
    watch.found["descendants found"] = len(watch.ask("descendants", lambda: nx.descendants(graph, name), REPEATS))
    watch.found["ancestors found"] = len(watch.ask("ancestors", lambda: nx.ancestors(graph, leaf), REPEATS))
    watch.found["components found"] = watch.ask(
        "components", lambda: sum(1 for _ in nx.weakly_connected_components(graph)), 1
    )
    watch.ask("strong components", lambda: sum(1 for _ in nx.strongly_connected_components(graph)))
    watch.ask("page ranks", lambda: nx.pagerank(graph.turned()))


def ask_networkx(path: Path, watch: Watch) -> None:
    """Ask networkx's own graph."""
    import networkx as nx

    size, child, parent = _arrays(path)
    pairs = list(zip(parent.tolist(), child.tolist(), strict=True))
    before = resident_bytes()
    graph: nx.DiGraph[int] = nx.DiGraph()

    def build() -> None:
        graph.add_nodes_from(range(size))
        graph.add_edges_from(pairs)

    watch.ask("build", build)
    watch.found["bytes"] = resident_bytes() - before
    watch.found["edges"] = graph.number_of_edges()
    top, leaf = _ends(path)
    watch.found["descendants found"] = len(watch.ask("descendants", lambda: nx.descendants(graph, top), REPEATS))
    watch.found["ancestors found"] = len(watch.ask("ancestors", lambda: nx.ancestors(graph, leaf), REPEATS))
    roots = [node for node, degree in graph.in_degree() if degree == 0]
    watch.ask("roots of all", lambda: sum(map(len, nx.bfs_layers(graph, roots))))
    watch.found["components found"] = watch.ask(
        "components", lambda: sum(1 for _ in nx.weakly_connected_components(graph))
    )
    watch.ask("strong components", lambda: sum(1 for _ in nx.strongly_connected_components(graph)))


def _arrays(path: Path) -> tuple[int, Numbers, Numbers]:
    held = np.load(path)
    return int(held["size"]), held["child"], held["parent"]


def _ends(path: Path) -> tuple[int, int]:
    held = np.load(path)
    return int(held["top"]), int(held["leaf"])


LIBRARIES: Final[dict[str, Callable[[Path, Watch], None]]] = {
    "lineage": ask_lineage,
    "backend": ask_backend,
    "networkx": ask_networkx,
}


def main() -> None:
    """Ask the library of the command line about the file of the command line."""
    watch = Watch()
    LIBRARIES[sys.argv[1]](Path(sys.argv[2]), watch)
    print(json.dumps(watch.found))


if __name__ == "__main__":
    main()
