"""Other architectures than Llama give the harness's answers too, by shared rows where they can and alone where not."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.tasks.encoding import Encoder
from evaluation.engines.tasks.generation_settings import generation_settings
from evaluation.engines.transformers.generate import ReplyWriter
from evaluation.engines.transformers.loglikelihood import LikelihoodScorer
from evaluation.engines.transformers.model_backend import TransformersBackend
from evaluation.engines.transformers.start_cache import StartCache

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from evaluation.engines.tasks.harness_model import HarnessModel

LONGEST = 128
SMALL = {"vocab_size": 288, "hidden_size": 32, "num_hidden_layers": 2, "initializer_range": 0.3}
HEADS = {"num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": LONGEST}
KINDS: list[tuple[str, dict[str, Any], int]] = [
    ("gpt2", {"vocab_size": 288, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": LONGEST}, 1 << 30),
    ("gpt_neox", SMALL | HEADS, 1 << 30),
    ("qwen2", SMALL | HEADS | {"num_key_value_heads": 2}, 1 << 30),
    ("mistral", SMALL | HEADS | {"num_key_value_heads": 2, "sliding_window": 24}, 24),
    ("gemma2", SMALL | HEADS | {"num_key_value_heads": 2, "head_dim": 8, "sliding_window": 40}, 40),
    ("bloom", {"vocab_size": 288, "hidden_size": 32, "n_layer": 2, "n_head": 4, "seq_length": LONGEST}, 0),
    ("mamba", SMALL | {"state_size": 4}, 0),
]


def make(kind: str, settings: dict[str, Any]) -> Any:
    """Return a model of random weights of an architecture."""
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    torch.manual_seed(3)
    ends: dict[str, Any] = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": 1}
    loader: Any = AutoModelForCausalLM
    return loader.from_config(CONFIG_MAPPING[kind](**settings, **ends)).eval()


@pytest.mark.filterwarnings("ignore")  # what the libraries say of each other's architectures is not ours
@pytest.mark.parametrize(("kind", "settings", "window"), KINDS, ids=[kind for kind, _, _ in KINDS])
def test_answers_are_those_of_the_harness(kind: str, settings: dict[str, Any], window: int, tokenizer: Any) -> None:
    """Scaled and capped logits, learned places, sliding windows, and models that take no mask of ours."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from evaluation.engines.tasks.harness_model import HarnessModel

    model = make(kind, settings)
    source = random.Random(kind)
    texts = []
    for _ in range(12):
        context = "A common start of all. " + "".join(source.choices("abcd ", k=source.randint(1, 50))) + "x"
        texts += [(context, "".join(source.choices("abcd", k=source.randint(1, 5)))) for _ in range(3)]
    requests = [Instance("loglikelihood", {}, text, number) for number, text in enumerate(texts)]
    scorer = LikelihoodScorer(model, f"grove/{kind}")
    assert scorer.window == window
    lm = HarnessModel(TransformersBackend(scorer), Encoder(tokenizer, LONGEST))
    lm.prepare(requests)
    theirs = HFLM(
        pretrained=model,
        tokenizer=tokenizer,
        backend="causal",
        batch_size=8,
        softmax_dtype="float32",
        max_length=LONGEST,
    )
    expected = theirs.loglikelihood(requests, disable_tqdm=True)
    found = lm.loglikelihood(requests)
    assert [one[0] for one in found] == pytest.approx([one[0] for one in expected], abs=1e-3)
    assert [one[1] for one in found] == [one[1] for one in expected]
    assert scorer.agrees(lm.encoder.pairs(texts))
    ran = lm.tokens_run
    prompts = check_replies(lm, theirs, [context.rstrip("x") for context, _ in texts[::3]])
    assert (lm.tokens_run - ran < prompts) is (window == 1 << 30)


def check_replies(lm: HarnessModel, theirs: Any, contexts: list[str]) -> int:
    """Assert that replies are those of the harness; return how many tokens the contexts have."""
    from lm_eval.api.instance import Instance

    until = {"until": ["c"], "max_gen_toks": 12, "do_sample": False}
    asked = [Instance("generate_until", {}, (context, until), number) for number, context in enumerate(contexts)]
    expected = theirs.generate_until(asked, disable_tqdm=True)
    assert len(set(expected)) > 1
    assert lm.generate_until(asked) == expected
    return sum(map(len, lm.encoder.texts(contexts)))


def test_a_model_that_forgets_what_is_kept_is_found_out(
    maker: Callable[..., Any], tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where replies after a kept beginning differ from those after the whole, every prompt is run whole."""
    model = maker(4)
    generation = generation_settings({"until": ["a"], "max_gen_toks": 6, "do_sample": False}, tokenizer)
    contexts = [f"They all begin with these words, and end with {number}{'x' * number}" for number in range(5)]
    prompts = [tuple(tokens) for tokens in Encoder(tokenizer, LONGEST).texts(contexts)]
    expected = ReplyWriter(model, "grove/whole", trusted={})
    monkeypatch.setattr(expected, "agrees", lambda *_: False)
    whole = expected.write(tokenizer, prompts, generation)
    sound = ReplyWriter(model, "grove/sound")
    trusted: dict[Hashable, bool] = {}
    assert sound.write(tokenizer, prompts, generation) == whole
    assert sound.budget.ran < expected.budget.ran
    cache = StartCache.cache

    def forgetful(start: StartCache, rows: int) -> Any:
        found = cache(start, rows)
        for layer in found.layers:
            layer.keys = layer.keys * 0
        return found

    monkeypatch.setattr(StartCache, "cache", forgetful)
    writer = ReplyWriter(model, "grove/forgetful", trusted=trusted)
    assert writer.write(tokenizer, prompts, generation) == whole
    assert set(trusted.values()) == {False}


def test_a_model_that_sees_no_mask_is_found_out(model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sharing rows changes the answers the check says so, even if the task at hand asks for one letter only."""
    forward = model.forward

    def blind(**given: Any) -> Any:
        return forward(**given | {"attention_mask": None})

    texts = [("abc", " one two"), ("abc", " three four"), ("abd", " x y")]
    letters = [(f"{'a long question ' * 6}{number}", letter) for number in range(3) for letter in "AB"]
    scorer = LikelihoodScorer(model, "grove/blind")
    by_task = [Encoder(tokenizer, LONGEST).pairs(task) for task in (texts, letters)]
    assert all(map(scorer.agrees, by_task))
    monkeypatch.setattr(model, "forward", blind)
    assert not any(map(scorer.agrees, by_task))
    assert all(map(scorer.shares, by_task))


def test_letters_after_contexts_of_their_own_share_nothing_to_check(model: Any, tokenizer: Any) -> None:
    """All letters are read off one place of a plain row, which is no other way to their likelihoods."""
    pairs = Encoder(tokenizer, LONGEST).pairs([(context, letter) for context in ("one", "two") for letter in "AB"])
    scorer = LikelihoodScorer(model, "grove/letters")
    assert not scorer.shares(pairs)
    scorer.score(pairs)
    assert scorer.budget.ran == len("onetwo")
