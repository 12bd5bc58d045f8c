"""Which comparisons rest on an inferred edge, so that an undeclared ancestor is never shown like a declared one."""

from __future__ import annotations

from itertools import groupby, pairwise
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores
    from lineage.drift.nearest_scored import ScorePairs
    from lineage.graph.graph import Graph

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Longs = NDArray[np.int64]

LONGEST_WALK: Final = 64
"""Steps of a walk up, before the path is searched for: beyond the longest chain of the Hub, and an end to cycles."""


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
    nodes = current.node[pairs.row].astype(np.int64)
    places = np.flatnonzero(below[nodes] & (pairs.reference >= 0))
    ends, one = np.unique(nodes[places] * graph.size + pairs.reference[places], return_inverse=True)
    confidence = _confidences(graph, ends, doubts, declared)[one]
    is_found = ~np.isnan(confidence)
    return dict(zip(places[is_found].tolist(), confidence[is_found].tolist(), strict=True))


def _confidences(
    graph: Graph, ends: Longs, doubts: Mapping[tuple[int, int], float], declared: Callable[[], Graph]
) -> Floats:
    """Return the confidence of the path between each two nodes, child * size + ancestor; NaN if it is declared."""
    walked = _walk(graph, ends, _by_edge(graph, doubts))
    found = np.where(walked.is_inferred & walked.has_arrived, walked.confidence, np.nan)
    is_open = walked.is_inferred & walked.has_arrived
    if is_open.any():
        sure = _walk(declared(), ends)
        found[is_open & sure.has_arrived] = np.nan
        is_open &= sure.has_forked
    places = np.flatnonzero(is_open | walked.has_forked)
    for node, theirs in groupby(places.tolist(), key=lambda place: int(ends[place]) // graph.size):
        of_node = list(theirs)
        ancestors = [int(ends[place]) % graph.size for place in of_node]
        found[of_node] = _of_node(graph, node, ancestors, doubts, declared)
    return found


class _Walks(NamedTuple):
    """Walks up from nodes to their ancestors, of those with one parent at each step; the others `has_forked` marks."""

    confidence: Floats
    is_inferred: Flags
    has_arrived: Flags
    has_forked: Flags


def _walk(graph: Graph, ends: Longs, by_edge: Floats | None = None) -> _Walks:
    """Walk up from all nodes at once; `by_edge` is the confidence of each edge, NaN for a declared one."""
    at, ancestor = np.divmod(ends, graph.size)
    confidence, is_inferred = np.ones(len(ends)), np.zeros(len(ends), dtype=bool)
    has_arrived, has_forked = at == ancestor, np.zeros(len(ends), dtype=bool)
    degrees, above = graph.upwards.degrees(), graph.upwards
    walking = np.flatnonzero(~has_arrived)
    for _ in range(LONGEST_WALK):
        parents = degrees[at[walking]]
        has_forked[walking[parents > 1]] = True
        walking = walking[parents == 1]
        if not len(walking):
            break
        edges = above.starts[at[walking]]
        if by_edge is not None:
            sure = by_edge[edges]
            is_doubt = ~np.isnan(sure)
            is_inferred[walking[is_doubt]] = True
            confidence[walking[is_doubt]] *= sure[is_doubt]
        at[walking] = above.neighbours[edges]
        has_arrived[walking] = at[walking] == ancestor[walking]
        walking = walking[~has_arrived[walking]]
    has_forked[walking] = True
    return _Walks(confidence, is_inferred, has_arrived, has_forked)


def _by_edge(graph: Graph, doubts: Mapping[tuple[int, int], float]) -> Floats:
    """Return the confidence of every edge upwards, NaN for a declared one."""
    ends = np.fromiter((child * graph.size + parent for child, parent in doubts), dtype=np.int64, count=len(doubts))
    order, confidence = np.argsort(ends), np.fromiter(doubts.values(), dtype=np.float64, count=len(doubts))
    child = np.repeat(np.arange(graph.size, dtype=np.int64), graph.upwards.degrees())
    edges = child * graph.size + graph.upwards.neighbours
    place = np.minimum(np.searchsorted(ends[order], edges), len(ends) - 1)
    return np.where(ends[order][place] == edges, confidence[order][place], np.nan)


def _of_node(
    graph: Graph,
    node: int,
    ancestors: Sequence[int],
    doubts: Mapping[tuple[int, int], float],
    declared: Callable[[], Graph],
) -> list[float]:
    """Return the confidence of the paths from a node to its ancestors, NaN for a declared one."""
    paths = [[doubts[edge] for edge in pairwise(path) if edge in doubts] for path in graph.paths_up(node, ancestors)]
    sure = declared().paths_up(node, ancestors) if any(paths) else [()] * len(ancestors)
    return [prod(path) if path and not other else np.nan for path, other in zip(paths, sure, strict=True)]
