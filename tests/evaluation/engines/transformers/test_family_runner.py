"""A family on one runner: the base stays, adapters come and go, and every score has its identity."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Batch, ItemResult, RunSummary, Weights
from evaluation.engines.tasks import session as sessions
from evaluation.engines.tasks.harness_tasks import build, judge
from evaluation.engines.transformers import family_runner as families
from evaluation.engines.transformers import generate as generating
from evaluation.engines.transformers import loglikelihood as scoring
from evaluation.engines.transformers.batch_size import run_in_batches
from evaluation.engines.transformers.family_runner import FamilyRunner
from evaluation.engines.transformers.load_model import load_model
from evaluation.errors import CannotRun
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score

KINDS = ("mc1", "mc2", "norm", "rolling", "match")


def family_task(kind: str, path: Path, weights: Weights, **options: str | float | bool) -> JobSpec:
    """Return the task of a kind on some weights."""
    return spec_on(weights, instrument=f"grove_{kind}", definition=str(path), options=options)


def outcome(
    runner: FamilyRunner, task: JobSpec, done: frozenset[str] = frozenset()
) -> tuple[list[ItemResult], RunSummary]:
    """Run a task to its end."""
    *batches, finished = runner.run(task, done)
    assert isinstance(finished, RunSummary)
    return [item for batch in batches if isinstance(batch, Batch) for item in batch.items], finished


@pytest.fixture
def runner(grove_catalogue: Catalogue) -> FamilyRunner:
    """Return a runner on the processor."""
    return FamilyRunner(grove_catalogue, device="cpu")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_what_an_import_of_the_harness_is(
    kind: str,
    runner: FamilyRunner,
    family: Path,
    grove: Callable[[str], Path],
    harness_run: Callable[..., Score],
) -> None:
    """Items, clusters, values, reply lengths and the whole identity are the same, so that the two pair."""
    path = grove(kind)
    items, finished = outcome(
        runner, family_task(kind, path, Weights(model="grove/base", revision=None, folder=str(family / "base")))
    )
    score = harness_run(family / "base", [str(path)], path.stem)
    theirs = score.item_scores
    assert theirs is not None
    assert finished.identity == score.identity
    by_name = {item.item: item for item in items}
    assert set(by_name) == set(theirs.items)
    assert [by_name[name].value for name in theirs.items] == pytest.approx(theirs.values.tolist(), abs=1e-3)
    assert theirs.clusters == tuple(by_name[name].cluster for name in theirs.items)
    lengths = [by_name[name].reply_length for name in theirs.items]
    assert lengths == ([None] * len(lengths) if theirs.reply_lengths is None else theirs.reply_lengths.tolist())


def test_no_cache_of_the_harness_is_opened(
    runner: FamilyRunner, family: Path, grove: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cache of answers holds pickles (`sqlitedict`): a task is run without it, as if it were not installed."""
    monkeypatch.setitem(sys.modules, "sqlitedict", None)
    items, _ = outcome(
        runner, family_task("mc1", grove("mc1"), Weights(model="g/b", revision=None, folder=str(family / "base")))
    )
    assert items
    with pytest.raises(ImportError, match="sqlitedict"):
        importlib.import_module("sqlitedict")


def test_loading_is_in_no_batch(
    runner: FamilyRunner, family: Path, grove: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a model takes to load, its items cost what they cost: models of cost are fitted to that."""
    clock = SimpleNamespace(now=0.0)

    def slow(*told: Any) -> Any:
        clock.now += 1_000
        return load_model(*told)

    def asked(*told: Any) -> Any:
        clock.now += 2
        return judge(*told)

    monkeypatch.setattr(families, "load_model", slow)
    monkeypatch.setattr(sessions, "judge", asked)
    monkeypatch.setattr(sessions, "time", SimpleNamespace(monotonic=lambda: clock.now))
    weights = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    *batches, _ = runner.run(family_task("mc1", grove("mc1"), weights, batch_items=8), frozenset())
    assert clock.now == 1_006
    assert [batch.seconds for batch in batches if isinstance(batch, Batch)] == [2, 2, 2]


@pytest.mark.parametrize("kind", ["mc1", "match"])
def test_tokens_are_counted_as_the_model_ran_them(
    kind: str, runner: FamilyRunner, family: Path, grove: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes through the model, padding not counted, is told of each batch; known answers cost none."""
    seen = 0

    def counted(rows: Any, budget: Any, run: Any, model: str) -> None:
        nonlocal seen
        seen += sum(map(len, rows))
        run_in_batches(rows, budget, run, model)

    monkeypatch.setattr(scoring, "run_in_batches", counted)
    monkeypatch.setattr(generating, "run_in_batches", counted)
    weights = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    task = family_task(kind, grove(kind), weights, batch_items=8)
    told = [batch.tokens or 0 for batch in runner.run(task, frozenset()) if isinstance(batch, Batch)]
    again = [batch.tokens for batch in runner.run(task, frozenset()) if isinstance(batch, Batch)]
    assert len(told) == 3
    assert min(told) > 0
    assert (sum(told) > seen) if kind == "match" else (seen / 2 < sum(told) <= seen + 64)
    assert again == [0]


def test_done_items_are_skipped(runner: FamilyRunner, family: Path, grove: Callable[[str], Path]) -> None:
    """What was done before is not run again, and the score's identity is that of the whole."""
    task = family_task("mc1", grove("mc1"), Weights(model="grove/base", revision=None, folder=str(family / "base")))
    items, finished = outcome(runner, task)
    done = frozenset(item.item for item in items[:9])
    again = FamilyRunner(runner.catalogue, device="cpu")
    rest, same = outcome(again, task, done)
    assert {item.item for item in rest} == {item.item for item in items} - done
    assert same == finished
    assert outcome(again, task, frozenset(item.item for item in items)) == ([], finished)


def test_batches_hold_some_items(runner: FamilyRunner, family: Path, grove: Callable[[str], Path]) -> None:
    """Items come in batches of the wanted number, with the total, and in the order of their hashes where wanted."""
    weights = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    task = family_task("mc1", grove("mc1"), weights, batch_items=5, random_order=True)
    *batches, _ = runner.run(task, frozenset())
    assert [len(batch.items) for batch in batches if isinstance(batch, Batch)] == [5, 5, 5, 5, 3]
    assert {batch.total for batch in batches if isinstance(batch, Batch)} == {23}
    names = [item.item for batch in batches if isinstance(batch, Batch) for item in batch.items]
    assert names == sorted(names)


def test_adapters_leave_their_base_as_it_was(runner: FamilyRunner, family: Path, grove: Callable[[str], Path]) -> None:
    """Each adapter gives what it gives alone, and the base the same before, between and after them."""
    base = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    path = grove("mc2")
    found: dict[str, tuple[dict[str, float], RunSummary]] = {}
    for name in ("base", "lora", "base", "whole", "base", "tuned", "base", "lora"):
        weights = base if name == "base" else Weights(model=f"grove/{name}", revision=None, folder=str(family / name))
        if name in {"lora", "whole"}:
            weights = replace(weights, base=base)
        runner._answers.clear()
        items, finished = outcome(runner, family_task("mc2", path, weights))
        values = {item.item: item.value for item in items}
        assert found.setdefault(name, (values, finished)) == (values, finished)
        alone, _ = outcome(FamilyRunner(runner.catalogue, device="cpu"), family_task("mc2", path, weights))
        assert {item.item: item.value for item in alone} == values
    assert len({str(values) for values, _ in found.values()}) == len(found)
    assert len({finished.weights_hash for _, finished in found.values()}) == len(found)
    assert len({finished.identity for _, finished in found.values()}) == 1


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`")
def test_an_adapter_gives_what_peft_gives(
    runner: FamilyRunner, family: Path, grove: Callable[[str], Path], tokenizer: Any
) -> None:
    """The values are those of the harness on peft's own model, whose embeddings keep their size."""
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(family / "base"), str(family / "lora"))
    lm = HFLM(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=8, softmax_dtype="float32")
    results = simple_evaluate(
        model=lm, tasks=[str(grove("mc2"))], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0
    )
    assert results is not None
    base = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    weights = Weights(model="grove/lora", revision=None, folder=str(family / "lora"), base=base)
    items, _ = outcome(runner, family_task("mc2", grove("mc2"), weights))
    expected = sorted(sample["acc"] for sample in results["samples"]["grove_mc2"])
    assert sorted(item.value for item in items) == pytest.approx(expected, abs=1e-3)


def test_what_is_prepared_serves_the_family(
    runner: FamilyRunner, family: Path, grove: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are built and encoded once, the base is loaded once, and known weights are not run again."""
    from evaluation.engines.tasks.encoding import Encoder

    calls: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls.append(name)
            return function(*arguments, **named)

        return call

    monkeypatch.setattr("evaluation.engines.tasks.session.build", counted("build", build))
    monkeypatch.setattr("evaluation.engines.transformers.family_runner.load_model", counted("load", load_model))
    monkeypatch.setattr(Encoder, "_encoded_pairs", counted("encode", Encoder._encoded_pairs))
    monkeypatch.setattr("evaluation.engines.tasks.session.judge", counted("judge", judge))
    base = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    for name in ("base", "lora", "whole", "lora"):
        adapter = Weights(model=f"grove/{name}", revision=None, folder=str(family / name), base=base)
        outcome(runner, family_task("mc1", grove("mc1"), base if name == "base" else adapter))
    assert [calls.count(name) for name in ("build", "load", "encode")] == [1, 1, 1]
    assert calls.count("judge") == 3 * 2 + 1  # the last one asks a single item for the metric


def test_another_metric_is_another_answer(
    runner: FamilyRunner, family: Path, grove: Callable[[str], Path], grove_catalogue: Catalogue
) -> None:
    """What weights answered for one metric is not taken for another one's, in whatever order they come."""
    base = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    other = family_task("norm", grove("norm"), base, metric="acc")
    usual, _ = outcome(runner, replace(other, options={}))
    (items, finished), (alone, _) = outcome(runner, other), outcome(FamilyRunner(grove_catalogue, device="cpu"), other)
    assert finished.identity.scorer == "acc,none"
    assert [item.value for item in items] == [item.value for item in alone] != [item.value for item in usual]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("pickled", {}, "pickles only"),
    ("lacking", {}, "weights are missing"),
    ("lora", {}, "no base is named"),
    ("nowhere", {}, "no folder"),
    ("coded", {}, "code of its own"),
    ("base", {"instrument": "grove_nothing"}, "no such instrument"),
    ("base", {"definition": "nowhere.yaml"}, "cannot be loaded"),
    ("base", {"options": {"shotz": 1}}, "shotz: unknown option; known are metric, shots"),
    ("base", {"options": {"shots": True}}, "must be of type int"),
    ("base", {"options": {"batch_items": 0}}, "batch_items: must be 1 or more, not 0"),
    ("base", {"options": {"shots": -1}}, "shots: must be 0 or more, not -1"),
    ("base", {"options": {"dtype": "load"}}, "dtype: must be one of float32, bfloat16"),
    ("base", {"options": {"metric": "f1"}}, "none of its metrics"),
    ("base", {"options": {"chat": True}}, "no chat template"),
]


@pytest.mark.parametrize(("name", "changes", "reason"), REFUSED)
def test_what_cannot_be_run_says_why(
    name: str, changes: dict[str, Any], reason: str, runner: FamilyRunner, family: Path, grove: Callable[[str], Path]
) -> None:
    """Pickles, missing weights, foreign code, unknown tasks and options are refused with a reason."""
    weights = Weights(model=f"grove/{name}", revision=None, folder=str(family / name))
    with pytest.raises(CannotRun, match=reason):
        list(runner.run(replace(family_task("mc1", grove("mc1"), weights), **changes), frozenset()))
