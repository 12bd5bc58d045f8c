"""The graph's arrays, brought up to date where few models changed: ids that came or went, edges, families, downloads.

Numbering all models anew, joining all edges to their numbers and reading all ids again would cost by the size of the
Hub. The arrays of the last derivation are moved instead; `store.derive.graph_tables` writes them of all models.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.graph.graph import Families, Graph
from lineage.vocabulary import RELATIONS
from store.derive.graph_cache import StoredGraph, open_graph
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from lineage.graph.id_index import GraphIndex
    from store.database import Database
    from store.derive.graph_tables import TouchedGraph

    Links = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedGraph:
    """The graph of the last derivation under the numbers of this one.

    `numbers` tells the new number of each old one, -1 for what is no node any more; `index` and `downloads` are as in
    `StoredGraph`, and `links` as in `hub.links`, of this derivation.
    """

    before: StoredGraph
    numbers: NDArray[np.int32]
    index: GraphIndex
    downloads: NDArray[np.int64]
    links: Links

    def components(self) -> NDArray[np.int32]:
        """Return for every new number a label of the component of before; a node that came since has its own."""
        before = self.before.graph.components()
        stays = self.numbers >= 0
        labels = np.arange(len(before), len(before) + len(self.index), dtype=np.int32)
        labels[self.numbers[stays]] = before[stays]
        return labels


def place_nodes(database: Database) -> None:
    """Write to `hub.nodes` where records stand, where DuckDB moved them; what `hub.changed` names is not looked at."""
    if database.value("graph_tables/is_moved"):
        database.run("graph_tables/place_nodes")


def move_nodes(database: Database) -> MovedGraph:
    """Write to `hub.nodes` and `hub.links` what changed, and the new numbers; return the graph under them.

    `store.derive.touched.link_touched` and `store.derive.parents.write_edges` go before.
    """
    before = open_graph(database)
    database.run("graph_tables/collect_renewed")
    rows = database.run("graph_tables/list_renewed").rows
    there = {str(one): cast("int", downloads) for one, downloads in rows if downloads is not None}
    known = {str(one) for one, _ in rows if _is_known(before.index, str(one))}
    removed, added = sorted(known - there.keys()), sorted(there.keys() - known)
    index, numbers = before.index.with_changes(removed, added)
    _write_nodes(database, numbers, {one: index.number(one) for one in added})
    links = _moved_links(database, before, numbers, index)
    downloads = np.zeros(len(index), dtype=np.int64)
    downloads[numbers[numbers >= 0]] = before.downloads[numbers >= 0]
    downloads[[index.number(one) for one in there]] = list(there.values())
    return MovedGraph(before=before, numbers=numbers, index=index, downloads=downloads, links=links)


def _is_known(index: GraphIndex, one: str) -> bool:
    try:
        index.number(one)
    except KeyError:
        return False
    return True


def _write_nodes(database: Database, numbers: NDArray[np.int32], added: Mapping[str, int]) -> None:
    """Write the nodes that came, went or changed; `numbers` are the new ones of all that were, -1 where one went."""
    with database.columns("lent_members", nid=np.flatnonzero(numbers < 0).astype(np.int32)):
        database.run("graph_tables/remove_nodes")
    other = np.flatnonzero((numbers >= 0) & (numbers != np.arange(len(numbers)))).astype(np.int32)
    if len(other):
        with database.columns("lent_renumbered", nid=other, number=numbers[other]):
            database.run("graph_tables/renumber_nodes")
    for name in ("renew_nodes", "renew_places"):
        database.run(f"graph_tables/{name}")
    with database.columns("lent_added", **as_columns(("id", "nid"), added.items())):
        database.run("graph_tables/add_nodes")
    database.run("graph_tables/drop_renewed")


def _moved_links(database: Database, before: StoredGraph, numbers: NDArray[np.int32], index: GraphIndex) -> Links:
    """Write the numbered edges, those of the models whose edges were written again from these, and return them."""
    stored = database.arrays("graph/links")
    named = (str(one) for (one,) in database.run("touched/list_linked").rows)
    linked = [before.index.number(one) for one in named if _is_known(before.index, one)]
    stays = ~np.isin(stored["child"], linked)
    rows = database.run("graph_tables/list_linked", relations=list(RELATIONS)).rows
    fresh = {
        "child": [index.number(row[0]) for row in rows],
        "parent": [index.number(row[1]) for row in rows],
        "relation": [row[2] for row in rows],
        "inferred": [row[3] for row in rows],
        "confidence": [row[4] for row in rows],
    }
    links = {
        name: np.concatenate(
            (
                numbers[values[stays]] if name in {"child", "parent"} else values[stays],
                np.array(fresh[name], dtype=values.dtype),
            )
        )
        for name, values in stored.items()
    }
    order = np.lexsort((links["parent"], links["child"]))
    links = {name: values[order] for name, values in links.items()}
    database.run("graph_tables/clear_links")
    with database.columns("lent_links", **links):
        database.run("graph_tables/write_links")
    return links


def mark_moved(database: Database, moved: MovedGraph, touched: TouchedGraph, derived_at: datetime) -> StoredGraph:
    """Write the fingerprint of the arrays, and return the graph: to be kept once the transaction has ended."""
    said = hashlib.blake2b(digest_size=16)
    for values in (moved.index.text, moved.index.starts, moved.downloads, *moved.links.values()):
        said.update(np.ascontiguousarray(values).data)
    database.run("refresh/mark_arrays_as", fingerprint=said.hexdigest(), derived_at=derived_at)
    links = moved.links
    whole = Graph.from_edges(len(moved.index), links["child"], links["parent"], links["relation"])
    graph = Graph(parents=whole.upwards, children=whole.downwards, families=_moved_families(moved, touched))
    return StoredGraph(graph=graph, index=moved.index, downloads=moved.downloads)


def _moved_families(moved: MovedGraph, touched: TouchedGraph) -> Families:
    """Return the families of all: those of before under new numbers, and those that were derived again."""
    stays = moved.numbers >= 0
    places, nodes = moved.numbers[stays], touched.nodes
    before, now = moved.before.graph.labels, touched.graph.labels

    def merged(old: NDArray[np.int32], new: NDArray[np.int32]) -> NDArray[np.int32]:
        values = np.zeros(len(moved.index), dtype=np.int32)
        values[places] = old[stays]
        values[nodes] = new
        return values

    return Families(
        root=merged(moved.numbers[before.root], nodes[now.root]),
        depth=merged(before.depth, now.depth),
        size=merged(before.size, now.size),
        component=merged(moved.numbers[before.component], nodes[now.component]),
    )
