"""The page on gates: its policies can be read, its workflows are sound, and they run commands that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from xml.etree import ElementTree as ET

import pytest
import yaml

from lineage.policy.policy_file import read_policy
from lineage.policy.rules import KINDS
from lineage.vocabulary import DifferenceName
from sandbox.run_sandbox import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    Steps: TypeAlias = Callable[[str], int]

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "gates.md").read_text("utf-8")
BASE, DERIVATIVE = "maple-research/maple-7b-instruct", "quillfeather/ingredient-03-clinical"
LEAST: Final = 343  # models, the fewest that a catalogue can have: a small Hub is crawled quickly


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_its_policies_can_be_read() -> None:
    """Every block of TOML is a policy without a fault."""
    assert blocks("toml")
    for text in blocks("toml"):
        assert read_policy(text.replace("OWNER", "maple").replace("MODEL", "model"), "gates.md").rules


def test_every_rule_is_described() -> None:
    """The manual has a heading for each kind, which `make docs` writes."""
    assert [name for name in re.findall(r"^### (\w+)$", PAGE, re.MULTILINE) if name in KINDS] == list(KINDS)


def test_every_kind_of_difference_is_described() -> None:
    """The table of `diff` names them all."""
    table = PAGE.partition("## Differences")[2]
    assert [one.value for one in DifferenceName if f"`{one.value}`" not in table] == []


@pytest.fixture(name="repository")
def fixture_repository(tmp_path: Path, replay: ModuleType) -> Iterator[Steps]:
    """Give a folder with the two files that the page asks for, scores, and what runs a step there against a Hub."""
    own = tmp_path / "bin"
    own.mkdir()
    for name, does in (("lineage", f'exec "{sys.executable}" -m cli "$@"'), ("pip", 'echo "$@" > pip.txt')):
        (own / name).write_text(f"#!/bin/sh\n{does}\n")
        (own / name).chmod(0o755)
    (tmp_path / "scores").mkdir()
    table = f"model,instrument,value,items\n{DERIVATIVE},hellaswag,0.7,10042\n"
    (tmp_path / "scores" / "scores.csv").write_text(table)
    (tmp_path / "deployed.txt").write_text(f"{DERIVATIVE}\n{BASE}\n")
    with run_sandbox(models=LEAST) as hub:
        variables = {**replay.environment(hub), "HF_TOKEN": "", "LINEAGE_DB": "lineage.duckdb", "HOME": str(tmp_path)}
        variables |= {"PATH": f"{own}:{variables['PATH']}", "PYTHONPATH": str(ROOT)}

        def run(command: str) -> int:
            return subprocess.run(
                ["/bin/bash", "-e", "-c", command], cwd=tmp_path, env=variables, check=False
            ).returncode

        yield run


def test_the_workflow_for_github_runs(repository: Steps, tmp_path: Path) -> None:
    """Its steps, run as they are with a policy as `init` begins it, end with alerts and a failed job."""
    workflow = yaml.safe_load(blocks("yaml")[0])
    assert workflow[True]  # YAML 1.1 reads the key `on` so, and code hosts do not
    assert workflow["permissions"] == {"contents": "read", "security-events": "write"}
    (job,) = workflow["jobs"].values()
    assert all(("run" in step) is not ("uses" in step) for step in job["steps"])
    assert job["env"]["LINEAGE_DB"] == "lineage.duckdb"
    assert repository("lineage check init --domain medical") == 0
    policy = tmp_path / "policy.toml"
    policy.write_text(policy.read_text().replace("OWNER/BASE", BASE))
    codes = [repository(step["run"]) for step in job["steps"] if "run" in step]
    assert codes == [0, 0, 0, 1]
    assert (tmp_path / "pip.txt").read_text() == "install hub-lineage\n"
    alerts, kept = (step for step in job["steps"] if str(step.get("if", "")).startswith("always()"))
    (run,) = json.loads((tmp_path / alerts["with"]["sarif_file"]).read_text())["runs"]
    found = {one["properties"]["missing"] for one in run["results"] if "properties" in one}
    assert "unmeasured" in found
    assert run["invocations"][0]["exitCode"] == 1
    assert (tmp_path / kept["with"]["path"]).exists()


def test_the_file_for_gitlab_runs(repository: Steps, tmp_path: Path) -> None:
    """Its script, run with a policy that the models keep, passes, and what is skipped is in the report of tests."""
    (job,) = yaml.safe_load(blocks("yaml")[1]).values()
    assert job["variables"] == {"LINEAGE_DB": "lineage.duckdb"}
    (tmp_path / "policy.toml").write_text(
        f"""
        [[rule]]
        kind = "approved_bases"
        bases = ["{BASE}"]
        [[rule]]
        kind = "no_worse"
        allow_missing = ["unmeasured", "unknown"]
        """
    )
    assert [repository(command) for command in job["script"]] == [0, 0, 0, 0]
    report = ET.parse(tmp_path / job["artifacts"]["reports"]["junit"]).getroot()  # noqa: S314 -- our own
    assert [suite.get("skipped") for suite in report.findall("testsuite")] == ["0", "0", "2"]
    assert report.get("failures") == "0"
    assert all((tmp_path / name).exists() for name in job["artifacts"]["paths"])


def test_the_hook_is_sound() -> None:
    """It has the keys that a local hook needs, and its pattern names the two files."""
    (hook,) = yaml.safe_load(blocks("yaml")[2])["repos"][0]["hooks"]
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert [bool(re.search(hook["files"], name)) for name in ("deployed.txt", "policy.toml", "x/policy.toml")] == [
        True,
        True,
        False,
    ]


def test_a_file_of_ids_becomes_a_selector(tmp_path: Path) -> None:
    """In the shell the line of the hook asks for every model of the file."""
    (tmp_path / "deployed.txt").write_text("oak/a\noak/b\n")
    seen = tmp_path / "lineage"
    seen.write_text('#!/bin/sh\nprintf "%s|" "$@" > seen.txt\n')
    seen.chmod(0o755)
    command = yaml.safe_load(blocks("yaml")[2])["repos"][0]["hooks"][0]["entry"]
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    told = (tmp_path / "seen.txt").read_text().split("|")
    assert told[:4] == ["check", "oak/a oak/b ", "--policy", "policy.toml"]


def test_the_example_beside_the_page_is_toml() -> None:
    """Other tools read it too."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "policy.toml").read_text("utf-8")
    assert {"title", "rule", "exception"} <= set(tomllib.loads(text))
