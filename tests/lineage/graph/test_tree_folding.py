"""A tree folded while it is followed, against one that is folded when it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.graph.tree_folding import fold
from lineage.graph.tree_text import TreeNode, TreeStyle, render_tree
from lineage.vocabulary import Relation

EDGES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(0, 3)), max_size=40)
RELATIONS = tuple(Relation)


@given(
    EDGES,
    st.lists(st.integers(0, 5), min_size=12, max_size=12),
    st.integers(0, 11),
    st.builds(
        TreeStyle,
        depth=st.none() | st.integers(1, 5),
        fold_over=st.integers(1, 4),
        lines=st.integers(1, 30),
        upwards=st.booleans(),
    ),
)
def test_a_folded_tree_is_drawn_as_a_whole_one(
    edges: list[tuple[int, int, int]], downloads: list[int], start: int, style: TreeStyle
) -> None:
    """With any style, on graphs with merges and cycles, both drawings are the same to the letter."""
    columns = list(zip(*edges, strict=True)) or [(), (), ()]
    graph = Graph.from_edges(12, *columns)
    nodes = {}
    for number in range(12):
        orders = [relation for child, parent, relation in edges if child == number != parent]
        nodes[number] = TreeNode(
            id=f"maple/model-{number}",
            relation=RELATIONS[min(orders)] if orders else None,
            downloads=downloads[number],
        )
    near = graph.parents if style.upwards else graph.children
    branches = {number: sorted(near(number).tolist(), key=lambda one: (-downloads[one], one)) for number in range(12)}
    folded = fold(graph, np.array(downloads, dtype=np.int64), start, style)
    others = {below: TreeNode(id="") for branch in folded.branches.values() for below in branch}
    shown = others | {number: nodes[number] for number in folded.shown}
    drawn = render_tree(start, shown, folded.branches, style, unlisted=folded.unlisted)
    assert drawn == render_tree(start, nodes, branches, style)


@pytest.mark.parametrize("upwards", [False, True])
def test_a_wide_model_is_followed_no_further_than_it_is_drawn(*, upwards: bool) -> None:
    """Of 1000 branches 3 are shown and the rest counted."""
    many, one = list(range(1, 1001)), [0] * 1000
    child, parent = (one, many) if upwards else (many, one)
    graph = Graph.from_edges(1001, child, parent)
    style = TreeStyle(fold_over=3, upwards=upwards)
    folded = fold(graph, np.arange(1001), 0, style)
    assert folded.shown == (0, 1000, 999, 998)
    assert folded.unlisted == {0: {Relation.FINETUNE: 997}}
