"""The look of all pages: one place defines it, and every page uses only what is defined."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lineage.explorer.page import script_text, style_text
from lineage.figures.look import shared_style
from lineage.figures.palette import CHROME, INK

PRODUCT = Path(__file__).resolve().parents[3]
DEFINED = re.compile(r"(--[\w-]+)\s*:")
SET = re.compile(r"[\"`](--[\w-]+)[\"`]")
"""What scripts set element by element."""
USED = re.compile(r"var\((--[\w-]+)\)")
PAGES = {
    "explorer": sorted(PRODUCT.joinpath("lineage", "explorer", "css").glob("*.css")),
    "report": [PRODUCT / "lineage" / "reports" / "report.css"],
    "server": sorted(PRODUCT.joinpath("store", "serving", "web").glob("*.css")),
    "documentation": [PRODUCT / "docs" / "_static" / "custom.css"],
}


@pytest.mark.parametrize("page", PAGES)
def test_each_colour_has_one_place(page: str) -> None:
    """No page defines anew what all share, so that one edit changes it everywhere, and none uses what is undefined."""
    own = "\n".join(path.read_text("utf-8") for path in PAGES[page])
    shared = set(DEFINED.findall(shared_style()))
    by_script = set(SET.findall(script_text()))
    assert PAGES[page]
    assert shared & set(DEFINED.findall(own)) == set()
    assert set(USED.findall(own)) <= shared | by_script | set(DEFINED.findall(own))


def test_both_themes_have_every_colour() -> None:
    """The dark theme defines each colour that the light one does, by the system's choice and by the page's."""
    light, by_system, by_page = shared_style().strip().splitlines()
    assert set(DEFINED.findall(by_system.partition("{")[2])) == set(DEFINED.findall(by_page))
    assert {f"--{name}" for name in CHROME} < set(DEFINED.findall(by_page)) < set(DEFINED.findall(light))
    assert f"--ink: {INK};" in light
    assert style_text().startswith("\n" + shared_style())
