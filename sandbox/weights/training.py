"""Training on a CPU: a tiny Llama from scratch, and further steps for its fine-tunes and adapters.

It uses one thread, so that the result does not depend on the number of threads: equal seeds give equal weights on one
machine.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from sandbox.weights.texts import Lesson, rendered, turns
from sandbox.weights.tokenizer import LONGEST, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import nn
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

_BATCH: Final = 48
_WARM_UP: Final = 0.1
_IGNORED: Final = -100
_FILLING: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schooling:
    """How a model is trained: on which lesson, for how many steps, at which peak learning rate, from which seed.

    `decay` is AdamW's weight decay.
    """

    lesson: Lesson
    steps: int
    rate: float
    seed: str
    decay: float = 0.0


@contextmanager
def at_the_bench() -> Iterator[None]:
    """Run torch on one thread with its own random numbers within the block, without progress bars."""
    import torch
    from transformers.utils import logging

    threads, had_bars = torch.get_num_threads(), logging.is_progress_bar_enabled()
    torch.set_num_threads(1)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers does not say
    try:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")  # peft reads it
            yield
    finally:
        torch.set_num_threads(threads)
        if had_bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call] # as above


def new_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """Return an untrained Llama of a quarter of a million parameters.

    Its vocabulary is padded beyond the tokenizer's, as in many models.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4 * LONGEST,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def train(model: nn.Module, tokenizer: PreTrainedTokenizerFast, schooling: Schooling) -> None:
    """Train a model in place; only parameters that require a gradient change."""
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=schooling.rate, weight_decay=schooling.decay)
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=schooling.rate, total_steps=schooling.steps, pct_start=_WARM_UP, cycle_momentum=False
    )
    model.train()
    for batch in batches(tokenizer, schooling):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        pace.step()
        optimiser.zero_grad(set_to_none=True)
    model.eval()


def batches(tokenizer: PreTrainedTokenizerFast, schooling: Schooling) -> Iterator[dict[str, torch.Tensor]]:
    """Yield one batch of 48 texts per step, rows as long as the longest; only the replies are targets."""
    import torch

    chance = Random(schooling.seed)
    for _ in range(schooling.steps):
        pairs = [rendered(turn, chance) for turn in turns(schooling.lesson, chance, _BATCH)]
        heads = tokenizer([head for head, _ in pairs])["input_ids"]
        tails = tokenizer([tail for _, tail in pairs])["input_ids"]
        longest = max(len(head) + len(tail) for head, tail in zip(heads, tails, strict=True))
        rows = [_row(head, tail, longest) for head, tail in zip(heads, tails, strict=True)]
        yield {"input_ids": torch.tensor([ids for ids, _ in rows]), "labels": torch.tensor([to for _, to in rows])}


def _row(head: list[int], tail: list[int], longest: int) -> tuple[list[int], list[int]]:
    """Return the tokens of one text and its targets; the padding needs no mask, because attention is causal."""
    empty = longest - len(head) - len(tail)
    return [*head, *tail, *[_FILLING] * empty], [*[_IGNORED] * len(head), *tail, *[_IGNORED] * empty]
