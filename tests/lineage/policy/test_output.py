"""What was found, in every form: the readers of each understand it, and hostile texts stay texts."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.output.result import Result, as_json
from lineage.policy.check import evaluate
from lineage.policy.junit import as_junit
from lineage.policy.output import COLUMNS, as_rows, summary, table_parts
from lineage.policy.policy import Exemption
from lineage.policy.rules import DeclaredParents, Level, Measured, NoWorse, Present
from lineage.policy.sarif import as_sarif
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from lineage.policy.findings import ModelOutcome
    from lineage.policy.results import CheckReport
    from tests.lineage.policy.conftest import Bench

HOSTILE = "</failure>]]>&amp;\x1b[31m\x00\u202e{0}[x](http://a.example)\ud800\ufffe\n=HYPERLINK"
BAD = ("\x00", "\x1b", "\u202e", "\ud800", "\ufffe")


@pytest.fixture(name="report")
def fixture_report(bench: type[Bench]) -> CheckReport:
    """Give a check with everything in it: kept, found, excused, warned, skipped, and texts of strangers."""
    rules = (
        Measured(name="measured", instruments=("harm", "other"), line=3),
        Present(name="present", line=9),
        DeclaredParents(name="declared", level=Level.WARNING, line=12),
        NoWorse(name="no_worse", allow_missing=(MissingFact.UNMEASURED,), line=15),
    )
    one = Exemption(model="oak/*", rules=("present",), reason=HOSTILE, expires=date(2027, 1, 1))
    edges = {bench.MODEL: (bench.edge(inferred=True, declared_as=HOSTILE),)}
    facts = bench.facts(edges=edges, records={bench.MODEL: bench.record(status="deleted", status_evidence=HOSTILE)})
    allowed = (MissingFact.WITHHELD, MissingFact.STALE)
    return evaluate(bench.policy(*rules, exemptions=(one,), title=HOSTILE), facts, allowed)


def table(report: CheckReport, **options: Any) -> str:  # noqa: ANN401 -- those of table_parts
    """Return the sections of all rules."""
    return "".join(line for outcome in report.outcomes for line in table_parts(outcome, 1000, **options))


def test_rows_hold_everything_that_was_looked_at(report: CheckReport) -> None:
    """A row a detail with its state and source; what keeps its rule is there too."""
    rows = Result(columns=COLUMNS, rows=tuple(as_rows(report)))
    assert [(row[0], row[3], row[5]) for row in rows.rows] == [
        ("selection", "ok", "*"),
        ("measured", "ok", "harm"),
        ("measured", "found", "other"),
        ("present", "excused", "oak/notes"),
        ("declared", "found", "oak/notes"),
        ("no_worse", "skipped", "any instrument"),
    ]
    excused = rows.records()[3]
    assert (excused["excuse"], str(excused["expires"]), excused["line"]) == (HOSTILE, "2027-01-01", 9)
    assert json.loads(as_json(rows))[3]["expires"] == "2027-01-01"


def test_the_table_says_what_was_found(report: CheckReport) -> None:
    """What keeps its rules is counted, and shown where all is asked for; hidden characters are made visible."""
    short = table(report, is_full=False)
    assert "FAIL (1 model)  measured: Every model is measured" in short
    assert "other: not measured: no score" in short
    assert "to supply it: lineage scores import FILE" in short
    assert "WARNING (1 model)  declared" in short
    assert "(excused until 2027-01-01: " in short
    assert "SKIPPED (1 model)  no_worse" in short
    assert "PASS: harm: measured by harm" not in short
    assert "PASS: harm: measured by harm" in table(report, is_full=True)
    assert all(character not in short for character in BAD)
    counted = "1 warning; 1 excused; 1 fact skipped (1 not measured)"
    assert summary(report) == f"failed (1 finding in 1 of 5 rules, 1 model); {counted}"


def test_the_table_of_many_models_is_bounded(bench: type[Bench]) -> None:
    """Of each rule so many models are shown, with all that was found; the others are counted."""
    models = tuple(f"oak/{number}" for number in range(5))
    facts = bench.facts(models=models, records={one: bench.record() for one in models}, edges={}, scores={})
    report = evaluate(bench.policy(Measured(name="measured", instruments=("harm", "other"))), facts)
    (outcome,) = report.outcomes[1:]
    lines = list(table_parts(outcome, 1000, is_full=False, most=2))
    found = [line.removeprefix("  ").split(":")[0].strip() for line in lines[1:] if "to supply it" not in line]
    assert found == ["oak/0  harm", "other", "oak/1  harm", "other", "(3 models more; --limit 0 shows all)"]
    assert "more;" not in table(report, is_full=False, most=5)
    assert table(report, is_full=True, most=5) == table(report, is_full=True)


def test_junit_counts_what_it_holds(report: CheckReport) -> None:
    """The counts of each suite are those of its cases, and the document's those of its suites."""
    root = ET.fromstring("".join(as_junit(report)))  # noqa: S314 -- our own
    assert root.tag == "testsuites"
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(sum(case.find(tag) is not None for case in cases))
        assert suite.get("timestamp") == "2026-03-01T00:00:00"
        assert all(case.get("name") and case.get("classname") and case.get("time") for case in cases)
    for name in ("tests", "failures", "errors"):
        assert root.get(name) == str(sum(int(suite.get(name) or 0) for suite in root.iter("testsuite")))
    (failure,) = root.iter("failure")
    told = "other: not measured: no score; to supply it: lineage scores import FILE"
    assert (failure.get("message"), failure.get("type")) == (told, "measured")
    excused, skipped = (one.get("message") or "" for one in root.iter("skipped"))
    assert excused.startswith("excused until 2027-01-01: ")
    assert skipped.startswith("any instrument: not measured: not compared: it has no comparison")


def test_junit_has_the_order_that_schemas_ask(report: CheckReport) -> None:
    """Properties before cases; in a case failure or skipped before system-out: readers that validate want it so."""
    root = ET.fromstring("".join(as_junit(report)))  # noqa: S314 -- our own
    order = {"properties": 0, "testcase": 1, "skipped": 0, "failure": 0, "system-out": 1}
    for parent in (*root.iter("testsuite"), *root.iter("testcase")):
        ranks = [order[child.tag] for child in parent]
        assert ranks == sorted(ranks)


def test_a_warning_passes_in_junit(report: CheckReport) -> None:
    """What a warning found is told in the output of a case that passes."""
    root = ET.fromstring("".join(as_junit(report)))  # noqa: S314 -- our own
    (case,) = (case for case in root.iter("testcase") if case.get("classname") == "policy.declared")
    assert case.find("failure") is None
    assert "only inferred" in (case.findtext("system-out") or "")


def test_sarif_has_what_the_standard_requires(report: CheckReport) -> None:
    """Required properties are there, rules are found by their index, and values are the allowed ones."""
    text = "".join(as_sarif(report, "1.2.3", "ci/policy.toml"))
    document = json.loads(text)
    assert text == f"{json.dumps(document, indent=1)}\n"
    assert (document["version"], set(document)) == ("2.1.0", {"$schema", "version", "runs"})
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("lineage", "1.2.3")
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert all(isinstance(one["executionSuccessful"], bool) for one in run["invocations"])
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "ci/policy.toml"
        assert physical["region"]["startLine"] >= 1
        assert location["logicalLocations"][0]["fullyQualifiedName"] == "oak/notes"
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())


def test_sarif_results_are_what_was_found(report: CheckReport) -> None:
    """Findings with their level and line; what is excused is suppressed, with the reason."""
    (run,) = json.loads("".join(as_sarif(report, "1.2.3", "policy.toml")))["runs"]
    told = [(one["ruleId"], one["kind"], one["level"], "suppressions" in one) for one in run["results"]]
    assert told == [
        ("measured", "fail", "error", False),
        ("present", "fail", "error", True),
        ("declared", "fail", "warning", False),
        ("no_worse", "open", "none", False),
    ]
    assert run["results"][3]["properties"]["missing"] == "unmeasured"
    assert run["invocations"][0]["exitCode"] == 1
    (suppression,) = run["results"][1]["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"].startswith("until 2027-01-01: ")
    lines = [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in run["results"]]
    assert lines == [3, 9, 12, 15]


def test_sarif_knows_a_finding_again(bench: type[Bench]) -> None:
    """The fingerprint stays when the words change, and differs between subjects."""
    rule = Measured(name="measured", instruments=("harm", "other"))

    def prints(**changes: Any) -> list[str]:  # noqa: ANN401 -- fields of the tests
        facts = bench.facts(scores={bench.MODEL: (bench.score(**changes),)})
        document = json.loads("".join(as_sarif(evaluate(bench.policy(rule), facts), "1", "p.toml")))
        return [one["partialFingerprints"]["lineageFinding/v1"] for one in document["runs"][0]["results"]]

    assert prints(state="stale") == prints(revision=None)
    assert len(set(prints(state="stale"))) == 2


def test_sarif_messages_hold_no_links_or_placeholders(report: CheckReport) -> None:
    """Brackets and braces of strangers are escaped as the standard says."""
    (run,) = json.loads("".join(as_sarif(report, "1.2.3", "policy.toml")))["runs"]
    text = run["results"][2]["message"]["text"]
    assert "{{0}}" in text
    assert "\\[x\\](" in text
    assert all(character not in text for character in BAD)


def test_what_is_said_of_many_models_is_kept_once(bench: type[Bench]) -> None:
    """A check of the whole Hub says the same of most models, and each says it for itself in the rows."""
    models = ("oak/a", "oak/b")
    rule = Measured(name="measured", instruments=("harm",))
    report = evaluate(bench.policy(rule), bench.facts(models=models, scores={}))
    written: list[ModelOutcome] = []

    def write(result: ModelOutcome) -> str:
        written.append(result)
        return f"{result.model} "

    (text,) = report.outcomes[1].results.written(write)
    assert (len(written), text) == (1, "oak/a oak/b ")
    assert [row[4] for row in as_rows(report)][1:] == [*models]


@given(text=st.text())
def test_any_text_makes_sound_documents(bench: type[Bench], text: str) -> None:
    """Whatever a stranger wrote, XML and JSON are read back, and no raw control character is in them."""
    facts = bench.facts(edges={bench.MODEL: (bench.edge(inferred=True, declared_as=text),)})
    report = evaluate(bench.policy(DeclaredParents(name="declared")), facts)
    junit = "".join(as_junit(report))
    assert ET.fromstring(junit).find(".//failure") is not None  # noqa: S314 -- our own
    junit.encode()
    sarif = "".join(as_sarif(report, "1", "p.toml"))
    assert len(json.loads(sarif)["runs"][0]["results"]) == 1
    assert sarif == f"{json.dumps(json.loads(sarif), indent=1)}\n"
    assert len(json.loads(as_json(Result(columns=COLUMNS, rows=tuple(as_rows(report)))))) == 2
