"""Profiles: what is read off the records of several models together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.drift.drift_row import DriftRow
from lineage.parents.edge import Edge
from lineage.profile import UNSCORED, ModelFacts, PlannedScore, Profile, Profiles
from lineage.vocabulary import Against, Construct, Direction, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


def parent(name: str, *, inferred: bool = False) -> Edge:
    """Return an edge to a parent of that name."""
    return Edge(
        child="",
        parent=name,
        relation="finetune",
        evidence="name" if inferred else "card",
        confidence=0.6 if inferred else 0.97,
        declared_as=name,
        inferred=inferred,
    )


def family(edges: Mapping[str, tuple[Edge, ...]], *chosen: str) -> Profiles:
    """Return profiles of models that have nothing but parents."""
    by_id = {
        name: Profile(facts=ModelFacts(id=name, status="present"), parents=parents) for name, parents in edges.items()
    }
    return Profiles(chosen=chosen, by_id=by_id)


def row(verdict: Verdict, against: Against = Against.ROOT) -> DriftRow:
    """Return a row of drift with that verdict."""
    return DriftRow(
        model="oak/a",
        instrument="harm@1",
        name="harm",
        construct=Construct.UNSAFE_OUTPUT,
        direction=Direction.LOWER_IS_SAFER,
        verdict=verdict,
        against=against,
    )


def test_ancestors_stand_by_distance_and_say_what_is_only_inferred() -> None:
    """Every parent counts, the shortest way decides, and one declared way is enough."""
    profiles = family(
        {
            "oak/merge": (parent("oak/a"), parent("oak/b", inferred=True)),
            "oak/a": (parent("oak/root"),),
            "oak/b": (parent("oak/root"), parent("oak/other")),
            "oak/root": (),
            "oak/other": (),
        },
        "oak/merge",
    )
    found = [(one.id, one.distance, one.inferred) for one in profiles.ancestors("oak/merge")]
    assert found == [
        ("oak/a", 1, False),
        ("oak/b", 1, True),
        ("oak/other", 2, True),
        ("oak/root", 2, False),
    ]


def test_a_cycle_ends_and_a_model_is_not_its_own_ancestor() -> None:
    """Two models that name each other are each other's ancestor, once."""
    profiles = family({"oak/a": (parent("oak/b"),), "oak/b": (parent("oak/a"), parent("oak/gone"))}, "oak/a")
    assert [one.id for one in profiles.ancestors("oak/a")] == ["oak/b", "oak/gone"]


def test_what_was_asked_for_is_told_from_ancestors() -> None:
    """Iteration and length are of the chosen models; the others are found by id; a name without a profile raises."""
    profiles = family({"oak/a": (parent("oak/b"),), "oak/b": ()}, "oak/a")
    assert ([one.id for one in profiles], len(profiles), profiles["oak/b"].id) == (["oak/a"], 1, "oak/b")
    assert profiles.narrowed(["oak/b", "oak/none"]).chosen == ("oak/b",)
    with pytest.raises(KeyError):
        profiles["oak/none"]


def test_a_queued_model_is_not_an_unscored_one() -> None:
    """Coverage tells waiting from nothing; a job that failed is no promise."""
    facts = ModelFacts(id="oak/a", status="present")

    def coverage(*states: str) -> str:
        plans = tuple(
            PlannedScore(instrument="harm", state=one, reason=None, error=None, revision=None) for one in states
        )
        return Profile(facts=facts, planned=plans).coverage

    assert (coverage(), coverage("failed", "skipped"), coverage("failed", "leased")) == (UNSCORED, UNSCORED, "queued")


def test_withheld_drift_is_found() -> None:
    """What nothing is said of stands apart, over all kinds of ancestors."""
    rows = (row(Verdict.WORSE), row(Verdict.WITHHELD), row(Verdict.WITHHELD, Against.PARENT))
    profile = Profile(facts=ModelFacts(id="oak/a", status="present"), drift=rows)
    assert profile.withheld == rows[1:]
    assert profile.drift_against(Against.PARENT) == rows[2:]
