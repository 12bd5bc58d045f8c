"""Rules on descent and on records, each both ways, and what exceptions do to findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lineage.policy.check import evaluate
from lineage.policy.facts import ModelRecord
from lineage.policy.findings import CheckState
from lineage.policy.policy import Exemption
from lineage.policy.rules import (
    ApprovedBases,
    DeclaredParents,
    Level,
    Licences,
    NoPickle,
    NotGated,
    ParentsPresent,
    Present,
    Seen,
)
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from tests.lineage.policy.conftest import Bench

TOP = "maple/pretrained"


def test_a_declared_parent_keeps_the_rule(bench: type[Bench]) -> None:
    """The evidence is who declares it, and how sure that is."""
    rule = DeclaredParents(name="declared")
    (result,) = bench.outcome(rule, bench.facts()).results
    assert [(detail.state, detail.found, detail.source) for detail in result.details] == [
        (CheckState.OK, "finetune of maple/base", "declared by hub, confidence 0.97")
    ]


def test_an_inferred_parent_is_found_at_any_generation_that_is_asked(bench: type[Bench]) -> None:
    """Inferred edges count on the whole way up, or for so many generations."""
    edges = {bench.MODEL: (bench.edge(),), bench.BASE: (bench.edge(bench.BASE, TOP, inferred=True),)}
    facts = bench.facts(edges=edges)
    assert bench.found(DeclaredParents(name="declared"), facts) == [f"finetune of {TOP} is only inferred"]
    assert bench.found(DeclaredParents(name="declared", generations=1), facts) == []


def test_a_model_without_a_parent_is_found_unless_it_is_a_base(bench: type[Bench]) -> None:
    """Bases of the policy need no parent; ids may be patterns and capitals do not count."""
    facts = bench.facts(edges={})
    assert bench.found(DeclaredParents(name="declared"), facts) == ["no parent is known"]
    assert bench.found(DeclaredParents(name="declared", bases=("OAK/*",)), facts) == []


def test_an_edge_that_is_not_sure_enough_is_found(bench: type[Bench]) -> None:
    """A policy may ask for a confidence."""
    rule = DeclaredParents(name="declared", min_confidence=0.98)
    assert bench.found(rule, bench.facts()) == ["finetune of maple/base has less confidence than 0.98"]
    assert bench.found(replace(rule, min_confidence=0.97), bench.facts()) == []


DENIED = "weights contradict that it is a finetune of maple/base"
SAID = "declared by hub, confidence 0.97; weights: 3 of 64 columns match"


def test_a_parent_that_weights_contradict_is_found_by_every_rule_on_descent(bench: type[Bench]) -> None:
    """It declares one, so it is no base: what it was made from is unknown, and the finding says so and why."""
    facts = bench.facts(edges={}, contradicted={bench.MODEL: (bench.denied(),)})
    declared = bench.outcome(DeclaredParents(name="declared"), facts).results[0].details
    assert [(one.found, one.source) for one in declared] == [(DENIED, SAID), ("no parent is known", "")]
    approved = bench.outcome(ApprovedBases(name="approved", bases=(bench.BASE,)), facts).results[0].details
    assert [(one.found, one.source) for one in approved] == [(f"is not an approved base, and {DENIED}", SAID)]
    for rule in (ParentsPresent(name="parents"), Licences(name="licences", allow=("mit",))):
        missing = [one for one in bench.outcome(rule, facts).results[0].details if one.missing is MissingFact.UNKNOWN]
        assert [(one.found, one.source) for one in missing] == [(DENIED, SAID)]
    assert bench.found(Licences(name="own", allow=("mit",), ancestors=False), facts) == []


def test_a_parent_that_weights_contradict_is_found_at_any_generation_that_is_asked(bench: type[Bench]) -> None:
    """Of an ancestor it counts as of the model, within as many generations as a rule asks for."""
    facts = bench.facts(contradicted={bench.BASE: (bench.denied(bench.BASE, TOP),)})
    told = f"weights contradict that it is a finetune of {TOP}"
    assert bench.found(DeclaredParents(name="declared"), facts) == [told]
    assert bench.found(DeclaredParents(name="declared", generations=2), facts) == [told]
    assert bench.found(DeclaredParents(name="declared", generations=1), facts) == []
    assert bench.found(ParentsPresent(name="parents"), facts) == [f"unknown: {told}"]
    assert bench.found(ApprovedBases(name="approved", bases=(bench.BASE,)), facts) == []


@pytest.mark.parametrize("status", ["missing", "deleted", "private"])
def test_an_ancestor_that_is_gone_is_found(bench: type[Bench], status: str) -> None:
    """Unless the policy allows the status; an ancestor without a record is missing."""
    record = ModelRecord(status=status, status_evidence="the Hub says so")
    facts = bench.facts(records={bench.BASE: record} if status != "missing" else {})
    assert bench.found(ParentsPresent(name="parents"), facts) == [f"ancestor is {status}"]
    assert bench.found(ParentsPresent(name="parents", allow=(status,)), facts) == []
    assert bench.found(ParentsPresent(name="parents"), bench.facts()) == []


def test_every_parent_of_a_merge_needs_an_approved_base(bench: type[Bench]) -> None:
    """One way up that passes none is a finding, whatever the others pass."""
    rule = ApprovedBases(name="approved", bases=(bench.BASE,))
    assert bench.found(rule, bench.facts()) == []
    merged = bench.facts(edges={bench.MODEL: (bench.edge(), bench.edge(parent="elm/other"))})
    assert bench.states(rule, merged) == {bench.BASE: "ok", "elm/other": "found"}


def test_an_approved_base_may_stand_anywhere_on_the_way(bench: type[Bench]) -> None:
    """A base with parents of its own is approved as it is; one that is checked itself passes."""
    edges = {bench.MODEL: (bench.edge(),), bench.BASE: (bench.edge(bench.BASE, TOP),)}
    assert bench.found(ApprovedBases(name="approved", bases=(bench.BASE,)), bench.facts(edges=edges)) == []
    assert bench.found(ApprovedBases(name="approved", bases=("maple/*",)), bench.facts(edges=edges)) == []
    assert bench.found(ApprovedBases(name="approved", bases=(bench.MODEL,)), bench.facts(edges={})) == []
    told = ["is not an approved base, and no parent is known"]
    assert bench.found(ApprovedBases(name="approved", bases=(bench.BASE,)), bench.facts(edges={})) == told


def test_an_inferred_way_to_an_approved_base_is_no_proof(bench: type[Bench]) -> None:
    """Unless the policy accepts it."""
    facts = bench.facts(edges={bench.MODEL: (bench.edge(inferred=True),)})
    rule = ApprovedBases(name="approved", bases=(bench.BASE,))
    assert bench.found(rule, facts) == ["oak/notes is only inferred to come from it"]
    assert bench.found(replace(rule, accept_inferred=True), facts) == []


def test_a_circle_of_ancestors_ends(bench: type[Bench]) -> None:
    """Models that are their own ancestors are found, and nothing runs for ever."""
    facts = bench.facts(edges={bench.MODEL: (bench.edge(),), bench.BASE: (bench.edge(bench.BASE, bench.MODEL),)})
    rule = ApprovedBases(name="approved", bases=("elm/other",))
    assert bench.found(rule, facts) == ["its ancestors form a circle without an approved base"]
    assert bench.found(DeclaredParents(name="declared"), facts) == []
    assert facts.ancestors(bench.MODEL) == (bench.BASE,)


@pytest.mark.parametrize(
    ("own", "base", "asked", "found"),
    [
        ("mit", "cc-by-nc-4.0", {"forbid": ("CC-BY-NC-4.0",)}, {"maple/base": "found", "oak/notes": "ok"}),
        ("mit", "cc-by-nc-4.0", {"forbid": ("cc-by-nc-4.0",), "ancestors": False}, {"oak/notes": "ok"}),
        ("mit", "cc-by-nc-4.0", {"forbid_classes": ("non-commercial",)}, {"maple/base": "found", "oak/notes": "ok"}),
        ("mit", "apache-2.0", {"allow": ("mit",)}, {"maple/base": "found", "oak/notes": "ok"}),
        ("mit", None, {"allow": ("mit",)}, {"maple/base": "found", "oak/notes": "ok"}),
        ("mit", None, {"forbid": ("gpl",)}, {"maple/base": "found", "oak/notes": "ok"}),
        ("other", "mit", {"forbid": ("gpl",)}, {"maple/base": "ok", "oak/notes": "ok"}),
        ("other", "mit", {"forbid_classes": ("non-commercial",)}, {"maple/base": "ok", "oak/notes": "found"}),
        (
            "other",
            None,
            {"forbid_classes": ("copyleft",), "allow": ("other",)},
            {"maple/base": "found", "oak/notes": "ok"},
        ),
        ("other", "mit", {"allow": ("mit", "other")}, {"maple/base": "ok", "oak/notes": "ok"}),
    ],
)
def test_licences(bench: type[Bench], own: str, base: str | None, asked: dict[str, Any], found: dict[str, str]) -> None:
    """Forbidden ones, classes and what is not among the allowed are found, of the model and of its ancestors."""
    records = {bench.MODEL: bench.record(licence=own), bench.BASE: bench.record(licence=base)}
    assert bench.states(Licences(name="licences", **asked), bench.facts(records=records)) == found


def test_a_licence_that_nobody_states_is_from_nowhere(bench: type[Bench]) -> None:
    """What is known is stated by the record; of what is not, the record states nothing, and no rule calls it kept."""
    facts = bench.facts(records={bench.MODEL: bench.record(licence=None)}, edges={})
    (result,) = bench.outcome(Licences(name="licences", allow=("mit",)), facts).results
    assert [(one.state, one.source) for one in result.details] == [(CheckState.FOUND, "its record states none")]
    assert bench.found(Licences(name="licences", forbid_classes=("copyleft",)), facts) == [
        "unknown: no licence is known"
    ]


def test_a_mistyped_licence_is_told(bench: type[Bench]) -> None:
    """A forbidden licence that nothing has finds nothing, for ever perhaps: a note names it, and what was meant."""
    rule = Licences(name="licences", forbid=("cc-by-nc-40", "MIT", "house-licence"), line=7)
    records = {bench.MODEL: bench.record(licence="House-Licence")}
    (note,) = evaluate(bench.policy(rule), bench.facts(records=records)).notes
    assert (
        note == "licences (line 7) forbids 'cc-by-nc-40', a licence that no model here has (did you mean cc-by-nc-4.0?)"
    )


def test_a_looser_licence_than_the_parents_is_found(bench: type[Bench]) -> None:
    """Only where it is asked for, and where both classes are known."""
    records = {bench.MODEL: bench.record(licence="mit"), bench.BASE: bench.record(licence="llama3")}
    rule = Licences(name="licences", looser=True)
    told = ["licence mit has fewer conditions than llama3 of its parent maple/base"]
    assert bench.found(rule, bench.facts(records=records)) == told
    assert bench.found(rule, bench.facts()) == []


def test_the_record_itself(bench: type[Bench]) -> None:
    """A model that is there, was seen lately, is open and has safetensors keeps all rules on records."""
    rules = (Present(name="a"), Seen(name="b", max_age_days=1), NotGated(name="c"), NoPickle(name="d"))
    assert [bench.found(rule, bench.facts()) for rule in rules] == [[], [], [], []]


@pytest.mark.parametrize(
    ("rule", "changes", "found"),
    [
        (Present(name="a"), {"status": "deleted"}, "deleted"),
        (Seen(name="b", max_age_days=30), {"seen_at": None}, "unknown: never seen by a crawl"),
        (NotGated(name="c"), {"gated": "manual"}, "gated: manual"),
        (NoPickle(name="d"), {"pickle_only": True}, "all its weights are pickles"),
        (NotGated(name="c"), {"gated": None}, "unknown: its record does not say whether it is gated"),
        (NoPickle(name="d"), {"pickle_only": None}, "unknown: neither its files nor a tag for them is known"),
    ],
)
def test_what_is_wrong_with_a_record(bench: type[Bench], rule: Any, changes: dict[str, Any], found: str) -> None:  # noqa: ANN401 -- one of four kinds
    """Gone, unseen, gated, pickles, and what is not known of it."""
    assert bench.found(rule, bench.facts(records={bench.MODEL: bench.record(**changes)})) == [found]


def test_a_record_that_was_seen_too_long_ago_is_found(bench: type[Bench]) -> None:
    """The age counts in whole days."""
    rule = Seen(name="seen", max_age_days=30)
    at = {days: bench.record(seen_at=bench.NOW - timedelta(days=days)) for days in (30, 31)}
    assert bench.found(rule, bench.facts(records={bench.MODEL: at[30]})) == []
    told = ["stale: last seen 31 days ago, more than 30"]
    assert bench.found(rule, bench.facts(records={bench.MODEL: at[31]})) == told


def test_an_ancestor_that_is_gated_is_found_where_it_is_asked(bench: type[Bench]) -> None:
    """The model alone by default."""
    records = {bench.MODEL: bench.record(), bench.BASE: bench.record(gated="auto")}
    facts = bench.facts(records=records)
    assert bench.found(NotGated(name="c"), facts) == []
    assert bench.found(NotGated(name="c", ancestors=True), facts) == ["gated: auto"]


def test_an_empty_selection_does_not_pass(bench: type[Bench]) -> None:
    """Where nothing was checked, that is the finding."""
    report = evaluate(bench.policy(Present(name="present")), bench.facts(models=()))
    assert report.has_failed
    assert report.outcomes[0].results[0].details[0].found == "no model is selected: nothing was checked"


def test_a_warning_does_not_fail(bench: type[Bench]) -> None:
    """What is found by a warning is told and fails nothing."""
    facts = bench.facts(records={bench.MODEL: bench.record(status="deleted")})
    report = evaluate(bench.policy(Present(name="present", level=Level.WARNING)), facts)
    assert report.outcomes[1].count(CheckState.FOUND) == 1
    assert not report.has_failed


@pytest.mark.parametrize(
    ("expires", "state"), [(date(2026, 3, 1), CheckState.EXCUSED), (date(2026, 2, 28), CheckState.FOUND)]
)
def test_an_exception_holds_until_its_day(bench: type[Bench], expires: date, state: CheckState) -> None:
    """The day itself included; what is over is told, and excuses nothing."""
    one = Exemption(model="oak/*", rules=("present",), reason="moved", expires=expires, line=9)
    facts = bench.facts(records={bench.MODEL: bench.record(status="deleted")})
    report = evaluate(bench.policy(Present(name="present"), exemptions=(one,)), facts)
    assert report.outcomes[1].results[0].state is state
    assert report.has_failed is (state is CheckState.FOUND)
    over = ("the exception for oak/* (line 9) expired on 2026-02-28: moved",)
    assert report.notes == (() if state is CheckState.EXCUSED else over)


def test_an_exception_that_excuses_nothing_is_told(bench: type[Bench]) -> None:
    """So that it can go; and it never hides what was not found."""
    one = Exemption(model="oak/notes", rules=("present",), reason="moved", expires=date(2027, 1, 1))
    report = evaluate(bench.policy(Present(name="present"), exemptions=(one,)), bench.facts())
    assert report.notes == ("the exception for oak/notes excuses nothing; you can remove it",)
