"""Drift over a database: what the view holds, what a selection answers, and that crawls keep both current."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lineage.drift.drift_row import told_of_safety
from lineage.drift.measure import DriftSettings
from lineage.scores.instruments import Catalogue, UnknownInstrument
from lineage.scores.score import Identity
from lineage.vocabulary import Against, Correction, Scale, Verdict
from store.derive.kept_ids import files_of
from store.drift.measure import find_drift, find_told
from store.drift.predictions import predict_models
from store.drift.write_drift import refresh
from store.queries.models import list_models
from store.scores.queries import list_coverage, list_instruments, list_scores
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.drift.drift_row import DriftRow
    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled

    Make = Callable[..., Score]

ANCESTOR = (Against.SCORED_ANCESTOR,)


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give maple/model-1 <- model-2 <- model-3, the second a medical model."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1),
                desk.record(2, id="maple/medical-notes", tags=["base_model:maple/model-1", "medical"]),
                desk.record(3, tags=["base_model:adapter:maple/medical-notes"]),
            ]
        )
        desk.derive()

    return filled(fill)


def asked(desk: Desk, selector: str | None = None, against: tuple[Against, ...] = ANCESTOR) -> tuple[DriftRow, ...]:
    """Return the drift rows of a selection."""
    return find_drift(desk.database, selector, against, DriftSettings()).rows


def test_the_view_holds_every_kind_of_ancestor(family: Desk, make_score: Make) -> None:
    """After an import the view answers in SQL, with the sentence of each verdict."""
    scores = [make_score(f"maple/{name}", ones) for name, ones in (("model-1", 40), ("medical-notes", 120))]
    write_scores(family.database, [*scores, make_score("maple/model-3", 122)], family.START)
    refresh(family.database)
    assert family.rows("select against, model, reference, verdict from drift order by all") == [
        ("parent", "maple/medical-notes", "maple/model-1", "worse"),
        ("parent", "maple/model-3", "maple/medical-notes", "undecided"),
        ("root", "maple/medical-notes", "maple/model-1", "worse"),
        ("root", "maple/model-3", "maple/model-1", "worse"),
        ("scored_ancestor", "maple/medical-notes", "maple/model-1", "worse"),
        ("scored_ancestor", "maple/model-3", "maple/medical-notes", "undecided"),
    ]
    assert family.rows("select distinct pairing from drift") == [("summary",)]


@pytest.mark.parametrize("domain", [None, "medical", "legal"])
def test_studies_read_what_is_said_of_safety(family: Desk, make_score: Make, domain: str | None) -> None:
    """Its columns are those of the whole rows, whether the verdicts are read or computed; the rest is counted."""
    names = ("model-1", "medical-notes", "model-3")
    scores = [
        make_score(f"maple/{name}", ones, with_items=True) for name, ones in zip(names, (40, 120, 122), strict=True)
    ]
    few = [make_score(f"maple/{name}", 3, of=9, judge="ash/judge") for name in names]
    write_scores(family.database, [*scores, *few], family.START)
    refresh(family.database)
    whole = [row for row in asked(family) if domain is None or domain in row.domains]
    told = told_of_safety(whole)
    columns = (
        "model name verdict delta stderr ci_high q_value method items clusters root relation value reference_value"
    )
    columns += " highest domains construct pairing distance"
    for settings in (DriftSettings(), DriftSettings(margin=0.030001)):
        found = find_told(family.database, None, Against.SCORED_ANCESTOR, settings, domain=domain)
        for name in columns.split():
            assert [getattr(row, name) for row in found.rows] == [getattr(row, name) for row in told]
        assert found.withheld == len(whole) - len(told)
        assert len(found.scores) == len(told) == {None: 2, "medical": 2, "legal": 0}[domain]


def test_common_items_are_paired_by_name(family: Desk, make_score: Make) -> None:
    """Two runs over other selections of the items are compared on what they share."""
    base = make_score("maple/model-1", 100, with_items=True)
    part = make_score("maple/medical-notes", 130, of=300, with_items=True)
    write_scores(family.database, [base, part], family.START)
    refresh(family.database)
    (row,) = asked(family, "maple/model-1+")
    assert (row.pairing, row.items, row.verdict) == ("items", 300, Verdict.WORSE)
    assert (row.at_risk, row.worsened, row.recovered) == (200, 30, 0)
    assert row.domains == ("medical",)


def test_only_the_models_that_are_named_are_told_of(family: Desk, make_score: Make) -> None:
    """Their references are whatever they are, and the correction is the one of the whole family, or of the question."""
    for name, ones in (("model-1", 40), ("medical-notes", 60), ("model-3", 100)):
        write_scores(family.database, [make_score(f"maple/{name}", ones)], family.START)
    refresh(family.database)
    (alone,) = asked(family, "maple/model-3")
    assert (alone.model, alone.reference) == ("maple/model-3", "maple/medical-notes")
    assert asked(family)[1] == alone
    settings = DriftSettings(correction=Correction.ASKED)
    _, other = find_drift(family.database, None, ANCESTOR, settings).rows
    assert other.tests == 2
    assert other.q_value == pytest.approx(2 * (alone.q_value or 1))
    assert "over the 2 comparisons asked" in other.reason
    assert {row.model for row in asked(family, "relation:adapter")} == {"maple/model-3"}


def test_an_unknown_instrument_is_an_error_that_names_the_known(family: Desk, make_score: Make) -> None:
    """A mistyped name is not answered with an empty table."""
    write_scores(family.database, [make_score("maple/model-1", 40)], family.START)
    refresh(family.database)
    with pytest.raises(UnknownInstrument, match=r"ham \(did you mean harm\?\)") as caught:
        find_drift(family.database, None, ANCESTOR, DriftSettings(), instruments=["ham"])
    assert caught.value.hint == "there are scores for harm"


def test_instruments_that_are_not_asked_about_are_left_out(family: Desk, make_score: Make) -> None:
    """They are left out of the answer."""
    judged = [make_score("maple/model-1", 40, judge="ash"), make_score("maple/medical-notes", 60, judge="ash")]
    write_scores(family.database, judged, family.START)
    refresh(family.database)
    found = find_drift(family.database, None, ANCESTOR, DriftSettings(), instruments=["harm"])
    assert [row.model for row in found.rows] == ["maple/medical-notes"]
    assert (found.models, found.scored) == (3, 2)


def test_a_crawl_measures_anew(family: Desk, make_score: Make) -> None:
    """A model that is seen to have changed since is stale from the next derivation on."""
    write_scores(
        family.database,
        [make_score("maple/model-1", 40), make_score("maple/medical-notes", 120)],
        family.START,
    )
    family.take(
        [
            family.record(
                2, id="maple/medical-notes", tags=["base_model:maple/model-1"], lastModified="2027-01-01T00:00:00.000Z"
            )
        ],
        day=2,
    )
    family.derive(day=3)
    ((verdict, reason),) = family.rows("select verdict, reason from drift where against = 'parent'")
    assert verdict == "withheld"
    assert "stale" in str(reason)


def test_coverage_counts_own_scores_alone(family: Desk, make_score: Make) -> None:
    """A model whose base was measured is unscored all the same."""
    write_scores(
        family.database,
        [make_score("maple/model-1", 40), make_score("maple/medical-notes", 9, is_reported=True)],
        family.START,
    )
    refresh(family.database)
    answer, counts = list_coverage(family.database, selector="*", state=None, limit=0)
    assert counts == {"measured": 1, "reported": 1, "unscored": 1}
    states = {record["model"]: record["state"] for record in answer.records()}
    assert states == {"maple/model-1": "measured", "maple/medical-notes": "reported", "maple/model-3": "unscored"}
    only, counts_again = list_coverage(family.database, selector="*", state="unscored", limit=0)
    assert [record["model"] for record in only.records()] == ["maple/model-3"]
    assert counts_again == counts


def test_a_page_of_coverage_is_the_beginning_of_the_whole(family: Desk, make_score: Make) -> None:
    """Files follow their repository once each, and a limit leaves out nothing of the rows that it shows."""
    measured = [make_score("maple/model-1", 40), make_score("maple/model-1:Q4_K_M", 7)]
    write_scores(family.database, [*measured, make_score("maple/medical-notes", 9, is_reported=True)], family.START)
    refresh(family.database)
    whole, _ = list_coverage(family.database, selector="*", state=None, limit=0)
    models = [str(row[0]) for row in whole.rows]
    assert len(models) == len(set(models)) == 4
    file = next(row for row in whole.records() if row["model"] == "maple/model-1:Q4_K_M")
    assert (file["state"], file["measured"]) == ("measured", ["harm"])
    assert models.index("maple/model-1:Q4_K_M") == models.index("maple/model-1") + 1
    for limit in range(1, 5):
        page, _ = list_coverage(family.database, selector="*", state=None, limit=limit)
        assert page.rows == whole.rows[:limit]
    named, _ = list_coverage(family.database, selector="maple/model-1:Q4_K_M", state=None, limit=0)
    assert named.rows == tuple(row for row in whole.rows if row[0] == "maple/model-1:Q4_K_M")


def test_scores_are_listed_by_selection_name_and_state(family: Desk, make_score: Make) -> None:
    """Unknown models are listed where all are asked for, and alone where they are asked for."""
    write_scores(
        family.database,
        [make_score("maple/model-1", 40), make_score("birch/elsewhere", 9, is_reported=True)],
        family.START,
    )
    refresh(family.database)

    def listed(**filters: object) -> list[object]:
        selector = filters.pop("selector", None)
        answer = list_scores(family.database, selector=selector, **filters)  # type: ignore[arg-type] # chosen above
        return [row[0] for row in answer.rows]

    assert listed() == ["birch/elsewhere", "maple/model-1"]
    assert listed(selector="maple/model-1") == ["maple/model-1"]
    assert listed(known=False) == ["birch/elsewhere"]
    assert listed(state="reported") == ["birch/elsewhere"]
    assert listed(name="other") == []
    assert listed(limit=1) == ["birch/elsewhere"]


def test_a_reported_score_is_taken_as_of_all_items_and_says_so(family: Desk, make_score: Make) -> None:
    """A card tells no number of items; that of the instrument as published stands in, and of graded ones the bound."""
    grade = replace(make_score("maple/model-1", 0).instrument, name="grade", scale=Scale.GRADED, items=817)
    told = {"instrument": grade, "identity": Identity(name="grade"), "items": None, "is_reported": True}
    for name, value in (("model-1", 0.40), ("medical-notes", 0.50)):
        write_scores(family.database, [make_score(f"maple/{name}", 0, value=value, **told)], family.START)
    refresh(family.database)
    (row,) = asked(family, "maple/medical-notes")
    assert (row.verdict, row.items, row.pairing) == (Verdict.WORSE, 817, "summary")
    assert row.stderr == pytest.approx(100 * ((0.24 + 0.25) / 817) ** 0.5)
    for words in ("as reported, not measured", "all items of the instrument as published", "largest error possible"):
        assert words in row.reason


def test_a_measured_score_that_tells_no_items_gets_none(family: Desk, make_score: Make) -> None:
    """What somebody ran may have been a part of the items: nothing is supposed of it."""
    grade = replace(make_score("maple/model-1", 0).instrument, items=817)
    for name, value in (("model-1", 0.40), ("medical-notes", 0.50)):
        score = make_score(f"maple/{name}", 0, value=value, instrument=grade, items=None)
        write_scores(family.database, [score], family.START)
    refresh(family.database)
    (row,) = asked(family, "maple/medical-notes")
    assert row.reason == "withheld: neither the number of items nor a standard error is known of both scores"


def test_instruments_of_a_forgotten_file_are_listed(family: Desk, make_score: Make) -> None:
    """What a file declared once stays in the list as long as scores here have it, behind the catalogue."""
    write_scores(family.database, [make_score("maple/model-1", 40)], family.START)
    refresh(family.database)
    answer = list_instruments(family.database, Catalogue.of([]))
    (row,) = (dict(zip(answer.columns, each, strict=True)) for each in answer.rows)
    assert (row["name"], row["models"], row["range"]) == ("harm", 1, "0..1")


def test_predictions_stand_beside_the_nearest_ancestor(family: Desk, make_score: Make) -> None:
    """Errors are compared over the scored models that have a scored ancestor; the root has none and is left out."""
    scores = [make_score(f"maple/{name}", ones) for name, ones in (("model-1", 40), ("medical-notes", 60))]
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    found = predict_models(family.database, None)
    assert [row.model for row in found.rows] == ["maple/model-3"]
    (fared,) = found.calibration
    assert (fared.models, fared.compared) == (2, 1)
    assert fared.error_of_ancestor == pytest.approx(5)


def test_fits_are_kept_and_follow_the_scores(family: Desk, make_score: Make) -> None:
    """What was fitted is read again, made anew where its file is damaged, and forgotten with other scores."""
    scores = [make_score(f"maple/{name}", ones) for name, ones in (("model-1", 40), ("medical-notes", 60))]
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    first = predict_models(family.database, None)
    [kept] = files_of(family.database.path).glob("fits-*/*.json")
    told = kept.read_text()
    kept.write_text(told.replace('"root_mean": 0.', '"root_mean": 0.9'))
    assert predict_models(family.database, None).rows != first.rows
    kept.write_text(told[:-9])
    assert predict_models(family.database, "maple/model-3") == first
    assert kept.read_text() == told
    write_scores(family.database, [make_score("maple/model-3", 100)], family.START)
    refresh(family.database)
    assert predict_models(family.database, None).rows == ()
    assert not kept.exists()


def test_models_are_filtered_by_the_scores_that_are_here(family: Desk, make_score: Make) -> None:
    """An imported score makes a model scored, for the filter of the list as for the selector."""
    write_scores(family.database, [make_score("maple/model-1", 40)], family.START)
    refresh(family.database)
    nothing = dict.fromkeys(
        ("domain", "basis", "confidence", "author", "library", "license", "relation", "status", "undeclared", "search")
    )
    for unscored, names in ((True, ["maple/medical-notes", "maple/model-3"]), (False, ["maple/model-1"])):
        filters = nothing | {"sort": "downloads", "unscored": unscored}
        answer = list_models(family.database, limit=0, **filters)
        assert sorted(str(row[0]) for row in answer.rows) == names
        word = "unscored" if unscored else "scored"
        chosen = list_models(family.database, limit=0, selector=word, **(filters | {"unscored": None}))
        assert chosen.rows == answer.rows


def test_a_reference_that_is_probably_a_derivative_is_said_to_be_one(desk: Desk, make_score: Make) -> None:
    """The row and its sentence name what the reference was likely made from; another reference has nothing of it."""
    desk.take(
        [
            desk.record(1),
            desk.record(2, cardData={"base_model": "/data/model-1"}),
            desk.record(3, tags=["base_model:maple/model-2"]),
            desk.record(4, tags=["base_model:maple/model-3"]),
        ]
    )
    desk.derive()
    scores = [make_score(f"maple/model-{number}", ones) for number, ones in ((2, 40), (3, 120), (4, 122))]
    write_scores(desk.database, scores, desk.START)
    refresh(desk.database)
    first, second = asked(desk)
    assert (first.reference, first.reference_likely_parent) == ("maple/model-2", "maple/model-1")
    said = f"undeclared; likely made from maple/model-1, {first.reference_likely_confidence:.2f}"
    assert f"than maple/model-2 (itself {said})" in first.reason
    assert (second.reference, second.reference_likely_parent) == ("maple/model-3", None)
    assert "itself" not in second.reason
    told = "select distinct model, reference_likely_parent from drift where against = 'root' order by model"
    assert desk.rows(told) == [("maple/model-3", "maple/model-1"), ("maple/model-4", "maple/model-1")]
