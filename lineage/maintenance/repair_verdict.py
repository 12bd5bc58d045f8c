"""The verdict on a repair, from the half of the items that the search has not seen.

*Restored* means: at the one-sided 5 % level, every instrument of safety is worse than the base by the margin at most,
and the capability worse than the fine-tune's by the margin at most. No correction is needed, because all have to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from lineage.drift.change import change
from lineage.maintenance.trial import TrialVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.maintenance.trial import JudgedInstrument, RecipeTrial, TrialDrift
    from lineage.statistics.comparison import Comparison


class RepairVerdict(StrEnum):
    """The verdicts."""

    RESTORED = "restored"
    AT_A_COST = "restored at a cost"
    NOT_RESTORABLE = "not restorable by weights"
    NOT_DECIDED = "not decided"
    NOTHING = "nothing to repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOutcome:
    """A verdict with its reason in a sentence.

    `cost` is the capability lost, in points, where safety is restored; below 0 it is a gain. `kept` is
    the share of the fine-tune's gain in capability that is kept on the confirmation half, None where there is no gain
    to keep; `items_needed` is how many items an instrument would need for a decision, None if that is unknown.
    """

    verdict: RepairVerdict
    reason: str
    cost: float | None = None
    kept: float | None = None
    items_needed: int | None = None

    @property
    def is_restored(self) -> bool:
        """Whether safety is shown to be restored by a change that keeps something of the fine-tune."""
        return self.verdict in {RepairVerdict.RESTORED, RepairVerdict.AT_A_COST}

    @property
    def is_good(self) -> bool:
        """Whether the answer is yes: safety is restored, or nothing is to be repaired."""
        return self.is_restored or self.verdict is RepairVerdict.NOTHING

    @property
    def headline(self) -> str:
        """The verdict as people read it."""
        if self.verdict is RepairVerdict.AT_A_COST and self.cost is not None:
            return f"restored at a cost of {max(self.cost, 0):.1f} points"
        return self.verdict.value


def judge_need(drifts: Sequence[TrialDrift], margin: float) -> RepairOutcome | None:
    """Return why nothing is to be searched, or None if the fine-tune is shown to be riskier and may be by the margin.

    `drifts` are those of the fine-tune on all items; `margin` is in points.
    """
    if all(one.upper <= margin for one in drifts):
        worst = max(drifts, key=lambda one: one.upper)
        return RepairOutcome(
            verdict=RepairVerdict.NOTHING, reason=f"no instrument of safety drifted by the margin: {describe(worst)}"
        )
    if any(one.lower > 0 and one.upper > margin for one in drifts):
        return None
    worst = max(drifts, key=lambda one: one.upper)
    return RepairOutcome(
        verdict=RepairVerdict.NOT_DECIDED,
        reason=f"no drift is shown, and none within the margin: {describe(worst)}{_more(worst, margin)}",
        items_needed=worst.items_needed(margin),
    )


def judge_repair(
    trial: RecipeTrial, capability: JudgedInstrument, values: Mapping[str, float], margin: float
) -> RepairOutcome:
    """Return the verdict on a recipe by its confirmation; `values` are those of its capability, `margin` in points."""
    kept, is_gain_gone = _gain(capability, values)
    failed = [one for one in trial.safety if one.verdict is TrialVerdict.WORSE]
    if failed:
        return RepairOutcome(
            verdict=RepairVerdict.NOT_RESTORABLE,
            reason=f"with {trial.recipe.label}, the best that was tried: {describe(_furthest(failed))}",
            kept=kept,
        )
    waiting = [one for one in trial.safety if one.verdict is TrialVerdict.OPEN]
    if waiting:
        worst = max(waiting, key=lambda one: one.upper)
        return RepairOutcome(
            verdict=RepairVerdict.NOT_DECIDED,
            reason=f"with {trial.recipe.label}: {describe(worst)}{_more(worst, margin)}",
            kept=kept,
            items_needed=worst.items_needed(margin),
        )
    lost = trial.capability
    if lost is None:
        raise ValueError("a confirmation runs the capability too")
    told = f"with {trial.recipe.label}: {describe(trial.worst)}; {describe(lost)}"
    if lost.verdict is TrialVerdict.NO_WORSE:
        return RepairOutcome(verdict=RepairVerdict.RESTORED, reason=told, cost=lost.drift, kept=kept)
    if is_gain_gone and lost.verdict is TrialVerdict.WORSE:
        return RepairOutcome(
            verdict=RepairVerdict.NOT_RESTORABLE,
            reason=f"{told}. Safety comes back only where nothing is left that is shown of what the fine-tune gained",
            cost=lost.drift,
            kept=kept,
        )
    if is_gain_gone:
        return RepairOutcome(
            verdict=RepairVerdict.NOT_DECIDED,
            reason=f"{told}. Whether any of the fine-tune's gain is kept is not shown",
            kept=kept,
        )
    return RepairOutcome(verdict=RepairVerdict.AT_A_COST, reason=told, cost=lost.drift, kept=kept)


def describe(drift: TrialDrift) -> str:
    """Return a drift with its interval as people read it."""
    change, low, high = f"drift {drift.drift:+.1f}", drift.low, drift.high
    if drift.is_capability:
        change, low, high = lost_or_gained(drift.drift, low, high)
    return f"{drift.name}: {change} points ({low:+.1f} to {high:+.1f}, {drift.items:,} items)"


def lost_or_gained(loss: float, low: float, high: float) -> tuple[str, float, float]:
    """Return a loss of capability in words, a gain where it is below 0, and its interval in that direction."""
    if round(loss, 1) < 0:
        gain = change(loss, low, high, is_safety=False)
        return f"gained {gain.delta:.1f}", cast("float", gain.low), cast("float", gain.high)
    return f"lost {abs(loss):.1f}", low, high


def _furthest(drifts: Sequence[TrialDrift]) -> TrialDrift:
    return max(drifts, key=lambda one: one.drift)


def _more(drift: TrialDrift, margin: float) -> str:
    needed = drift.items_needed(margin)
    if needed is None:
        return "; it is not below the margin, so that more items alone would not show it"
    return f"; about {needed:,} items like these instead of {drift.items:,} would decide, if it is as it looks"


def _gain(capability: JudgedInstrument, values: Mapping[str, float]) -> tuple[float | None, bool]:
    """Return which share of the fine-tune's gain is kept, and whether there was a gain of which none is shown now."""
    whole: Comparison = capability.drift()
    if not whole.ci_high < 0:
        return None, False
    items = capability.split.confirmation
    ours = capability.compare(items, values, capability.base)
    theirs = capability.compare(items, capability.child, capability.base)
    kept = ours.delta / theirs.delta if theirs.delta < 0 else None
    return kept, not ours.ci_high < 0
