"""The frontier of a repair as a table."""

from __future__ import annotations

from typing import Any

from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.repair_table import show_repair, tabulate_repair
from lineage.maintenance.repair_verdict import judge_repair
from lineage.maintenance.search import confirm
from lineage.maintenance.trial import judge_all
from tests.lineage.maintenance.toy_repair import repair_of


def test_people_read_more_able_as_plus() -> None:
    """The stored loss is turned for people, with its interval: a recipe that is more able has a plus, unrun is None."""
    models, instruments = repair_of(lambda _: 0.9, lambda _: 0.1, lambda r: 0.4 if r.rest == 1 else 0.6, 4000)
    half = MixRecipe(attention=0.5, rest=0.5)
    trial, values = confirm(half, instruments, models, 0.03)
    outcome = judge_repair(trial, instruments[-1], values[instruments[-1].key], 3.0)
    table = tabulate_repair(("oak/tuned", "oak/base"), judge_all(instruments, 0.03), [trial], half, outcome)
    stored: dict[str, Any] = table.records()[2]
    shown: dict[str, Any] = show_repair(table).records()[2]
    assert stored["capability_loss"] < -15
    assert shown["capability_change"] == -stored["capability_loss"]
    assert (shown["capability_low"], shown["capability_high"]) == (
        -stored["capability_high"],
        -stored["capability_low"],
    )
    assert shown["capability_low"] < shown["capability_change"] < shown["capability_high"]
    assert shown["safety_drift"] == stored["safety_drift"]
    assert [row["capability_change"] for row in show_repair(table).records()[:1]] == [0.0]
