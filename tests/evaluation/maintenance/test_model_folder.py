"""The recipe of a repair as mergekit reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from evaluation.maintenance.model_folder import recipe_text
from lineage.maintenance.recipes import MixRecipe
from store.maintenance.interventions import RepairSubject

if TYPE_CHECKING:
    from evaluation.engines.transformers.recipe_runner import RecipeRunner
    from evaluation.maintenance.repair import RepairReport

SUBJECT = RepairSubject(model="oak/tuned", revision="a1", base="oak/base", base_revision="b2", unsafe="oak/wild")


def text_of(recipe: MixRecipe, *, is_adapter: bool) -> str:
    """Return the text of a recipe for that model, with its attention in `self_attn`."""
    report = SimpleNamespace(subject=SUBJECT, outcome=SimpleNamespace(headline="restored"))
    runner = SimpleNamespace(filters=(".self_attn.",))
    return recipe_text(cast("RepairReport", report), recipe, cast("RecipeRunner", runner), is_adapter=is_adapter)


@pytest.mark.parametrize("is_adapter", [False, True])
def test_a_recipe_names_commits_and_models(*, is_adapter: bool) -> None:
    """An adapter is named with its base, and what mergekit wants for it is said."""
    text = text_of(MixRecipe(attention=0.25), is_adapter=is_adapter)
    models = [one["model"] for one in yaml.safe_load(text)["models"]]
    assert text.startswith("# oak/tuned at a1, oak/base at b2: restored\n")
    assert models == ["oak/base", "oak/base+oak/tuned" if is_adapter else "oak/tuned"]
    assert ("--lora-merge-cache" in text) is is_adapter


def test_a_vector_is_made_of_the_model_without_safety() -> None:
    """It is subtracted where refusals are to be added."""
    models = yaml.safe_load(text_of(MixRecipe(safety=0.5), is_adapter=False))["models"]
    assert models[1] == {"model": "oak/wild", "parameters": {"weight": -0.5}}
