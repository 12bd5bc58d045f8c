"""The order of rows on the page: every model appears once, under one parent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.graph.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Edges among the models of a page: numbers of child and parent (int64, 0 to `size` - 1), and what ranks them."""

    size: int
    child: NDArray[np.int64]
    parent: NDArray[np.int64]
    relation: NDArray[np.int64]
    confidence: NDArray[np.float64]
    is_inferred: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Rows from top to bottom: `order` holds the models, `depth` their generation on the page, both int64.

    `edge` (int64) is the index in the links of the edge that places each row, -1 for a root; `position` (int64) is the
    row of each model.
    """

    order: NDArray[np.int64]
    depth: NDArray[np.int64]
    edge: NDArray[np.int64]
    position: NDArray[np.int64]


def arrange(links: Links, weight: NDArray[np.int64]) -> Forest:
    """Place every model under the parent nearest to a root; larger branches come first.

    Between equally near parents a declared edge wins, then the higher confidence, then the lowest relation. The models
    of a cycle are placed under its smallest number. `weight` has one entry per model.
    """
    edge = _chosen_edges(links)
    parent = np.where(edge >= 0, links.parent[edge] if len(links.parent) else -1, -1)
    order = _preorder(parent, weight)
    position = np.empty(links.size, dtype=np.int64)
    position[order] = np.arange(links.size)
    depth = np.zeros(links.size, dtype=np.int64)
    for row, node in enumerate(order.tolist()):
        above = parent[node]
        depth[row] = 0 if above < 0 else depth[position[above]] + 1
    return Forest(order=order, depth=depth, edge=edge[order], position=position)


def _chosen_edges(links: Links) -> NDArray[np.int64]:
    """Return the index of the edge that places each model, -1 for none."""
    graph = Graph.from_edges(links.size, links.child, links.parent)
    depth = graph.labels.depth.astype(np.int64)
    leads = np.flatnonzero(depth[links.parent] == depth[links.child] - 1)
    ranked = leads[
        np.lexsort(
            (
                links.parent[leads],
                links.relation[leads],
                -links.confidence[leads],
                links.is_inferred[leads],
                links.child[leads],
            )
        )
    ]
    edge = np.full(links.size, -1, dtype=np.int64)
    edge[links.child[ranked][::-1]] = ranked[::-1]
    return edge


def _preorder(parent: NDArray[np.int64], weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the models so that each follows its parent or a sibling's branch."""
    size = len(parent)
    by_parent = np.lexsort((np.arange(size), -weight, parent))
    starts = np.searchsorted(parent[by_parent], np.arange(-1, size + 1))
    children = by_parent.tolist()
    bounds = starts.tolist()
    order: list[int] = []
    waiting = children[bounds[0] : bounds[1]][::-1]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(children[bounds[node + 1] : bounds[node + 2]][::-1])
    return np.array(order, dtype=np.int64)
