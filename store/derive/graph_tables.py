"""What follows from the edges as a whole: numbered models, families, and how far each of them reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from lineage.graph.graph import Graph
from lineage.vocabulary import RELATIONS
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lineage.graph.reachability import RootPairs
    from store.database import Database

Doubts: TypeAlias = "dict[tuple[int, int], float]"
"""The confidence of each inferred edge by the numbers of child and parent."""
_Arrays: TypeAlias = "Mapping[str, NDArray[np.generic]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedGraph:
    """The weak components that are derived again, whole: `nodes` are numbers in `hub.nodes`, ascending (int32).

    `graph` is that of all edges and `declared` that of what was declared alone; both number `nodes` from 0 in this
    order, and so do `doubts` and `downloads` (int64, 0 where unknown).
    """

    nodes: NDArray[np.int32]
    downloads: NDArray[np.int64]
    graph: Graph
    declared: Graph
    doubts: Doubts


def load_graph(database: Database) -> Graph:
    """Return the graph over the numbered models of `hub.nodes`, from its numbered edges."""
    return _built(_count_nodes(database), database.arrays("graph/links"))


def load_declared_graph(database: Database) -> Graph:
    """Return the graph of what was declared alone.

    A copy with a copied card has there the parents that this card declares.
    """
    links = database.arrays("graph/links")
    return _built(_count_nodes(database), _declared(database, links))


def load_doubts(database: Database) -> Doubts:
    """Return the inferred edges."""
    return _doubts(database.arrays("graph/links"))


def load_all(database: Database) -> TouchedGraph:
    """Return the graph of all models."""
    links = database.arrays("graph/links")
    nodes = np.arange(_count_nodes(database), dtype=np.int32)
    downloads = database.arrays("graph_tables/list_downloads")["downloads"].astype(np.int64, copy=False)
    return _touched(nodes, downloads, links, _declared(database, links))


def load_touched(
    database: Database, links: _Arrays, components: NDArray[np.int32], downloads: NDArray[np.int64]
) -> TouchedGraph:
    """Return the components of the models that changed or have other edges than before, out of all numbered edges.

    `components` are those of the last derivation, a label for each number of this one, and of its own for a model that
    came since. What fell apart is among them; edges that are new join them.

    From here on, the macro `is_kin` tells the models of these components and those that are no nodes any more.
    """
    declared = _declared(database, links)
    is_touched = np.zeros(int(components.max(initial=0)) + 1, dtype=bool)
    is_touched[components[database.arrays("touched/list_moved")["nid"]]] = True
    child, parent = components[declared["child"]], components[declared["parent"]]
    while (apart := is_touched[child] != is_touched[parent]).any():
        is_touched[child[apart]] = is_touched[parent[apart]] = True
    nodes = np.flatnonzero(is_touched[components]).astype(np.int32)
    with database.columns("lent_members", nid=nodes):
        database.run("touched/collect_kin")
    database.run("touched/kin_some")
    return _touched(nodes, downloads[nodes], _among(nodes, links), _among(nodes, declared))


def _touched(nodes: NDArray[np.int32], downloads: NDArray[np.int64], links: _Arrays, declared: _Arrays) -> TouchedGraph:
    return TouchedGraph(
        nodes=nodes,
        downloads=downloads,
        graph=_built(len(nodes), links),
        declared=_built(len(nodes), declared),
        doubts=_doubts(links),
    )


def _count_nodes(database: Database) -> int:
    return cast("int", database.value("graph/count_nodes"))


def _built(size: int, links: _Arrays) -> Graph:
    return Graph.from_edges(size, links["child"], links["parent"], links["relation"])


def _declared(database: Database, links: _Arrays) -> _Arrays:
    """Return the links that are declared, and those that cards declare which were copied with a model."""
    is_declared = ~links["inferred"].astype(bool)
    carried = database.arrays("graph_tables/carried_links", relations=list(RELATIONS))
    return {name: np.concatenate((links[name][is_declared], values)) for name, values in carried.items()}


def _doubts(links: _Arrays) -> Doubts:
    inferred = links["inferred"].astype(bool)
    ends = zip(links["child"][inferred].tolist(), links["parent"][inferred].tolist(), strict=True)
    return dict(zip(ends, links["confidence"][inferred].tolist(), strict=True))


def _among(nodes: NDArray[np.int32], links: _Arrays) -> _Arrays:
    """Return the links within whole components, with the ends numbered by their places in `nodes`."""
    ours = np.isin(links["child"], nodes)
    among = {name: values[ours] for name, values in links.items()}
    return among | {end: np.searchsorted(nodes, among[end]) for end in ("child", "parent")}


def write_nodes(database: Database) -> None:
    """Give new numbers to the models and missing parents, and write the edges in these numbers."""
    database.run("graph_tables/clear_nodes")
    database.run("graph_tables/insert_nodes")
    database.run("graph_tables/clear_links")
    database.run("graph_tables/insert_links", relations=list(RELATIONS))


def write_families(database: Database, touched: TouchedGraph) -> None:
    """Write `hub.families` again, and a problem for every model that is its own ancestor.

    Families follow inferred edges too; `inferred` marks the models whose root is another one in the declared graph.
    """
    families, nodes = touched.graph.labels, touched.nodes
    database.run("graph_tables/clear_families")
    with database.columns(
        "lent_families",
        nid=nodes,
        root=nodes[families.root],
        depth=families.depth,
        size=families.size,
        component=nodes[families.component],
        inferred=touched.declared.labels.root != families.root,
    ):
        database.run("graph_tables/insert_families")
    database.run("graph_tables/clear_cycle_problems")
    groups = touched.graph.cycles()
    members = [(number, int(node)) for number, group in enumerate(groups) for node in nodes[group]]
    if members:
        with database.columns("lent_cycles", **as_columns(("group_number", "nid"), members)):
            database.run("graph_tables/cycle_problems")


def write_reach(database: Database, touched: TouchedGraph) -> None:
    """Write every root of the models that have several, and how many models descend from each.

    Roots that only inferred edges lead to are marked, and descendants reached only through such edges are counted.
    """
    graph, declared, nodes = touched.graph, touched.declared, touched.nodes
    pairs = graph.all_roots()
    further = pairs.root != graph.labels.root[pairs.node]
    sure = declared.all_roots()
    is_sure = np.isin(_keys(pairs, graph.size), _keys(sure, graph.size))
    database.run("graph_tables/clear_other_roots")
    with database.columns(
        "lent_roots",
        nid=nodes[pairs.node[further]],
        root=nodes[pairs.root[further]],
        distance=pairs.distance[further],
        inferred=~is_sure[further],
    ):
        database.run("graph_tables/insert_other_roots")
    exposure = graph.exposure(touched.downloads)
    inferred = exposure.descendants - declared.exposure(touched.downloads).descendants
    bases = np.flatnonzero(exposure.descendants).astype(np.int32)
    is_inferred = declared.labels.root != graph.labels.root
    members = np.bincount(graph.labels.root[is_inferred], minlength=graph.size)
    database.run("graph_tables/clear_reach")
    with database.columns(
        "lent_reach",
        nid=nodes[bases],
        derivatives=exposure.descendants[bases],
        exposure=exposure.total[bases],
        inferred=inferred[bases],
        family_inferred=members[bases],
    ):
        database.run("graph_tables/insert_reach")


def _keys(pairs: RootPairs, size: int) -> NDArray[np.int64]:
    return pairs.node.astype(np.int64) * size + pairs.root
