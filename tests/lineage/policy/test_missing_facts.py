"""A rule whose facts are missing fails, or is skipped and counted where that is allowed; every form says the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from lineage.policy.check import evaluate
from lineage.policy.junit import as_junit
from lineage.policy.output import as_rows, summary, table_parts
from lineage.policy.policy import PolicyFault
from lineage.policy.policy_file import read_policy
from lineage.policy.rules import Measured, NotGated, NoWorse, Seen
from lineage.policy.sarif import as_sarif
from lineage.policy.starter import EXAMPLE_BASE, starter_policy
from lineage.scores.instrument_file import default_catalogue
from lineage.vocabulary import MissingFact, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.results import CheckReport
    from tests.lineage.policy.conftest import Bench

MEASURED = Measured(name="r", instruments=("harm",), line=1)
NO_WORSE = NoWorse(name="r", line=1)


def lacking(bench: type[Bench], missing: MissingFact) -> tuple[Any, PolicyFacts]:
    """Return a rule, and facts of which one of this kind is missing to it."""
    match missing:
        case MissingFact.UNMEASURED:
            return MEASURED, bench.facts(scores={})
        case MissingFact.STALE:
            return MEASURED, bench.facts(scores={bench.MODEL: (bench.score(state="stale"),)})
        case MissingFact.CONTRADICTORY:
            rivals = tuple(bench.score(state="contradictory", value=value, run=f"{value}") for value in (0.2, 0.7))
            return MEASURED, bench.facts(scores={bench.MODEL: rivals})
        case MissingFact.WITHHELD:
            scores = {one: (bench.score(),) for one in (bench.MODEL, bench.BASE)}
            return NO_WORSE, bench.facts([bench.row(Verdict.WITHHELD)], NO_WORSE, scores=scores)
        case MissingFact.UNKNOWN:
            return NotGated(name="r", line=1), bench.facts(records={bench.MODEL: bench.record(gated=None)})


def told(report: CheckReport) -> dict[str, Any]:
    """Return what each form says of the one rule: fails, or is skipped with the kind of what is missing."""
    row = list(as_rows(report))[-1]
    suite = ET.fromstring("".join(as_junit(report))).findall("testsuite")[1]  # noqa: S314 -- our own
    (run,) = json.loads("".join(as_sarif(report, "1", "p.toml")))["runs"]
    (result,) = run["results"]
    return {
        "table": next(table_parts(report.outcomes[-1], 1000, is_full=False)).partition(" ")[0],
        "json": (row[3], row[8]),
        "junit": (suite.get("failures"), suite.get("skipped")),
        "sarif": (result["kind"], result["level"], result["properties"]["missing"]),
        "exit": (report.has_failed, run["invocations"][0]["exitCode"]),
    }


@pytest.mark.parametrize("missing", MissingFact)
def test_what_is_missing_fails_in_every_form_or_is_skipped_in_every_form(
    bench: type[Bench], missing: MissingFact
) -> None:
    """Terminal, JSON, JUnit, SARIF and exit code agree; only the kind that is allowed is skipped, and it is counted."""
    rule, facts = lacking(bench, missing)

    def check(allowed: Collection[MissingFact]) -> CheckReport:
        return evaluate(bench.policy(rule), facts, allowed)

    fails = {
        "table": "FAIL",
        "json": ("found", missing.value),
        "junit": ("1", "0"),
        "sarif": ("fail", "error", missing.value),
        "exit": (True, 1),
    }
    assert told(check(())) == told(check(set(MissingFact) - {missing})) == fails
    assert told(check({missing})) == {
        "table": "SKIPPED",
        "json": ("skipped", missing.value),
        "junit": ("0", "1"),
        "sarif": ("open", "none", missing.value),
        "exit": (False, 0),
    }
    assert summary(check({missing})).endswith(f"; 1 fact skipped (1 {missing.words})")


def test_a_withheld_comparison_says_what_its_scores_lack(bench: type[Bench]) -> None:
    """Stale and contradictory scores of either side, and a side without one, are told apart from a failed guard."""
    row = bench.row(Verdict.WITHHELD, reason="withheld: of some cause")
    good, stale = bench.score(), bench.score(state="stale")
    rival = bench.score(state="contradictory")

    def kind(mine: Any, theirs: Any) -> MissingFact | None:  # noqa: ANN401 -- scores or nothing
        scores = {bench.MODEL: (mine,), bench.BASE: (theirs,)} if theirs else {bench.MODEL: (mine,)}
        outcome = bench.outcome(NO_WORSE, bench.facts([row], NO_WORSE, scores=scores))
        return outcome.results[0].details[0].missing

    assert [kind(good, good), kind(stale, good), kind(good, stale), kind(good, rival), kind(good, None)] == [
        MissingFact.WITHHELD,
        MissingFact.STALE,
        MissingFact.STALE,
        MissingFact.CONTRADICTORY,
        MissingFact.UNMEASURED,
    ]


def test_a_skipped_fact_beside_one_that_passes_is_no_pass(bench: type[Bench]) -> None:
    """A rule passes on a model only if every fact of it was there."""
    rule = Measured(name="r", instruments=("harm", "toxigen"), allow_missing=(MissingFact.UNMEASURED,))
    (result,) = bench.outcome(rule, bench.facts()).results
    assert result.state.value == "skipped"
    assert bench.states(rule, bench.facts()) == {"harm": "ok", "toxigen": "skipped"}


@pytest.mark.parametrize(
    ("rule", "change", "command"),
    [
        (Measured(name="r", instruments=("toxigen",)), {}, "lineage evaluate oak/notes toxigen"),
        (Measured(name="r", instruments=("harm",)), {"scores": {}}, "lineage scores import FILE"),
        (Seen(name="r", max_age_days=1), {"records": {}}, "lineage crawl --models oak/notes"),
        (NO_WORSE, {"edges": {}}, "lineage edge add oak/notes PARENT"),
        (NO_WORSE, {"scores": {}}, "lineage schedule oak/notes --queue, then lineage evaluate"),
    ],
)
def test_what_is_missing_comes_with_the_command_that_supplies_it(
    bench: type[Bench],
    rule: Any,  # noqa: ANN401 -- one of several kinds
    change: dict[str, Any],
    command: str,
) -> None:
    """The command names the model, so that it can be copied."""
    report = evaluate(bench.policy(rule), bench.facts(**change))
    assert list(as_rows(report))[-1][9] == command


@pytest.mark.parametrize(
    "domains", [(), ("medical",), ("legal",), ("financial",), ("medical", "legal"), ("legal", "tax")]
)
def test_the_policy_for_a_domain_is_one(domains: tuple[str, ...]) -> None:
    """It reads without a fault, asks for safety and the domain's capability, and every rule has a comment."""
    text = starter_policy("policy.toml", domains, default_catalogue())
    policy = read_policy(text.replace(EXAMPLE_BASE, "maple/base"), "policy.toml")
    (measured,) = (rule for rule in policy.rules if isinstance(rule, Measured))
    catalogue = default_catalogue()
    found = [one for name in measured.instruments if (one := catalogue.find(name)) is not None]
    assert len(found) == len(measured.instruments)
    assert not found[0].is_guard
    assert {domain for one in found for domain in one.domains} == {*domains} - {"tax"}
    assert ("measures what a tax model must be able to do: add one" in text) == ("tax" in domains)
    assert {"approved_bases", "no_worse", "licences"} <= {rule.kind for rule in policy.rules}
    whole = re.sub(r"(?m)^# (?=\[\[|\w+ = )", "", text)
    assert read_policy(whole, "policy.toml").exemptions  # with the lines that are there to be uncommented


def test_kinds_that_a_rule_may_skip_are_read() -> None:
    """An unknown kind is a fault of the file, and the nearest one is suggested."""
    policy = read_policy('[[rule]]\nkind = "present"\nallow_missing = ["stale", "unknown"]\n', "p.toml")
    assert policy.rules[0].allow_missing == (MissingFact.STALE, MissingFact.UNKNOWN)
    with pytest.raises(PolicyFault, match=r"'unmesured' is not one of .* \(did you mean unmeasured"):
        read_policy('[[rule]]\nkind = "present"\nallow_missing = ["unmesured"]\n', "p.toml")
