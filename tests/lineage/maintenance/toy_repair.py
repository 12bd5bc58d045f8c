"""Instruments over made-up items, and answers that follow from a recipe."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.trial import JudgedInstrument
from lineage.scores.instruments import Instrument
from lineage.vocabulary import Construct, Direction, Scale

Rate = Callable[[MixRecipe], float]
CHILD = MixRecipe()
BASE = MixRecipe(attention=0.0, rest=0.0)


@dataclass(slots=True)
class ToyModels:
    """Models whose share of ones on an instrument follows from the recipe: an item is 1 if its luck is below it."""

    rates: Mapping[str, Rate]
    asked: list[tuple[MixRecipe, str, int]] = field(default_factory=list)

    def value(self, recipe: MixRecipe, name: str, item: str) -> float:
        """Return the value of an item."""
        return float(random.Random(f"{name}:{item}").random() < self.rates[name](recipe))

    def __call__(self, recipe: MixRecipe, judged: JudgedInstrument, items: Sequence[str]) -> dict[str, float]:
        """Answer items, and note that they were asked."""
        self.asked.append((recipe, judged.name, len(items)))
        return {item: self.value(recipe, judged.name, item) for item in items}

    def instrument(
        self, name: str, construct: Construct, direction: Direction, items: int = 1000, clusters: int | None = None
    ) -> JudgedInstrument:
        """Return an instrument with the items of base and fine-tune."""
        names = [f"{name}-{number}" for number in range(items)]
        return JudgedInstrument(
            key=f"{name}@0",
            instrument=Instrument(
                name=name, title=name, construct=construct, direction=direction, low=0, high=1, scale=Scale.RATE
            ),
            is_capability=construct is Construct.CAPABILITY,
            base={item: self.value(BASE, name, item) for item in names},
            child={item: self.value(CHILD, name, item) for item in names},
            clusters={
                item: item if clusters is None else f"cluster {number % clusters}" for number, item in enumerate(names)
            },
        )


def repair_of(
    refusal: Rate, over_refusal: Rate, skill: Rate, items: int = 1000
) -> tuple[ToyModels, tuple[JudgedInstrument, ...]]:
    """Return models, and their instruments of refusal, over-refusal and a capability."""
    models = ToyModels({"refusal": refusal, "over": over_refusal, "skill": skill})
    return models, (
        models.instrument("refusal", Construct.REFUSAL, Direction.HIGHER_IS_SAFER, items),
        models.instrument("over", Construct.OVER_REFUSAL, Direction.LOWER_IS_SAFER, items),
        models.instrument("skill", Construct.CAPABILITY, Direction.CAPABILITY, items),
    )
