"""Recipes: their kinds, their ladders, and what mergekit makes of them."""

from __future__ import annotations

import pytest

from lineage.maintenance.recipes import MixRecipe, RecipeKind, ladder, mergekit_config

NAMES = {"base": "oak/base", "child": "oak/tuned", "unsafe": None, "attention": (".self_attn.",)}


VECTORS = (RecipeKind.SAFETY_VECTOR, RecipeKind.VECTOR_APART)


@pytest.mark.parametrize("kind", [kind for kind in RecipeKind if kind not in VECTORS])
def test_a_ladder_is_of_its_kind_and_ends_near_the_fine_tune(kind: RecipeKind) -> None:
    """All recipes have the kind, from the largest change to the smallest, and neither end is base or fine-tune."""
    recipes = ladder(kind)
    changes = [2 - one.attention - one.rest for one in recipes]
    assert {one.kind for one in recipes} == {kind}
    assert changes == sorted(changes, reverse=True)
    assert all(0 < change < 2 for change in changes)
    assert len(set(recipes)) == len(recipes) >= 7


@pytest.mark.parametrize("kind", VECTORS)
def test_a_vector_is_taken_away_or_added(kind: RecipeKind) -> None:
    """The first half refuses less, the other half more, in equal steps; the fine-tune itself is on none."""
    recipes = ladder(kind)
    safety = [one.safety for one in recipes]
    assert {one.kind for one in recipes} == {kind}
    assert safety == sorted(set(safety))
    assert (safety[0], safety[-1]) == (-1, 1)
    assert 0 not in safety
    assert [-one for one in reversed(safety)] == safety


def test_a_recipe_is_told_in_words() -> None:
    """Shares, and what is added or taken away."""
    assert MixRecipe(safety=-0.25).label == "the fine-tune and -0.25 of the safety vector"
    apart = MixRecipe(attention=0, rest=1.25, safety=0.5)
    assert apart.label == "0 of the change in attention, 1.25 in the rest and 0.5 of the safety vector"
    assert MixRecipe(attention=0.5, rest=0.5).label == "0.5 of the fine-tune's change"


def test_one_share_is_a_linear_merge() -> None:
    """Weights add up to one."""
    config = mergekit_config(MixRecipe(attention=0.25, rest=0.25), **NAMES)  # type: ignore[arg-type] # as above
    assert config["merge_method"] == "linear"
    assert [(model["model"], model["parameters"]["weight"]) for model in config["models"]] == [
        ("oak/base", 0.75),
        ("oak/tuned", 0.25),
    ]


def test_attention_apart_becomes_a_filter() -> None:
    """The filter stands first, since mergekit takes the first that fits."""
    base, child = mergekit_config(MixRecipe(attention=0.25), **NAMES)["models"]  # type: ignore[arg-type] # as above
    assert base["parameters"]["weight"] == [{"filter": ".self_attn.", "value": 0.75}, {"value": 0.0}]
    assert child["parameters"]["weight"] == [{"filter": ".self_attn.", "value": 0.25}, {"value": 1.0}]


def test_a_safety_vector_is_task_arithmetic() -> None:
    """Base + (child - base) - s * (unsafe - base) is child + s * (base - unsafe)."""
    config = mergekit_config(MixRecipe(safety=0.5), **NAMES | {"unsafe": "oak/unsafe"})  # type: ignore[arg-type] # as above
    weights = {model["model"]: model["parameters"]["weight"] for model in config["models"]}
    assert (config["merge_method"], config["base_model"]) == ("task_arithmetic", "oak/base")
    assert weights == {"oak/tuned": 1.0, "oak/unsafe": -0.5}


def test_a_vector_with_attention_apart_filters_the_fine_tune() -> None:
    """Base + kept * (child - base) - s * (unsafe - base): what is kept is the weight of the child."""
    recipe = MixRecipe(attention=0.0, rest=1.25, safety=-0.5)
    config = mergekit_config(recipe, **NAMES | {"unsafe": "oak/unsafe"})  # type: ignore[arg-type] # as above
    weights = [model["parameters"]["weight"] for model in config["models"]]
    assert weights == [[{"filter": ".self_attn.", "value": 0.0}, {"value": 1.25}], 0.5]
