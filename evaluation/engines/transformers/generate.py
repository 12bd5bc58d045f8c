"""Replies, as the `hf` model of lm-evaluation-harness 0.4.13 generates them (`HFLM.generate_until`).

Contexts are padded on the left and lose their beginning if there is no room; a reply ends before the first stop text in
it. A row stops as soon as a stop text is in it, and all stop texts are looked for in one decoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import run_in_batches
from evaluation.engines.transformers.token_rows import TokenRow
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from evaluation.engines.transformers.continuous_batching import ContinuousBatcher
    from evaluation.engines.transformers.encoding import Encoder
    from evaluation.engines.transformers.generation_settings import GenerationSettings
    from evaluation.engines.transformers.loglikelihood import LikelihoodScorer

SEED: Final = 1234
"""What lm-evaluation-harness seeds torch with; only drawn replies depend on it."""


def replies(
    scorer: LikelihoodScorer,
    encoder: Encoder,
    contexts: Sequence[str],
    generation: GenerationSettings,
    continuous: ContinuousBatcher | None = None,
) -> list[str]:
    """Return a reply for every context, by `continuous` batches where they can be used; None is static batches only.

    Raises CannotRun if the model has no room for a reply.
    """
    room = encoder.longest - generation.longest
    if room <= 0:
        raise CannotRun(scorer.name, f"takes {encoder.longest} tokens, too few for replies of {generation.longest}")
    distinct = list(dict.fromkeys(contexts))
    rows = [TokenRow(number, tokens[-room:]) for number, tokens in enumerate(encoder.texts(distinct))]
    found: dict[str, str] = {}
    tokenizer = encoder.tokenizer
    written = None if continuous is None else continuous.write(tokenizer, rows, generation, _padding(tokenizer))
    if written is not None:
        scorer.budget.ran += sum(map(len, rows)) + sum(map(len, written))
        found = {
            distinct[row.start]: _text(tokenizer, reply, generation) for row, reply in zip(rows, written, strict=True)
        }
        return [found[context] for context in contexts]

    def run(batch: Sequence[TokenRow]) -> None:
        for row, text in zip(batch, _written(scorer, tokenizer, batch, generation), strict=True):
            found[distinct[row.start]] = text

    run_in_batches(rows, scorer.budget, run, scorer.name)
    return [found[context] for context in contexts]


def _written(
    scorer: LikelihoodScorer, tokenizer: Any, rows: Sequence[TokenRow], generation: GenerationSettings
) -> list[str]:
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
    return [_text(tokenizer, row, generation) for row in written[:, longest:].tolist()]


def _padding(tokenizer: Any) -> int:
    return int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id)


def _text(tokenizer: Any, tokens: Sequence[int], generation: GenerationSettings) -> str:
    """Return a reply as text, before the first stop text in it."""
    from lm_eval.models.utils import postprocess_generated_text

    text = tokenizer.decode(tokens, skip_special_tokens=True)
    return str(postprocess_generated_text(text, list(generation.stops), None))


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
