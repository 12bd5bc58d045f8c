"""The search for the recipe that takes the drift back and keeps the most of what the fine-tune learned.

On each ladder of recipes it finds, by bisection, the smallest change of the fine-tune with which safety is no worse
than the base's, and judges the capability of that one only. The first whose capability is no worse than the fine-tune's
ends the search; otherwise the one that loses least is chosen. Bisection assumes that more of a change is never less
safe. A safety vector moves one threshold: too little of it and the model refuses too little, too much and it refuses
too much, so there the instrument that fails says where to go on.

A search only chooses: by some items, of which the mean has to be within the margin. What holds for others is for the
other half to tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lineage.maintenance.recipes import RecipeKind, ladder
from lineage.maintenance.search_limits import ITEMS_OF_EACH, MOST_ITEMS
from lineage.maintenance.split import Half
from lineage.maintenance.trial import RecipeTrial, TrialTest, TrialVerdict, judge_drift
from lineage.vocabulary import Construct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lineage.maintenance.recipes import MixRecipe
    from lineage.maintenance.trial import JudgedInstrument, TrialDrift

    Ask = Callable[[MixRecipe, JudgedInstrument, Sequence[str]], Mapping[str, float]]

VECTORS: Final = frozenset({RecipeKind.SAFETY_VECTOR, RecipeKind.VECTOR_APART})
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
        for kind in order:
            if self.is_cut or _is_needless(kind, candidates):
                continue
            if not is_possible(kind):
                self.impossible.append(kind)
                continue
            found = self._bisect(kind)
            if found is None:
                continue
            candidates.append(found)
            if found.capability is not None and found.capability.verdict is TrialVerdict.NO_WORSE:
                return found
        return min(candidates, key=_loss, default=None)

    def _bisect(self, kind: RecipeKind) -> RecipeTrial | None:
        """Return the trial of the smallest change on a ladder that passes, with its capability, or None."""
        recipes = ladder(kind)
        first, last = 0, len(recipes)
        is_vector = kind in VECTORS
        if is_vector:
            first, last = (len(recipes) // 2, last) if self._is_upwards else (first, len(recipes) // 2)
        found: RecipeTrial | None = None
        while first < last and self._has_items():
            middle = (first + last) // 2
            trial = self._try(recipes[middle], [one for one in self.instruments if not one.is_capability])
            self._add(trial)
            passes = self._passes(trial)
            if passes:
                found = trial
                if is_vector and self._has_both_sides:
                    break
            goes_on = self._is_too_small(trial, passes=passes) if is_vector else passes
            first, last = (middle + 1, last) if goes_on else (first, middle)
        return found if found is None or not self._has_items() else self._with_capability(found)

    def _with_capability(self, found: RecipeTrial) -> RecipeTrial:
        capability = self._try(found.recipe, [one for one in self.instruments if one.is_capability])
        whole = replace(found, drifts=(*found.drifts, *capability.drifts))
        self.trials[self.trials.index(found)] = whole
        self.tell(capability)
        return whole

    @property
    def _is_upwards(self) -> bool:
        """Whether the fine-tune has to refuse more: its largest drift is not one of over-refusal."""
        return not _is_over_refusal(self.instruments[0])

    @property
    def _has_both_sides(self) -> bool:
        """Whether both too little and too much of a safety vector would be seen: then the first that passes will do."""
        return len({_is_over_refusal(one) for one in self.instruments if not one.is_capability}) > 1

    def _is_too_small(self, trial: RecipeTrial, *, passes: bool) -> bool:
        """Return whether to go on with a recipe that refuses more: by what failed, which is what was judged last."""
        if passes:  # towards the fine-tune
            return not self._is_upwards
        failed = trial.safety[-1].key
        return not any(_is_over_refusal(one) for one in self.instruments if one.key == failed)

    def _passes(self, trial: RecipeTrial) -> bool:
        """Return whether safety is no worse by all instruments, which a limit may have left out."""
        return trial.is_safe and len(trial.safety) == len(self.instruments) - 1

    def _has_items(self) -> bool:
        """Return whether another batch may be run; if not, the search is cut."""
        self.is_cut = self.is_cut or self.asked + BATCH > self.most_items
        return not self.is_cut

    def _add(self, trial: RecipeTrial) -> None:
        self.trials.append(trial)
        self.tell(trial)

    def _try(self, recipe: MixRecipe, judged: Iterable[JudgedInstrument]) -> RecipeTrial:
        """Judge instruments one after the other, and none after one that is not shown to be no worse."""
        drifts: list[TrialDrift] = []
        for one in judged:
            drifts.append(self._judge(recipe, one))
            if drifts[-1].verdict is not TrialVerdict.NO_WORSE or not self._has_items():
                break
        return RecipeTrial(recipe=recipe, half=Half.SEARCH, drifts=tuple(drifts))

    def _judge(self, recipe: MixRecipe, judged: JudgedInstrument) -> TrialDrift:
        """Run items until they decide; of a capability all, unless it is no worse, so that losses can be compared."""
        items = judged.split.search[: self.items_of_each]
        test = TrialTest(judged, len(items), self.margin)
        values: dict[str, float] = {}
        verdict = TrialVerdict.OPEN
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            if not self._has_items():
                break
            self.asked += len(batch)
            answered = self.ask(recipe, judged, batch)
            values |= answered
            verdict = test.take({item: answered[item] for item in batch})
            if verdict is TrialVerdict.NO_WORSE or (verdict is TrialVerdict.WORSE and not judged.is_capability):
                break
        return judge_drift(judged, Half.SEARCH, values, self.margin, verdict)


def confirm(
    recipe: MixRecipe, instruments: Iterable[JudgedInstrument], ask: Ask, margin: float
) -> tuple[RecipeTrial, dict[str, Mapping[str, float]]]:
    """Run all items of the other half; return the trial, and its values by instrument."""
    values = {one.key: ask(recipe, one, one.split.confirmation) for one in instruments}
    drifts = tuple(judge_drift(one, Half.CONFIRMATION, values[one.key], margin, None) for one in instruments)
    return RecipeTrial(recipe=recipe, half=Half.CONFIRMATION, drifts=drifts), values


def _is_over_refusal(judged: JudgedInstrument) -> bool:
    return judged.instrument.construct is Construct.OVER_REFUSAL


def _is_needless(kind: RecipeKind, candidates: Sequence[RecipeTrial]) -> bool:
    """Return whether attention towards the base cannot be enough: with none of it the rest had to go back too."""
    tried = [trial.recipe.rest for trial in candidates if trial.recipe.kind is RecipeKind.BOTH_APART]
    return kind is RecipeKind.ATTENTION and bool(tried) and max(tried) < 1


def _loss(trial: RecipeTrial) -> float:
    return float("inf") if trial.capability is None else trial.capability.drift
