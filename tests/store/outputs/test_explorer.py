"""The explorer's data out of a real database: which models, which edges, and that columns meet their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from lineage.explorer.payload import encode
from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.split import Half
from lineage.maintenance.trial import RecipeTrial, TrialDrift, TrialVerdict
from store.derive.graph_tables import write_nodes
from store.drift.write_drift import refresh
from store.jobs.queue import enqueue
from store.maintenance.interventions import RepairSubject, write_trials
from store.outputs.explorer import find_explorer
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.plan import PlannedJob
    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled

    Make = Callable[..., Score]


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give model-1 <- medical-notes <- model-3, a merge of model-3 and model-5, and model-5 alone."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1, downloads=100),
                desk.record(2, id="maple/medical-notes", tags=["base_model:maple/model-1", "medical"]),
                desk.record(3, tags=["base_model:adapter:maple/medical-notes"]),
                desk.record(4, tags=["base_model:maple/model-3", "base_model:maple/model-5"]),
                desk.record(5),
            ]
        )
        desk.derive()

    return filled(fill)


def payload_of(desk: Desk, selector: str | None, *, inferred: bool = True, predicted: int = 100) -> dict[str, Any]:
    """Return the page's data of a selection."""
    found = find_explorer(desk.database, selector, inferred=inferred, predicted=predicted)
    return cast("dict[str, Any]", encode(found))


def drawn(payload: dict[str, Any]) -> list[tuple[int, str]]:
    """Return generation and name of every row."""
    return list(zip(payload["models"]["depth"], (one.split("/")[1] for one in payload["models"]["id"]), strict=True))


def test_a_family_with_its_evidence(family: Desk) -> None:
    """The descendants of a model stand below it; a merge's parent outside the selection is named with its evidence."""
    payload = payload_of(family, "maple/model-1+")
    assert drawn(payload) == [(0, "model-1"), (1, "medical-notes"), (2, "model-3"), (3, "model-4")]
    edges = payload["edges"]
    assert payload["outside"] == ["maple/model-5"]
    assert (edges["other"]["child"], edges["other"]["parent"]) == ([3], [-2])
    first = edges["proofs"][edges["proof"][1]]
    assert [(one[0], one[5]) for one in first] == [("tag", "base_model:\x00")]
    assert payload["models"]["domains"][1] == 1


def test_what_a_copied_card_declares_is_told_of_the_edge_to_the_original(desk: Desk) -> None:
    """The copy hangs below its original with both pieces of evidence; without inferred edges, below its card's base."""
    declares = ["base_model:maple/model-1"]
    desk.take(
        [
            desk.record(1),
            desk.record(2, id="maple/ward-notes", tags=declares),
            desk.record(3, id="elm/ward-notes-GGUF", tags=["gguf", *declares]),
        ]
    )
    desk.derive()
    payload = payload_of(desk, "maple/model-1+")
    assert drawn(payload) == [(0, "model-1"), (1, "ward-notes"), (2, "ward-notes-GGUF")]
    pieces = payload["edges"]["proofs"][payload["edges"]["proof"][2]]
    assert sorted((one[0], one[2], one[5]) for one in pieces) == [
        ("name", "inferred", "ward notes"),
        ("tag", "on a copied card", "base_model:maple/model-1"),
    ]
    declared = payload_of(desk, "maple/model-1+", inferred=False)
    assert sorted(drawn(declared)) == [(0, "model-1"), (1, "ward-notes"), (1, "ward-notes-GGUF")]


def test_ancestors_show_where_the_chosen_come_from(family: Desk) -> None:
    """A selection of one model has its ancestors too, marked as not asked for."""
    payload = payload_of(family, "maple/model-3")
    assert drawn(payload) == [(0, "model-1"), (1, "medical-notes"), (2, "model-3")]
    assert payload["models"]["context"] == [0, 1]


def test_everything_is_several_families(family: Desk) -> None:
    """Without a selector every model has a row; a merge hangs under the parent that is nearest to a root."""
    payload = payload_of(family, None)
    assert (1, "model-4") in drawn(payload)
    assert [name for depth, name in drawn(payload) if depth == 0] == ["model-1", "model-5"]


def test_scores_drift_jobs_and_predictions(
    family: Desk, make_score: Make, make_wanted: Callable[..., PlannedJob]
) -> None:
    """Scores come in points with their state, verdicts as stored, jobs and predictions for who has no score."""
    scores = [make_score(f"maple/model-{one}", ones) for one, ones in ((1, 40), (5, 60))]
    scores.append(make_score("maple/medical-notes", 120))
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    enqueue(family.database, [make_wanted(3)], family.START)
    payload = payload_of(family, "maple/model-1+")
    assert payload["columns"][0]["name"] == "harm"
    assert dict(zip(payload["scores"]["model"], payload["scores"]["value"], strict=True)) == {0: 10, 1: 30}
    drift, verdicts = payload["drift"], payload["about"]["verdicts"]
    stored = family.rows("select model, verdict from drift where against = 'root' order by model")
    by_root = [at for at, kinds in enumerate(drift["against"]) if kinds & 4]
    names = payload["models"]["id"]
    assert [(names[drift["model"][at]], verdicts[drift["verdict"][at]]) for at in by_root] == stored
    assert payload["jobs"]["model"] == [2]
    assert set(payload["predicted"]["model"]) == {2, 3}
    assert payload["about"]["unpredicted"] == 0


def test_no_more_predictions_than_asked_for(family: Desk, make_score: Make) -> None:
    """The most used models keep their predictions, and the page says how many more there could be."""
    scores = [make_score(f"maple/model-{one}", 40) for one in (1, 5)]
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    payload = payload_of(family, "maple/model-1+", predicted=1)
    assert len(set(payload["predicted"]["model"])) == 1
    assert payload["about"]["unpredicted"] == 2


def test_no_edge_that_nobody_declares_where_none_is_wanted(family: Desk) -> None:
    """Without inferred edges a model that hangs by one is a root."""
    family.database._connection.execute("update hub.edges set inferred = true where child = 'maple/model-3'")
    with family.database.transaction():
        write_nodes(family.database)
    assert drawn(payload_of(family, "maple/model-3", inferred=False)) == [(0, "model-3")]
    assert len(drawn(payload_of(family, "maple/model-3"))) == 3


def trial_drift(name: str, points: float, *, is_capability: bool = False) -> TrialDrift:
    """Return what a recipe came to on an instrument; no worse than 3 points is within the margin."""
    limits = dict.fromkeys(("low", "lower"), points - 1) | dict.fromkeys(("high", "upper"), points + 1)
    return TrialDrift(
        name=name,
        key=f"{name}@0",
        is_capability=is_capability,
        drift=points,
        stderr=0.5,
        items=10,
        items_total=20,
        verdict=TrialVerdict.NO_WORSE if points < 3 else TrialVerdict.WORSE,
        **limits,
    )


def test_repairs_of_the_models_that_are_shown(family: Desk) -> None:
    """The search first, from the largest change to the smallest; repairs of models without a row are left out."""
    small, large = MixRecipe(attention=0.25, rest=0.25), MixRecipe(attention=0.5, rest=0.5)
    trials = [
        RecipeTrial(recipe=small, half=half, drifts=(trial_drift("harm", 1), *cost))
        for half, cost in (
            (Half.CONFIRMATION, (trial_drift("quiz", 5, is_capability=True),)),
            (Half.SEARCH, ()),
        )
    ]
    trials.append(RecipeTrial(recipe=large, half=Half.SEARCH, drifts=(trial_drift("harm", 9),)))
    for model in ("maple/medical-notes", "maple/model-5", "maple/gone"):
        subject = RepairSubject(model=model, revision="a", base="maple/model-1", base_revision="b")
        write_trials(family.database, subject, trials, small, 3.0, family.START)
    told = payload_of(family, "maple/model-3")["repairs"]
    assert told["bases"] == ["maple/model-1"]
    words = [f"{share} of the fine-tune's change" for share in ("0.5", "0.25")]
    assert [told["recipes"][code] for code in told["recipe"]] == [words[0], words[1], words[1]]
    assert told["model"] == [1, 1, 1]
    assert told["half"] == [0, 0, 1]
    assert told["drift"] == [9, 1, 1]
    assert told["loss"] == [None, None, 5]
    assert told["safe"] == [0, 1, 1]
    assert told["chosen"] == [0, 1, 1]
