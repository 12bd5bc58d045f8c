"""What follows from the edges as a whole: numbered models, families, and how far each of them reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.graph.graph import Graph
from lineage.vocabulary import RELATIONS
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.graph.reachability import RootPairs
    from store.database import Database


def load_graph(database: Database) -> Graph:
    """Return the graph over the numbered models of `hub.nodes`, from its numbered edges."""
    arrays = database.arrays("graph/links")
    size = cast("int", database.value("graph/count_nodes"))
    return Graph.from_edges(size, arrays["child"], arrays["parent"], arrays["relation"])


def load_declared_graph(database: Database) -> tuple[Graph, dict[tuple[int, int], float]]:
    """Return the graph of what was declared alone, and the confidence of each inferred edge by child and parent.

    A copy with a copied card has there the parents that this card declares.
    """
    arrays = database.arrays("graph_tables/declared_links", relations=list(RELATIONS))
    size = cast("int", database.value("graph/count_nodes"))
    graph = Graph.from_edges(size, arrays["child"], arrays["parent"], arrays["relation"])
    return graph, load_doubts(database)


def load_doubts(database: Database) -> dict[tuple[int, int], float]:
    """Return the confidence of each inferred edge, by the numbers of child and parent."""
    doubtful = database.arrays("graph_tables/doubtful_links")
    ends = zip(doubtful["child"].tolist(), doubtful["parent"].tolist(), strict=True)
    return dict(zip(ends, doubtful["confidence"].tolist(), strict=True))


def write_nodes(database: Database) -> None:
    """Give new numbers to the models and missing parents, and write the edges in these numbers."""
    database.run("graph_tables/clear_nodes")
    database.run("graph_tables/insert_nodes")
    database.run("graph_tables/clear_links")
    database.run("graph_tables/insert_links", relations=list(RELATIONS))


def write_families(database: Database, graph: Graph, declared: Graph) -> None:
    """Write `hub.families` again, and a problem for every model that is its own ancestor.

    Families follow inferred edges too; `inferred` marks the models whose root is another one in the `declared` graph.
    """
    families = graph.labels
    database.run("graph_tables/clear_families")
    with database.columns(
        "lent_families",
        nid=np.arange(graph.size, dtype=np.int32),
        root=families.root,
        depth=families.depth,
        size=families.size,
        component=families.component,
        inferred=declared.labels.root != families.root,
    ):
        database.run("graph_tables/insert_families")
    groups = graph.cycles()
    members = [(number, int(node)) for number, group in enumerate(groups) for node in group]
    if members:
        with database.columns("lent_cycles", **as_columns(("group_number", "nid"), members)):
            database.run("graph_tables/cycle_problems")


def write_reach(database: Database, graph: Graph, declared: Graph) -> None:
    """Write every root of the models that have several, and how many models descend from each.

    Roots that only inferred edges lead to are marked, and descendants reached only through such edges are counted.
    """
    pairs = graph.all_roots()
    further = pairs.root != graph.labels.root[pairs.node]
    sure = declared.all_roots()
    is_sure = np.isin(_keys(pairs, graph.size), _keys(sure, graph.size))
    database.run("graph_tables/clear_other_roots")
    with database.columns(
        "lent_roots",
        nid=pairs.node[further],
        root=pairs.root[further],
        distance=pairs.distance[further],
        inferred=~is_sure[further],
    ):
        database.run("graph_tables/insert_other_roots")
    downloads = database.arrays("graph_tables/list_downloads")["downloads"].astype(np.int64)
    exposure = graph.exposure(downloads)
    inferred = exposure.descendants - declared.exposure(downloads).descendants
    bases = np.flatnonzero(exposure.descendants).astype(np.int32)
    is_inferred = declared.labels.root != graph.labels.root
    members = np.bincount(graph.labels.root[is_inferred], minlength=graph.size)
    database.run("graph_tables/clear_reach")
    with database.columns(
        "lent_reach",
        nid=bases,
        derivatives=exposure.descendants[bases],
        exposure=exposure.total[bases],
        inferred=inferred[bases],
        family_inferred=members[bases],
    ):
        database.run("graph_tables/insert_reach")


def _keys(pairs: RootPairs, size: int) -> NDArray[np.int64]:
    return pairs.node.astype(np.int64) * size + pairs.root
