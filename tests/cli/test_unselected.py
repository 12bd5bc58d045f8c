"""A selector that names no model is told by every command that takes one: an empty answer reads as good news."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs

TOLD = "no model matches org:mapl-research"
NEAREST = "; no model has org:mapl-research (did you mean org:maple-research?)\n"
COMMANDS = [
    ("datasets",),
    ("licences",),
    ("changes", "--since", "2020-01-01"),
    ("drift",),
    ("coverage", "--predicted"),
    ("drift", "--mixed"),
    ("research", "study"),
    ("scores", "list"),
    ("coverage",),
    ("schedule",),
    ("schedule", "--domain", "medical"),
    ("report", "-o", "-"),
    ("export", "--format", "graphml", "-o", "-"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_selector_without_models_is_told(lineage: Runs, crawled: Path, command: tuple[str, ...]) -> None:
    """Exit code 1 and a sentence with the nearest name; what has models is not told so, be its answer empty or not."""
    ran = lineage(*command, "org:mapl-research", "--db", str(crawled))
    assert (ran.code, TOLD in ran.err, NEAREST in ran.err) == (1, True, True)
    assert "no model matches" not in lineage(*command, "org:maple-research", "--db", str(crawled)).err


def test_a_gate_finds_that_nothing_is_selected(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """`check` takes it for a finding, which fails the gate."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[[rule]]\nkind = "declared_parents"\n')
    ran = lineage("check", "org:mapl-research", "--policy", str(policy), "--db", str(crawled))
    assert (ran.code, "no model" in ran.out, TOLD + NEAREST in ran.err) == (1, True, True)
