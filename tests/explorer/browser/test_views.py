"""The page in a real browser: what is drawn, how it moves, and that it asks nobody for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found
    from tests.explorer.browser.conftest import Visit

    Open = Callable[..., Visit]
    Make = Callable[..., Found]

GRID = "#scroller"


def test_the_family_is_drawn(visit: Open) -> None:
    """Every model has a row below its parent, the head counts them, the panel says where to start."""
    seen = visit()
    assert seen.count(".row") == 10
    assert seen.page.locator("#summary").inner_text().startswith("10 models · 6 scored · 0 riskier · 1 contradictory")
    assert seen.page.locator("#title").inner_text().startswith("base")
    assert seen.page.title() == "maple/base+ · lineage"
    assert "maple/base-Chat" in seen.page.locator("#panel").inner_text()
    assert seen.page.evaluate("document.getElementById('tree-canvas').width") > 100


def test_colour_is_for_supported_verdicts_alone(visit: Open) -> None:
    """Only worse and better have colour, however large another shift is; each other case has looks of its own."""
    seen = visit()
    expected = {
        ("base-Chat", 0): ("+12", "supported worse3"),
        ("base-Chat", 1): ("\N{MINUS SIGN}9", "supported better2"),
        ("base-Chat", 2): ("\N{MINUS SIGN}6", "supported able worse2"),
        ("base-Med-lora", 0): ("= +1", "equivalent reported"),
        ("base-Merge", 0): ("+25 ?", "undecided"),
        ("base-Guard", 0): ("⊘", "withheld"),
        ("base-Story", 0): ("⊘", "withheld stale"),
        ("base-Chat-GGUF", 0): ("≈ 31", "predicted"),
        ("base-Code", 0): ("◌", "job queued"),
        ("base-Tool", 0): ("", "none"),
    }
    found = {key: seen.cell(*key) for key in expected}
    assert found == {key: (text, f"cell {looks}") for key, (text, looks) in expected.items()}
    assert seen.page.locator(".row.root .cell.level").first.inner_text() == "20"


def test_the_same_cells_in_words(visit: Open) -> None:
    """Who cannot see the colour hears the verdict, its sentence and why one is withheld."""
    seen = visit()
    label = seen.page.locator(f"{seen.row('base-Chat')} .cell").first.get_attribute("aria-label") or ""
    assert "riskier by 12.0 points than maple/base (+8.0 to +16.0; q < 0.001; unpaired z on 400 items)" in label
    assert "riskier: riskier" not in label
    within = seen.page.locator(f"{seen.row('base-Med-lora')} .cell").first.get_attribute("aria-label") or ""
    assert "within 3.0 points of maple/base: +0.5 (-3.5 to +4.5; q = 0.02 of a change of 3.0 points or more; " in within
    undecided = seen.page.locator(f"{seen.row('base-Merge')} .cell").first.get_attribute("aria-label") or ""
    assert "undecided: +25.0 points from maple/base-Chat, which chance may explain" in undecided
    withheld = seen.page.locator(f"{seen.row('base-Guard')} .cell").first.get_attribute("aria-label") or ""
    assert "withheld: maple/base was measured otherwise: judge {a} against b" in withheld
    predicted = seen.page.locator(f"{seen.row('base-Chat-GGUF')} .cell").first.get_attribute("aria-label") or ""
    assert "predicted, not measured: 31 (25 to 37 in 90 of 100 cases)" in predicted


def test_scrolling_reuses_few_rows(visit: Open, make_large: Make) -> None:
    """Of 6,000 models some forty rows exist; the end of the list is reached, and the data came compressed."""
    seen = visit(make_large(6_000))
    seen.page.locator("#order").select_option("downloads")
    seen.page.locator(".unfold:visible").first.click()
    assert seen.page.locator(GRID).get_attribute("aria-rowcount") == "6000"
    seen.page.evaluate("document.getElementById('scroller').scrollTop = 1e9")
    seen.page.wait_for_selector("#row-5999")
    assert seen.page.locator(".row").count() < 60
    assert seen.page.evaluate("document.getElementById('data-packed')") is None


def test_a_branch_folds_and_opens(visit: Open) -> None:
    """The sign before a name folds what is below it; folded rows are counted and opened by a click."""
    seen = visit()
    sign = seen.page.locator(f"{seen.row('base-Chat')} .fold-sign").first
    sign.click()
    assert seen.count(".row") == 6
    assert seen.page.locator(seen.row("base-Chat")).first.get_attribute("aria-expanded") == "false"
    sign.click()
    assert seen.count(".row") == 10


def test_many_children_are_folded(visit: Open, make_large: Make) -> None:
    """Of many children some are shown and the others counted, until they are asked for."""
    seen = visit(make_large(200))
    more = seen.page.locator(".unfold:visible").first
    assert "more of this parent" in more.inner_text()
    before = int(seen.page.locator(GRID).get_attribute("aria-rowcount") or 0)
    more.click()
    assert int(seen.page.locator(GRID).get_attribute("aria-rowcount") or 0) == 200 > before


def test_many_families_are_folded(visit: Open, make_large: Make) -> None:
    """Of many roots some are shown and the others counted, until they are asked for; each has one row."""
    seen = visit(make_large(60, are_roots=True))
    more = seen.page.locator(".unfold:visible").last
    assert "more of these roots" in more.inner_text()
    assert seen.count(".row.chosen") == 0
    more.click()
    assert seen.page.locator(GRID).get_attribute("aria-rowcount") == "60"
    assert seen.page.locator("#title").inner_text() == "51 families · maple/base+"
    names = seen.page.locator(".row:visible .row-name").all_inner_texts()
    assert len(names) == len(set(names))


def test_search_goes_from_one_to_the_next(visit: Open) -> None:
    """All words must be there; hits are marked, Enter goes to the next one and opens what hides it."""
    seen = visit()
    seen.page.locator(f"{seen.row('base-Chat')} .fold-sign").first.click()
    seen.page.locator("#search").fill("chat oak")
    seen.page.locator("#search").press("Enter")
    assert seen.page.locator("#hits").inner_text() == "1 of 1"
    assert seen.count(".row.hit") == 1
    assert seen.page.locator("#panel h2").inner_text() == "oak/base-Chat-GGUF"
    seen.page.locator("#search").press("Escape")
    seen.page.locator(".row.hit").wait_for(state="detached")
    assert seen.page.locator("#hits").inner_text() == ""


def test_the_address_opens_the_same_view(visit: Open) -> None:
    """What the reader chose is in the address, and a fresh page at it shows the same."""
    seen = visit()
    seen.page.locator("#against").select_option("root")
    seen.page.locator("#axis-kind").select_option("generation")
    seen.page.locator("#domains .chip").first.click()
    seen.page.locator(seen.row("base-Med-lora")).locator(".row-downloads").click()
    fragment = seen.page.evaluate("location.hash.slice(1)")
    again = visit(fragment=fragment)
    assert again.page.locator("#against").input_value() == "root"
    assert again.page.locator("#axis-kind").input_value() == "generation"
    assert again.page.locator("#domains .chip").first.get_attribute("aria-pressed") == "true"
    assert again.page.locator("#panel h2").inner_text() == "cedar/base-Med-lora"
    assert again.page.evaluate("location.hash.slice(1)") == fragment


def test_an_address_of_nonsense_is_no_fault(visit: Open) -> None:
    """Values that the page does not know leave the usual view."""
    seen = visit(fragment="v=<b>&m=nobody&ref=constructor&x=%00&rel=zz&col=a.b&order=__proto__&q=%F0%9F")
    assert seen.page.locator("#against").input_value() == "scored_ancestor"
    assert seen.page.locator("#tree-view").is_visible()


def test_filters_keep_the_way_to_the_root(visit: Open) -> None:
    """A filter leaves what passes it and, dimmed, the ancestors of that."""
    seen = visit()
    seen.page.locator("#domains .chip").first.click()
    assert seen.count(".row") == 2
    assert seen.page.locator(".row.dim:visible .own").inner_text() == "base"
    seen.page.locator("#domains .chip").first.click()
    seen.page.locator("#relations .chip").first.click()
    assert seen.count(".row:not(.dim)") == 4
    seen.page.locator("#relations .chip").first.click()
    seen.page.locator("#only-scored").click()
    assert seen.count(".row:not(.dim)") == 6


def test_details_have_all_evidence(visit: Open) -> None:
    """The panel of a merge names each parent with its evidence, one outside the page by a link alone."""
    seen = visit(fragment="m=oak/base-Merge")
    text = seen.page.locator("#panel").inner_text()
    assert "Made from 3 models" in text
    assert text.count("declared, 97 % sure") >= 3
    link = seen.page.locator("#panel a", has_text="willow/elsewhere")
    assert link.get_attribute("rel") == "noreferrer noopener"
    assert link.get_attribute("href") == "https://huggingface.co/willow/elsewhere"
    seen.open("m=elm/base-Tool")
    inferred = seen.page.locator("#panel").inner_text()
    assert "inferred, 80 % sure" in inferred
    assert "inferred by known name" in inferred
    assert "No score, so no verdict." in inferred


def test_scores_show_their_identity(visit: Open) -> None:
    """Each score says its error, items, state, source and revision, and its identity behind a fold."""
    seen = visit(fragment="m=maple/base-Chat")
    rows = seen.page.locator("#panel .scores tbody tr")
    assert rows.count() == 3
    assert "measured, 400 items, lm-eval, 2024-10-04, revision a1b2c3d4" in rows.first.inner_text()
    rows.first.locator("summary").click()
    assert "harm@00000000, judge meadow-judge, rate from 0 to 1" in rows.first.inner_text()


def test_an_empty_selection_is_a_page(visit: Open, make_found: Make, make_empty: Callable[[Found], Found]) -> None:
    """Where no model was selected the page says so instead of failing."""
    seen = visit(make_empty(make_found()))
    assert "no models" in seen.page.locator("#title").inner_text()
    assert seen.page.locator("#nothing").inner_text() == "No model was selected."


def test_what_the_filters_leave_out_is_told(visit: Open) -> None:
    """A search that finds what a filter hides says so, and a list without rows says why it has none."""
    seen = visit()
    seen.page.locator("#domains .chip").first.click()
    seen.page.locator("#search").fill("base-Edu")
    seen.page.locator("#search").press("Enter")
    assert seen.page.locator("#hits").inner_text() == "1 of 1, left out by the filters"
    assert not seen.page.locator("#nothing").is_visible()


def test_filters_that_nothing_passes_say_so(visit: Open) -> None:
    """Where no model passes, the list says so and does not look broken."""
    seen = visit()
    seen.page.locator("#domains .chip").first.click()
    seen.page.locator("#relations .chip", has_text="adapter").click()
    assert seen.count(".row") == 0
    assert seen.page.locator("#nothing").inner_text() == "No model passes the filters."
    seen.page.locator("#relations .chip", has_text="adapter").click()
    assert seen.count(".row") == 2
