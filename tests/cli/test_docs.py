"""`lineage docs` reads the documentation that the installation carries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Runs

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("cli.py", "crawler", "evaluation", "lineage", "sandbox", "store")
POINTER = re.compile(r"`lineage docs (\w+)`")


def test_all_pages_are_listed_with_their_titles(lineage: Runs) -> None:
    """Without a page, every page is named beside its title, in order."""
    pages = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
    ran = lineage("docs")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == pages
    assert re.search(r"^drift +Drift$", ran.out, re.MULTILINE)


def test_a_page_is_printed_whole(lineage: Runs) -> None:
    """A page comes as it is written."""
    assert lineage("docs", "drift").out == (ROOT / "docs" / "drift.md").read_text("utf-8")


def test_a_page_that_does_not_exist_is_an_error(lineage: Runs) -> None:
    """The message names the page that was perhaps meant, and the way to all of them."""
    ran = lineage("docs", "drft")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "lineage: no page is called 'drft' (did you mean drift?); `lineage docs` lists them\n"


@pytest.mark.parametrize("place", PRODUCT)
def test_messages_point_to_pages_that_can_be_read(place: str) -> None:
    """Whatever page the product points its user to is one that `lineage docs` prints."""
    files = (
        [ROOT / place] if place.endswith(".py") else [*(ROOT / place).rglob("*.py"), *(ROOT / place).rglob("*.toml")]
    )
    named = {page for file in files for page in POINTER.findall(file.read_text("utf-8"))}
    assert {page for page in named if not (ROOT / "docs" / f"{page}.md").is_file()} == set()
