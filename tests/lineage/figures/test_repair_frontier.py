"""The figure of a repair's frontier."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from lineage.figures.repair_frontier import draw_repair
from lineage.maintenance.recipes import RecipeKind, ladder

SVG = "{http://www.w3.org/2000/svg}"


def row(recipe: str, half: str, drift: float | None, loss: float | None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- cells of a table
    """Return a row of the table."""
    limits = (None, None) if drift is None else (drift - 2, drift + 2)
    lost = (None, None) if loss is None else (loss - 2, loss + 2)
    return {
        "model": "oak/tuned", "base": "oak/base", "recipe": recipe, "half": half, "safety_drift": drift,
        "safety_low": limits[0], "safety_high": limits[1], "capability_loss": loss, "capability_low": lost[0],
        "capability_high": lost[1], "items": 1200, "is_chosen": False, "verdict": "restored",
    } | changes  # fmt: skip


def test_each_recipe_has_its_intervals() -> None:
    """A mark for drift, one for loss where the capability was run; rings are searches, and the words say the same."""
    rows = [
        row("the fine-tune", "both", 40.0, 0.0),
        row("0.5 of the change", "search", 9.0, None),
        row("0.25 of the change", "confirmation", 1.0, 4.5, is_chosen=True),
    ]
    figure = draw_repair(rows, 3.0)
    marks = [mark.get("fill") for mark in ET.fromstring(figure.svg).iter(f"{SVG}circle")]  # noqa: S314 -- our own figure
    assert len(marks) == 5
    assert marks.count("#fff") == 1
    assert "0.25 of the change, confirmation: drift +1.0, capability lost 4.5" in figure.description
    assert figure.title == "oak/tuned: restored"


def test_a_rise_of_capability_reads_as_a_rise() -> None:
    """A loss below 0 is a gain in words and at its mark, and the axis says which side is which."""
    figure = draw_repair([row("0.5 of the change", "confirmation", -1.5, -14.06, is_chosen=True)], 3.0)
    assert "0.5 of the change, confirmation: drift -1.5, capability gained 14.1" in figure.description
    hints = [mark.text for mark in ET.fromstring(figure.svg).iter(f"{SVG}title")]  # noqa: S314 -- our own figure
    assert hints[-2:] == ["-1.5 points", "gained 14.1 points"]
    assert "below 0: gained" in figure.svg


def test_names_and_gaps_do_no_harm() -> None:
    """Markup in a name is text, and figures that are unknown are left out."""
    hostile = "<script>alert(1)</script>"
    figure = draw_repair([row(hostile, "search", None, None, model=hostile, base=hostile)], 3.0)
    assert "<script" not in figure.svg
    assert not list(ET.fromstring(figure.svg).iter(f"{SVG}circle"))  # noqa: S314 -- our own figure


def test_the_longest_recipe_is_told_in_full() -> None:
    """Recipes differ in their numbers, which no name may lose."""
    longest = max((one.label for kind in RecipeKind for one in ladder(kind)), key=len)
    figure = draw_repair([row(longest, "confirmation", 1.0, 2.0, is_chosen=True)], 3.0)
    assert longest in {mark.text for mark in ET.fromstring(figure.svg).iter(f"{SVG}text")}  # noqa: S314 -- our own figure
