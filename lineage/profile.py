"""Everything known about some models: facts, parents with their evidence, scores, drift, and what is missing.

Reports, bills of materials and figures are built from these records and query no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lineage.parents.edge import edges_above
from lineage.vocabulary import CURRENT_STATES, ScoreState, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from lineage.drift.drift_row import DriftRow
    from lineage.parents.edge import Edge
    from lineage.parents.origin import Origin
    from lineage.scores.score import StoredScore
    from lineage.vocabulary import Against

UNSCORED: Final = ScoreState.UNSCORED.value
COVERAGE: Final = (*CURRENT_STATES, "queued", UNSCORED)
"""The possible summaries of a model's scores, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A model's own record, and when it was seen: the columns of the views `models` and `families`.

    None if not reported; for a model that was named but never seen, everything except `id` and `status` is None. `root`
    is the nearest ancestor without parents, the model itself if it has none; `derivatives` counts all generations.
    """

    id: str
    status: str
    status_evidence: str | None = None
    hub_id: str | None = None
    author: str | None = None
    created_at: datetime | None = None
    last_modified_at: datetime | None = None
    revision: str | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    pipeline_tag: str | None = None
    library: str | None = None
    license: str | None = None
    gated: str | None = None
    parameters: int | None = None
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    root: str | None = None
    depth: int | None = None
    derivatives: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A domain of a model, with its confidence (0 to 1), its basis (own or inherited), and the evidence for it."""

    domain: str
    basis: str
    confidence: float
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One piece of evidence for or against a parent, as in `evidence`.

    `is_edge` is False if it made no edge. `carried_over_from` is the model whose card was copied, if that is where the
    declaration comes from, else None.
    """

    parent: str
    kind: str
    relation: str | None
    declared_as: str | None
    resolution: str
    confidence: float
    rule: str | None
    inferred: bool
    is_edge: bool
    carried_over_from: str | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedScore:
    """An evaluation that is queued, running, failed or skipped, with the reason; as in the view `jobs`."""

    instrument: str | None
    state: str
    reason: str | None
    error: str | None
    revision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fact about a model that could not be read as expected: where, what, and the value found."""

    field: str
    problem: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """An ancestor of a model: the generations up to it, and whether only inferred edges lead there."""

    id: str
    distance: int
    inferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything known about one model.

    `drift` is against parent, nearest scored ancestor and root, at the default margin. The current `scores` come first;
    `file_scores` are those of single files of the repository, which say nothing about the model as a whole; `signs` are
    all evidence, whether or not it made an edge. `origin` is None for a model with a parent.
    """

    facts: ModelFacts
    topics: tuple[Topic, ...] = ()
    parents: tuple[Edge, ...] = ()
    signs: tuple[Sign, ...] = ()
    scores: tuple[StoredScore, ...] = ()
    file_scores: tuple[StoredScore, ...] = ()
    drift: tuple[DriftRow, ...] = ()
    planned: tuple[PlannedScore, ...] = ()
    problems: tuple[Problem, ...] = ()
    origin: Origin | None = None

    @property
    def id(self) -> str:
        """The model's id."""
        return self.facts.id

    @property
    def coverage(self) -> str:
        """The best that is known about its scores: one of `COVERAGE`."""
        known = {score.state for score in self.scores}
        known |= {"queued" for plan in self.planned if plan.state in {"queued", "leased"}}
        return next((state for state in COVERAGE if state in known), UNSCORED)

    @property
    def withheld(self) -> tuple[DriftRow, ...]:
        """The drift rows without a verdict; `reason` says why."""
        return tuple(row for row in self.drift if row.verdict is Verdict.WITHHELD)

    def drift_against(self, against: Against) -> tuple[DriftRow, ...]:
        """Return the drift from one kind of ancestor."""
        return tuple(row for row in self.drift if row.against is against)

    def signs_of(self, parent: str) -> tuple[Sign, ...]:
        """Return all evidence for one parent."""
        return tuple(sign for sign in self.signs if sign.parent == parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The profiles of the requested models and of all their ancestors.

    `chosen` are the ids that were requested, sorted; `by_id` also has those of their ancestors.
    """

    chosen: tuple[str, ...]
    by_id: Mapping[str, Profile] = field(repr=False)

    def __len__(self) -> int:
        return len(self.chosen)

    def __iter__(self) -> Iterator[Profile]:
        """Yield the profiles of the requested models."""
        return (self.by_id[model] for model in self.chosen)

    def __getitem__(self, model: str) -> Profile:
        return self.by_id[model]

    def ancestors(self, model: str) -> tuple[Ancestor, ...]:
        """Return all ancestors of a model, the nearest first, then by id; never the model itself."""
        every = self._distances(model, with_inferred=True)
        declared = self._distances(model, with_inferred=False)
        found = sorted((distance, name) for name, distance in every.items() if name != model)
        return tuple(Ancestor(id=name, distance=distance, inferred=name not in declared) for distance, name in found)

    def narrowed(self, chosen: Iterable[str]) -> Profiles:
        """Return the same profiles with other models chosen; models without a profile are left out."""
        return Profiles(chosen=tuple(model for model in chosen if model in self.by_id), by_id=self.by_id)

    def declared(self) -> Profiles:
        """Return the same profiles without inferred edges, and without drift that rests on inferred edges alone."""
        by_id = {
            model: replace(
                one,
                parents=tuple(edge for edge in one.parents if not edge.inferred),
                drift=tuple(row for row in one.drift if not row.inferred),
            )
            for model, one in self.by_id.items()
        }
        return Profiles(chosen=self.chosen, by_id=by_id)

    def _distances(self, model: str, *, with_inferred: bool) -> dict[str, int]:
        """Return the generations from a model up to each of its ancestors, along the shortest path."""

        def parents_of(one: str) -> Iterator[Edge]:
            known = self.by_id.get(one)
            edges = () if known is None else known.parents
            return (edge for edge in edges if with_inferred or not edge.inferred)

        found = {model: 0}
        for distance, edge in edges_above(model, parents_of):
            found.setdefault(edge.parent, distance)
        return found
