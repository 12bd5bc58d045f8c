"""`lineage check` on a measured family: exit codes, forms and files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Runs

POLICY = """
title = "The ward"
[[rule]]
kind = "no_worse"
margin = 3.0
[[rule]]
kind = "guarded"
constructs = ["capability"]
accept_reported = true
"""


@pytest.fixture(name="policy")
def fixture_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of a policy file in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("policy.toml").write_text(POLICY)
    return "policy.toml"


def test_what_keeps_every_rule_is_clean(lineage: Runs, scored: Path, policy: str) -> None:
    """Exit code 0, and the evidence of what was looked at in the rows."""
    ran = lineage("check", "oak/medical-chat-lora", "--policy", policy, "--db", str(scored), "--format", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    assert {row["state"] for row in rows} == {"ok"}
    assert any("maple" not in row["source"] and row["source"] for row in rows)
    assert ran.err.endswith("The ward: passed (3 rules, 1 model)\n")


def test_what_is_worse_or_broken_is_found(lineage: Runs, scored: Path, policy: str) -> None:
    """Exit code 1: one derivative is riskier, one does not work."""
    ran = lineage("check", "birch/chat elm/broken", "--policy", policy, "--db", str(scored))
    assert ran.code == 1
    assert "ward_harm: worse: riskier by 15.0 points than birch/base" in ran.out
    assert "a guard failed: the derivative's hellaswag is 26.0%; under 28% a model does not work" in ran.out
    assert "The ward: failed (3 findings in 2 of 3 rules, 2 models)" in ran.err


def test_where_findings_go(lineage: Runs, scored: Path, policy: str) -> None:
    """A hyphen is stdout, as everywhere; a place that is none is named, and no name of ours."""
    asked = ("check", "birch/chat", "--policy", policy, "--db", str(scored), "--format", "csv", "-o")
    assert lineage(*asked, "-").out.startswith("rule,kind,level,state,model,")
    ran = lineage(*asked, "nowhere/found.csv")
    assert (ran.code, ran.err.partition("\n")[0]) == (2, "lineage: nowhere/found.csv: its folder does not exist")
    assert [path.name for path in Path().iterdir()] == [policy]


def test_files_are_written_whole_for_their_readers(lineage: Runs, scored: Path, policy: str) -> None:
    """JUnit, SARIF and CSV go to a file; stdout is empty, and the exit code is the answer."""
    asked = ("check", "birch/chat", "--policy", policy, "--db", str(scored))
    for form in ("junit", "sarif", "csv"):
        ran = lineage(*asked, "--format", form, "-o", f"found.{form}")
        assert (ran.code, ran.out) == (1, "")
    assert ET.parse("found.junit").getroot().get("failures") == "1"  # noqa: S314 -- our own
    (run,) = json.loads(Path("found.sarif").read_text())["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "policy.toml"},
        "region": {"startLine": 3},
    }
    assert Path("found.csv").read_text().startswith("rule,kind,level,state,model,")
    assert sorted(path.name for path in Path().iterdir()) == ["found.csv", "found.junit", "found.sarif", policy]


def test_an_unknown_model_is_a_finding(lineage: Runs, scored: Path, policy: str) -> None:
    """It says how to get it, and the file for the CI server is written all the same."""
    ran = lineage("check", "oak/nowhere", "--policy", policy, "--db", str(scored), "--format", "junit")
    assert ran.code == 1
    assert "crawl it" in (next(ET.fromstring(ran.out).iter("failure")).get("message") or "")  # noqa: S314 -- our own


def test_a_policy_is_begun_for_a_domain_and_fails_closed(lineage: Runs, scored: Path, policy: str) -> None:
    """`init` writes it once; on facts that are not there it fails, and what is allowed to be missing is counted."""
    begun = lineage("check", "init", "--domain", "medical", "--policy", "ward.toml", "--db", "nowhere.duckdb")
    assert (begun.code, begun.out) == (0, "")
    assert "check MODEL --policy ward.toml" in begun.err
    unknown = lineage("check", "init", "--domain", "tax", "--policy", "tax.toml", "--db", str(scored))
    assert (unknown.code, Path("tax.toml").exists()) == (2, False)
    assert "there is no domain 'tax'; the domains are medical, legal, financial" in unknown.err
    Path("tax.yaml").write_text("tax:\n  title: Tax\n  names: {strong: [tax]}\n")
    own = ("--domain", "tax", "--lexicon", "tax.yaml", "--policy", "tax.toml")
    assert lineage("check", "init", *own, "--db", str(scored)).code == 0
    assert 'title = "Deployed tax models"' in Path("tax.toml").read_text()
    kept = shutil.copy(scored, "kept.duckdb")
    assert lineage("resolve", "--lexicon", "tax.yaml", "--db", kept).code == 0
    assert lineage("check", "init", "--domain", "tax", "--policy", "kept.toml", "--db", kept).code == 0
    again = lineage("check", "init", "--policy", policy)
    assert (again.code, Path(policy).read_text()) == (2, POLICY)
    assert f"{policy} exists and is not overwritten" in again.err
    ran = lineage("check", "birch/base", "--policy", policy, "--db", str(scored))
    assert ran.code == 1
    assert "any instrument: unknown: not compared: it has no known parent" in ran.out
    ran = lineage("check", "birch/base", "--policy", policy, "--db", str(scored), "--allow", "unknown")
    assert ran.code == 0
    assert "SKIPPED (1 model)  no_worse" in ran.out
    assert ran.err.endswith("The ward: passed (3 rules, 1 model); 1 fact skipped (1 unknown)\n")
    refused = lineage("check", "birch/base", "--policy", policy, "--db", str(scored), "--domain", "legal")
    assert (refused.code, "domain:NAME" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]]\nkind = 'no_wors'\n", "policy.toml:2: kind 'no_wors' is not a kind of rule"),
        ("[[rule]]\nkind = 'measured'\ninstruments = ['ward_hurt']\n", "did you mean ward_harm?"),
        ("[[rule", "policy.toml: not readable as TOML"),
    ],
)
def test_a_bad_policy_is_wrong_usage(lineage: Runs, scored: Path, policy: str, text: str, told: str) -> None:
    """Exit code 2, with the place and what was perhaps meant."""
    Path(policy).write_text(text)
    ran = lineage("check", "birch/chat", "--policy", policy, "--db", str(scored))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "`lineage docs gates`" in ran.err


def test_a_policy_that_is_no_text_is_wrong_usage(lineage: Runs, scored: Path, policy: str) -> None:
    """A missing file and one of other bytes are told, not thrown."""
    Path(policy).write_bytes(b"\xff\xfe")
    for name in (policy, "nowhere.toml", "."):
        ran = lineage("check", "birch/chat", "--policy", name, "--db", str(scored))
        assert (ran.code, ran.out) == (2, "")
        assert f"the policy {name} cannot be read" in ran.err
