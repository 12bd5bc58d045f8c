"""Who can read the page: by keyboard, by ear, in the dark, on paper, at rest, and in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found
    from tests.explorer.browser.conftest import Visit

    Open = Callable[..., Visit]
    Make = Callable[..., Found]

VIEWS = ("", "m=maple/base-Chat", "v=distributions", "v=tradeoff", "v=pairs", "v=coverage")
TIMELINE = "v=timeline&born=2022-02.2022-04"
HOSTILE = (
    "maple/base",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '=HYPERLINK("https://evil.example","x")',
    "maple/\u202egpj.exe\u2066\x07\x1b[31m",
    "maple/" + "long" * 75,
    "maple/__proto__",
    "javascript:alert(3)",
    "maple/{by}{q}",
    "maple/\u200b\u2028\x00\ue000",
)


def test_the_tree_goes_by_keyboard_alone(visit: Open) -> None:
    """Tab reaches the grid, arrows move and fold, Enter opens the details, Escape closes them; all of it is said."""
    seen = visit()
    press = seen.page.keyboard.press
    for _ in range(40):
        press("Tab")
        if seen.page.evaluate("document.activeElement.id") == "scroller":
            break
    press("ArrowDown")
    assert seen.page.locator("#scroller").get_attribute("aria-activedescendant") == "row-1"
    said = seen.page.locator("#live").inner_text()
    assert said.startswith("maple/base-Chat, fine-tune of maple/base, contradictory")
    assert "Harmful replies +12.0 riskier" in said
    press("ArrowLeft")
    assert seen.count(".row") == 6
    press("ArrowRight")
    assert seen.count(".row") == 10
    press("Enter")
    assert seen.page.locator("#panel h2").inner_text() == "maple/base-Chat"
    press("Escape")
    assert seen.page.locator("#panel h2").inner_text() == "Start here"
    press("End")
    assert seen.page.locator("#scroller").get_attribute("aria-activedescendant") == "row-9"
    press("/")
    assert seen.page.evaluate("document.activeElement.id") == "search"


def test_tabs_go_by_arrows(visit: Open) -> None:
    """The tabs are one stop of Tab, and arrows go through them."""
    seen = visit()
    seen.page.locator("[data-tab=tree]").focus()
    seen.page.keyboard.press("ArrowLeft")
    assert seen.page.locator("[data-tab=coverage]").get_attribute("aria-selected") == "true"
    assert "of 10 models have a score" in seen.page.locator("#pages").inner_text()
    assert seen.count("#tabs button[tabindex='0']") == 1


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 1400), ("light", 390), ("dark", 390)])
def test_axe_finds_nothing(visit: Open, theme: str, width: int) -> None:
    """The rules of axe-core have nothing to say of any view, with a model chosen too, nor on a telephone."""
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group test brings axe-core")
    seen = visit(color_scheme=theme, bypass_csp=True, viewport={"width": width, "height": 800})
    found = {}
    for view in (*VIEWS, TIMELINE):
        seen.open(view)
        answer = axe.Axe().run(seen.page).response
        assert len(answer["passes"]) > 20
        found[view] = [(one["id"], one["nodes"][0]["html"]) for one in answer["violations"]]
    assert found == {view: [] for view in (*VIEWS, TIMELINE)}


def test_light_and_dark(visit: Open) -> None:
    """The page takes the theme of the system, and a button changes it."""
    seen = visit(color_scheme="dark")
    dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    seen.page.locator("#theme").click()
    light = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark, light) == ("rgb(20, 23, 27)", "rgb(245, 245, 242)")


@pytest.mark.parametrize("view", VIEWS)
def test_hostile_names_run_nothing(visit: Open, make_found: Make, view: str) -> None:
    """Names that are code, markup, formulas or control characters are text, whatever is shown; nothing leaves."""
    seen = visit(make_found(HOSTILE), fragment=view)
    seen.page.locator("[data-tab=tree]").click()
    for place in range(seen.count(".row")):
        seen.page.locator(".row:visible").nth(place).locator(".row-downloads").click()
        seen.page.locator(".row:visible").nth(place).hover()
    text = seen.page.locator("body").inner_text()
    assert not set(text) & set("\u202e\u2066\x07\x1b\u200b\u2028\x00\ue000")
    assert seen.page.locator("#panel img, .row img, #panel script").count() == 0
    links = seen.page.locator("a").evaluate_all("all => all.map(one => one.href)")
    assert all(link.startswith("https://huggingface.co/") for link in links)


def test_the_rows_as_csv(visit: Open, make_found: Make) -> None:
    """The file has the rows that are shown; a formula gets an apostrophe, and what is unknown is empty."""
    seen = visit(make_found(HOSTILE))
    with seen.page.expect_download() as download:
        seen.page.locator("#csv").click()
    text = download.value.path().read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 10
    names = [row["model"] for row in rows]
    assert '\'=HYPERLINK("https://evil.example","x")' in names
    chat = next(row for row in rows if row["model"].startswith("</script>"))
    assert (chat["harm_drift"], chat["harm_verdict"], chat["harm_score"]) == ("12", "worse", "32")
    assert [chat[f"quiz_{name}"] for name in ("drift", "ci_low", "ci_high")] == ["6", "2", "10"], "as it is stored"
    assert {row["harm_verdict"] for row in rows if row["harm_score_state"] == "unscored"} == {""}
    with_downloads = [row for row in rows if row["downloads"]]
    assert len(with_downloads) == 9


def test_on_paper(visit: Open) -> None:
    """Print leaves out the controls and keeps the rows with their colours."""
    seen = visit()
    seen.page.emulate_media(media="print")
    assert not seen.page.locator(".bar").is_visible()
    assert not seen.page.locator("#search").is_visible()
    assert seen.count(".row") == 10
    assert len(seen.page.pdf(landscape=True)) > 10_000


def test_nothing_moves_for_those_who_ask(visit: Open) -> None:
    """With reduced motion no row has a transition."""
    seen = visit(reduced_motion="reduce")
    assert seen.page.evaluate("getComputedStyle(document.querySelector('.row')).transitionDuration") == "0s"


def test_plots_colour_supported_shifts_alone(visit: Open) -> None:
    """In every plot a mark has colour where its verdict is supported, and a click on it goes to the model."""
    seen = visit(fragment="v=distributions")
    marks = seen.page.locator(".mark").evaluate_all("all => all.map(one => one.getAttribute('class'))")
    assert sorted(marks) == [
        "mark equivalent",
        "mark supported able worse2",
        "mark supported better2",
        "mark supported worse3",
        "mark undecided",
    ]
    seen.page.locator(".mark.undecided").click()
    assert seen.page.locator("#panel h2").inner_text() == "oak/base-Merge"
    assert seen.page.locator("#tree-view").is_visible()


def test_the_trade_off_names_who_traded(visit: Open) -> None:
    """A model that is supported as worse on one and better on the other is named beside the plot."""
    seen = visit(fragment="v=tradeoff")
    assert "1 traded one for the other" in seen.page.locator("#pages").inner_text()
    assert "maple/base-Chat" in seen.page.locator(".beside").inner_text()
