"""What a policy is held against: facts of the models that are asked about, and of their ancestors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lineage.parents.edge import edges_above

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from lineage.drift.drift_row import DriftRow
    from lineage.parents.edge import Edge
    from lineage.scores.score import StoredScore

PRESENT: Final = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """A model as the Hub last showed it; None is unknown.

    `gated` is false, auto or manual. `pickle_only` says that its weights are known to be pickles alone; None where its
    files are not known. `seen_at` is aware and UTC.
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
    """One question on drift: against which ancestor, of which instruments (empty for all), with which margin."""

    against: str
    instruments: tuple[str, ...]
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """All that a policy needs, read at one moment.

    `models` are the ids that are asked about; `records` and `edges` (by child) cover their ancestors too. `scores` are
    by model, `drift` by question and model. `trouble` says what keeps the selection from being whole: a name that is
    not here, records that came after the graph was computed.
    """

    models: tuple[str, ...]
    checked_at: datetime
    records: Mapping[str, ModelRecord] = field(default_factory=dict)
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    scores: Mapping[str, tuple[StoredScore, ...]] = field(default_factory=dict)
    drift: Mapping[DriftQuestion, Mapping[str, tuple[DriftRow, ...]]] = field(default_factory=dict)
    trouble: tuple[tuple[str, str], ...] = ()

    def record(self, model: str) -> ModelRecord:
        """Return what is known of a model; one that nobody has a record of is missing."""
        return self.records.get(model) or ModelRecord(id=model, status="missing")

    def parents(self, model: str) -> tuple[Edge, ...]:
        """Return the edges to a model's parents; none where it has none."""
        return self.edges.get(model, ())

    def ways_up(self, model: str, generations: int | None = None) -> Iterator[Edge]:
        """Yield every edge above a model once, the nearest generation first; `generations` None for all of them."""
        return (edge for _, edge in edges_above(model, self.parents, generations))

    def ancestors(self, model: str) -> tuple[str, ...]:
        """Return all ancestors of a model, the nearest first; in a circle it is none of its own."""
        return tuple(dict.fromkeys(edge.parent for edge in self.ways_up(model) if edge.parent != model))
