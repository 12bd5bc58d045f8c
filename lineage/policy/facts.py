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
    from lineage.parents.edge import ContradictedEdge, Edge
    from lineage.scores.score import StoredScore

PRESENT: Final = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """A model as the Hub last showed it; None means unknown.

    Models without a score can share a record, which then has no `revision`: rules ask for that of scored ones.
    `gated` is false, auto or manual. `pickle_only` is true if all its weights are pickles, and None if its files are
    not known. `seen_at` is aware and UTC.
    """

    status: str = PRESENT
    status_evidence: str | None = None
    revision: str | None = None
    licence: str | None = None
    gated: str | None = None
    pickle_only: bool | None = None
    seen_at: datetime | None = None


_MISSING: Final = ModelRecord(status="missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftQuestion:
    """One question on drift: against which ancestor, on which instruments (empty for all), with which margin."""

    against: str
    instruments: tuple[str, ...]
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A name under which a model is tested, with that model's record, None if there is none, and edges to parents."""

    name: str
    record: ModelRecord | None
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """Everything that a policy needs, read at one moment.

    `models` are the requested ids, of single files with their variant (`org/name:Q2_K`), for which the record and the
    parents of the repository count. `records`, `edges` and `contradicted`, the edges that weights contradict (both by
    child), cover the ancestors too. `scores` are by model or file, `drift` by question and the same; models without any
    are in neither. `stand_in` is one more model. `trouble` lists why the selection is incomplete: an unknown name, or
    records that arrived after the graph was computed.
    """

    models: tuple[str, ...]
    checked_at: datetime
    records: Mapping[str, ModelRecord] = field(default_factory=dict)
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    contradicted: Mapping[str, tuple[ContradictedEdge, ...]] = field(default_factory=dict)
    scores: Mapping[str, tuple[StoredScore, ...]] = field(default_factory=dict)
    drift: Mapping[DriftQuestion, Mapping[str, tuple[DriftRow, ...]]] = field(default_factory=dict)
    stand_in: StandIn | None = None
    trouble: tuple[tuple[str, str], ...] = ()

    def record(self, model: str) -> ModelRecord:
        """Return a model's record; a model without one counts as missing."""
        if self.stand_in is not None and self.stand_in.name == model:
            return self.stand_in.record or _MISSING
        return self.records.get(model) or self.records.get(split_variant(model).repository) or _MISSING

    def parents(self, model: str) -> tuple[Edge, ...]:
        """Return the edges to a model's parents, empty if it has none."""
        if self.stand_in is not None and self.stand_in.name == model:
            return self.stand_in.edges
        return self.edges.get(model) or self.edges.get(split_variant(model).repository, ())

    def denied(self, model: str) -> tuple[ContradictedEdge, ...]:
        """Return what is said of a model's parents and its weights contradict."""
        return self.contradicted.get(model) or self.contradicted.get(split_variant(model).repository, ())

    def denied_above(self, model: str, generations: int | None = None) -> Iterator[ContradictedEdge]:
        """Yield what weights contradict within so many generations above a model, None for all."""
        below = None if generations is None else generations - 1
        for one in dict.fromkeys((model, *(edge.parent for edge in self.ways_up(model, below)))):
            yield from self.denied(one)

    def ways_up(self, model: str, generations: int | None = None) -> Iterator[Edge]:
        """Yield every edge above a model once, nearest generation first; `generations` None means all of them."""
        return (edge for _, edge in edges_above(model, self.parents, generations))

    def ancestors(self, model: str) -> tuple[str, ...]:
        """Return all ancestors of a model, nearest first; in a cycle, the model is not its own ancestor."""
        return tuple(dict.fromkeys(edge.parent for edge in self.ways_up(model) if edge.parent != model))
