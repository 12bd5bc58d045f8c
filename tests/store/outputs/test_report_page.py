"""Reports and dossiers as pages: nothing keeps a person from reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lineage.policy.policy_file import read_policy
from lineage.reports.html import as_html
from lineage.vocabulary import Against
from store.drift.write_drift import refresh
from store.outputs.report import make_dossier, make_report
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from lineage.scores.score import Score
    from tests.store.conftest import Desk


PHONE = 390
FIRST_CELLS = """() => [...document.querySelectorAll(".many")].flatMap(one => {
    one.scrollLeft = 1e6;
    if (one.scrollLeft < 20) return [];
    const cells = [...one.querySelectorAll(":is(th, td):first-child")];
    return cells.map(cell => cell.getBoundingClientRect().left - one.getBoundingClientRect().left);
})"""
"""How far the first cells of each row are from the edge of a table of many columns that was moved to its end."""


@pytest.mark.parametrize("width", [1440, PHONE])
def test_axe_finds_nothing(desk: Desk, make_score: Callable[..., Score], browser: Browser, width: int) -> None:
    """The rules of axe-core have nothing to say of a report or a dossier, nor on a telephone."""
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group test brings axe-core")
    desk.take([desk.record(1, sha="a" * 40), desk.record(2, tags=["base_model:maple/model-1"], downloads=2)])
    desk.derive()
    write_scores(desk.database, [make_score("maple/model-1", 100), make_score("maple/model-2", 160)], desk.START)
    refresh(desk.database)
    policy = read_policy('title = "Ward"\n[[rule]]\nkind = "no_worse"\n', "p")
    asked = (Against.ROOT, desk.START, policy)
    made = (make_report(desk.database, None, *asked), make_dossier(desk.database, "maple/model-2", *asked))
    page = browser.new_page(viewport={"width": width, "height": 800}, bypass_csp=True)
    for one in made:
        page.set_content("".join(as_html(one.blocks)))
        answer = axe.Axe().run(page).response
        assert len(answer["passes"]) > 10
        assert [(found["id"], found["nodes"][0]["html"]) for found in answer["violations"]] == []
        if width == PHONE:
            assert {round(left) for left in page.evaluate(FIRST_CELLS)} == {0}
