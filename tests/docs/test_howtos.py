"""Every command of the how-tos and of the README's first steps has the exit code that the page states."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from sandbox.run_sandbox import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT: Final = Path(__file__).resolve().parents[2]
APPROVED_BASE, NIGHTLY, README = "Watch over an approved base", "A nightly watch, with a gate", "README.md"
SECTION: Final = re.compile(r"^## (.+)\n", re.MULTILINE)
BASE, DERIVATIVE, OTHER = (
    "maple-research/maple-7b-instruct",
    "quillfeather/ingredient-03-clinical",
    "maple-research/maple-7b",
)
LEAST: Final = 343  # models, the fewest that a catalogue can have: a small Hub is crawled quickly
NAMES: Final = {
    "OWNER/BASE": BASE,
    "OWNER/DERIVATIVE": DERIVATIVE,
    "OWNER/MODEL": DERIVATIVE,
    "OTHER/BASE": OTHER,
}
# The exit codes other than 0, by the section that states them and a part of the command.
ANSWERS: Final = (
    (APPROVED_BASE, "--mixed", 1),  # no model is riskier by one instrument and safer by another
    (APPROVED_BASE, "lineage check", 1),  # a rule finds something
    (README, "lineage check", 1),
    (NIGHTLY, "lineage check", 1),
    (NIGHTLY, "lineage changes", 1),  # nothing happened
)


def sections() -> list[tuple[str, str]]:
    """Return each recipe of the how-tos with its title; the README comes after the first, which makes a database."""
    _, *parts = SECTION.split((ROOT / "docs" / "howto.md").read_text("utf-8"))
    recipes = list(zip(parts[::2], parts[1::2], strict=True))
    assert [title for title, _ in recipes[:2]] == [APPROVED_BASE, NIGHTLY]
    return [recipes[0], (README, (ROOT / README).read_text("utf-8")), *recipes[1:]]


def expected_code(title: str, command: str) -> int:
    """Return the exit code that a command of a section has."""
    return next((code for section, part, code in ANSWERS if section == title and part in command), 0)


@pytest.fixture(name="hub")
def fixture_hub() -> Iterator[str]:
    """Give the address of a Hub without weights."""
    with run_sandbox(models=LEAST) as url:
        yield url


@pytest.fixture(name="variables")
def fixture_variables(replay: ModuleType, hub: str, tmp_path: Path) -> dict[str, str]:
    """Give an environment without the user's variables, in which `lineage` has a toy engine and does little."""
    own, toys = tmp_path / "bin", ROOT / "tests" / "evaluation" / "toys"
    own.mkdir()
    (own / "lineage").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("toy_lineage.py")}" "$@"\n'
    )
    (own / "lineage").chmod(0o755)
    settings = tmp_path / "lineage.toml"
    hardware = tmp_path / "hardware.toml"
    rates = ("flops", "download_bytes", "load_bytes")
    speeds = "".join(f"{rate}_per_second = 1e15\n" for rate in rates)
    hardware.write_text(f'name = "a toy"\nmemory_bytes = 1_000_000_000_000\nbytes_per_weight = 2\n{speeds}')
    settings.write_text(
        f'[evaluate]\nmax-jobs = 1\ndevice = "cpu"\n[schedule]\ninstrument = ["toxigen"]\nhardware = "{hardware}"\n'
    )
    given = replay.environment(hub)
    del given["LINEAGE_DB"]
    path = os.pathsep.join([*filter(None, [given.get("PYTHONPATH")]), str(toys)])
    return {
        **given,
        "HOME": str(tmp_path),
        "PATH": f"{own}:{given['PATH']}",
        "PYTHONPATH": path,
        "LINEAGE_CONFIG": str(settings),
    }


def furnish(folder: Path, hub: str) -> None:
    """Put the files into a folder that the pages assume a reader has."""
    shutil.copy(ROOT / "docs" / "policy.toml", folder)
    (folder / "deployed.txt").write_text(f"{DERIVATIVE}\n{BASE}\n")
    (folder / "scores.csv").write_text(f"model,instrument,value,items\n{DERIVATIVE},hellaswag,0.7,10042\n")
    listing = httpx.get(f"{hub}/api/models", params={"limit": 50}).json()
    (folder / "models.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in listing))


def with_names(text: str, hub: str) -> str:
    """Return a section with models, files and a server that exist."""
    text = text.replace("https://models.example.org", hub).replace("jsonl.xz", "jsonl")
    text = text.replace("scores import results/  ", "scores import scores.csv")
    for name, model in NAMES.items():
        text = text.replace(name, model)
    return text


def test_the_how_tos_are_true(replay: ModuleType, hub: str, variables: dict[str, str], tmp_path: Path) -> None:
    """Each command of each section ends as the section says; what the first one made is the database of the others."""
    wrong: list[str] = []
    made: Path | None = None
    for number, (title, text) in enumerate(sections()):
        folder = tmp_path / str(number)
        folder.mkdir()
        furnish(folder, hub)
        if made is not None:
            shutil.copy(made / "clinic.duckdb", folder / "lineage.duckdb")
        made = made or folder
        runs = list(replay.replay(with_names(text, hub), folder, variables))
        assert len(runs) >= 4
        wrong += [
            f"{title}: exit code {run.code} of {run.command}"
            for run in runs
            if run.code != expected_code(title, run.command)
        ]
    assert wrong == []
