"""An edge between a model and one of its parents, with the evidence that decided it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineage.parents.evidence import CURATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge from a child up to a parent: a row of the view `edges`, or some of its columns.

    `confidence` is 0 to 1; `inferred` is True if nobody declares the edge and rules inferred it.
    """

    child: str
    parent: str
    relation: str
    evidence: str
    confidence: float
    inferred: bool = False
    declared_as: str | None = None
    declared_relation: str | None = None
    hub_relation: str | None = None
    relation_reason: str | None = None
    parent_status: str = "present"
    resolution: str = "exact"
    rule: str | None = None
    original: str | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None

    @property
    def source(self) -> str:
        """The source of the edge, in words."""
        written = f', written "{self.declared_as}"' if self.declared_as else ""
        if self.evidence == CURATED:
            return f"curated from {self.declared_as}, confidence {self.confidence:.2f}"
        kind = "inferred from" if self.inferred else "declared by"
        return f"{kind} {self.evidence}, confidence {self.confidence:.2f}{written}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictedEdge:
    """What would be an edge if weights did not contradict it; `reason` is what their verdict rests on, None if unknown.

    `weights` is `contradicted`, or `no sign`: it was inferred, and another inferred parent has one origin with the
    child.
    """

    child: str
    parent: str
    relation: str
    evidence: str
    confidence: float
    inferred: bool
    weights: str
    declared_as: str | None = None
    reason: str | None = None

    @property
    def words(self) -> str:
        """That weights contradict it, in a few words."""
        return f"weights contradict that it is a {self.relation} of {self.parent}"

    @property
    def source(self) -> str:
        """What says so, and what the weights say."""
        said = Edge(
            child=self.child,
            parent=self.parent,
            relation=self.relation,
            evidence=self.evidence,
            confidence=self.confidence,
            inferred=self.inferred,
            declared_as=self.declared_as,
        )
        return f"{said.source}; weights: {self.reason or self.weights}"


def edges_above(
    model: str, parents_of: Callable[[str], Iterable[Edge]], generations: int | None = None
) -> Iterator[tuple[int, Edge]]:
    """Yield every edge above a model once, with its distance (1 for the model's own), the nearest generation first.

    `parents_of` returns the edges from a model up to its parents; `generations` limits the distance, None means no
    limit.
    """
    seen, layer, distance = {model}, [model], 0
    while layer and distance != generations:
        distance += 1
        edges = [edge for child in layer for edge in parents_of(child)]
        yield from ((distance, edge) for edge in edges)
        layer = [parent for parent in dict.fromkeys(edge.parent for edge in edges) if parent not in seen]
        seen.update(layer)
