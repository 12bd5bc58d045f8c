"""Which models inherit a domain: from the nearest ancestor with enough signs of its own, declared edges first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lineage.graph.graph import Graph

_STEP_SHARE: Final = 0.93


@dataclass(frozen=True, slots=True, kw_only=True)
class InheritedDomain:
    """A model that inherits: the path up to the ancestor, both included, its confidence and the inferred edges."""

    path: tuple[int, ...]
    confidence: float
    inferred: int


def inherited_confidence(own_confidence: float, distance: int) -> float:
    """Return the confidence that a model inherits from an ancestor `distance` edges above it: `own * 0.93 ** distance`.

    Confidence falls with every step, because a subject is slowly lost along a chain; at distance 0 it is the ancestor's
    own.
    """
    return own_confidence * _STEP_SHARE**distance


def find_heirs(
    graph: Graph, declared: Graph, doubts: Mapping[tuple[int, int], float], confidence: NDArray[np.float64]
) -> Iterator[InheritedDomain]:
    """Yield the models without own signs that inherit: along declared edges first, then along inferred ones.

    `declared` is the graph without inferred edges. `doubts` holds the confidence of each inferred edge by child and
    parent; the inherited confidence is multiplied by it. `confidence` is that of each node's own signs, 0 for none.
    """
    marked = confidence > 0
    found = set()
    for path in declared.paths_to_nearest(marked):
        found.add(path[0])
        sure = inherited_confidence(float(confidence[path[-1]]), len(path) - 1)
        yield InheritedDomain(path=path, confidence=sure, inferred=0)
    for path in graph.paths_to_nearest(marked) if doubts else ():
        if path[0] not in found:
            inferred = [doubts[edge] for edge in pairwise(path) if edge in doubts]
            sure = inherited_confidence(float(confidence[path[-1]]), len(path) - 1) * prod(inferred)
            yield InheritedDomain(path=path, confidence=round(sure, 3), inferred=len(inferred))
