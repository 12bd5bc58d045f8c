"""The answers of recipes: those that are kept, and the others from the models, which are loaded when first needed."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluation.errors import MeasuredOtherwise
from lineage.maintenance.recipes import RecipeKind, ladder
from lineage.scores.score import digest
from store.maintenance.interventions import keep_values, kept_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from evaluation.engines.transformers.recipe_runner import RecipeRunner
    from lineage.maintenance.recipes import MixRecipe
    from lineage.maintenance.trial import JudgedInstrument
    from lineage.scheduling.job import JobSpec
    from store.database import Database
    from store.maintenance.interventions import RepairSubject


@dataclass(slots=True, kw_only=True)
class RecipeAnswers:
    """Values of items by recipe and instrument; `specs` are the jobs of the model by the instrument's name.

    `new` counts the items that were run now, and `seconds` what they took, without loading. `load` loads the models.
    """

    database: Database
    subject: RepairSubject
    specs: Mapping[str, JobSpec]
    load: Callable[[], AbstractContextManager[RecipeRunner]]
    new: int = 0
    seconds: float = 0.0
    _kept: dict[str, dict[str, float]] = field(default_factory=dict)
    _checked: set[str] = field(default_factory=set)
    _runner: RecipeRunner | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def __call__(self, recipe: MixRecipe, judged: JudgedInstrument, items: Sequence[str]) -> dict[str, float]:
        """Return the values of items, each run once and kept. Raises CannotRun, NotFetched, MeasuredOtherwise."""
        trial = self._trial(recipe, judged)
        known = self._known(trial)
        if missing := [item for item in items if item not in known]:
            fresh = self._run(recipe, judged, missing)
            keep_values(self.database, trial, fresh)
            known |= fresh
        return {item: known[item] for item in items}

    def can_tell_attention(self, first: JudgedInstrument) -> bool:
        """Return whether the tensors of attention are known from the others; `first` is the instrument asked first.

        What a search asks first of such recipes is kept if an earlier one could.
        """
        both, vectors = (ladder(kind) for kind in (RecipeKind.BOTH_APART, RecipeKind.VECTOR_APART))
        begun = (both[len(both) // 2], vectors[len(vectors) // 4], vectors[3 * len(vectors) // 4])
        is_kept = any(self._known(self._trial(recipe, first)) for recipe in begun)
        return is_kept or bool(self.runner().filters)

    def _trial(self, recipe: MixRecipe, judged: JudgedInstrument) -> str:
        spec = self.specs[judged.name]
        return self.subject.key(recipe, digest([judged.key, spec.definition, json.dumps(spec.options, sort_keys=True)]))

    def _known(self, trial: str) -> dict[str, float]:
        if trial not in self._kept:
            self._kept[trial] = kept_values(self.database, trial)
        return self._kept[trial]

    def runner(self) -> RecipeRunner:
        """Return what runs recipes, loaded if it is not yet."""
        if self._runner is None:
            self._runner = self._open.enter_context(self.load())
        return self._runner

    def close(self) -> None:
        """Unload the models."""
        self._open.close()
        self._runner = None

    def _run(self, recipe: MixRecipe, judged: JudgedInstrument, items: Sequence[str]) -> dict[str, float]:
        runner, spec = self.runner(), self.specs[judged.name]
        if judged.key not in self._checked:
            asked = runner.identity(spec, recipe).key
            if asked != judged.key:
                raise MeasuredOtherwise(self.subject.model, judged.key, asked)
            self._checked.add(judged.key)
        began = time.monotonic()
        found = runner.ask(spec, recipe, items)
        self.seconds += time.monotonic() - began
        self.new += len(items)
        return found
