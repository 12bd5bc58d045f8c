"""Trials: a recipe on one half of the items, compared with the base in safety and with the fine-tune in capability.

A search looks after every few items and stops as soon as a recipe is decided (`lineage.statistics.sequential_test`):
what it has seen then leans to the side of the decision, so only a confirmation, which runs all items of its half, may
be quoted as a result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.split import Half, split_items
from lineage.statistics.paired import compare_items
from lineage.statistics.rates import normal_quantile
from lineage.statistics.sequential_test import SequentialTest, SequentialVerdict, StoppingRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.maintenance.split import ItemSplit
    from lineage.scores.instruments import Instrument
    from lineage.statistics.comparison import Comparison

ONE_SIDED: Final = 0.1
"""The alpha of a two-sided interval whose ends are one-sided limits at 5 %."""
ALPHA: Final = 0.05
POWER: Final = 0.8


class TrialVerdict(StrEnum):
    """What a trial says about one instrument."""

    NO_WORSE = "no worse"
    WORSE = "worse"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedInstrument:
    """An instrument with the items that base and fine-tune both answered.

    `key` is its identity. `base` and `child` are values by item, in the range of the instrument; `clusters` is the
    cluster of each item, its own name if it has none. A capability is compared with the fine-tune, all else with the
    base.
    """

    key: str
    instrument: Instrument
    is_capability: bool
    base: Mapping[str, float]
    child: Mapping[str, float]
    clusters: Mapping[str, str]
    split: ItemSplit = field(init=False)

    def __post_init__(self) -> None:
        """Split the items."""
        object.__setattr__(self, "split", split_items(self.clusters))

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.instrument.name

    def drift(self) -> Comparison:
        """Compare the fine-tune with the base on all items; positive is riskier, or less able."""
        return self.compare(tuple(self.clusters), self.child, self.base)

    def compare(
        self, items: Sequence[str], ours: Mapping[str, float], theirs: Mapping[str, float], **options: float
    ) -> Comparison:
        """Compare two models on some items; positive is riskier, or less able."""
        risks = [self.instrument.risks(np.array([values[item] for item in items])) for values in (ours, theirs)]
        return compare_items(*risks, clusters=[self.clusters[item] for item in items], **options)  # type: ignore[arg-type] # alpha and margin are fractions


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDrift:
    """A recipe on one instrument: `drift` in points, positive if riskier or less able, with its 95 % interval.

    `lower` and `upper` are one-sided 95 % limits, which decide; `items` of `items_total` of the half were run.
    `stderr` is in points.
    """

    name: str
    key: str
    is_capability: bool
    drift: float
    low: float
    high: float
    lower: float
    upper: float
    stderr: float
    items: int
    items_total: int
    verdict: TrialVerdict

    def items_needed(self, margin: float) -> int | None:
        """Return how many items would show with 80 % power that a drift like this is within the margin, in points.

        None if the drift is not below the margin, or its error is unknown: then no number of items would.
        """
        if not self.drift < margin or not math.isfinite(self.stderr):
            return None
        deviation = self.stderr * math.sqrt(self.items)
        wanted = (normal_quantile(1 - ALPHA) + normal_quantile(POWER)) * deviation / (margin - self.drift)
        return max(self.items + 1, math.ceil(wanted**2))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeTrial:
    """A recipe on a half of the items; the capability is judged only where safety is no worse."""

    recipe: MixRecipe
    half: Half
    drifts: tuple[TrialDrift, ...]

    @property
    def safety(self) -> tuple[TrialDrift, ...]:
        """The instruments of safety that were run."""
        return tuple(one for one in self.drifts if not one.is_capability)

    @property
    def worst(self) -> TrialDrift:
        """The instrument of safety with the largest drift."""
        return max(self.safety, key=lambda one: one.drift)

    @property
    def capability(self) -> TrialDrift | None:
        """The capability, or None if it was not run."""
        return next((one for one in self.drifts if one.is_capability), None)

    @property
    def is_safe(self) -> bool:
        """Whether every instrument of safety that was run is no worse."""
        return all(one.verdict is TrialVerdict.NO_WORSE for one in self.safety)

    @property
    def items(self) -> int:
        """The number of items that were run."""
        return sum(one.items for one in self.drifts)


def judge_drift(
    judged: JudgedInstrument, half: Half, values: Mapping[str, float], margin: float, verdict: TrialVerdict | None
) -> TrialDrift:
    """Return the drift of a recipe by the items of a half that it answered; `margin` is a fraction of the range.

    `verdict` is what a sequential test said, or None to take it from the limits.
    """
    reference = judged.child if judged.is_capability else judged.base
    items = judged.split.items(half)
    seen = [item for item in items if item in values]
    return _drift_of(judged, seen, values, reference, (margin, len(items), verdict))


def _drift_of(
    judged: JudgedInstrument,
    seen: Sequence[str],
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    rule: tuple[float, int, TrialVerdict | None],
) -> TrialDrift:
    """Return a drift by these items; the rule is the margin, the number of items there are, and a known verdict."""
    margin, total, verdict = rule
    two, one = (judged.compare(seen, ours, theirs, alpha=alpha, margin=margin) for alpha in (ALPHA, ONE_SIDED))
    return TrialDrift(
        name=judged.name,
        key=judged.key,
        is_capability=judged.is_capability,
        drift=100 * two.delta,
        low=100 * two.ci_low,
        high=100 * two.ci_high,
        lower=100 * one.ci_low,
        upper=100 * one.ci_high,
        stderr=100 * two.stderr,
        items=len(seen),
        items_total=total,
        verdict=_by_limits(one, margin) if verdict is None else verdict,
    )


def _by_limits(one_sided: Comparison, margin: float) -> TrialVerdict:
    if one_sided.ci_high <= margin:
        return TrialVerdict.NO_WORSE
    return TrialVerdict.WORSE if one_sided.ci_low > margin else TrialVerdict.OPEN


def judge_all(instruments: Sequence[JudgedInstrument], margin: float) -> RecipeTrial:
    """Return the fine-tune as it is, compared with the base on all items, capability included."""
    drifts = tuple(
        _drift_of(one, tuple(one.clusters), one.child, one.base, (margin, len(one.clusters), None))
        for one in instruments
    )
    return RecipeTrial(recipe=MixRecipe(), half=Half.BOTH, drifts=drifts)


class TrialTest:
    """Decides whether a recipe is no worse than the margin on some items, a few after the other."""

    def __init__(self, judged: JudgedInstrument, items: int, margin: float) -> None:
        """Start without items, of so many; `margin` is a fraction of the range."""
        self._judged = judged
        self._reference = judged.child if judged.is_capability else judged.base
        self._test = SequentialTest(StoppingRule(items=items, margin=margin))

    def take(self, values: Mapping[str, float]) -> TrialVerdict:
        """Take the next items, in the order of the half, and return what all so far say."""
        ours = np.array(list(values.values()), dtype=np.float64)
        theirs = np.array([self._reference[item] for item in values], dtype=np.float64)
        risks = self._judged.instrument.risks
        decision = self._test.take(risks(ours) - risks(theirs))
        if self._test.is_no_worse():
            return TrialVerdict.NO_WORSE
        return TrialVerdict.WORSE if decision.outcome is SequentialVerdict.WORSE else TrialVerdict.OPEN
