"""Profiles over a database: everything known of a selection and its ancestors, in as many statements as for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.drift.measure import DriftSettings
from lineage.vocabulary import Against, Verdict
from store.derive.model_names import NoSuchModel
from store.drift.measure import find_drift
from store.drift.profiles import TooManyModels, read_profiles
from store.drift.write_drift import refresh
from store.jobs.queue import enqueue
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.plan import PlannedJob
    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled

KINDS = 9


@pytest.fixture(name="family")
def fixture_family(filled: Filled, make_score: Callable[..., Score], make_wanted: Callable[..., PlannedJob]) -> Desk:
    """Give maple/model-1 <- medical-notes <- model-3, scored, stale, and queued; and a parent that nobody has."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1, sha="a" * 40, downloads=7),
                desk.record(2, id="maple/medical-notes", tags=["base_model:maple/model-1", "medical", "license:mit"]),
                desk.record(3, tags=["base_model:adapter:maple/medical-notes", "base_model:adapter:oak/gone"]),
                desk.record(4, tags="no list"),
            ]
        )
        desk.derive()
        scores = [
            make_score("maple/model-1", 40, revision="a" * 40),
            make_score("maple/medical-notes", 120),
            make_score("maple/medical-notes", 121, judge="other"),
        ]
        write_scores(desk.database, scores, desk.START)
        refresh(desk.database)
        enqueue(desk.database, [make_wanted(3)], desk.START)

    return filled(fill)


def test_a_model_comes_with_its_ancestors(family: Desk) -> None:
    """Chosen are those of the selector; ancestors have profiles of their own, also those that nobody has."""
    profiles = read_profiles(family.database, "maple/model-3")
    assert profiles.chosen == ("maple/model-3",)
    assert sorted(profiles.by_id) == ["maple/medical-notes", "maple/model-1", "maple/model-3", "oak/gone"]
    found = [(one.id, one.distance) for one in profiles.ancestors("maple/model-3")]
    assert found == [("maple/medical-notes", 1), ("oak/gone", 1), ("maple/model-1", 2)]
    assert (profiles["oak/gone"].facts.status, profiles["oak/gone"].facts.hub_id) == ("missing", None)
    assert profiles["maple/model-1"].facts.derivatives == 2


def test_facts_edges_and_evidence_are_those_of_the_views(family: Desk) -> None:
    """Revision, when seen, licence, domains with their signs, and the text that declares the parent."""
    notes = read_profiles(family.database, "maple/medical-notes")["maple/medical-notes"]
    assert (notes.facts.license, notes.facts.last_seen_at, notes.facts.root) == ("mit", family.START, "maple/model-1")
    assert [(topic.domain, topic.basis) for topic in notes.topics] == [("medical", "own")]
    assert all(isinstance(topic.signals, tuple) for topic in notes.topics)
    (parent,) = notes.parents
    assert (parent.parent, parent.evidence, parent.inferred) == ("maple/model-1", "tag", False)
    (sign,) = notes.signs_of("maple/model-1")
    assert (sign.kind, sign.declared_as, sign.is_edge) == ("tag", "base_model:maple/model-1", True)
    assert read_profiles(family.database, "maple/model-1")["maple/model-1"].facts.revision == "a" * 40


def test_scores_have_their_identity_and_drift_its_sentence(family: Desk) -> None:
    """Drift is what the view says, the withheld of it apart, with both values and the domains joined."""
    notes = read_profiles(family.database, "maple/medical-notes")["maple/medical-notes"]
    assert {score.identity.judge for score in notes.scores} == {None, "other"}
    assert all(score.identity.key == score.instrument for score in notes.scores)
    (told,) = (row for row in notes.drift_against(Against.ROOT) if row.verdict is not Verdict.WITHHELD)
    assert (told.verdict, f"{told.value:.3f}", f"{told.reference_value:.3f}") == (Verdict.WORSE, "30.000", "10.000")
    assert (told.domains, told.root) == (("medical",), "maple/model-1")
    assert {row.reason.partition(":")[0] for row in notes.withheld} == {"withheld"}


def test_drift_is_that_of_the_commands(family: Desk) -> None:
    """Whoever asks for drift with the usual settings gets the very rows that the profile holds."""
    asked = find_drift(family.database, None, [Against.SCORED_ANCESTOR], DriftSettings()).rows
    notes = read_profiles(family.database, "maple/medical-notes")["maple/medical-notes"]
    mine = {row.instrument: row for row in notes.drift_against(Against.SCORED_ANCESTOR)}
    assert {row.instrument: row for row in asked} == mine


def test_what_is_queued_and_what_could_not_be_read(family: Desk) -> None:
    """A waiting job makes a model queued; faults of the record stand in its profile."""
    profiles = read_profiles(family.database, "*")
    assert [one.state for one in profiles["maple/model-3"].planned] == ["queued"]
    states = {one.id: one.coverage for one in profiles}
    assert states["maple/model-3"] == "queued"
    assert (states["maple/model-1"], states["oak/gone"]) == ("measured", "unscored")
    assert [one.field for one in profiles["maple/model-4"].problems] == ["record.tags"]


def test_a_family_takes_no_more_statements_than_a_model(family: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One statement a kind of record, however many models."""
    run, names = family.database.run, list[str]()

    def counted(name: str, /, **parameters: object) -> object:
        names.append(name)
        return run(name, **parameters)

    monkeypatch.setattr(family.database, "run", counted)
    read_profiles(family.database, "*")
    assert sum(name.startswith("profiles/") for name in names) == KINDS
    assert len(set(names)) == len(names)


def test_a_selection_has_a_bound(family: Desk) -> None:
    """Ancestors count too; a model that is not here raises as everywhere."""
    with pytest.raises(TooManyModels, match="4 models with their ancestors are selected, but at most 3"):
        read_profiles(family.database, "maple/model-3", most=3)
    with pytest.raises(NoSuchModel):
        read_profiles(family.database, "oak/nobody")
