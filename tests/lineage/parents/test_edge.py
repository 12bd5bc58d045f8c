"""Edges: every edge above a model, once and in order, whatever circles there are."""

from __future__ import annotations

from lineage.parents.edge import Edge, edges_above


def edge(child: str, parent: str) -> Edge:
    """Return a declared edge."""
    return Edge(child=child, parent=parent, relation="finetune", evidence="card", confidence=0.97)


EDGES = {
    "notes": (edge("notes", "left"), edge("notes", "right")),
    "left": (edge("left", "base"),),
    "right": (edge("right", "base"), edge("right", "notes")),
    "base": (edge("base", "left"),),
}


def above(model: str, generations: int | None = None) -> list[tuple[int, str, str]]:
    """Return distance, child and parent of the edges above a model."""
    walked = edges_above(model, lambda one: EDGES.get(one, ()), generations)
    return [(distance, one.child, one.parent) for distance, one in walked]


def test_every_edge_comes_once_with_its_distance() -> None:
    """Merges and circles give each edge once, at its shortest distance, and the walk ends."""
    assert above("notes") == [
        (1, "notes", "left"),
        (1, "notes", "right"),
        (2, "left", "base"),
        (2, "right", "base"),
        (2, "right", "notes"),
        (3, "base", "left"),
    ]


def test_generations_bound_the_walk() -> None:
    """One generation is the edges to the model's own parents; a model without parents has none."""
    assert above("notes", 1) == [(1, "notes", "left"), (1, "notes", "right")]
    assert above("nobody") == []
