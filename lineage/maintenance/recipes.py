"""Recipes: how the weights of a base and of its fine-tune are put together again, and the same as a mergekit file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS: Final = 8
"""The parts that the way from the base to the fine-tune is divided into."""
MOST_REST: Final = 10
"""Where attention is as in the base, the rest may go beyond the fine-tune: up to so many of those parts."""
SAFETY_STEPS: Final = 32
"""The steps of a whole safety vector: answers turn within few of them."""


class RecipeKind(StrEnum):
    """The kinds of recipes, as results name them."""

    TOWARDS_BASE = "towards the base"
    ATTENTION = "attention towards the base"
    REST = "all but attention towards the base"
    BOTH_APART = "attention as in the base, the rest apart"
    SAFETY_VECTOR = "safety vector"
    VECTOR_APART = "attention as in the base, and safety vector"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRecipe:
    """Which share of the fine-tune's change is kept in attention and in all other weights, and the safety vector.

    1 keeps the fine-tune, 0 is the base, and more goes beyond the fine-tune. `safety` is how often the difference of
    the base and a model without its safety is added; below 0 it is taken away.
    """

    attention: float = 1.0
    rest: float = 1.0
    safety: float = 0.0

    @property
    def kind(self) -> RecipeKind:
        """What kind of recipe this is."""
        if self.safety:
            return RecipeKind.SAFETY_VECTOR if self.attention else RecipeKind.VECTOR_APART
        if self.attention == self.rest:
            return RecipeKind.TOWARDS_BASE
        if self.rest == 1:
            return RecipeKind.ATTENTION
        return RecipeKind.REST if self.attention == 1 else RecipeKind.BOTH_APART

    @property
    def label(self) -> str:
        """The recipe in a few words."""
        if self.attention != self.rest:
            mixed = f"{self.attention:g} of the change in attention, {self.rest:g} in the rest"
        else:
            mixed = "the fine-tune" if self.safety else f"{self.rest:g} of the fine-tune's change"
        return f"{mixed} and {self.safety:g} of the safety vector" if self.safety else mixed


def ladder(kind: RecipeKind) -> tuple[MixRecipe, ...]:
    """Return the recipes of a kind: from the base to the fine-tune, and from refusing less to refusing more."""
    inner = [step / STEPS for step in range(1, STEPS)]
    beyond = [step / STEPS for step in range(STEPS + 1, MOST_REST + 1)]
    signed = [step / SAFETY_STEPS for step in range(-SAFETY_STEPS, SAFETY_STEPS + 1) if step]
    match kind:
        case RecipeKind.TOWARDS_BASE:
            return tuple(MixRecipe(attention=kept, rest=kept) for kept in inner)
        case RecipeKind.ATTENTION:
            return tuple(MixRecipe(attention=kept) for kept in (0.0, *inner))
        case RecipeKind.REST:
            return tuple(MixRecipe(rest=kept) for kept in (0.0, *inner))
        case RecipeKind.BOTH_APART:
            return tuple(MixRecipe(attention=0.0, rest=kept) for kept in (*inner, *beyond))
        case RecipeKind.SAFETY_VECTOR:
            return tuple(MixRecipe(safety=safety) for safety in signed)
        case RecipeKind.VECTOR_APART:
            most = MOST_REST / STEPS
            return tuple(MixRecipe(attention=0.0, rest=most, safety=safety) for safety in signed)


def mergekit_config(
    recipe: MixRecipe, *, base: str, child: str, unsafe: str | None, attention: Sequence[str]
) -> dict[str, Any]:
    """Return what mergekit makes the same weights of. `attention` are parts of tensor names, each with its dots.

    `unsafe` is the model without the base's safety, needed for a safety vector. An adapter is named `BASE+ADAPTER`. The
    number format is left to mergekit, which keeps that of the files.
    """
    if recipe.safety:
        return {
            "merge_method": "task_arithmetic",
            "base_model": base,
            "models": [
                {"model": child, "parameters": {"weight": _weight(recipe.attention, recipe.rest, attention)}},
                {"model": unsafe, "parameters": {"weight": -recipe.safety}},
            ],
        }
    return {
        "merge_method": "linear",
        "models": [
            {"model": base, "parameters": {"weight": _weight(1 - recipe.attention, 1 - recipe.rest, attention)}},
            {"model": child, "parameters": {"weight": _weight(recipe.attention, recipe.rest, attention)}},
        ],
    }


def _weight(attention: float, rest: float, names: Sequence[str]) -> object:
    if attention == rest:
        return rest
    return [*({"filter": name, "value": attention} for name in names), {"value": rest}]
