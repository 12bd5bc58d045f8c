"""The engine vllm beside the engine transformers, with vLLM itself where it is installed, and with its double."""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Batch, ItemResult, RunSummary, Weights
from evaluation.engines.tasks.extras import PACKAGES
from evaluation.engines.vllm.interpreter import VARIABLE
from evaluation.errors import CannotRun, VllmFailed
from lineage.scores.instruments import Catalogue
from tests.evaluation.engines.specs import spec_on
from tests.evaluation.engines.transformers.conftest import (
    METRICS,
    draw_adapter,
    grove_instrument,
    make_model,
    make_tokenizer,
    write_task,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evaluation.engines.tasks.task_runner import TaskRunner
    from evaluation.engines.vllm.runner import VllmRunner

if any(find_spec(package) is None for package in PACKAGES):
    pytest.skip("models are run with the extra `eval`, which is not installed", allow_module_level=True)
DOUBLE = Path(__file__).with_name("double")
WIDE = {"hidden_size": 128, "num_attention_heads": 4}
"""vLLM's processor build takes heads of 32 and more."""
CATALOGUE = Catalogue.of(grove_instrument(kind, metric) for kind, metric in METRICS.items())
needs_vllm = pytest.mark.skipif(
    not os.environ.get(VARIABLE) and find_spec("vllm") is None,
    reason=f"vLLM is not installed, and {VARIABLE} names no Python that has it",
)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a base, a fine-tune and two adapters, with heads that vLLM takes."""
    from peft import LoraConfig, get_peft_model

    folder = tmp_path_factory.mktemp("wide")
    for name, seed in (("base", 0), ("tuned", 1)):
        make_model(seed, **WIDE).save_pretrained(folder / name)
        make_tokenizer().save_pretrained(folder / name)
    for seed, (name, modules) in enumerate((("lora", ["q_proj", "down_proj"]), ("other", ["v_proj", "up_proj"]))):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`")  # peft asks for it
            adapted = get_peft_model(
                make_model(0, **WIDE), LoraConfig(r=2, target_modules=modules, task_type="CAUSAL_LM")
            )
        draw_adapter(adapted, seed)
        adapted.save_pretrained(str(folder / name))
    return folder


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for tasks."""
    return tmp_path_factory.mktemp("tasks")


@pytest.fixture
def doubled(monkeypatch: pytest.MonkeyPatch) -> Iterator[VllmRunner]:
    """Return a runner whose process has the double of vLLM."""
    from evaluation.engines.vllm.runner import VllmRunner

    monkeypatch.setenv("PYTHONPATH", str(DOUBLE))
    monkeypatch.setenv(VARIABLE, sys.executable)
    runner = VllmRunner(CATALOGUE, device="cpu", threads=1)
    yield runner
    runner.close()


def weights_of(folder: Path, name: str) -> Weights:
    """Return the weights of a model of the family."""
    base = Weights(model="grove/base", revision=None, folder=str(folder / "base"))
    if name == "base":
        return base
    found = Weights(model=f"grove/{name}", revision=None, folder=str(folder / name))
    return found if name == "tuned" else replace(found, base=base)


def outcome(
    runner: TaskRunner[Any, Any], weights: Weights, task: Path, done: frozenset[str] = frozenset()
) -> tuple[list[ItemResult], RunSummary]:
    """Run a task to its end."""
    spec = spec_on(weights, instrument=task.stem, definition=str(task), engine="vllm")
    *batches, finished = runner.run(spec, done)
    assert isinstance(finished, RunSummary)
    return [item for batch in batches if isinstance(batch, Batch) for item in batch.items], finished


@needs_vllm
def test_vllm_gives_what_transformers_gives(wide: Path, tasks: Path) -> None:
    """Choices, whole texts and replies, of a base, a fine-tune and adapters that come and go, item by item."""
    from evaluation.engines.transformers.family_runner import FamilyRunner
    from evaluation.engines.vllm.runner import VllmRunner

    ours, theirs = FamilyRunner(CATALOGUE, device="cpu"), VllmRunner(CATALOGUE, device="cpu", threads=1)
    try:
        for name in ("base", "lora", "other", "base", "lora", "tuned"):
            for kind in ("mc1", "mc2", "norm", "rolling", "match"):
                task, weights = write_task(tasks, kind), weights_of(wide, name)
                expected, reference = outcome(ours, weights, task)
                found, finished = outcome(theirs, weights, task)
                assert [one.item for one in found] == [one.item for one in expected]
                assert [one.value for one in found] == pytest.approx([one.value for one in expected], abs=1e-3)
                assert [one.reply_length for one in found] == [one.reply_length for one in expected]
                assert finished.weights_hash == reference.weights_hash
                assert (finished.identity.item_set_hash, finished.identity.scorer) == (
                    reference.identity.item_set_hash,
                    reference.identity.scorer,
                )
                assert '"engine":"vllm"' in str(finished.identity.template)
                assert finished.identity != reference.identity
                assert " vllm/" in finished.engine
    finally:
        ours.close()
        theirs.close()


@needs_vllm
def test_a_model_that_vllm_does_not_take_says_why(tmp_path: Path, tasks: Path) -> None:
    """Heads of 8 are too narrow for vLLM's attention on a processor."""
    from evaluation.engines.vllm.runner import VllmRunner

    make_model(0).save_pretrained(tmp_path / "base")
    make_tokenizer().save_pretrained(tmp_path / "base")
    runner = VllmRunner(CATALOGUE, device="cpu", threads=1)
    with pytest.raises(CannotRun, match="vLLM does not run it"):
        outcome(runner, weights_of(tmp_path, "base"), write_task(tasks, "mc1"))
    runner.close()


def test_a_process_serves_a_base_and_its_adapters(doubled: VllmRunner, wide: Path, tasks: Path) -> None:
    """It is started for the base, once more with room for adapters, and for another model."""
    task, begun = write_task(tasks, "mc1"), []
    for name in ("base", "base", "lora", "other", "base", "tuned"):
        doubled._answers.clear()
        outcome(doubled, weights_of(wide, name), task)
        assert doubled._served is not None
        begun.append(doubled._served.process)
    assert [begun.index(one) for one in begun] == [0, 0, 2, 2, 2, 5]
    assert [one.is_alive for one in begun] == [False, False, False, False, False, True]
    doubled.close()
    assert not begun[-1].is_alive


def test_what_was_done_is_not_asked_again(doubled: VllmRunner, wide: Path, tasks: Path) -> None:
    """After a kill of the process the next attempt goes on in a new one, and the score is that of the whole."""
    task, weights = write_task(tasks, "mc1"), weights_of(wide, "base")
    items, finished = outcome(doubled, weights, task)
    assert doubled._served is not None
    doubled._served.process.close()
    doubled._answers.clear()
    done = frozenset(item.item for item in items[:9])
    rest, same = outcome(doubled, weights, task, done)
    assert {one.item: one for one in rest} == {one.item: one for one in items if one.item not in done}
    assert same == finished


def test_a_kill_within_a_task_is_an_error_that_another_attempt_mends(
    doubled: VllmRunner, wide: Path, tasks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is gone when it is asked."""
    from evaluation.engines.vllm.vllm_process import VllmProcess

    ask: Callable[..., dict[str, Any]] = VllmProcess.ask
    kills = [True]

    def killing(process: VllmProcess, order: str, given: dict[str, object]) -> dict[str, Any]:
        if order == "score" and kills:
            kills.pop()
            os.killpg(process.pid, 9)
        return ask(process, order, given)

    monkeypatch.setattr(VllmProcess, "ask", killing)
    task, weights = write_task(tasks, "mc1"), weights_of(wide, "base")
    with pytest.raises(VllmFailed, match="killed by signal 9"):
        outcome(doubled, weights, task)
    assert len(outcome(doubled, weights, task)[0]) == 23


@pytest.mark.parametrize(
    ("model", "base", "said"),
    [
        ("lora", None, "no base is named"),
        ("tuned", "base", "has no adapter_config"),
        ("lora", "other", "adapter on an adapter"),
    ],
)
def test_what_is_no_adapter_or_no_base_is_refused(
    doubled: VllmRunner, wide: Path, model: str, base: str | None, said: str
) -> None:
    """Before a process is started for it."""
    weights = replace(weights_of(wide, model), base=None if base is None else weights_of(wide, base))
    with pytest.raises(CannotRun, match=said), doubled.lend(weights, doubled.read_options({})):
        pass
    assert doubled._served is None
