"""What the page says of itself: whose family it is, what was asked for, and how many models are of which kind."""

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


def asked(found: Found, selector: str, places: list[int]) -> Found:
    """Return a family of which only some models were asked for."""
    return replace(
        found,
        is_selected=np.isin(np.arange(len(found.numbers)), places),
        about=replace(found.about, selector=selector),
    )


def test_the_kinds_add_up_to_the_scored(visit: Open) -> None:
    """The line of counts leaves no scored model out, and each kind says in its hint what it means."""
    seen = visit()
    line = seen.page.locator("#summary")
    assert line.inner_text() == (
        "10 models · 6 scored · 0 riskier · 1 contradictory · 0 safer · 1 equivalent · 1 undecided · 2 withheld · "
        "1 without a verdict"
    )
    assert line.locator("span", has_text="contradictory").get_attribute("title") == (
        "contradictory: riskier on one, safer on another"
    )


def test_the_title_claims_no_more_than_was_selected(visit: Open, make_found: Make) -> None:
    """One model is called by its own name, a part of a family by its selector, and only a whole family as one."""
    found = make_found()
    titles = {}
    for selector, places in (
        ("maple/base+", list(range(10))),
        ("maple/base+1", [0, 1, 2, 5, 7]),
        ("oak/base-Merge", [4]),
        ("domain:medical", [2, 4]),
    ):
        seen = visit(asked(found, selector, places))
        titles[selector] = seen.page.locator("#title").inner_text()
        assert seen.page.title() == f"{selector} · lineage"
    assert titles == {
        "maple/base+": "base and what was made from it",
        "maple/base+1": "base · maple/base+1",
        "oak/base-Merge": "base-Merge and what it was made from",
        "domain:medical": "2 models of the family of base · domain:medical",
    }


def test_ancestors_are_not_where_to_start(visit: Open, make_found: Make) -> None:
    """A model that was not asked for is in no list of the panel, whatever its verdicts are."""
    seen = visit(asked(make_found(), "oak/base-Merge", [4]))
    panel = seen.page.locator("#panel").inner_text()
    assert "maple/base-Chat" not in panel
    assert "none is supported; what is undecided is no sign of safety" in panel


def test_the_address_keeps_order_depth_and_height(visit: Open) -> None:
    """A column that siblings are ordered by, the generations open and the height of rows come back with the address."""
    seen = visit()
    seen.page.locator(".column-head").first.click()
    seen.page.locator("#generations").fill("1")
    seen.page.locator("#row-height").fill("30")
    fragment = seen.page.evaluate("location.hash.slice(1)")
    again = visit(fragment=fragment)
    assert again.page.locator(".column-head").first.get_attribute("aria-pressed") == "true"
    assert again.page.locator("#generations").input_value() == "1"
    assert again.page.locator("#generations-shown").inner_text() == "1"
    assert again.page.locator("#row-height").input_value() == "30"
    assert again.page.locator(".row:visible .row-name").all_inner_texts() == (
        seen.page.locator(".row:visible .row-name").all_inner_texts()
    )
    assert again.page.evaluate("location.hash.slice(1)") == fragment


def test_paper_says_what_the_controls_are_set_to(visit: Open) -> None:
    """A printed page names the selection, the reference of the drift, and how much of the list is on it."""
    seen = visit()
    seen.page.locator("#against").select_option("root")
    assert not seen.page.locator("#paper-line").is_visible()
    seen.page.emulate_media(media="print")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.page.locator("#paper-line").inner_text() == (
        "Selected by maple/base+. Records as last seen 2026-11-20 10:00 UTC. Drift against the root. "
        "Here are 10 of 10 rows of the list. lineage 1.0"
    )
