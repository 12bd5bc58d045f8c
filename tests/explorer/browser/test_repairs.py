"""The repairs of a model in its panel: what was chosen, the figure, and the same numbers in words."""

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

CHAT = "m=maple/base-Chat"


def test_the_frontier_of_a_repaired_model(visit: Open) -> None:
    """A mark for each drift and each loss that was run, rings for searches; the list has the same numbers."""
    seen = visit(fragment=CHAT)
    figure = seen.page.locator("#panel .frontier")
    assert figure.locator(".tried.search").count() == 3
    assert figure.locator(".tried.confirmation").count() == 2
    assert figure.locator("text.chosen").count() == 2
    assert "confirmation, 1,024 items: drift +2.0 (0.0 to +4.0), no worse than allowed" in str(
        figure.get_attribute("aria-label")
    )
    panel = seen.page.locator("#panel")
    assert "Chosen: 0.25 of the change in attention, 1 in the rest. On the items that it was not chosen by" in (
        panel.inner_text()
    )
    words = panel.locator("details", has_text="every recipe in words")
    words.locator("summary").click()
    lost = [line.partition("; capability ")[2] for line in words.locator("li").all_inner_texts()]
    assert lost == ["not run", "lost 4.5 (+1.5 to +7.5)", "lost 5.5 (+2.5 to +8.5)"]


def test_a_rise_of_capability_reads_as_a_rise(visit: Open, make_found: Make) -> None:
    """A loss below 0 is a gain, turned with its interval; what rounds to nothing, or has no interval, is not one."""
    found = make_found()
    risen = {
        "loss": np.array([-14.06, -0.04, -2.0]),
        "loss_low": np.array([-26.7, -1.0, np.nan]),
        "loss_high": np.array([-2.4, 1.0, np.nan]),
    }
    panel = visit(replace(found, repairs={**found.repairs, **risen}), fragment=CHAT).page.locator("#panel")
    panel.locator("details", has_text="every recipe in words").locator("summary").click()
    words = [line.partition("; capability ")[2] for line in panel.locator("details li").all_inner_texts()]
    assert [line for line in words if line] == [
        "gained 14.1 (+2.4 to +26.7)",
        "lost 0.0 (\u22121.0 to +1.0)",
        "gained 2.0",
    ]


def test_each_base_and_margin_has_its_own_frontier(visit: Open, make_found: Make) -> None:
    """Two margins are two figures; where no recipe was chosen the panel says so, and where none was tried nothing."""
    found = make_found()
    apart = {**found.repairs, "margin": np.array([5.0, 3.0, 3.0])}
    seen = visit(replace(found, repairs=apart), fragment=CHAT)
    assert seen.count("#panel .frontier") == 2
    assert "No recipe was chosen." in seen.page.locator("#panel").inner_text()
    assert visit(fragment="m=maple/base").count("#panel .frontier") == 0


def test_every_label_lies_within_the_figure(visit: Open, make_found: Make) -> None:
    """Figures of one recipe, without any interval, or far out are drawn inside their frame."""
    found = make_found()
    odd = {name: values[:1] for name, values in found.repairs.items()}
    odd |= {name: np.array([np.nan]) for name in ("drift", "low", "high", "loss", "loss_low", "loss_high")}
    longest = {**found.repairs, "attention": np.full(3, 0.125), "rest": np.full(3, 0.875)}
    apart = {**found.repairs, "attention": np.zeros(3), "rest": np.full(3, 1.25), "safety_vector": np.full(3, -0.03125)}
    for repairs in (odd, odd | {"drift": np.array([98.0])}, longest, apart):
        seen = visit(replace(found, repairs=repairs), fragment=CHAT)
        frame = seen.page.locator("#panel .frontier").bounding_box()
        assert frame is not None
        for label in seen.page.locator("#panel .frontier text").all():
            box = label.bounding_box()
            assert box is not None
            assert box["x"] >= frame["x"] - 1
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
