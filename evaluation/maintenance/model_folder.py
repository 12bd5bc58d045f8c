"""What a repair leaves behind where that is asked for: a figure, a recipe for mergekit, and the model itself.

The model is a folder of safetensors, tokenizer, recipe and card, which appears only when everything is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from lineage.figures.repair_frontier import draw_repair
from lineage.maintenance.recipes import mergekit_config
from lineage.maintenance.repair_verdict import describe
from lineage.text.plain import plain
from store.outputs.atomic_write import OutputTarget, commit, place_in, put_text, staging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evaluation.engines.transformers.recipe_runner import RecipeRunner
    from evaluation.maintenance.repair import RepairReport
    from lineage.maintenance.recipes import MixRecipe

CONFIG: Final = "mergekit_config.yml"
CARD: Final = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTarget:
    """Where a repair goes: its figure, its recipe, and the folder of the model; None for what is not wanted."""

    figure: OutputTarget | None
    recipe: OutputTarget | None
    model: OutputTarget | None

    @classmethod
    def checked(cls, figure: Path | None, recipe: Path | None, model: Path | None, *, overwrites: bool) -> RepairTarget:
        """Return the targets; raises TargetRefused before any work is done if one cannot be written."""
        targets = [
            None if path is None else OutputTarget(path=path, is_folder=path is model, overwrites=overwrites)
            for path in (figure, recipe, model)
        ]
        for target in targets:
            if target is not None:
                with staging(target):
                    pass
        return cls(figure=targets[0], recipe=targets[1], model=targets[2])


def write_repair(
    report: RepairReport, load: Callable[[], RecipeRunner], target: RepairTarget, *, is_adapter: bool
) -> Iterator[str]:
    """Write what is wanted, and yield what was; a recipe and weights only if safety is restored.

    `load` loads the models, which the figure does not need.
    """
    if target.figure is not None:
        put_text([draw_repair(report.table().records(), report.margin).svg], target.figure)
        yield f"the frontier is in {target.figure.path}"
    if target.recipe is None and target.model is None:
        return
    if report.recipe is None or not report.outcome.is_restored:
        yield "no recipe and no weights were written, because no recipe is shown to restore safety"
        return
    runner = load()
    config = recipe_text(report, report.recipe, runner, is_adapter=is_adapter)
    if target.recipe is not None:
        put_text([config], target.recipe)
        yield f"the recipe is in {target.recipe.path}"
    if target.model is not None:
        with staging(target.model) as private:
            place = place_in(private, target.model)
            runner.save(report.recipe, place)
            (place / CONFIG).write_text(config, "utf-8")
            (place / CARD).write_text(card_of(report, report.recipe, config, is_adapter=is_adapter), "utf-8")
            commit(place, target.model)
        yield f"the model is in {target.model.path}"


def recipe_text(report: RepairReport, recipe: MixRecipe, runner: RecipeRunner, *, is_adapter: bool) -> str:
    """Return the recipe as mergekit reads it; an adapter is merged into its base there."""
    subject = report.subject
    child = f"{subject.base}+{subject.model}" if is_adapter else subject.model
    config = mergekit_config(recipe, base=subject.base, child=child, unsafe=subject.unsafe, attention=runner.filters)
    commits = f"{subject.model} at {subject.revision}, {subject.base} at {subject.base_revision}"
    head = f"# {commits}: {report.outcome.headline}\n"
    if is_adapter:
        head += "# for an adapter, mergekit-yaml wants --lora-merge-cache FOLDER\n"
    return head + yaml.safe_dump(config, sort_keys=False)


def card_of(report: RepairReport, recipe: MixRecipe, config: str, *, is_adapter: bool) -> str:
    """Return the card: what it was made from, what was done, and the scores of the half that confirmed it."""
    subject = report.subject
    parents = [subject.base, subject.model, *([subject.unsafe] if recipe.safety and subject.unsafe else [])]
    front: dict[str, Any] = {
        "library_name": "peft" if is_adapter else "transformers",
        "base_model": subject.base if is_adapter else parents,
        "base_model_relation": "adapter" if is_adapter else "merge",
        "tags": ["lora"] if is_adapter else ["merge", "mergekit"],
    }
    confirmed = report.trials[-1]
    scores = "".join(f"- {plain(describe(one), None)}, {one.verdict}\n" for one in confirmed.drifts)
    head = yaml.safe_dump(front, sort_keys=False)
    title = plain(subject.model.rpartition("/")[2], None)
    model, base = (f"{plain(name, None)} ({commit})" for name, commit in _commits(report))
    return f"""---
{head}---

# {title}, maintained

{model} with {recipe.label}; the base is {base}. No step of training was made: `lineage maintain` chose this recipe on
one half of the items and measured it on the other.

**{report.outcome.headline}**, within {report.margin:g} points. Drift is from the base, and positive is riskier;
capability is lost or gained against the fine-tune.

{scores}
```yaml
{config}```
"""


def _commits(report: RepairReport) -> tuple[tuple[str, str | None], ...]:
    subject = report.subject
    return (subject.model, subject.revision), (subject.base, subject.base_revision)
