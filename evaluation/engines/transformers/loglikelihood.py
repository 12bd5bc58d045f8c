"""Log-likelihoods of continuations, computed only once for what they have in common.

The common beginning of all contexts of a task is run once per model and kept as keys and values; a context is run once
for all its continuations; the output head is run only on the positions that are needed. The log-softmax is taken in
float32.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import TokenBudget, estimate, run_in_batches
from evaluation.engines.transformers.output_head import logits_at
from evaluation.engines.transformers.start_cache import StartCache, has_start, window_of
from evaluation.engines.transformers.token_rows import (
    TokenArrays,
    TokenRow,
    arrays,
    plain_rows,
    tree_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import torch

    from evaluation.engines.tasks.backend import Answer
    from evaluation.engines.tasks.encoding import Pair, Tokens

CHECKED: Final = 2
CHECKED_CONTEXT: Final = 32
CHECKED_CONTINUATION: Final = 8
"""Tokens of a context and of a continuation that are enough to see whether rows can be shared."""
TOLERANCE: Final = {"float32": 1e-3, "float64": 1e-3}
LOW_TOLERANCE: Final = 0.05
"""In bfloat16 and float16 two ways to the same log-likelihood may differ by this share of it and of 4 nats."""
CACHED_LOGITS: Final = 1 << 18
"""Logits whose exponentials are summed at once on a processor: 1 MiB, which fits into the cache of a core."""
Numbered = tuple[int, "Pair"]


class LikelihoodScorer:
    """Scores continuations with one model, in eval mode, on its device. `name` is what errors call it."""

    def __init__(self, model: Any, name: str, budget: TokenBudget | None = None) -> None:
        self.model = model
        self.name = name
        self.budget = budget or estimate(model)
        self.window = window_of(model)
        self.start = StartCache(model)

    @property
    def is_branching(self) -> bool:
        """Whether continuations share a row."""
        return self.window > 0

    def stop_branching(self) -> None:
        """Give every continuation a row of its own from now on."""
        self.window = 0
        self.start.drop()

    def keep(self, contexts: Iterable[Tokens]) -> None:
        """Run what the contexts of a task begin with, and keep it for what is scored from now on."""
        if self.is_branching:
            self.budget.ran += self.start.keep(contexts)

    def shares(self, pairs: Sequence[Pair]) -> bool:
        """Return whether these share more than the logits of a place: rows, or the beginning of their contexts."""
        has_long = any(len(pair.continuation) > 1 for pair in pairs)
        return self.is_branching and (has_long or has_start({pair.context for pair in pairs}))

    def agrees(self, pairs: Sequence[Pair]) -> bool:
        """Return whether sharing rows gives what rows of their own give, on the ends of the shortest few contexts.

        Continuations are made as long as they must be to stand side by side in a row, whatever the task asks.
        """
        contexts = sorted({pair.context for pair in pairs}, key=len)[:CHECKED]
        chosen = [_shortened(pair) for pair in pairs if pair.context in contexts]
        shared, alone = self.score(chosen), self._scored(len(chosen), [], plain_rows(enumerate(chosen)))
        return are_close(self.model, [one for one, _ in shared], [two for two, _ in alone])

    def score(self, pairs: Sequence[Pair]) -> list[Answer]:
        """Return for every pair how likely its continuation is, in nats, and whether each token was the likeliest.

        Raises CannotRun where one context alone does not fit into memory.
        """
        distinct = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        numbered = [(number, pair) for pair, number in distinct.items()]
        within, beyond = _parted(numbered, lambda pair: len(pair.context) + len(pair.continuation) <= self.window)
        answers = self._scored(len(distinct), self._rows(within), plain_rows(beyond))
        return [answers[distinct[pair]] for pair in pairs]

    def _rows(self, numbered: Sequence[Numbered]) -> list[TokenRow]:
        """Return rows in which continuations share their context, those with the kept beginning without it."""
        after, others = _parted(numbered, lambda pair: self.start.begins(pair.context))
        return tree_rows(after, len(self.start.tokens), self.budget.tokens) + tree_rows(others, 0, self.budget.tokens)

    def _scored(self, count: int, shared: list[TokenRow], plain: list[TokenRow]) -> list[Answer]:
        import torch

        device = self.model.device
        exact = torch.float32 if device.type == "mps" else torch.float64  # a sum over thousands of tokens
        sums = torch.zeros(count, dtype=exact, device=device)
        misses = torch.zeros(count, dtype=torch.int64, device=device)

        def run(batch: Sequence[TokenRow], *, is_plain: bool = False) -> None:
            packed = arrays(batch)
            likely, is_best = self._run(packed, batch[0].start, is_plain=is_plain)
            answers = torch.from_numpy(packed.answers).to(device)
            sums.index_add_(0, answers, likely.to(exact))
            misses.index_add_(0, answers, (~is_best).long())

        with torch.inference_mode():
            for start in sorted({row.start for row in shared}):
                run_in_batches([row for row in shared if row.start == start], self.budget, run, self.name)
            run_in_batches(plain, self.budget, partial(run, is_plain=True), self.name)
        return list(zip(sums.tolist(), (misses == 0).tolist(), strict=True))

    def _run(self, packed: TokenArrays, start: int, *, is_plain: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Return for every pick the log-probability of its target, in float32, and whether it was the likeliest."""
        import torch

        device = self.model.device
        tokens = torch.from_numpy(packed.tokens).to(device)
        given: dict[str, Any] = {"input_ids": tokens}
        if not is_plain:
            given["past_key_values"] = self.start.cache(len(tokens)) if start else None
            if start or packed.branches is not None:
                given["position_ids"] = torch.from_numpy(packed.positions).to(device)
                given["attention_mask"] = self._mask(packed, start)
        picked = torch.from_numpy(packed.picked).to(device)
        logits = logits_at(self.model, given, picked)
        of_pick, targets = (torch.from_numpy(part).to(logits.device) for part in (packed.of_pick, packed.targets))
        of_target = logits[of_pick, targets].float() - _log_totals(logits)[of_pick]
        return of_target.to(device), _are_likeliest(logits, of_pick, targets).to(device)

    def _mask(self, packed: TokenArrays, start: int) -> torch.Tensor:
        """Return which places see which, shape (rows, 1, places, `start` + places), as its attention takes it."""
        import torch

        device, dtype = self.model.device, self.model.dtype
        rows, length = packed.tokens.shape
        sees = torch.ones(length, length, dtype=torch.bool, device=device).tril()[None]
        if packed.branches is not None:
            branches = torch.from_numpy(packed.branches).to(device)
            sees = sees & ((branches == 0)[:, None, :] | (branches[:, None, :] == branches[:, :, None]))
        sees = torch.cat(
            [torch.ones(1, 1, 1, dtype=torch.bool, device=device).expand(*sees.shape[:2], start), sees], -1
        )
        sees = sees.expand(rows, -1, -1)[:, None]
        if self.model.config._attn_implementation == "sdpa":  # noqa: SLF001  # transformers tells it nowhere else
            return sees
        return torch.zeros(sees.shape, dtype=dtype, device=device).masked_fill(~sees, torch.finfo(dtype).min)


def are_close(model: Any, some: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether log-likelihoods that a model gave in two ways are equal but for rounding."""
    tolerance = TOLERANCE.get(str(model.dtype).removeprefix("torch."))
    return all(
        abs(one - two) <= (LOW_TOLERANCE * (4 + abs(two)) if tolerance is None else tolerance)
        for one, two in zip(some, others, strict=True)
    )


def _shortened(pair: Pair) -> Pair:
    """Return the end of a context and the beginning of a continuation, made longer by the context if it is short."""
    continuation = (pair.continuation + pair.context)[:CHECKED_CONTINUATION]
    return replace(pair, context=pair.context[-CHECKED_CONTEXT:], continuation=continuation)


def _parted(numbered: Sequence[Numbered], is_first: Callable[[Pair], bool]) -> tuple[list[Numbered], list[Numbered]]:
    first: list[Numbered] = []
    second: list[Numbered] = []
    for one in numbered:
        (first if is_first(one[1]) else second).append(one)
    return first, second


def _log_totals(logits: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of the sum of each row's exponentials, in float32.

    On a processor a few rows at a time, which stay in its cache: all at once take four times as long.
    """
    import torch

    rows = len(logits) if logits.device.type != "cpu" else max(1, CACHED_LOGITS // logits.shape[-1])
    return torch.cat([part.float().logsumexp(-1) for part in torch.split(logits, rows)])


def _are_likeliest(logits: torch.Tensor, of_pick: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return whether each target is the first of the likeliest tokens of its row, as `argmax` chooses it.

    Finding the value of the likeliest is ten times as fast on a processor as finding its place, which is looked for
    only in rows where a target has that value: in half precision several tokens may have it. On a GPU it is not, and
    asking which rows these are would wait for the GPU in every batch.
    """
    if logits.device.type != "cpu":
        return logits.argmax(-1)[of_pick] == targets
    found = logits[of_pick, targets] == logits.amax(-1)[of_pick]
    (open_picks,) = found.nonzero(as_tuple=True)
    if len(open_picks):
        found[open_picks] = logits[of_pick[open_picks]].argmax(-1) == targets[open_picks]
    return found
