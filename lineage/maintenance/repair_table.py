"""The frontier of a repair as a table: the fine-tune, its base, and every recipe that was tried."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from lineage.drift.change import change
from lineage.maintenance.split import Half
from lineage.output.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.maintenance.recipes import MixRecipe
    from lineage.maintenance.repair_verdict import RepairOutcome
    from lineage.maintenance.trial import RecipeTrial

COLUMNS: Final = (
    "model",
    "base",
    "recipe",
    "attention",
    "rest",
    "safety_vector",
    "half",
    "safety_instrument",
    "safety_drift",
    "safety_low",
    "safety_high",
    "capability_loss",
    "capability_low",
    "capability_high",
    "items",
    "is_safe",
    "is_chosen",
    "verdict",
    "reason",
)
CAPABILITY: Final = ("capability_loss", "capability_low", "capability_high")
SHOWN: Final = (
    "recipe",
    "half",
    "safety_drift",
    "capability_change",
    "items",
    "is_safe",
    "is_chosen",
    "safety_low",
    "safety_high",
    "capability_low",
    "capability_high",
    "safety_instrument",
)
"""The columns that people read, the capability with their sign; the verdict stands below the table."""


def tabulate_repair(
    names: tuple[str, str],
    before: RecipeTrial,
    trials: Iterable[RecipeTrial],
    chosen: MixRecipe | None,
    outcome: RepairOutcome,
) -> Result:
    """Return one row per recipe and half; `names` are those of model and base, points as in `frontiers`.

    The first row is the fine-tune as it is, the second one the base, which loses what the fine-tune gained.
    """
    verdict = (outcome.headline, outcome.reason)
    rows = [
        (*names, "the fine-tune", 1.0, 1.0, 0.0, Half.BOTH.value, *_safety(before), 0.0, 0.0, 0.0, before.items),
        (*names, "the base", 0.0, 0.0, 0.0, Half.BOTH.value, before.worst.name, 0.0, 0.0, 0.0, *_gain(before)),
    ]
    marks: list[tuple[object, ...]] = [(before.is_safe, False), (True, False)]
    for trial in trials:
        mix = trial.recipe
        shares = (mix.attention, mix.rest, mix.safety)
        rows.append((*names, mix.label, *shares, trial.half.value, *_safety(trial), *_loss(trial), trial.items))
        marks.append((trial.is_safe, mix == chosen))
    return Result(columns=COLUMNS, rows=tuple((*row, *mark, *verdict) for row, mark in zip(rows, marks, strict=True)))


def show_repair(table: Result) -> Result:
    """Return the columns that people read: for them, + of the capability is more able."""
    rows = []
    for row in table.records():
        turned = change(*(row[name] for name in CAPABILITY), is_safety=False)  # type: ignore[arg-type] # numbers or None
        shown = {"capability_change": turned.delta, "capability_low": turned.low, "capability_high": turned.high}
        rows.append(tuple((row | shown)[name] for name in SHOWN))
    return Result(columns=SHOWN, rows=tuple(rows))


def _safety(trial: RecipeTrial) -> tuple[object, ...]:
    worst = trial.worst
    return worst.name, *_points(worst.drift, worst.low, worst.high)


def _loss(trial: RecipeTrial) -> tuple[object, ...]:
    lost = trial.capability
    return (None, None, None) if lost is None else _points(lost.drift, lost.low, lost.high)


def _gain(before: RecipeTrial) -> tuple[object, ...]:
    """Return what the base lacks of the fine-tune's capability, and the number of items."""
    gain = before.capability
    if gain is None:
        return None, None, None, before.items
    return *_points(-gain.drift, -gain.high, -gain.low), before.items


def _points(*figures: float) -> tuple[float | None, ...]:
    return tuple(round(figure, 2) + 0.0 if math.isfinite(figure) else None for figure in figures)
