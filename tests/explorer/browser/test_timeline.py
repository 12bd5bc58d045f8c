"""The timeline of births: bars by month, and months that choose what the tree and the plots show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found
    from tests.explorer.browser.conftest import Visit

    Open = Callable[..., Visit]
    Make = Callable[..., Found]


def test_months_choose_what_is_shown(visit: Open) -> None:
    """A drag, a click and the lists choose months; tree and address follow, and all months come back by a button."""
    seen = visit(fragment="v=timeline")
    page, born = seen.page, seen.page.locator("#born")
    assert page.locator("#pages h2").inner_text() == "Models created per month, by drift"
    label = page.locator(".births-chart").get_attribute("aria-label") or ""
    assert label.startswith("9 models by month of creation, 2022-01 to 2022-09; most in 2022-01: 1")
    assert "not drawn without a date: 1" in page.locator(".births-told").inner_text()
    areas = page.locator(".births-area")
    areas.nth(1).hover()
    assert page.locator("#tip").inner_text() == "2022-02: 1 model\ncontradictory: 1"
    page.mouse.down()
    areas.nth(3).hover()
    page.mouse.up()
    assert born.inner_text() == "created 2022-02 to 2022-04 only show all months"
    assert page.locator(".births.out").count() == 6
    areas.nth(4).click()
    areas.nth(4).click()
    assert not born.is_visible()
    page.locator(".births-controls select").last.select_option("2022-03")
    assert page.evaluate("location.hash") == "#v=timeline&born=2022-01.2022-03"
    assert page.locator(".births-told").inner_text().startswith("3 models created 2022-01 to 2022-03")
    page.get_by_role("button", name="show in the tree").click()
    assert seen.count(".row") == 3
    page.locator("#born-all").click()
    assert seen.count(".row") == 10
    assert page.evaluate("location.hash") == ""


def test_the_bars_stand_in_a_table(visit: Open) -> None:
    """Who cannot see the bars reads each month and kind in a table; an address opens the months it names."""
    seen = visit(fragment="v=timeline&colour=relation&born=2022-02.2022-02")
    seen.page.locator(".births-table summary").click()
    lines = seen.page.locator(".births-table tr").all_inner_texts()
    assert [line.split() for line in lines[:3]] == [
        ["month", "models", "fine-tune", "adapter", "merge", "quantization", "root"],
        ["2022-01", "1", "0", "0", "0", "0", "1"],
        ["2022-02", "1", "1", "0", "0", "0", "0"],
    ]
    seen.page.locator("[data-tab=tree]").click()
    assert seen.count(".row:not(.dim)") == 1


def test_without_dates_there_is_no_timeline(visit: Open, make_found: Make) -> None:
    """Where no model has a date the tab is left out, and an address that asks for it opens the tree."""
    found = make_found()
    seen = visit(replace(found, models={**found.models, "created": np.full(10, -1)}), fragment="v=timeline&born=x")
    assert "Timeline" not in seen.page.locator("#tabs").inner_text()
    assert seen.count(".row") == 10
