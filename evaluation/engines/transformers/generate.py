"""Replies, as the `hf` model of lm-evaluation-harness 0.4.13 generates them (`HFLM.generate_until`).

Prompts are padded on the left. A row stops as soon as a stop text is in it, and all stop texts are looked for in one
decoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import run_in_batches
from evaluation.engines.transformers.token_rows import TokenRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from evaluation.engines.tasks.encoding import Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings
    from evaluation.engines.transformers.continuous_batching import ContinuousBatcher
    from evaluation.engines.transformers.loglikelihood import LikelihoodScorer

SEED: Final = 1234
"""What lm-evaluation-harness seeds torch with; only drawn replies depend on it."""


def write(
    scorer: LikelihoodScorer,
    tokenizer: Any,
    prompts: Sequence[Tokens],
    generation: GenerationSettings,
    continuous: ContinuousBatcher | None = None,
) -> list[list[int]]:
    """Return the tokens of a reply to every prompt, those of a static batch with what follows its end.

    By `continuous` batches where they can be used; None is static batches only.
    """
    rows = [TokenRow(number, list(tokens)) for number, tokens in enumerate(prompts)]
    written = None if continuous is None else continuous.write(tokenizer, rows, generation, _padding(tokenizer))
    if written is not None:
        scorer.budget.ran += sum(map(len, rows)) + sum(map(len, written))
        return written
    found: dict[int, list[int]] = {}

    def run(batch: Sequence[TokenRow]) -> None:
        for row, tokens in zip(batch, _written(scorer, tokenizer, batch, generation), strict=True):
            found[row.start] = tokens

    run_in_batches(rows, scorer.budget, run, scorer.name)
    return [found[number] for number in range(len(rows))]


def _written(
    scorer: LikelihoodScorer, tokenizer: Any, rows: Sequence[TokenRow], generation: GenerationSettings
) -> list[list[int]]:
    import torch

    model = scorer.model
    longest = max(map(len, rows))
    padding = _padding(tokenizer)
    tokens = torch.full((len(rows), longest), padding, dtype=torch.int64)
    seen = torch.zeros_like(tokens)
    for number, row in enumerate(rows):
        tokens[number, longest - len(row) :] = torch.tensor(row.tokens)
        seen[number, longest - len(row) :] = 1
    torch.manual_seed(SEED)
    with torch.inference_mode():
        written = model.generate(
            input_ids=tokens.to(model.device),
            attention_mask=seen.to(model.device),
            max_length=longest + generation.longest,
            stopping_criteria=[_stopper(tokenizer, generation.stops, longest)],
            pad_token_id=padding,
            use_cache=True,
            **generation.settings,
        )
    scorer.budget.ran += len(rows) * (written.shape[1] - longest)
    found: list[list[int]] = written[:, longest:].tolist()
    return found


def _padding(tokenizer: Any) -> int:
    return int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id)


def _stopper(tokenizer: Any, stops: Sequence[str], start: int) -> Any:
    """Return the criterion for finished rows: those with a stop text after the context, which has `start` tokens."""
    import torch
    from transformers import StoppingCriteria

    reach = 2 + max(len(tokenizer.encode(stop, add_special_tokens=False)) for stop in stops)

    class StopsAtText(StoppingCriteria):
        def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
            del scores
            texts = tokenizer.batch_decode(input_ids[:, max(start, input_ids.shape[1] - reach) :])
            return torch.tensor([any(stop in text for stop in stops) for text in texts], device=input_ids.device)

    return StopsAtText()
