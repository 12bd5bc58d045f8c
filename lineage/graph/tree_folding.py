"""Choose the models that a folded tree shows, in drawing order, so that a huge family costs no more than one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.graph.csr import Nodes
    from lineage.graph.graph import Graph
    from lineage.graph.tree_text import TreeStyle

_RELATIONS = tuple(Relation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """The input of `render_tree`: the visible branches, and counts of the folded models by relation.

    `shown` are the models that may be drawn, in drawing order; no other model gets a line.
    """

    shown: tuple[int, ...]
    branches: Mapping[int, Sequence[int]]
    unlisted: Mapping[int, Mapping[Relation, int]]


def fold(graph: Graph, downloads: NDArray[np.int64], start: int, style: TreeStyle) -> Fold:
    """Follow a tree in drawing order, and stop when it has as many models as the style has lines.

    Branches are sorted by downloads, the most first, then by number; at most `fold_over` of each model's branches are
    shown.
    """
    adjacency = graph.upwards if style.upwards else graph.downwards
    branches: dict[int, Sequence[int]] = {}
    unlisted: dict[int, Mapping[Relation, int]] = {}
    shown: dict[int, None] = {}
    waiting = [(start, 0)]
    while waiting and len(shown) < style.lines:
        node, level = waiting.pop()
        if node in shown:
            continue
        shown[node] = None
        near = adjacency.of(node)
        ordered = near[np.argsort(-downloads[near], kind="stable")]
        kept = 0 if style.depth is not None and level >= style.depth else style.fold_over
        branches[node] = ordered[:kept].tolist()
        if len(ordered) > kept:
            unlisted[node] = _counted(
                graph, np.array([node], np.int32) if style.upwards else ordered[kept:], len(ordered) - kept
            )
        waiting.extend((below, level + 1) for below in reversed(branches[node]))
    return Fold(shown=tuple(shown), branches=branches, unlisted=unlisted)


def _counted(graph: Graph, made: Nodes, count: int) -> Mapping[Relation, int]:
    """Count models by how each was made, the lowest relation of its edges; a single model counts `count` times."""
    edges, places = graph.upwards.expand(made)
    lowest = np.full(len(made), len(_RELATIONS), dtype=np.int64)
    np.minimum.at(lowest, places, graph.upwards.relations[edges])
    counts = np.bincount(lowest, minlength=len(_RELATIONS))
    factor = count // len(made)
    return {relation: int(counts[relation.order]) * factor for relation in _RELATIONS if counts[relation.order]}
