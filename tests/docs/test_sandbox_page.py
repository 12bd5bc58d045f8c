"""The page on the sandbox Hub agrees with the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from sandbox.hub.benchmarks import BENCHMARKS
from sandbox.hub.callers import BEARERS
from sandbox.hub.faults import KNOWN, parse_faults

ROOT: Final = Path(__file__).resolve().parents[2]
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """Return the text of a page of the documentation."""
    return (ROOT / "docs" / name).read_text("utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the fenced blocks of a page that are in a language."""
    return [text for found, text in BLOCK.findall(page(name)) if found == language]


def test_every_fault_is_on_its_page() -> None:
    """The table of faults lists every fault that a spec can name."""
    rows = "\n".join(line for line in page("sandbox.md").splitlines() if line.startswith("| `"))
    spelt = {"STATUS>LIMIT": "504>250"}
    assert [name for name in KNOWN if f"`{spelt.get(name, name)}" not in rows] == []


def test_every_fault_spec_on_the_page_can_be_read() -> None:
    """Each value of --faults on the page is a valid spec."""
    specs = [
        spec.strip('"') for block in blocks("sandbox.md", "sh") for spec in re.findall(r'--faults ("[^"]+"|\S+)', block)
    ]
    assert specs
    for spec in specs:
        assert parse_faults(spec).chances


@pytest.mark.parametrize("token", BEARERS)
def test_every_token_of_the_sandbox_is_on_its_page(token: str) -> None:
    """The page lists each fixed token."""
    assert f"`{token}`" in page("sandbox.md")


@pytest.mark.parametrize("dataset", BENCHMARKS)
def test_every_data_set_of_the_sandbox_is_on_its_page(dataset: str) -> None:
    """The page lists each data set that the sandbox knows."""
    assert f"`{dataset}`" in page("sandbox.md")
