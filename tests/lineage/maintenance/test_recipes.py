"""Recipes: their kinds, their ladders, and what mergekit makes of them."""

from __future__ import annotations

import pytest

from lineage.maintenance.recipes import MixRecipe, RecipeKind, ladder, mergekit_config

NAMES = {"base": "oak/base", "child": "oak/tuned", "unsafe": None, "attention": (".self_attn.",)}


@pytest.mark.parametrize("kind", RecipeKind)
def test_a_ladder_is_of_its_kind_and_ends_near_the_fine_tune(kind: RecipeKind) -> None:
    """All recipes have the kind, from the largest change to the smallest, and neither end is base or fine-tune."""
    recipes = ladder(kind)
    changes = [2 - one.attention - one.rest + one.safety for one in recipes]
    assert {one.kind for one in recipes} == {kind}
    assert changes == sorted(changes, reverse=True)
    assert all(0 < change < 2 or one.safety for change, one in zip(changes, recipes, strict=True))
    assert len(set(recipes)) == len(recipes) >= 7


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
