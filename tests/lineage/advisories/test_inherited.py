"""Which path leads up to a model with an advisory, and what makes it doubtful."""

from __future__ import annotations

from lineage.advisories.inherited import UpwardEdge, paths_to


def up(parent: int, *, inferred: bool = False) -> UpwardEdge:
    """Return an edge up to a parent."""
    return UpwardEdge(parent=parent, relation="finetune", inferred=inferred)


def test_declared_edges_lead_there_before_shorter_ways() -> None:
    """A way of declared edges counts, however long; only where there is none is it the shortest with inferred ones."""
    edges = {1: [up(2), up(9, inferred=True)], 2: [up(3)], 3: [up(9), up(4, inferred=True)], 9: [up(4, inferred=True)]}
    found = dict(paths_to(1, {9, 4, 7}, edges))
    assert {node: (path.nodes, path.is_inferred) for node, path in found.items()} == {
        9: ((1, 2, 3, 9), False),
        4: ((1, 9, 4), True),
    }


def test_a_cycle_ends() -> None:
    """Models that are each other's ancestors have each other's advisories, and their own, once."""
    edges = {1: [up(2)], 2: [up(1)]}
    assert [(node, path.nodes) for node, path in paths_to(1, {1, 2}, edges)] == [(1, (1,)), (2, (1, 2))]
