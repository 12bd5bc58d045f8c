"""Groups, examples, system prompts and chat templates give what the harness gives with the same settings."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Batch, ItemResult, RunSummary, Weights
from evaluation.engines.tasks import extras, harness_tasks
from evaluation.engines.transformers.family_runner import FamilyRunner
from evaluation.engines.transformers.options import read_options
from evaluation.errors import OptionInvalid
from lineage.errors import MissingExtra
from lineage.statistics.sequential_test import hash_order
from tests.evaluation.engines.specs import spec_on
from tests.evaluation.engines.transformers.conftest import write_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score

GROUP = """
group: grove_all
task:
  - grove_mc1
  - grove_norm
aggregate_metric_list:
  - metric: acc
    aggregation: mean
    weight_by_size: true
metadata:
  version: 1.0
"""
TEMPLATE = (
    "{% for turn in messages %}[{{ turn.role }}] {{ turn.content }}\\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)


@pytest.fixture(scope="module")
def chatty(family: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model with a chat template."""
    folder = tmp_path_factory.mktemp("chatty") / "model"
    shutil.copytree(family / "base", folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")
    return folder


def run(catalogue: Catalogue, task: JobSpec) -> tuple[dict[str, ItemResult], RunSummary]:
    """Run a task; return its items by name, and what finished it."""
    *batches, finished = FamilyRunner(catalogue, device="cpu").run(task, frozenset())
    assert isinstance(finished, RunSummary)
    items = [item for batch in batches if isinstance(batch, Batch) for item in batch.items]
    return {item.item: item for item in items}, finished


def assert_same(score: Score, items: dict[str, ItemResult], finished: RunSummary) -> None:
    """Check identity, items and values against an imported run."""
    assert finished.identity == score.identity
    assert score.item_scores is not None
    assert set(items) == set(score.item_scores.items)
    values = [items[name].value for name in score.item_scores.items]
    assert values == pytest.approx(score.item_scores.values.tolist(), abs=1e-3)
    if score.item_scores.clusters is not None:
        assert tuple(items[name].cluster for name in score.item_scores.items) == score.item_scores.clusters


def test_a_group_is_all_items_of_its_tasks(
    family: Path, grove: Callable[[str], Path], grove_catalogue: Catalogue, harness_run: Callable[..., Score]
) -> None:
    """Items are named with their task, as the importer names them."""
    grove("mc1")
    folder = grove("norm").parent
    path = folder / "grove_all.yaml"
    path.write_text(GROUP, "utf-8")
    weights = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    task = spec_on(weights, instrument="grove_all", definition=str(path))
    items, finished = run(grove_catalogue, task)
    assert len(items) == 46
    assert_same(harness_run(family / "base", ["grove_all"], "grove_all", folder), items, finished)
    mixed, same = run(grove_catalogue, replace(task, options={"random_order": True, "batch_items": 1}))
    assert (mixed, same) == (items, finished)
    assert list(mixed) == sorted(items, key=hash_order)
    assert len({name.partition("/")[0] for name in list(mixed)[:20]}) == 2


def test_tasks_of_a_tag_are_told_apart_as_those_of_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness gives several tasks and no group: their items could not be told apart, nor what was asked."""
    from lm_eval.tasks import TaskManager

    for kind in ("mc1", "norm"):
        path = write_task(tmp_path, kind)
        path.write_text(f"tag: grove_tag\n{path.read_text('utf-8')}", "utf-8")
    manager = TaskManager(include_path=str(tmp_path), include_defaults=False)
    monkeypatch.setattr(harness_tasks, "_manager_of", lambda name: (manager, name))
    found = harness_tasks.load("grove_tag")
    assert (found.name, found.is_group, len(found.tasks)) == ("grove_tag", True, 2)
    assert not harness_tasks.load("grove_mc1").is_group


SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("mc2", {"shots": 2}, {"num_fewshot": 2}),
    ("mc1", {}, {"limit": 7}),
    ("mc2", {"chat": True}, {"apply_chat_template": True}),
    (
        "match",
        {"chat": True, "shots": 1, "system": "Be a tree."},
        {"apply_chat_template": True, "num_fewshot": 1, "system_instruction": "Be a tree."},
    ),
]


@pytest.mark.parametrize(("kind", "options", "settings"), SETTINGS)
def test_settings_are_those_of_the_harness(
    kind: str,
    options: dict[str, Any],
    settings: dict[str, Any],
    chatty: Path,
    few: Callable[[str], Path],
    grove_catalogue: Catalogue,
    harness_run: Callable[..., Score],
) -> None:
    """Examples, a limit, the model's template and a system prompt lead to the same prompts and the same identity."""
    weights = Weights(model="grove/chatty", revision=None, folder=str(chatty))
    path = few(kind)
    task = spec_on(
        weights,
        instrument=f"grove_{kind}",
        definition=str(path),
        options=options,
        item_limit=settings.get("limit"),
    )
    items, finished = run(grove_catalogue, task)
    assert_same(harness_run(chatty, [str(path)], path.stem, **settings), items, finished)


def test_a_prompt_with_the_marks_of_a_chat_is_not_wrapped_again(
    chatty: Path, grove_catalogue: Catalogue, tmp_path: Path
) -> None:
    """As a chat it would have them twice; as it is, it is asked."""
    path = write_task(tmp_path, "mc2")
    path.write_text(path.read_text("utf-8").replace("The grove keeps", "[INST] The grove keeps"), "utf-8")
    task = spec_on(
        Weights(model="grove/chatty", revision=None, folder=str(chatty)),
        instrument="grove_mc2",
        definition=str(path),
        options={"chat": True},
        item_limit=2,
    )
    with pytest.raises(OptionInvalid, match=r"holds the marks of a chat already \(\[INST\]\)"):
        run(grove_catalogue, task)
    items, _ = run(grove_catalogue, replace(task, options={}))
    assert len(items) == 2


def test_a_template_is_filled_with_each_models_own_tokens(
    chatty: Path, few: Callable[[str], Path], grove_catalogue: Catalogue, tmp_path: Path
) -> None:
    """Two models with one template and other special tokens are asked what each of them is asked alone."""
    folders: list[Path] = []
    for end in ("</s>", "<pad>"):
        folders.append(tmp_path / f"end-{len(folders)}")
        shutil.copytree(chatty, folders[-1])
        (folders[-1] / "chat_template.jinja").write_text("{{ eos_token }}" + TEMPLATE, "utf-8")
        settings = json.loads((folders[-1] / "tokenizer_config.json").read_text("utf-8"))
        (folders[-1] / "tokenizer_config.json").write_text(json.dumps(settings | {"eos_token": end}), "utf-8")
    first, second = (
        spec_on(
            Weights(model="grove/chatty", revision=None, folder=str(folder)),
            instrument="grove_mc2",
            definition=str(few("mc2")),
            options={"chat": True},
            item_limit=5,
        )
        for folder in folders
    )
    runner = FamilyRunner(grove_catalogue, device="cpu")
    list(runner.run(first, frozenset()))
    assert list(runner.run(second, frozenset()))[-1] == run(grove_catalogue, second)[1]


def test_without_the_extra_the_hint_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, grove_catalogue: Catalogue
) -> None:
    """A missing package is no traceback."""
    monkeypatch.setattr(extras, "PACKAGES", ("no_such_package",))
    weights = Weights(model="grove/base", revision=None, folder="nowhere")
    task = spec_on(weights, instrument="grove_mc1", definition="x")
    with pytest.raises(MissingExtra, match="running models needs the extra"):
        list(FamilyRunner(grove_catalogue).run(task, frozenset()))


def test_options_are_read() -> None:
    """What is given is taken, the rest is left to the task."""
    options = read_options({"shots": 3, "chat": True, "metric": "acc"})
    assert (options.shots, options.chat, options.metric, options.dtype) == (3, True, "acc", None)
