"""The server's pages in a real browser: they lead from one to the other, hostile names are only text, axe is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.store.serving.conftest import Asking

PHONE = {"width": 390, "height": 844}
SCREEN = {"width": 1440, "height": 900}


@pytest.fixture(name="page")
def fixture_page(browser: Browser, asking: Asking) -> Iterator[Page]:
    """Give the overview, open; in the end the browser has asked only its own server, and said nothing."""
    noise: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: noise.append(message.text))
    page.on("dialog", lambda dialog: noise.append(dialog.message))
    page.on("request", lambda request: noise.append(request.url) if not request.url.startswith(asking.origin) else None)
    page.goto(asking.origin)
    yield page
    context.close()
    assert noise == []


def test_from_the_overview_to_a_model_and_its_family(page: Page) -> None:
    """Families are filtered, any model is found from any page by keyboard, and its family opens at it."""
    assert page.locator("tbody tr").count() == 1
    assert "Medical 1" in page.locator("tbody tr").inner_text()
    assert "as of 2026-03-01" in page.locator("#freshness").inner_text()
    page.select_option("select[name=domain]", "legal")  # the script sends it
    page.wait_for_selector("#empty:visible")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("base-02")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found")
    assert page.locator("tbody tr").count() == 1
    page.click("tbody a")
    page.wait_for_selector("h1:has-text('maple/base-02')")
    page.click("text=Open its family")
    page.wait_for_selector("body[data-ready]")
    assert page.locator(".row:visible").count() > 1
    assert "maple/base-02" in page.locator("#panel").inner_text()
    page.click(".site >> text=Families")
    page.wait_for_selector("h1:has-text('Families')")


def test_hostile_filters_and_names(page: Page, asking: Asking) -> None:
    """What is typed is a text, and so is a model's name; neither runs, in any page."""
    page.fill("form.quick input", "<img")
    page.press("form.quick input", "Enter")
    page.wait_for_selector("#found")
    page.click("tbody a")
    page.wait_for_selector("h1:has-text('<img-src=x-onerror=alert(1)>')")
    assert page.locator("img").count() == 0
    page.goto(f"{asking.origin}/family?selector=%2A")
    page.wait_for_selector("body[data-ready]")
    assert page.locator("img").count() == 0


def test_axe_finds_nothing(browser: Browser, asking: Asking) -> None:
    """The rules of axe-core have nothing to say of any page, light or dark, on a screen or a phone; all fit."""
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group test brings axe-core")
    for size, theme in ((SCREEN, "light"), (PHONE, "dark")):
        context = browser.new_context(viewport=size, color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type] # literals of playwright's own
        page = context.new_page()
        for path in ("/", "/search?search=base", "/model/maple/base", "/model/maple/none", "/family?root=maple/base"):
            page.goto(asking.origin + path)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, size)
            answer = axe.Axe().run(page).response
            assert len(answer["passes"]) > 10
            assert [(one["id"], one["nodes"][0]["html"]) for one in answer["violations"]] == [], (path, theme)
        context.close()
