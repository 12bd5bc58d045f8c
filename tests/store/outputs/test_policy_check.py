"""A policy over a database: what is read of models, ancestors, scores and drift, and what is in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lineage.domains.lexicon import UnknownDomain
from lineage.policy.check import PolicyRun
from lineage.policy.output import as_rows, written_rows
from lineage.policy.policy import PolicyFault
from lineage.policy.policy_file import read_policy
from lineage.scores.score import Identity
from lineage.selectors.records import SelectorError
from store.drift.write_drift import refresh
from store.outputs.policy_check import CheckStream, check
from store.scores.write import write_scores
from tests.store.conftest import HARM

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.results import CheckReport, ResultBlock
    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled

    Make = Callable[..., Score]

BASE, MADE, FURTHER = "maple/model-1", "maple/model-2", "maple/model-3"


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give model-1 <- model-2 <- model-3, the second gated with pickles, and model-4 of what nobody has."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1, sha="a" * 40, tags=["license:cc-by-nc-4.0", "safetensors"], gated=False),
                desk.record(2, sha="b" * 40, gated="manual", tags=[f"base_model:{BASE}", "license:mit", "pytorch"]),
                desk.record(
                    3, sha="c" * 40, tags=[f"base_model:adapter:{MADE}"], siblings=[{"rfilename": "a.safetensors"}]
                ),
                desk.record(4, tags=["base_model:elm/nowhere"]),
            ]
        )
        desk.derive()

    return filled(fill)


def asked(desk: Desk, selector: str, *rules: str) -> CheckReport:
    """Return the report of a policy of some rules, each the lines of its table."""
    text = "".join(f"[[rule]]\n{rule}\n" for rule in rules)
    return check(desk.database, selector, read_policy(text, "policy.toml"), desk.START)


def found(report: CheckReport, place: int = 1) -> dict[str, list[tuple[str, str]]]:
    """Return subject and state of every detail of a rule by model."""
    return {
        result.model: [(one.subject, one.state.value) for one in result.details]
        for result in report.outcomes[place].results
    }


def test_records_of_models_and_ancestors_are_read(family: Desk) -> None:
    """Licences, gates, kinds of files and statuses come from the stored records, of ancestors too."""
    rules = ('kind = "licences"\nforbid_classes = ["non-commercial"]', 'kind = "not_gated"', 'kind = "no_pickle"')
    report = asked(family, f"{BASE}+", *rules, 'kind = "seen"\nmax_age_days = 1')
    licences = found(report)
    assert licences[FURTHER] == [(FURTHER, "found"), (MADE, "ok"), (BASE, "found")]
    assert [states[0][1] for states in found(report, 2).values()] == ["ok", "found", "found"]
    assert [states[0][1] for states in found(report, 3).values()] == ["ok", "found", "ok"]
    assert [states[0][1] for states in found(report, 4).values()] == ["ok", "ok", "ok"]


def test_a_parent_that_nobody_has_is_found(family: Desk) -> None:
    """With where its name comes from."""
    report = asked(family, "maple/model-4", 'kind = "parents_present"')
    (result,) = report.outcomes[1].results
    (detail,) = result.details
    assert (detail.subject, detail.found, detail.source) == (
        "elm/nowhere",
        "ancestor is missing",
        "named as a parent, never seen",
    )


def test_a_score_counts_for_the_commit_that_it_names(family: Desk, make_score: Make) -> None:
    """Of the present commit it keeps the rule, of another it is stale, of none it proves nothing."""
    revisions = ((BASE, "a" * 40), (MADE, "d" * 40), (FURTHER, None))
    scores = [make_score(model, 40, revision=revision) for model, revision in revisions]
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    report = asked(family, f"{BASE}+", 'kind = "measured"\ninstruments = ["harm"]')
    told = {result.model: result.details[0].found for result in report.outcomes[1].results}
    assert told == {
        BASE: "measured by harm",
        MADE: f"the score is of another commit: it is at {'b' * 12} now",
        FURTHER: "the score does not say which commit was measured",
    }


def test_drift_is_asked_with_the_margin_of_the_rule(family: Desk, make_score: Make) -> None:
    """The same comparison is within one margin and beyond another; both rules show the interval's sentence."""
    scores = [make_score(BASE, 4_000, of=40_000), make_score(MADE, 4_800, of=40_000)]
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    shown = 'kind = "shown_no_worse"\ninstruments = ["harm"]\nmargin = {0}\nname = "shown {0}"'
    worse = 'kind = "no_worse"\nmargin = {0}\nname = "worse {0}"'
    report = asked(family, MADE, *(rule.format(margin) for rule in (shown, worse) for margin in (1, 3)))
    states = [outcome.results[0].details[0].state.value for outcome in report.outcomes[1:]]
    assert states == ["found", "ok", "found", "ok"]
    assert "riskier by 2.0 points than maple/model-1" in report.outcomes[1].results[0].details[0].found


def test_an_instrument_without_any_score_here_is_not_shown(family: Desk, make_score: Make) -> None:
    """One of the catalogue that nobody ran is known by name, and shows nothing."""
    write_scores(family.database, [make_score(BASE, 40)], family.START)
    refresh(family.database)
    report = asked(family, MADE, 'kind = "shown_no_worse"\ninstruments = ["truthfulqa_mc1"]')
    assert found(report) == {MADE: [("truthfulqa_mc1", "found")]}


def test_an_instrument_that_nobody_knows_is_a_fault(family: Desk) -> None:
    """The name is told with its line, and the one that was perhaps meant."""
    with pytest.raises(
        PolicyFault, match=r"policy.toml:1: instruments names 'truthfulqa_mc', .* \(did you mean truthfulqa_mc"
    ):
        asked(family, MADE, 'kind = "measured"\ninstruments = ["truthfulqa_mc"]')


def test_a_name_that_is_not_here_is_found_and_the_others_are_checked(family: Desk) -> None:
    """The finding says how to crawl it, and what is called nearly so."""
    report = asked(family, f"{MADE} maple/model-22", 'kind = "present"')
    (trouble,) = report.outcomes[0].results
    assert trouble.model == "maple/model-22"
    assert "(did you mean maple/model-2" in trouble.details[0].found
    assert "?): crawl it (`lineage crawl --models maple/model-22`)" in trouble.details[0].found
    assert list(found(report)) == [MADE]
    assert report.has_failed


def test_a_selection_of_nothing_fails(family: Desk) -> None:
    """A selector that names no model is a finding, beside others too; one that cannot be read is an error."""
    assert asked(family, "org:nobody", 'kind = "present"').has_failed
    report = asked(family, f"{MADE} org:nobody", 'kind = "present"')
    assert report.has_failed
    assert [one.model for one in report.outcomes[0].results] == ["org:nobody"]
    with pytest.raises(UnknownDomain):
        asked(family, "domain:medcal", 'kind = "present"')
    with pytest.raises(SelectorError):
        asked(family, "relation:finetine", 'kind = "present"')


def test_a_graph_that_is_not_current_is_found(family: Desk) -> None:
    """Records that came after parents were computed make every answer on lineage doubtful."""
    family.take([family.record(5)], day=2)
    report = asked(family, MADE, 'kind = "present"')
    assert "lineage resolve" in report.outcomes[0].results[0].details[0].found
    assert report.has_failed


def test_results_that_drift_does_not_know_yet_are_found(family: Desk) -> None:
    """A queue that was killed leaves them; until they are weighed no verdict is the last word."""
    with family.database.transaction():
        family.database.run("queue/set_drift_current", is_current=False)
    report = asked(family, MADE, 'kind = "present"')
    assert "lineage evaluate" in report.outcomes[0].results[0].details[0].found
    assert report.has_failed


def test_a_former_name_leads_to_the_model(family: Desk) -> None:
    """Models are checked under the name that they have now."""
    family.take([family.record(2, id="oak/moved", sha="b" * 40, tags=[f"base_model:{BASE}"])], day=2)
    family.derive(day=2)
    assert list(found(asked(family, MADE, 'kind = "present"'))) == ["oak/moved"]


def test_harmless_copies_leave_the_gate_red(family: Desk, make_score: Make) -> None:
    """Twenty copies of the base change nothing, whether only the database has them or the question too."""
    write_scores(family.database, [make_score(BASE, 40), make_score(MADE, 63)], family.START)
    refresh(family.database)
    rule = 'kind = "no_worse"\nmargin = 0'
    alone = asked(family, MADE, rule).outcomes[1].results[0]
    assert [one.state.value for one in alone.details] == ["found"]
    copies = [family.record(number, tags=[f"base_model:{BASE}"]) for number in range(10, 30)]
    family.take(copies, day=2)
    family.derive(day=2)
    write_scores(family.database, [make_score(f"maple/model-{number}", 40) for number in range(10, 30)], family.START)
    refresh(family.database)
    for selector in (MADE, f"{BASE}+", "org:maple"):
        results = {one.model: one for one in asked(family, selector, rule).outcomes[1].results}
        assert results[MADE] == alone


def test_models_are_tested_in_blocks_while_findings_are_read(family: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first findings come before the last model is looked at, and all are those of one block."""
    rules = (
        'kind = "present"',
        'kind = "licences"\nforbid = ["mit", "mti"]',
        'kind = "declared_parents"',
        'kind = "no_worse"\ninstruments = ["harmbench"]',
    )
    exception = f'[[exception]]\nmodel = "{MADE}"\nrules = ["licences"]\nreason = "agreed"\nexpires = 2200-01-01\n'
    policy = read_policy("".join(f"[[rule]]\n{rule}\n" for rule in rules) + exception, "policy.toml")
    whole = check(family.database, "*", policy, family.START)
    tested: list[int] = []

    def noting(run: PolicyRun, facts: PolicyFacts) -> tuple[ResultBlock, ...]:
        tested.append(len(facts.models))
        return test(run, facts)

    test = PolicyRun.test
    monkeypatch.setattr(PolicyRun, "test", noting)
    monkeypatch.setattr("store.outputs.policy_check.BLOCK", 1)
    stream = CheckStream(family.database, "*", policy, family.START)
    texts = stream.written(written_rows(repr))
    first = [next(texts), next(texts)]
    assert tested == [1]
    assert "".join((*first, *texts)) == "".join(map(repr, as_rows(whole)))
    assert tested == [1] * whole.models
    report = stream.report()
    assert [list(one.results) for one in report.outcomes] == [list(one.results) for one in whole.outcomes]
    assert replace(report, outcomes=()) == replace(whole, outcomes=())


def test_only_scores_on_instruments_that_rules_name_are_read(
    family: Desk, make_score: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules that name theirs read no other score; one that asks for any instrument, or for a construct, reads all."""
    other = replace(HARM, name="other")
    changes: tuple[dict[str, Any], ...] = ({}, {"instrument": other, "identity": Identity(name="other")})
    scores = [make_score(model, 40, **one) for model in (BASE, MADE) for one in changes]
    write_scores(family.database, scores, family.START)
    refresh(family.database)
    read: list[set[str]] = []

    def noting(run: PolicyRun, facts: PolicyFacts) -> tuple[ResultBlock, ...]:
        read.append({score.name for theirs in facts.scores.values() for score in theirs})
        return test(run, facts)

    test = PolicyRun.test
    monkeypatch.setattr(PolicyRun, "test", noting)
    named = 'kind = "measured"\ninstruments = ["harm"]'
    for rule in ('kind = "no_worse"\ninstruments = ["harm"]', 'kind = "no_worse"', 'kind = "guarded"'):
        asked(family, MADE, named, rule)
    asked(family, MADE, 'kind = "present"')
    assert read == [{"harm"}, {"harm", "other"}, {"harm", "other"}, set()]
