"""The facts that a policy is checked against: those of the requested models and of their ancestors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lineage.parents.edge import edges_above
from lineage.scores.variant import split_variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from lineage.drift.drift_row import DriftRow
    from lineage.parents.edge import Edge
    from lineage.scores.score import StoredScore

PRESENT: Final = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """A model as the Hub last showed it; None means unknown.

    `gated` is false, auto or manual. `pickle_only` is true if all its weights are pickles, and None if its files are
    not known. `seen_at` is aware and UTC.
    """

    id: str
    status: str = PRESENT
    status_evidence: str | None = None
    revision: str | None = None
    licence: str | None = None
    gated: str | None = None
    pickle_only: bool | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftQuestion:
    """One question on drift: against which ancestor, on which instruments (empty for all), with which margin."""

    against: str
    instruments: tuple[str, ...]
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """Everything that a policy needs, read at one moment.

    `models` are the requested ids, of single files with their variant (`org/name:Q2_K`), for which the record and the
    parents of the repository count. `records` and `edges` (by child) cover the ancestors too. `scores` are by model or
    file, `drift` by question and the same. `trouble` lists why the selection is incomplete: an unknown name, or records
    that arrived after the graph was computed.
    """

    models: tuple[str, ...]
    checked_at: datetime
    records: Mapping[str, ModelRecord] = field(default_factory=dict)
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    scores: Mapping[str, tuple[StoredScore, ...]] = field(default_factory=dict)
    drift: Mapping[DriftQuestion, Mapping[str, tuple[DriftRow, ...]]] = field(default_factory=dict)
    trouble: tuple[tuple[str, str], ...] = ()

    def record(self, model: str) -> ModelRecord:
        """Return a model's record; a model without one counts as missing."""
        return self.records.get(split_variant(model).repository) or ModelRecord(id=model, status="missing")

    def parents(self, model: str) -> tuple[Edge, ...]:
        """Return the edges to a model's parents, empty if it has none."""
        return self.edges.get(split_variant(model).repository, ())

    def ways_up(self, model: str, generations: int | None = None) -> Iterator[Edge]:
        """Yield every edge above a model once, nearest generation first; `generations` None means all of them."""
        return (edge for _, edge in edges_above(model, self.parents, generations))

    def ancestors(self, model: str) -> tuple[str, ...]:
        """Return all ancestors of a model, nearest first; in a cycle, the model is not its own ancestor."""
        return tuple(dict.fromkeys(edge.parent for edge in self.ways_up(model) if edge.parent != model))
