"""Continuous batches write what static ones write, and leave what they cannot do to these."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Batch, ItemResult, RunSummary, Weights
from evaluation.engines.tasks.encoding import Encoder
from evaluation.engines.tasks.generation_settings import GenerationSettings, generation_settings
from evaluation.engines.tasks.replies import replies
from evaluation.engines.transformers.continuous_batching import ContinuousBatcher
from evaluation.engines.transformers.family_runner import FamilyRunner
from evaluation.engines.transformers.generate import ReplyWriter
from evaluation.engines.transformers.loglikelihood import LikelihoodScorer
from evaluation.engines.transformers.model_backend import TransformersBackend
from lineage.vocabulary import BatchingName
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.scores.instruments import Catalogue

CONTEXTS = ["the leaf", "a root and a twig and bark", "moss", "the leaf", "fern " * 20]


@pytest.fixture
def continuous(model: Any) -> ContinuousBatcher:
    """Return what writes replies of a tiny model; skips where this transformers cannot."""
    found = ContinuousBatcher(model, "grove/tiny")
    if not found.is_usable:
        pytest.skip("this version of transformers has no continuous batches")
    return found


def written(
    model: Any, tokenizer: Any, generation: GenerationSettings, continuous: ContinuousBatcher | None
) -> list[str]:
    """Return the replies to all contexts."""
    return replies(
        TransformersBackend(LikelihoodScorer(model, "grove/tiny"), ReplyWriter(model, "grove/tiny", continuous)),
        Encoder(tokenizer, 256),
        CONTEXTS,
        generation,
    )


@pytest.mark.parametrize("until", [[], ["a"], ["zz", "\n"], [" "]])
def test_replies_are_those_of_static_batches(
    model: Any, tokenizer: Any, continuous: ContinuousBatcher, until: list[str]
) -> None:
    """Whatever ends them: nothing, a text within a token or over several; again, and with the model as it was."""
    generation = generation_settings({"until": until, "max_gen_toks": 24, "do_sample": False}, tokenizer)
    expected = written(model, tokenizer, generation, None)
    attention = model.config._attn_implementation
    for _ in range(2):
        assert written(model, tokenizer, generation, continuous) == expected
        assert continuous.is_usable
    continuous.close()
    assert model.config._attn_implementation == attention
    assert written(model, tokenizer, generation, None) == expected
    assert any(expected)


def test_likelihoods_between_replies_are_those_of_the_models_own_attention(
    model: Any, tokenizer: Any, continuous: ContinuousBatcher
) -> None:
    """A task that asks for both is scored by one attention: batches of replies give the model its own back."""
    encoder = Encoder(tokenizer, 256)
    pairs = encoder.pairs([(context, " leaf") for context in CONTEXTS])
    generation = generation_settings({"until": [], "max_gen_toks": 24, "do_sample": False}, tokenizer)
    alone = list(LikelihoodScorer(model, "grove/tiny").score(pairs))
    attention = model.config._attn_implementation
    written(model, tokenizer, generation, continuous)
    assert continuous.is_usable
    assert model.config._attn_implementation == attention
    assert list(LikelihoodScorer(model, "grove/tiny").score(pairs)) == alone
    written(model, tokenizer, generation, continuous)
    continuous.close()


@pytest.mark.parametrize(
    "settings", [{"do_sample": True, "temperature": 0.7}, {"do_sample": False, "num_beams": 2}, {}]
)
def test_what_is_not_plainly_greedy_is_left(
    tokenizer: Any, continuous: ContinuousBatcher, settings: dict[str, Any]
) -> None:
    """What is drawn, searched, or left to the model goes in static batches, and harms nothing for the next."""
    generation = GenerationSettings(stops=("\n",), longest=4, settings=settings)
    assert continuous.write(tokenizer, [], generation, 1) is None
    assert continuous.is_usable


def test_settings_may_change_within_a_task(model: Any, tokenizer: Any, continuous: ContinuousBatcher) -> None:
    """In a group each task has stop texts and lengths of its own; none is taken for another's."""
    for until, longest in ((["a"], 24), ([], 24), ([" ", "e"], 6), ([], 40)):
        generation = generation_settings({"until": until, "max_gen_toks": longest, "do_sample": False}, tokenizer)
        assert written(model, tokenizer, generation, continuous) == written(model, tokenizer, generation, None)
    assert continuous.is_usable
    continuous.close()


def test_a_models_own_penalty_is_left(maker: Callable[..., Any], tokenizer: Any) -> None:
    """A model whose settings penalise repetition is not greedy alone."""
    model = maker(3)
    model.generation_config.repetition_penalty = 1.3
    generation = generation_settings({"max_gen_toks": 4, "do_sample": False}, tokenizer)
    assert ContinuousBatcher(model, "grove/three").write(tokenizer, [], generation, 1) is None


@pytest.mark.parametrize("fault", [RuntimeError("no kernel"), "lost", "error"])
def test_whatever_goes_wrong_ends_in_static_batches(
    model: Any, tokenizer: Any, continuous: ContinuousBatcher, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception, a lost reply and one with an error: replies are the static ones, and it is tried no more."""
    generation = generation_settings({"until": ["a"], "max_gen_toks": 8, "do_sample": False}, tokenizer)
    expected = written(model, tokenizer, generation, None)

    def broken(inputs: list[list[int]], **_: Any) -> dict[str, Any]:
        if isinstance(fault, Exception):
            raise fault
        told = None if fault == "lost" else "out of pages"
        results = {str(n): SimpleNamespace(error=told, generated_tokens=[2]) for n in range(len(inputs))}
        return dict(list(results.items())[: -1 if fault == "lost" else None])

    monkeypatch.setattr(type(model), "generate_batch", broken_method(broken))
    assert written(model, tokenizer, generation, continuous) == expected
    assert not continuous.is_usable


def broken_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as a method, which is given its object first."""
    return lambda _, **named: function(**named)


def test_a_task_is_the_same_by_either(
    family: Path,
    grove: Callable[[str], Path],
    grove_catalogue: Catalogue,
    continuous: ContinuousBatcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Items, reply lengths and identity of a whole task, on a base and its adapter, do not tell how it was batched."""
    calls: list[int] = []
    original = type(continuous.model).generate_batch

    def counted(model: Any, inputs: list[list[int]], **named: Any) -> Any:
        calls.append(len(inputs))
        return original(model, inputs, **named)

    monkeypatch.setattr(type(continuous.model), "generate_batch", counted)
    base = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    adapter = Weights(model="grove/lora", revision=None, folder=str(family / "lora"), base=base)
    found: dict[BatchingName, list[tuple[dict[str, ItemResult], RunSummary]]] = {}
    for batching in (BatchingName.STATIC, BatchingName.CONTINUOUS):
        runner = FamilyRunner(grove_catalogue, device="cpu", batching=batching)
        for weights in (base, adapter, base):
            task = spec_on(weights, instrument="grove_match", definition=str(grove("match")))
            *batches, finished = runner.run(task, frozenset())
            items = {item.item: item for batch in batches if isinstance(batch, Batch) for item in batch.items}
            assert isinstance(finished, RunSummary)
            found.setdefault(batching, []).append((items, finished))
    assert found[BatchingName.CONTINUOUS] == found[BatchingName.STATIC]
    assert calls == [15, 7, 15, 7, 1]  # the last one asks a single item for the metric
