"""Inherited domains: from whom, how surely, and along which edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domains.inheritance import find_heirs, inherited_confidence
from lineage.graph.graph import Graph


@given(st.floats(0, 1), st.integers(0, 60))
def test_inheritance_fades_with_distance(own: float, distance: int) -> None:
    """What is inherited never grows with distance, and at distance 0 is the ancestor's own."""
    assert inherited_confidence(own, 0) == own
    assert inherited_confidence(own, distance + 1) <= inherited_confidence(own, distance) <= own


def test_declared_edges_go_before_inferred_ones() -> None:
    """A model inherits along inferred edges only if no declared way leads to an ancestor with signs of its own."""
    child, parent = [1, 2, 3, 3], [0, 1, 0, 1]
    graph, declared = Graph.from_edges(4, child, parent), Graph.from_edges(4, child[:2], parent[:2])
    heirs = list(find_heirs(graph, declared, {(3, 0): 0.5, (3, 1): 0.9}, np.array([0.8, 0, 0, 0])))
    assert [(heir.path, heir.inferred) for heir in heirs] == [((1, 0), 0), ((2, 1, 0), 0), ((3, 0), 1)]
    assert [heir.confidence for heir in heirs] == pytest.approx([0.8 * 0.93, 0.8 * 0.93**2, 0.372])
