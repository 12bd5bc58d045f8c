"""The overview of families in a real browser: it shows what the API says, and hostile names are only text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.store.serving.conftest import Asking


@pytest.fixture(name="page")
def fixture_page(browser: Browser, asking: Asking) -> Iterator[Page]:
    """Give the overview, open and filled; in the end it has asked only its own server, and said nothing."""
    noise: list[str] = []
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.on("console", lambda message: noise.append(message.text))
    page.on("dialog", lambda dialog: noise.append(dialog.message))
    page.on("request", lambda request: noise.append(request.url) if not request.url.startswith(asking.origin) else None)
    page.goto(asking.origin)
    page.wait_for_selector("#rows tr")
    yield page
    context.close()
    assert noise == []


def test_families_are_listed_and_searched(page: Page) -> None:
    """A family is a row that leads to its explorer, a search that finds none says so, and how old it is is said."""
    assert page.locator("#rows tr").count() == 1
    assert "maple/base" in page.locator("#rows tr").inner_text()
    assert "none" in page.locator("#rows tr").inner_text()
    root_is, used_in = page.locator("#rows td").nth(1), page.locator("#rows td").nth(2)
    assert (root_is.inner_text(), used_in.inner_text()) == ("", "Medical 1")
    assert "as of" in page.locator("#freshness").inner_text()
    page.fill("#search", "oak")
    page.wait_for_selector("#empty:visible")
    page.fill("#search", "")
    page.wait_for_selector("#rows tr")
    page.click("#rows a")
    page.wait_for_selector("body[data-ready]")
    assert page.locator(".row:visible").count() > 1


def test_hostile_filters_and_names(page: Page, asking: Asking) -> None:
    """What is typed is a text, and so is a root's name; neither runs."""
    page.fill("#search", "<img src=x onerror=alert(1)>")
    page.wait_for_selector("#empty:visible")
    page.goto(f"{asking.origin}/family?selector=%2A")
    page.wait_for_selector("body[data-ready]")
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, theme: Any) -> None:  # noqa: ANN401 - a literal of playwright's
    """The rules of axe-core have nothing to say, light or dark."""
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group test brings axe-core")
    page.emulate_media(color_scheme=theme)
    answer = axe.Axe().run(page).response
    assert len(answer["passes"]) > 15
    assert [(one["id"], one["nodes"][0]["html"]) for one in answer["violations"]] == []
