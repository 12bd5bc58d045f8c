"""What stands where: nothing runs into anything else, on wide and narrow screens, with many scores and with none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found
    from tests.explorer.browser.conftest import Visit

    Open = Callable[..., Visit]
    Make = Callable[..., Found]

LONG = (
    "maple/base",
    "maple/base-Chat",
    "cedar-research-and-engineering-group/an-entirely-different-name-of-some-length-GGUF",
    "oak/base-Chat-GGUF",
    "birchgrove-laboratories/merge-of-several-models-with-a-very-long-name-v11-i1-GGUF",
    "pine/base-Guard",
    "pine/base-Story",
    "elm/base-Tool",
    "elm/base-Code",
    "ash/base-Edu",
)
BOXES = """selector => [...document.querySelectorAll(selector)]
    .filter(one => one.offsetParent !== null || one.getClientRects().length)
    .map(one => one.getBoundingClientRect())
    .map(box => [box.left, box.top, box.right, box.bottom])"""
ORPHANED = """() => [...document.querySelectorAll("button, select, input, summary, h1")]
    .filter(one => one.checkVisibility() && !one.closest("#tabs, #tree-view, #column-list"))
    .filter(one => one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().left < 0)
    .map(one => one.outerHTML)"""

COLOURED = """colour => {
    const canvas = document.getElementById("tree-canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const isOf = at => [0, 1, 2].every(place => data[at + place] === colour[place]);
    return data.filter((_, at) => at % 4 === 0 && isOf(at)).length;
}"""
MOVED = """() => {
    document.documentElement.style.setProperty("--cell", "120px");
    const frame = document.getElementById("tree-view");
    frame.scrollLeft = 1e6;
    return frame.scrollLeft;
}"""
MEDICAL = [0x1A, 0x8F, 0x88]


def without_scores(found: Found) -> Found:
    """Return a family of which nothing was ever measured, predicted or queued."""
    empty = {
        name: {key: of[:0] for key, of in getattr(found, name).items()}
        for name in ("scores", "drift", "jobs", "predicted")
    }
    return replace(found, measured=(), **empty)  # type: ignore[arg-type] # tables by name


def stays_in_sight(visit: Visit) -> bool:
    """Return whether names stay where they can be read while the cells, made too wide, move under them."""
    moved = visit.page.evaluate(MOVED)
    visit.page.wait_for_function("document.getElementById('tree-view').style.getPropertyValue('--moved') !== ''")
    names = visit.page.evaluate(BOXES, ".row-name, .name-head")
    return moved > 100 and all(abs(left) < 1 and right < 250 for left, _, right, _ in names)


def is_in_line(visit: Visit) -> bool:
    """Return whether names stand right of the tree, and each in the line of its row."""
    tree = float(visit.page.evaluate("document.getElementById('tree-canvas').getBoundingClientRect().right"))
    rows, names, counts = (
        visit.page.evaluate(BOXES, selector) for selector in (".row", ".row .row-name", ".row .row-downloads")
    )
    return len(rows) > 1 and all(
        tree - 1 <= name[0] < name[2] <= count[0]
        and all(row[1] - 1 <= box[1] < box[3] <= row[3] + 1 for box in (name, count))
        for row, name, count in zip(rows, names, counts, strict=True)
    )


def test_a_family_without_a_score_is_drawn(visit: Open, make_found: Make) -> None:
    """Where nothing was measured the tree is whole, and views, controls and marks of scores are not on the page."""
    seen = visit(without_scores(make_found()), fragment="v=pairs&scored=1")
    assert is_in_line(seen)
    assert seen.count(".row") == 10
    assert seen.page.locator("#summary").inner_text() == "10 models · 0 scored"
    panel = seen.page.locator("#panel").inner_text()
    assert "nothing can be said of the safety of any" in panel
    assert "riskier" not in panel
    assert "a score" not in panel[panel.index("Marks") :].replace("no score", "")
    assert seen.page.locator("#tabs button").all_inner_texts() == ["Tree", "Timeline"]
    for control in ("#against", "#cell-kind", "#only-scored", "#show-predicted", "#columns", ".mix"):
        assert seen.count(control) == 0, control
    assert seen.page.locator("#order option").all_inner_texts() == ["size", "downloads", "created", "name"]


def test_the_legend_names_what_is_on_the_page(visit: Open, make_found: Make) -> None:
    """Marks, relations and filters that no model has are in neither legend nor bar."""
    found = make_found()
    edges = {**found.edges, "relation": np.full(len(found.edges["child"]), "finetune", dtype=object)}
    seen = visit(replace(found, edges=edges, jobs={name: of[:0] for name, of in found.jobs.items()}))
    legend = seen.page.locator(".legend").inner_text()
    assert "withheld: nothing can be said" in legend
    assert "inferred edge" in legend
    for absent in ("adapter", "queued", "folded models", "contradictory: sources"):
        assert absent not in legend
    assert seen.count("#relations .chip") == 0
    assert seen.count("#domains .chip") == 1


def test_of_a_family_that_is_scored_nothing_is_called_unscored(visit: Open, make_found: Make) -> None:
    """Where every model has every score neither legend nor coverage speaks of missing ones."""
    found = make_found()
    size, kinds = len(found.numbers), len(found.measured)
    scores = {name: np.repeat(of[:1], size * kinds) for name, of in found.scores.items()}
    scores |= {"model": np.repeat(np.arange(size), kinds), "instrument": np.tile(np.arange(kinds), size)}
    nothing = {name: {key: of[:0] for key, of in getattr(found, name).items()} for name in ("jobs", "predicted")}
    seen = visit(replace(found, scores=scores, **nothing), fragment="v=coverage")  # type: ignore[arg-type] # by name
    for text in (seen.page.locator("#panel").inner_text(), seen.page.locator("#pages").inner_text()):
        assert not any(word in text for word in ("unscored", "no score", "without a score"))


def test_models_without_scores_have_colour(visit: Open, make_found: Make) -> None:
    """Where nothing was measured marks are coloured by domain or by what the reader chooses, and a column says it."""
    found = make_found()
    several = found.models["licence"].copy()
    several[:3] = ("mit", "", "mit")
    seen = visit(without_scores(replace(found, models={**found.models, "licence": several})))
    assert seen.page.locator("#colour option").all_inner_texts() == [
        "domain",
        "licence",
        "relation",
        "author",
        "last change",
        "downloads",
    ]
    assert seen.page.evaluate(COLOURED, MEDICAL) > 20
    assert seen.page.locator(".row-kind:visible").all_inner_texts().count("Medical") == 1
    assert "no domain found: 9" in seen.page.locator(".legend").inner_text()
    seen.page.locator("#colour").select_option("licence")
    assert seen.page.locator(f"{seen.row('base-Chat')} .row-kind").first.inner_text() == "unknown"
    legend = seen.page.locator(".legend").inner_text()
    assert [line in legend for line in ("apache-2.0: 7", "mit: 2", "unknown: 1")] == [True] * 3
    again = visit(without_scores(found), fragment="colour=changed")
    assert again.page.locator("#kind-head").inner_text() == "last change"
    assert again.page.locator(f"{again.row('base-Edu')} .row-kind").inner_text() == "unknown"


def test_scored_models_are_coloured_by_drift_first(visit: Open) -> None:
    """With scores the colour is that of the verdicts, and another choice leaves the cells as they are."""
    seen = visit()
    assert seen.page.locator("#colour").input_value() == "drift"
    assert seen.count("#kind-head") == seen.count(".row-kind") == 0
    before = seen.page.locator(".cell:visible").all_inner_texts()
    seen.page.locator("#colour").select_option("author")
    assert seen.page.locator(".cell:visible").all_inner_texts() == before
    assert seen.page.evaluate("location.hash") == "#colour=author"


def test_nothing_lies_between_names_and_cells(visit: Open) -> None:
    """On a wide screen the cells begin where the longest name and the two counts end."""
    seen = visit(viewport={"width": 1900, "height": 800})
    names = max(box[2] for box in seen.page.evaluate(BOXES, ".row-name .own"))
    assert min(box[0] for box in seen.page.evaluate(BOXES, ".cell")) - names < 260


def test_a_matrix_without_columns_is_drawn(visit: Open) -> None:
    """Who takes every instrument away keeps the tree, and the address keeps that choice."""
    seen = visit()
    seen.page.locator("#columns summary").click()
    for box in seen.page.locator("#column-list input").all():
        box.uncheck()
    assert is_in_line(seen)
    again = visit(fragment=seen.page.evaluate("location.hash.slice(1)"))
    assert again.count(".column-head") == 0


def test_nothing_compared_is_no_good_news(visit: Open, make_found: Make) -> None:
    """Where scores are but no comparison, an empty list of riskier shifts says that it says nothing."""
    found = make_found()
    seen = visit(replace(found, drift={name: of[:0] for name, of in found.drift.items()}))
    assert (
        "nothing could be compared: this says nothing of any model's safety" in seen.page.locator("#panel").inner_text()
    )


@pytest.mark.parametrize("width", [900, 1024, 1440])
def test_long_names_keep_to_their_column(visit: Open, make_found: Make, width: int) -> None:
    """A long name loses letters in its middle and its end, marked, and runs into no figure; the hint has all of it."""
    seen = visit(make_found(LONG), viewport={"width": width, "height": 700})
    parts = seen.page.evaluate(BOXES, ".row-name > span")
    names = seen.page.evaluate(BOXES, ".row-name")
    assert max(part[2] for part in parts) <= max(name[2] for name in names)
    lead = seen.page.locator(".row:visible:has(.own:has-text('i1-GGUF')) .lead")
    assert lead.evaluate("one => one.offsetWidth") > 15
    seen.page.locator(".row:visible:has(.own:has-text('i1-GGUF')) .own").hover()
    assert LONG[4] in seen.page.locator("#tip").inner_text()


@pytest.mark.parametrize("view", ["", "m=maple/base-Chat", "v=timeline", "v=tradeoff", "v=coverage"])
def test_a_telephone_shows_all_of_it(visit: Open, view: str) -> None:
    """On a narrow screen the parts stand below each other, every control is in reach, and the page scrolls down."""
    seen = visit(viewport={"width": 390, "height": 800}, fragment=view)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.page.evaluate(ORPHANED) == []
    panel = seen.page.locator("#panel").bounding_box()
    shown = seen.page.locator("#pages" if view.startswith("v=") else "#tree-view").bounding_box()
    assert panel is not None
    assert shown is not None
    assert panel["y"] >= shown["y"] + shown["height"] - 1
    if view.startswith("m="):
        assert panel["y"] < 100, "who chooses a model sees its details"
    if not view:
        assert max(box[2] for box in seen.page.evaluate(BOXES, ".row .cell")) <= 390, "the first cells fit"
        assert stays_in_sight(seen)


def test_a_telephone_has_a_list(visit: Open, make_found: Make) -> None:
    """On a narrow screen without scores names and downloads fit, high up; a button brings the controls."""
    seen = visit(without_scores(make_found(LONG)), viewport={"width": 390, "height": 800})
    assert is_in_line(seen)
    assert max(box[2] for box in seen.page.evaluate(BOXES, ".row-downloads")) <= 390
    assert min(box[1] for box in seen.page.evaluate(BOXES, ".row")) < 260
    assert min(box[2] - box[0] for box in seen.page.evaluate(BOXES, ".row-name")) > 220
    seen.page.locator("#more").click()
    assert seen.page.locator("#order").is_visible()
    assert seen.page.locator("#more").get_attribute("aria-expanded") == "true"


@pytest.mark.parametrize("width", [390, 1024, 1400])
def test_the_list_of_instruments_is_in_the_window(visit: Open, width: int) -> None:
    """Wherever its button stands, the list of instruments opens inside the window."""
    seen = visit(viewport={"width": width, "height": 700}, fragment="v=tradeoff")
    if width == 390:
        seen.page.locator("#more").click()
    seen.page.locator("#columns summary").click()
    seen.page.locator("#column-list[style*='left']").wait_for()
    left, _, right, _ = seen.page.evaluate(BOXES, "#column-list")[0]
    assert 0 <= left < right <= width


def test_names_of_axes_are_whole(visit: Open, make_found: Make) -> None:
    """What the axes of a plot are called lies inside the plot, for titles of any length."""
    found = make_found()
    longest = [
        replace(one, instrument=replace(one.instrument, title="Wholly harmless prompts refused, " * 3))
        for one in found.measured
    ]
    seen = visit(replace(found, measured=longest), fragment="v=tradeoff")
    outside = seen.page.evaluate(
        """() => [...document.querySelectorAll(".card svg")].flatMap(plot => {
            const frame = plot.getBoundingClientRect();
            return [...plot.querySelectorAll("text.name")].map(one => one.getBoundingClientRect())
                .filter(box => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1);
        }).length"""
    )
    assert outside == 0
    assert "…, + refuses more ↑" in str(seen.page.locator(".card svg").first.text_content())


def test_every_model_is_in_a_generation(visit: Open, make_found: Make) -> None:
    """The bars by generation add up to all models, however deep the family is."""
    found = make_found()
    extra = 12
    models = {name: np.concatenate([of, np.repeat(of[1:2], extra)]) for name, of in found.models.items()}
    models["id"] = np.array([*found.models["id"], *(f"birch/step-{one}" for one in range(extra))], dtype=object)
    edges = {name: np.concatenate([of, np.repeat(of[:1], extra)]) for name, of in found.edges.items()}
    edges["child"][-extra:] = np.arange(10, 10 + extra)
    edges["parent"][-extra:] = [1, *range(10, 9 + extra)]
    deep = replace(
        found,
        numbers=np.arange(10 + extra),
        is_selected=np.ones(10 + extra, dtype=bool),
        models=models,
        edges=edges,
    )
    seen = visit(deep, fragment="v=coverage")
    card = seen.page.locator(".card", has_text="By generation")
    sums = [int(text.split(" of ")[1]) for text in card.locator(".sum").all_inner_texts()]
    assert sum(sums) == 22
    assert "generation 8 and deeper" in card.inner_text()
    relations = seen.page.locator(".card", has_text="By relation").locator(".sum").all_inner_texts()
    assert sum(int(text.split(" of ")[1]) for text in relations) == 22


def test_figures_keep_their_order_beside_other_scripts(visit: Open, make_found: Make) -> None:
    """A name written from right to left is kept apart in a sentence, so that the interval behind it reads as it is."""
    names = ("مختبر/نموذج", "مختبر/نموذج-محادثة", *LONG[2:])
    seen = visit(make_found(names), fragment=f"m={names[1]}")
    assert f"than \u2068{names[0]}\u2069 (+8.0 to +16.0" in seen.page.locator("#panel .verdict").first.inner_text()
    assert seen.page.locator(".row.root .own").inner_text() == names[0]
    assert seen.page.locator("#panel h2 bdi").inner_text() == names[1]
