"""Which comparisons rest on an inferred edge, so that an undeclared ancestor is never shown like a declared one."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lineage.drift.current_scores import CurrentScores
    from lineage.drift.nearest_scored import ScorePairs
    from lineage.graph.graph import Graph


def doubtful_ways(
    graph: Graph,
    current: CurrentScores,
    pairs: ScorePairs,
    doubts: Mapping[tuple[int, int], float],
    declared: Callable[[], Graph],
) -> dict[int, float]:
    """Return, by its index, the lineage confidence of each pair whose reference is reached only over inferred edges.

    `doubts` holds the confidence of every inferred edge, by child and parent; that of a path is their product along a
    shortest one. A pair with any path of declared edges, however long, has no entry. `declared` makes the graph without
    inferred edges; it is called only if needed.
    """
    if not doubts or not len(pairs):
        return {}
    below = np.zeros(graph.size, dtype=bool)
    below[graph.reach(np.unique([child for child, _ in doubts]), is_up=False)] = True
    nodes = current.node[pairs.row]
    found: dict[int, float] = {}
    known: dict[tuple[int, int], float | None] = {}
    for place in np.flatnonzero(below[nodes] & (pairs.reference >= 0)).tolist():
        ends = int(nodes[place]), int(pairs.reference[place])
        if ends not in known:
            known[ends] = _confidence(graph, ends, doubts, declared)
        confidence = known[ends]
        if confidence is not None:
            found[place] = confidence
    return found


def _confidence(
    graph: Graph, ends: tuple[int, int], doubts: Mapping[tuple[int, int], float], declared: Callable[[], Graph]
) -> float | None:
    """Return the confidence of the path between two nodes, or None if it is declared."""
    inferred = [doubts[edge] for edge in pairwise(graph.path_up(*ends)) if edge in doubts]
    if not inferred or declared().path_up(*ends):
        return None
    return prod(inferred)
