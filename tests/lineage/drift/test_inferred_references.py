"""Comparisons that rest on inferred edges are told from those that do not."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.inferred_references import doubtful_ways
from lineage.drift.pairs import find_pairs
from lineage.graph.graph import Graph
from lineage.vocabulary import Against
from tests.lineage.drift.conftest import Board


def doubts_of(
    board: Board, doubts: dict[tuple[int, int], float], declared: list[tuple[int, int]], against: Against
) -> dict[int, float]:
    """Return how sure the lineage of each pair of nodes is, by derivative, over inferred and declared edges."""
    edges = [*doubts, *declared]
    graph = Graph.from_edges(5, [child for child, _ in edges], [parent for _, parent in edges])
    current = board.current()
    pairs = find_pairs(graph, current, board.identities, against)
    plain = Graph.from_edges(5, [child for child, _ in declared], [parent for _, parent in declared])
    found = doubtful_ways(graph, current, pairs, doubts, lambda: plain)
    return {int(current.node[pairs.row[place]]): sure for place, sure in found.items()}


def test_a_way_is_as_sure_as_its_inferred_edges_together(board: Board) -> None:
    """Two inferred steps are less sure than one, and declared steps cost nothing."""
    number = board.measures(board.instrument())
    for node in (board.BASE, board.NOTES, board.MERGE):
        board.put(node, number, 0.1)
    doubts = {(board.MEDICAL, board.BASE): 0.9, (board.NOTES, board.MEDICAL): 0.8}
    found = doubts_of(board, doubts, [(board.MERGE, board.BASE)], Against.SCORED_ANCESTOR)
    assert found == {board.NOTES: pytest.approx(0.72)}


def test_a_longer_way_that_is_declared_is_enough(board: Board) -> None:
    """Where both an inferred short way and a declared long one lead to the ancestor, it is declared."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1)
    board.put(board.NOTES, number, 0.1)
    declared = [(board.NOTES, board.MEDICAL), (board.MEDICAL, board.BASE)]
    assert doubts_of(board, {(board.NOTES, board.BASE): 0.9}, declared, Against.SCORED_ANCESTOR) == {}


def test_without_inferred_edges_nothing_is_doubtful(board: Board) -> None:
    """And the graph of declared edges is not even asked for."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.1)
    assert doubts_of(board, {}, [(board.MEDICAL, board.BASE)], Against.PARENT) == {}


@given(st.integers(0, 2**32 - 1))
def test_walks_find_what_a_search_of_paths_finds(seed: int) -> None:
    """Of many models at once, along chains, merges and cycles: the product along a shortest path, unless declared."""
    random = np.random.default_rng(seed)
    size = 8
    ends = {(int(a), int(b)) for a, b in random.integers(0, size, (int(random.integers(1, 12)), 2)) if a != b}
    doubts = {one: float(random.choice([0.5, 0.7, 0.9])) for one in sorted(ends) if random.random() < 0.6}
    graph, plain = (
        Graph.from_edges(size, [child for child, _ in edges], [parent for _, parent in edges])
        for edges in (sorted(ends), sorted(ends - doubts.keys()))
    )
    board = Board()
    number = board.measures(board.instrument())
    for node in range(size):
        board.put(node, number, 0.1)
    current = board.current()
    pairs = find_pairs(graph, current, board.identities, Against.ROOT)
    told = {}
    for place, (row, reference) in enumerate(zip(pairs.row.tolist(), pairs.reference.tolist(), strict=True)):
        path = graph.path_up(int(current.node[row]), reference)
        found = [doubts[edge] for edge in pairwise(path) if edge in doubts]
        if found and not plain.path_up(int(current.node[row]), reference):
            told[place] = prod(found)
    assert doubtful_ways(graph, current, pairs, doubts, lambda: plain) == told
