"""A real browser, and pages that are opened in it from disk: whatever one does unasked fails its test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from lineage.explorer.page import render_page
from lineage.explorer.payload import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page, Request

    from lineage.explorer.inputs import Found

PATIENCE: Final = 15_000
"""Milliseconds that a page may take for anything."""


@dataclass  # without slots: playwright notes its handlers on the object
class Visit:
    """A page that is open, and what it did that nobody asked for: messages, dialogs, requests, errors."""

    page: Page
    address: str
    noise: list[str] = field(default_factory=list)

    def count(self, selector: str) -> int:
        """Return how many elements are in sight that a selector names."""
        return self.page.locator(f"{selector}:visible").count()

    def row(self, text: str) -> str:
        """Return the selector of the row in sight whose name holds a text."""
        return f".row:visible:has(.row-name:has-text('{text}'))"

    def cell(self, model: str, place: int) -> tuple[str, str]:
        """Return text and classes of a model's cell by its place in the matrix."""
        cell = self.page.locator(f"{self.row(model)} .cell").nth(place)
        return cell.inner_text(), str(cell.get_attribute("class"))

    def dismiss(self, dialog: Dialog) -> None:
        """Note a dialog that nobody asked for, and close it."""
        self.noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note_request(self, request: Request) -> None:
        """Note a request that leaves this machine's own files and memory."""
        if not request.url.startswith(("file:", "about:", "blob:", "data:")):
            self.noise.append(f"request: {request.url}")

    def open(self, fragment: str) -> None:
        """Open the file anew with another fragment."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}#{fragment}")
        self.page.wait_for_selector("body[data-ready]")


@pytest.fixture(name="visit")
def fixture_visit(browser: Browser, tmp_path: Path, make_found: Callable[..., Found]) -> Iterator[Callable[..., Visit]]:
    """Give what opens a family in the browser, from disk; in the end no page may have made any noise."""
    visits: list[Visit] = []

    def open_page(found: Found | None = None, fragment: str = "", **options: object) -> Visit:
        path = tmp_path / f"family-{len(visits)}.html"
        path.write_text(render_page(encode(found or make_found())), "utf-8")
        settings = {"viewport": {"width": 1400, "height": 800}, "color_scheme": "light"} | options
        page = browser.new_context(**settings).new_page()  # type: ignore[arg-type] # options of the tests' own
        page.set_default_timeout(PATIENCE)
        visit = Visit(page, path.as_uri())
        page.on("console", lambda message: visit.noise.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: visit.noise.append(f"error: {error}"))
        page.on("dialog", visit.dismiss)
        page.on("request", visit.note_request)
        visits.append(visit)
        visit.open(fragment)
        return visit

    yield open_page
    noise = [noise for visit in visits for noise in visit.noise]
    for visit in visits:
        visit.page.context.close()
    assert noise == []
