"""Rules on scores and on drift, each both ways: what keeps it, what is found, and on what nothing can be said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lineage.policy.rules import Decided, Guarded, Measured, NoWithheld, NoWorse, ShownNoWorse
from lineage.scores.score import Identity
from lineage.vocabulary import Construct, MissingFact, Verdict

if TYPE_CHECKING:
    from tests.lineage.policy.conftest import Bench

MEASURED = Measured(name="measured", instruments=("harm",), max_age_days=60)


def test_a_current_score_keeps_the_rule_and_says_where_it_is_from(bench: type[Bench]) -> None:
    """The evidence of a kept rule is the run, with its source, date and commit."""
    (result,) = bench.outcome(MEASURED, bench.facts()).results
    (detail,) = result.details
    assert (detail.state.value, detail.source) == ("ok", "lm-eval: results.json, 2026-02-01, commit a1b2c3d, run 77aa")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"state": "stale"}, "stale: the score is of another commit: it is at a1b2c3d4e5 now"),
        ({"state": "reported"}, "not measured: the score is only reported"),
        ({"revision": None}, "unknown: the score does not say which commit was measured"),
        ({"measured_at": None}, "unknown: the score does not say when it was measured"),
        ({"measured_at": datetime(2025, 12, 1, tzinfo=UTC)}, "stale: the score is 90 days old, more than 60"),
        ({"identity": Identity(name="other")}, "not measured: no score"),
    ],
)
def test_a_score_that_proves_nothing_is_found(bench: type[Bench], changes: dict[str, Any], found: str) -> None:
    """Stale, reported, without commit or date, too old, or none at all: each is told in its own words."""
    facts = bench.facts(scores={bench.MODEL: (bench.score(**changes),)})
    assert bench.found(MEASURED, facts) == [found]


def test_a_measured_score_beside_a_stale_one_suffices(bench: type[Bench]) -> None:
    """Of several scores on an instrument one that is good is enough."""
    facts = bench.facts(scores={bench.MODEL: (bench.score(state="stale"), bench.score())})
    assert bench.states(MEASURED, facts) == {"harm": "ok"}


def test_contradictory_scores_are_no_score(bench: type[Bench]) -> None:
    """Nothing that stands behind them counts either, and the finding has each value with its source."""
    rivals = (
        bench.score(state="contradictory", value=0.149, run="a" * 16),
        bench.score(state="contradictory", value=0.706, run="b" * 16),
        bench.score(is_standing=False, run="c" * 16),
    )
    facts = bench.facts(scores={bench.MODEL: rivals})
    told = "contradictory: no score counts: two published values of the model: 0.149 and 0.706"
    assert bench.found(MEASURED, facts) == [told]


def test_the_present_commit_has_to_be_known(bench: type[Bench]) -> None:
    """A score of a commit says nothing of a model whose present commit nobody knows, unless that is accepted."""
    facts = bench.facts(records={bench.MODEL: bench.record(revision=None)})
    assert bench.found(MEASURED, facts) == ["unknown: the model's current commit is not known"]
    lenient = Measured(name="measured", instruments=("harm",), accept_unknown_commit=True)
    assert bench.found(lenient, facts) == []


def test_what_cards_report_counts_where_it_is_accepted(bench: type[Bench]) -> None:
    """A policy may accept reported scores."""
    rule = Measured(name="measured", instruments=("harm",), accept_reported=True)
    facts = bench.facts(scores={bench.MODEL: (bench.score(state="reported", revision=None),)})
    assert bench.states(rule, facts) == {"harm": "ok"}


def test_guards_have_to_stand_beside_safety(bench: type[Bench]) -> None:
    """Each construct needs a current score, and a guard that failed is a finding of its own."""
    rule = Guarded(name="guarded", constructs=("capability", "unsafe_output"))
    assert bench.states(rule, bench.facts()) == {"capability": "found", "unsafe_output": "ok"}
    scores = (bench.score(), bench.score(identity=Identity(name="able"), construct=Construct.CAPABILITY))
    rows = [bench.row(Verdict.BETTER, guard="ok")]
    assert bench.found(rule, bench.facts(rows, rule, scores={bench.MODEL: scores})) == []
    broken = [bench.row(Verdict.WITHHELD, guard="able fell from 60% to 20%")]
    facts = bench.facts(broken, rule, scores={bench.MODEL: scores})
    assert bench.found(rule, facts) == ["a guard failed: able fell from 60% to 20%"]


@pytest.mark.parametrize(
    ("verdict", "delta", "state"),
    [
        (Verdict.WORSE, 3.1, "found"),
        (Verdict.WORSE, 2.9, "ok"),
        (Verdict.BETTER, -9.0, "ok"),
        (Verdict.EQUIVALENT, 0.1, "ok"),
        (Verdict.UNDECIDED, 6.0, "ok"),
        (Verdict.WITHHELD, None, "found"),
    ],
)
def test_not_shown_to_be_worse(bench: type[Bench], verdict: Verdict, delta: float | None, state: str) -> None:
    """What is shown to be worse by more than the margin is found, and so is what is withheld."""
    rule = NoWorse(name="no_worse")
    assert bench.states(rule, bench.facts([bench.row(verdict, delta=delta)], rule)) == {"harm": state}


@pytest.mark.parametrize(
    ("verdict", "ci_high", "state"),
    [
        (Verdict.EQUIVALENT, 2.0, "ok"),
        (Verdict.BETTER, -1.0, "ok"),
        (Verdict.WORSE, 2.5, "ok"),
        (Verdict.WORSE, 7.0, "found"),
        (Verdict.UNDECIDED, 2.9, "ok"),
        (Verdict.UNDECIDED, 3.1, "found"),
        (Verdict.WITHHELD, None, "found"),
        (Verdict.WITHHELD, 1.0, "found"),
    ],
)
def test_shown_to_be_no_worse(bench: type[Bench], verdict: Verdict, ci_high: float | None, state: str) -> None:
    """The upper end of the interval has to be within the margin; what guards withhold is not shown."""
    rule = ShownNoWorse(name="shown")
    assert bench.states(rule, bench.facts([bench.row(verdict, ci_high=ci_high)], rule)) == {"harm": state}


def test_what_was_never_compared_is_shown_by_nothing(bench: type[Bench]) -> None:
    """A missing comparison breaks every rule that compares, and says what kind of fact is missing."""
    strict, lenient = ShownNoWorse(name="shown", instruments=("harm",)), NoWorse(name="no_worse")
    no_parent = bench.facts(edges={})
    assert bench.found(strict, no_parent) == ["unknown: not compared: it has no known parent"]
    assert bench.found(strict, bench.facts(scores={})) == ["not measured: not compared: it has no score"]
    assert bench.found(lenient, no_parent) == ["unknown: not compared: it has no known parent"]


def test_a_base_is_compared_with_nothing(bench: type[Bench]) -> None:
    """Where the policy names it: a selection such as org/base+ holds the base itself."""
    rule = ShownNoWorse(name="shown", bases=("oak/*",))
    assert bench.states(rule, bench.facts(edges={})) == {bench.MODEL: "ok"}


def test_capability_is_asked_for_by_name(bench: type[Bench]) -> None:
    """A rule speaks of safety unless it is told otherwise."""
    row = bench.row(Verdict.WORSE, delta=9.0, construct=Construct.CAPABILITY, name="able")
    safety, ability = NoWorse(name="safety"), NoWorse(name="ability", of="capability")
    assert bench.found(safety, bench.facts([row], safety)) == [
        "not measured: not compared: it has no comparison of the kind that the rule asks for"
    ]
    assert bench.states(ability, bench.facts([row], ability)) == {"able": "found"}


def test_undecided_is_found_unless_it_could_have_been_decided(bench: type[Bench]) -> None:
    """A comparison that would have found a change of the size asked about is an answer of a kind."""
    plain, sharp = Decided(name="decided"), Decided(name="sharp", detectable=5.0)
    row = bench.row(Verdict.UNDECIDED, minimum_detectable=4.0)
    assert bench.states(plain, bench.facts([row], plain)) == {"harm": "found"}
    assert bench.states(sharp, bench.facts([row], sharp)) == {"harm": "ok"}
    blunt = bench.row(Verdict.UNDECIDED, minimum_detectable=6.0)
    assert bench.states(sharp, bench.facts([blunt], sharp)) == {"harm": "found"}
    assert bench.states(plain, bench.facts([bench.row(Verdict.BETTER)], plain)) == {"harm": "ok"}
    assert bench.states(plain, bench.facts([bench.row(Verdict.WITHHELD)], plain)) == {"harm": "found"}


def test_withheld_is_found_with_its_reason(bench: type[Bench]) -> None:
    """The reason is the one that `drift` gives."""
    rule = NoWithheld(name="withheld")
    scores = {one: (bench.score(),) for one in (bench.MODEL, bench.BASE)}
    facts = bench.facts([bench.row(Verdict.WITHHELD, reason="withheld: few items")], rule, scores=scores)
    assert bench.found(rule, facts) == ["withheld: few items"]
    assert bench.found(rule, bench.facts([bench.row(Verdict.UNDECIDED)], rule)) == []


def test_a_base_that_weights_contradict_is_no_reference(bench: type[Bench]) -> None:
    """With a withheld row or with none, what is missing is the parent, whatever scores there are."""
    rule = NoWorse(name="no_worse")
    row = bench.row(Verdict.WITHHELD, reason="withheld: weights contradict that it was made from maple/base")
    denied = {bench.MODEL: (bench.denied(),)}
    for rows in ([row], []):
        facts = bench.facts(rows, rule, edges={}, contradicted=denied)
        (detail,) = bench.outcome(rule, facts).results[0].details
        assert detail.missing is MissingFact.UNKNOWN
        assert "weights contradict that it" in detail.found
        assert detail.remedy_for(bench.MODEL) == "lineage edge add oak/notes PARENT"
