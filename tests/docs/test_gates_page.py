"""The page on gates: its policies can be read, its workflows are sound, and they run commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lineage.policy.policy_file import read_policy
from lineage.policy.rules import KINDS
from lineage.vocabulary import DifferenceName

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gates.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Return the words of every command of a shell script that runs lineage."""
    return [shlex.split(line) for line in text.splitlines() if line.strip().startswith("lineage ")]


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


@pytest.fixture(name="workflow")
def fixture_workflow() -> dict[Any, Any]:
    """Give the workflow of the page, read."""
    found: dict[Any, Any] = yaml.safe_load(blocks("yaml")[0])
    return found


def test_the_workflow_is_sound(workflow: dict[Any, Any]) -> None:
    """It has events, rights to upload alerts, and steps that each run or use something."""
    assert workflow[True]  # YAML 1.1 reads the key `on` so, and code hosts do not
    assert workflow["permissions"] == {"contents": "read", "security-events": "write"}
    (job,) = workflow["jobs"].values()
    assert all(("run" in step) is not ("uses" in step) for step in job["steps"])
    upload = job["steps"][-1]
    assert upload["if"] == "always()"
    (check,) = [
        words for step in job["steps"] for words in commands(step.get("run", "")) if words[:2] == ["lineage", "check"]
    ]
    assert check[check.index("-o") + 1] == upload["with"]["sarif_file"]


def test_the_hook_is_sound() -> None:
    """It has the keys that a local hook needs, and its pattern names the two files."""
    (hook,) = yaml.safe_load(blocks("yaml")[1])["repos"][0]["hooks"]
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert [bool(re.search(hook["files"], name)) for name in ("deployed.txt", "policy.toml", "x/policy.toml")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("place", ["workflow", "hook"])
def test_a_file_of_ids_becomes_a_selector(tmp_path: Path, workflow: dict[Any, Any], place: str) -> None:
    """In the shell the line that the page gives asks for every model of the file."""
    (tmp_path / "deployed.txt").write_text("oak/a\noak/b\n")
    seen = tmp_path / "lineage"
    seen.write_text('#!/bin/sh\nprintf "%s|" "$@" > seen.txt\n')
    seen.chmod(0o755)
    hook = yaml.safe_load(blocks("yaml")[1])["repos"][0]["hooks"][0]["entry"]
    (job,) = workflow["jobs"].values()
    step = next(step["run"] for step in job["steps"] if "lineage check" in step.get("run", ""))
    command = step if place == "workflow" else hook
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    told = (tmp_path / "seen.txt").read_text().split("|")
    assert told[:4] == ["check", "oak/a oak/b ", "--policy", "policy.toml"]


def test_the_example_beside_the_page_is_toml() -> None:
    """Other tools read it too."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "policy.toml").read_text("utf-8")
    assert {"title", "rule", "exception"} <= set(tomllib.loads(text))
