"""Replies, as the `hf` model of lm-evaluation-harness 0.4.13 generates them (`HFLM.generate_until`).

Prompts are padded on the left, after what they have in common, which is run once. A row stops as soon as a stop text is
in it, and all stop texts are looked for in one decoding.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import TokenBudget, estimate_replies, run_in_batches
from evaluation.engines.transformers.greedy_decoding import is_plain
from evaluation.engines.transformers.loglikelihood import are_close
from evaluation.engines.transformers.start_cache import SHORTEST, UNBOUNDED, StartCache, has_start, window_of
from evaluation.engines.transformers.token_rows import TargetToken, TokenRow

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from evaluation.engines.tasks.encoding import Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings
    from evaluation.engines.transformers.continuous_batching import ContinuousBatcher

SEED: Final = 1234
"""What lm-evaluation-harness seeds torch with; only drawn replies depend on it."""
CHECKED: Final = (24, 32)
"""Tokens of two prompts, of which one is padded, that are enough to see whether their start can be shared."""
CHECKED_STEPS: Final = 2
_log = logging.getLogger(__name__)


class ReplyWriter:
    """Writes the replies of one model, called `name` in messages, by `continuous` batches where they can be used.

    `trusted` keeps of every architecture whether what prompts begin with can be run once, for the next model.
    """

    def __init__(
        self,
        model: Any,
        name: str,
        continuous: ContinuousBatcher | None = None,
        budget: TokenBudget | None = None,
        trusted: dict[Hashable, bool] | None = None,
    ) -> None:
        self.model = model
        self.name = name
        self.continuous = continuous
        self.budget = budget or estimate_replies(model)
        self.start = StartCache(model)
        self._trusted = {} if trusted is None else trusted

    def write(self, tokenizer: Any, prompts: Sequence[Tokens], generation: GenerationSettings) -> list[list[int]]:
        """Return the tokens of a reply to every prompt, those of a static batch with what follows its end."""
        padding = padding_of(tokenizer)
        if self.continuous is not None:
            written = self.continuous.write(tokenizer, prompts, generation, padding)
            if written is not None:
                self.budget.ran += sum(map(len, prompts)) + sum(map(len, written))
                return written
        self._keep(prompts, generation, padding)
        rows = [self._row(number, prompt) for number, prompt in enumerate(prompts)]
        found: dict[int, list[int]] = {}

        def run(batch: Sequence[TokenRow]) -> None:
            for row, tokens in zip(batch, self._written(tokenizer, batch, generation, padding), strict=True):
                found[row.picks[0].answer] = tokens

        for start in sorted({row.start for row in rows}):
            self.budget.growth = start + generation.longest
            run_in_batches([row for row in rows if row.start == start], self.budget, run, self.name)
        return [found[number] for number in range(len(prompts))]

    def _keep(self, prompts: Sequence[Tokens], generation: GenerationSettings, padding: int) -> None:
        """Run what prompts begin with, where replies can be written after it."""
        model = self.model
        if window_of(model) < UNBOUNDED or not is_plain(model, generation) or not has_start(prompts):
            self.start.drop()
            return
        architecture = (type(model).__name__, model.config.model_type, model.dtype, model.config._attn_implementation)  # noqa: SLF001  # transformers tells it nowhere else
        if architecture not in self._trusted:
            self._trusted[architecture] = self.agrees(prompts, padding)
            if not self._trusted[architecture]:
                _log.warning("%s: sharing the start of prompts changes its replies, so it is not shared", self.name)
        if self._trusted[architecture]:
            self.budget.ran += self.start.keep(prompts)

    def close(self) -> None:
        """Give back what was kept."""
        self.start.drop()
        if self.continuous is not None:
            self.continuous.close()

    def agrees(self, prompts: Sequence[Tokens], padding: int) -> bool:
        """Return whether replies after a kept beginning are as likely as after the whole, on pieces of two prompts.

        The pieces get a beginning in common, whatever the prompts have.
        """
        ends = [prompts[number % len(prompts)][-length:] for number, length in enumerate(CHECKED)]
        pieces = [(prompts[0] * SHORTEST)[:SHORTEST] + end for end in ends]
        self.start.keep(pieces)
        kept = self._likelihoods(pieces, padding)
        self.start.drop()
        return are_close(self.model, kept, self._likelihoods(pieces, padding))

    def _likelihoods(self, prompts: Sequence[Tokens], padding: int) -> list[float]:
        """Return the log-likelihoods of the likeliest tokens after prompts, and of those after them."""
        import torch

        given = self._padded([self._row(*one) for one in enumerate(prompts)], padding)
        with torch.inference_mode():
            found = self.model.generate(
                **given,
                max_new_tokens=CHECKED_STEPS,
                min_new_tokens=CHECKED_STEPS,
                do_sample=False,
                pad_token_id=padding,
                use_cache=True,
                output_logits=True,
                return_dict_in_generate=True,
            )
        likelihoods: list[float] = torch.stack(found.logits).float().log_softmax(-1).amax(-1).flatten().tolist()
        return likelihoods

    def _row(self, number: int, prompt: Tokens) -> TokenRow:
        """Return what is run of a prompt, without the kept beginning; its last token tells the first of the reply."""
        start = len(self.start.tokens) if self.start.begins(prompt) else 0
        rest = list(prompt[start:])
        return TokenRow(start, rest, picks=[TargetToken(len(rest) - 1, rest[-1], number)])

    def _written(
        self, tokenizer: Any, rows: Sequence[TokenRow], generation: GenerationSettings, padding: int
    ) -> list[list[int]]:
        import torch

        given = self._padded(rows, padding)
        longest = given["input_ids"].shape[1]
        torch.manual_seed(SEED)
        with torch.inference_mode():
            written = self.model.generate(
                **given,
                max_length=longest + generation.longest,
                stopping_criteria=[_stopper(tokenizer, generation.stops, longest)],
                pad_token_id=padding,
                use_cache=True,
                **generation.settings,
            )
        self.budget.ran += len(rows) * (written.shape[1] - longest)
        found: list[list[int]] = written[:, longest:].tolist()
        return found

    def _padded(self, rows: Sequence[TokenRow], padding: int) -> dict[str, Any]:
        """Return what `generate` takes of rows with one start: tokens, which of them are seen, and the kept start."""
        import torch

        start = self.start.tokens if rows[0].start else ()
        longest = len(start) + max(map(len, rows))
        tokens = torch.full((len(rows), longest), padding, dtype=torch.int64)
        seen = torch.zeros_like(tokens)
        tokens[:, : len(start)] = torch.tensor(start, dtype=torch.int64)
        seen[:, : len(start)] = 1
        for number, row in enumerate(rows):
            tokens[number, longest - len(row) :] = torch.tensor(row.tokens)
            seen[number, longest - len(row) :] = 1
        device = self.model.device
        kept = {"past_key_values": self.start.cache(len(rows))} if start else {}
        return {"input_ids": tokens.to(device), "attention_mask": seen.to(device), **kept}


def padding_of(tokenizer: Any) -> int:
    """Return the token that fills rows, which nobody sees."""
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
