"""A root that is probably a derivative is marked where a family is read: in the heading, its row and its panel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lineage.parents.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found
    from tests.explorer.browser.conftest import Visit

    Open = Callable[..., Visit]
    Make = Callable[..., Found]

WORDS = "undeclared; likely made from willow/<i>base</i>, 0.81"


def test_a_likely_derivative_is_marked(visit: Open, make_found: Make) -> None:
    """The words stand above the family and in the panel, as text; the row of the root has a mark that tells them."""
    origin = Origin(model="maple/base", likely_parent="willow/<i>base</i>", confidence=0.81)
    seen = visit(replace(make_found(), origins={0: origin}), fragment="m=maple/base")
    assert seen.page.locator("#origin").inner_text() == f"maple/base: {WORDS}"
    mark = seen.page.locator(".row.root .parents")
    assert (mark.inner_text(), mark.get_attribute("title")) == ("likely a derivative", WORDS)
    assert seen.page.locator("#panel .doubt").inner_text() == WORDS


def test_of_another_root_the_panel_says_that_nothing_is_known(visit: Open) -> None:
    """There is no line in the heading; the panel says what was looked for, and what would settle it."""
    seen = visit(fragment="m=maple/base")
    assert not seen.page.locator("#origin").is_visible()
    panel = seen.page.locator("#panel").inner_text()
    assert "declares no parent; none inferred" in panel
    assert "lineage crawl --deep" in panel
