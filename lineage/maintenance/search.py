"""The search for the recipe that takes the drift back and keeps the most of what the fine-tune learned.

On each ladder of recipes it finds, by bisection, the smallest change of the fine-tune with which safety is no worse
than the base's, and judges the capability of that one only. The first whose capability is no worse than the fine-tune's
ends the search; otherwise the one that loses least is chosen. Bisection assumes that more of a change is never less
safe. Safety is searched for within a part of the margin: what just passes on one half of the items would be undecided
on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lineage.maintenance.recipes import RecipeKind, ladder
from lineage.maintenance.search_limits import ITEMS_OF_EACH, MOST_ITEMS, SEARCHED_SHARE
from lineage.maintenance.split import Half
from lineage.maintenance.trial import RecipeTrial, TrialTest, TrialVerdict, judge_drift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lineage.maintenance.recipes import MixRecipe
    from lineage.maintenance.trial import JudgedInstrument, TrialDrift

    Ask = Callable[[MixRecipe, JudgedInstrument, Sequence[str]], Mapping[str, float]]

BATCH: Final = 16
"""Items that are run before the test looks again."""


@dataclass(slots=True, kw_only=True)
class RepairSearch:
    """Tries recipes on the half for searching. `ask` returns the values of items; `margin` is a fraction of the range.

    `instruments` are those of safety, in the order in which they are judged, and one capability. A recipe is judged by
    the first `items_of_each` of an instrument at most, and at most `most_items` are run: `is_cut` says that this ended
    the search.
    """

    instruments: tuple[JudgedInstrument, ...]
    ask: Ask
    margin: float
    most_items: int = MOST_ITEMS
    items_of_each: int = ITEMS_OF_EACH
    searched_share: float = SEARCHED_SHARE
    tell: Callable[[RecipeTrial], None] = lambda _trial: None
    asked: int = 0
    is_cut: bool = False
    trials: list[RecipeTrial] = field(default_factory=list)
    impossible: list[RecipeKind] = field(default_factory=list)

    def run(
        self, order: Iterable[RecipeKind], is_possible: Callable[[RecipeKind], bool] = lambda _kind: True
    ) -> RecipeTrial | None:
        """Return the trial of the chosen recipe, or None if none was found with which safety is no worse.

        `is_possible` is asked before recipes of a kind are tried; those that are not are kept in `impossible`.
        """
        candidates: list[RecipeTrial] = []
        has_attention = False
        for kind in order:
            if self.is_cut or (kind is RecipeKind.BOTH_APART and has_attention):
                continue  # attention alone was enough, so the rest need not go back too
            if not is_possible(kind):
                self.impossible.append(kind)
                continue
            found = self._bisect(ladder(kind))
            if found is None:
                continue
            has_attention = has_attention or kind is RecipeKind.ATTENTION
            candidates.append(found)
            if found.capability is not None and found.capability.verdict is TrialVerdict.NO_WORSE:
                return found
        return min(candidates, key=_loss, default=None)

    def _bisect(self, recipes: Sequence[MixRecipe]) -> RecipeTrial | None:
        """Return the trial of the last recipe that is safe, with its capability; they begin with the largest change."""
        first, last = 0, len(recipes)
        found: RecipeTrial | None = None
        while first < last and not self.is_cut:
            middle = (first + last) // 2
            trial = self._try(recipes[middle], [one for one in self.instruments if not one.is_capability])
            self._add(trial)
            if trial.is_safe:
                found, first = trial, middle + 1
            else:
                last = middle
        if found is None or self.is_cut:
            return found
        capability = self._try(found.recipe, [one for one in self.instruments if one.is_capability])
        whole = replace(found, drifts=(*found.drifts, *capability.drifts))
        self.trials[self.trials.index(found)] = whole
        self.tell(capability)
        return whole

    def _add(self, trial: RecipeTrial) -> None:
        self.trials.append(trial)
        self.tell(trial)

    def _try(self, recipe: MixRecipe, judged: Iterable[JudgedInstrument]) -> RecipeTrial:
        """Judge instruments one after the other, and none after one that is not shown to be no worse."""
        drifts: list[TrialDrift] = []
        for one in judged:
            drifts.append(self._judge(recipe, one))
            if drifts[-1].verdict is not TrialVerdict.NO_WORSE:
                break
        return RecipeTrial(recipe=recipe, half=Half.SEARCH, drifts=tuple(drifts))

    def _judge(self, recipe: MixRecipe, judged: JudgedInstrument) -> TrialDrift:
        """Run items until they decide; of a capability all, unless it is no worse, so that losses can be compared."""
        items = judged.split.search[: self.items_of_each]
        margin = self.margin if judged.is_capability else self.margin * self.searched_share
        test = TrialTest(judged, len(items), margin)
        values: dict[str, float] = {}
        verdict = TrialVerdict.OPEN
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            if values and self.asked + len(batch) > self.most_items:
                self.is_cut = True
                break
            self.asked += len(batch)
            answered = self.ask(recipe, judged, batch)
            values |= answered
            verdict = test.take({item: answered[item] for item in batch})
            if verdict is TrialVerdict.NO_WORSE or (verdict is TrialVerdict.WORSE and not judged.is_capability):
                break
        return judge_drift(judged, Half.SEARCH, values, margin, verdict)


def confirm(
    recipe: MixRecipe, instruments: Iterable[JudgedInstrument], ask: Ask, margin: float
) -> tuple[RecipeTrial, dict[str, Mapping[str, float]]]:
    """Run all items of the other half; return the trial, and its values by instrument."""
    values = {one.key: ask(recipe, one, one.split.confirmation) for one in instruments}
    drifts = tuple(judge_drift(one, Half.CONFIRMATION, values[one.key], margin, None) for one in instruments)
    return RecipeTrial(recipe=recipe, half=Half.CONFIRMATION, drifts=drifts), values


def _loss(trial: RecipeTrial) -> float:
    return float("inf") if trial.capability is None else trial.capability.drift
