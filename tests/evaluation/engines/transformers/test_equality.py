"""Answers are those of lm-evaluation-harness's own `hf` model with a softmax in float32."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast

import pytest

from evaluation.engines.tasks.encoding import Encoder
from evaluation.engines.tasks.harness_tasks import TaskSettings, build, load
from evaluation.engines.transformers.loglikelihood import (
    CACHED_LOGITS,
    LikelihoodScorer,
    _are_likeliest,
    _log_totals,
)
from evaluation.engines.transformers.model_backend import TransformersBackend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evaluation.engines.tasks.harness_model import HarnessModel

LONGEST = 256
TOLERANCE = 1e-3


def ours(model: Any, tokenizer: Any) -> HarnessModel:
    """Return our way to ask a model."""
    from evaluation.engines.tasks.harness_model import HarnessModel

    return HarnessModel(TransformersBackend(LikelihoodScorer(model, "grove/tiny")), Encoder(tokenizer, LONGEST))


def theirs(model: Any, tokenizer: Any) -> Any:
    """Return the harness's way to ask the same model."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=8, softmax_dtype="float32")


def requests_of(path: Path, shots: int) -> list[Any]:
    """Return the requests of a task."""
    (task,) = load(str(path)).tasks
    task.set_config(key="num_fewshot", value=shots)
    return [request for item in build(task, TaskSettings()).items for request in item.requests]


@pytest.mark.parametrize("shots", [0, 3])
@pytest.mark.parametrize("kind", ["mc1", "mc2", "norm"])
def test_likelihoods_are_equal(kind: str, shots: int, model: Any, tokenizer: Any, grove: Callable[[str], Path]) -> None:
    """Multiple choice, alone and behind examples that do not fit into the model together with the question."""
    requests = requests_of(grove(kind), shots)
    lm = ours(model, tokenizer)
    lm.prepare(requests)
    expected = theirs(model, tokenizer).loglikelihood(requests, disable_tqdm=True)
    found = lm.loglikelihood(requests)
    assert [one[0] for one in found] == pytest.approx([one[0] for one in expected], abs=TOLERANCE)
    assert [one[1] for one in found] == [one[1] for one in expected]


def test_whole_texts_are_equal(model: Any, tokenizer: Any, grove: Callable[[str], Path]) -> None:
    """The likelihood of a text, also of one that takes several windows."""
    requests = requests_of(grove("rolling"), 0)
    assert max(len(request.args[0]) for request in requests) > LONGEST
    expected = theirs(model, tokenizer).loglikelihood_rolling(requests, disable_tqdm=True)
    assert ours(model, tokenizer).loglikelihood_rolling(requests) == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize("shots", [0, 3])
def test_replies_are_equal(shots: int, model: Any, tokenizer: Any, grove: Callable[[str], Path]) -> None:
    """Greedy replies, cut at the first stop text, with contexts that lose their beginning."""
    requests = requests_of(grove("match"), shots)
    expected = theirs(model, tokenizer).generate_until(requests, disable_tqdm=True)
    assert len(set(expected)) > 1
    assert ours(model, tokenizer).generate_until(requests) == expected


def pairs_of(source: random.Random, count: int, start: str) -> list[tuple[str, str]]:
    """Return contexts with continuations of several lengths, some behind a common beginning, some empty."""
    letters = "abcdefgh "
    found = [("", " lone")]
    for number in range(count):
        context = (start if number % 5 else "") + "".join(source.choices(letters, k=source.randint(1, 90))) + "x"
        found += [
            (context, "".join(source.choices(letters, k=source.randint(1, 6)))) for _ in range(source.randint(1, 4))
        ]
    return found


@pytest.mark.parametrize("is_branching", [True, False])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("seed", range(3))
def test_every_shape_of_requests_is_equal(
    seed: int, attention: str, is_branching: bool, maker: Callable[..., Any], tokenizer: Any
) -> None:
    """Empty contexts, single tokens, doubles, kept beginnings, both kinds of attention, rows shared or not."""
    from lm_eval.api.instance import Instance

    model = maker(seed, attn_implementation=attention)
    texts = pairs_of(random.Random(seed), 30, "Every one of them begins with these very words, ")
    requests = [Instance("loglikelihood", {}, text, number) for number, text in enumerate([*texts, texts[3]])]
    lm = ours(model, tokenizer)
    scorer = cast("TransformersBackend", lm.backend).scorer
    if not is_branching:
        scorer.stop_branching()
    lm.prepare(requests)
    assert bool(scorer.start.tokens) is is_branching
    expected = theirs(model, tokenizer).loglikelihood(requests, disable_tqdm=True)
    found = lm.loglikelihood(requests)
    assert [one[0] for one in found] == pytest.approx([one[0] for one in expected], abs=TOLERANCE)
    assert [one[1] for one in found] == [one[1] for one in expected]


def test_ties_and_totals_of_logits_are_those_of_torch() -> None:
    """Of several likeliest tokens the first one counts, and sums over few rows at a time are those over all rows."""
    import torch

    torch.manual_seed(5)
    logits = torch.randint(0, 3, (40, 9)).bfloat16().repeat(1, CACHED_LOGITS // 72)
    of_pick = torch.arange(40).repeat(9)
    targets = torch.arange(9).repeat_interleave(40)
    expected = logits.argmax(-1)[of_pick] == targets
    assert expected.any()
    assert torch.equal(_are_likeliest(logits, of_pick, targets), expected)
    assert torch.equal(_log_totals(logits), logits.float().logsumexp(-1))
