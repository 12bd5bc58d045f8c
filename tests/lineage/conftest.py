"""Profiles of small fictional families, for figures and bills of materials, and small graphs of any shape."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import strategies as st

from lineage.drift.drift_row import DriftRow
from lineage.graph.graph import Graph
from lineage.parents.edge import Edge
from lineage.profile import ModelFacts, PlannedScore, Profile, Profiles
from lineage.scores.score import Identity, StoredScore
from lineage.vocabulary import Against, Construct, Direction, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN = datetime(2026, 3, 1, tzinfo=UTC)
NumberedEdge = tuple[int, int, int]
"""Child, parent and relation."""


@st.composite
def drawn_graphs(draw: st.DrawFn) -> tuple[int, list[NumberedEdge]]:
    """Draw a small graph with cycles, self loops and duplicates."""
    size = draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(node, node, st.integers(0, 3)), max_size=18))


def build(size: int, edges: list[NumberedEdge]) -> Graph:
    """Build the graph under test."""
    columns = list(zip(*edges, strict=True)) or [(), (), ()]
    return Graph.from_edges(size, columns[0], columns[1], columns[2])


def make_parent(name: str, relation: str = "finetune", *, inferred: bool = False, **changes: Any) -> Edge:  # noqa: ANN401 - fields are chosen by the tests
    """Return an edge to a parent of that name; `changes` replace fields."""
    told: dict[str, Any] = {
        "child": "",
        "parent": name,
        "relation": relation,
        "evidence": "name" if inferred else "card",
        "confidence": 0.61 if inferred else 0.97,
        "declared_as": name,
        "declared_relation": None,
        "hub_relation": None,
        "relation_reason": "card",
        "parent_status": "present",
        "resolution": "inferred" if inferred else "exact",
        "inferred": inferred,
        "rule": "common name" if inferred else None,
        "original": None,
        "first_seen_at": SEEN,
        "last_seen_at": SEEN,
    }
    return Edge(**(told | changes))


def make_score(name: str = "harm", value: float = 0.31, state: str = "measured", **changes: Any) -> StoredScore:  # noqa: ANN401 - as above
    """Return a score of an instrument of harmful replies; `changes` replace fields."""
    identity = Identity(name=name)
    told: dict[str, Any] = {
        "instrument": identity.key,
        "identity": identity,
        "title": "Harmful replies",
        "construct": Construct.UNSAFE_OUTPUT,
        "direction": Direction.LOWER_IS_SAFER,
        "low": 0.0,
        "high": 1.0,
        "value": value,
        "stderr": 0.02,
        "items": 400,
        "state": state,
        "source": "lm-eval",
        "origin": "results.json",
        "run": "0123456789abcdef",
        "revision": None,
        "measured_at": SEEN,
        "is_standing": True,
    }
    return StoredScore(**(told | changes))


def make_drift(model: str, verdict: Verdict, delta: float | None, name: str = "harm", **changes: Any) -> DriftRow:  # noqa: ANN401 - as above
    """Return a comparison with the nearest scored ancestor; `changes` replace fields."""
    told: dict[str, Any] = {
        "model": model,
        "instrument": Identity(name=name).key,
        "name": name,
        "title": "Harmful replies" if name == "harm" else name,
        "construct": Construct.UNSAFE_OUTPUT,
        "direction": Direction.LOWER_IS_SAFER,
        "verdict": verdict,
        "against": Against.SCORED_ANCESTOR,
        "reference": "maple/base",
        "delta": delta,
        "ci_low": None if delta is None else delta - 2,
        "ci_high": None if delta is None else delta + 2,
        "q_value": None if delta is None else 0.01,
        "reason": f"{verdict.value}, as the test says",
    }
    return DriftRow(**(told | changes))


def make_planned(instrument: str = "harm", state: str = "queued") -> PlannedScore:
    """Return an evaluation that waits."""
    return PlannedScore(instrument=instrument, state=state, reason="asked for", error=None, revision=None)


@dataclass(slots=True)
class Album:
    """Makes profiles and gathers them; `seen` is when its models were made and seen."""

    by_id: dict[str, Profile] = field(default_factory=dict)

    seen: ClassVar[datetime] = SEEN
    parent = staticmethod(make_parent)
    score = staticmethod(make_score)
    drift = staticmethod(make_drift)
    planned = staticmethod(make_planned)

    def add(self, name: str, *parents: Edge, facts: dict[str, Any] | None = None, **records: Any) -> Album:  # noqa: ANN401 - as above
        """Add a model with these parents, facts and records."""
        told: dict[str, Any] = {"id": name, "status": "present", "created_at": SEEN} | (facts or {})
        edges = tuple(replace(edge, child=name) for edge in parents)
        self.by_id[name] = Profile(facts=ModelFacts(**told), parents=edges, **records)
        return self

    def profiles(self, *chosen: str) -> Profiles:
        """Return the profiles, all chosen unless some are named."""
        return Profiles(chosen=chosen or tuple(sorted(self.by_id)), by_id=self.by_id)


@pytest.fixture(name="album")
def fixture_album() -> Album:
    """Give an album without models."""
    return Album()


@pytest.fixture(name="family")
def fixture_family(album: Album) -> Profiles:
    """Give a base with a model of each relation and of each state that a cell can have."""
    base, score = make_parent("maple/base"), make_score()
    told = {
        "oak/worse": (make_parent("maple/base"), Verdict.WORSE, 12.4),
        "oak/better": (make_parent("maple/base", "adapter"), Verdict.BETTER, -6.0),
        "oak/same": (make_parent("maple/base", "quantized"), Verdict.EQUIVALENT, 0.4),
        "oak/unsure": (make_parent("maple/base", "merge"), Verdict.UNDECIDED, 2.1),
        "oak/guess": (make_parent("maple/base", inferred=True), Verdict.WITHHELD, None),
    }
    album.add("maple/base", scores=(score,))
    for name, (parent, verdict, delta) in told.items():
        album.add(name, parent, scores=(score,), drift=(make_drift(name, verdict, delta),))
    album.add("oak/stale", base, scores=(make_score(state="stale"),))
    album.add("oak/waits", base, planned=(make_planned(),))
    album.add("oak/none", base, facts={"status": "deleted", "created_at": None})
    return album.profiles()


@pytest.fixture(name="make_album", scope="session")
def fixture_make_album() -> Callable[[], Album]:
    """Give what makes an album, for tests that need several."""
    return Album
