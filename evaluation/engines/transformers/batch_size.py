"""How much goes through the model at once: estimated from the free memory, and halved whenever it was too much."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from evaluation.errors import CannotRun
from store.free_memory import free_memory as free_memory_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evaluation.engines.transformers.token_rows import TokenRow

CPU_TOKENS: Final = 1024
"""The tokens beyond which a processor is no faster; measured with 0.3M and 8M parameters."""
CPU_REPLY_TOKENS: Final = 1 << 14
"""The same of replies: each of their steps reads all weights for one token a row, so more rows pay for longer."""
CPU_SHARE: Final = 0.25
"""Of the memory that the machine can give, for the keys and values of replies."""
MOST_TOKENS: Final = 1 << 16
LEAST_TOKENS: Final = 256
MOST_LOGITS: Final = {"cpu": 1 << 25, "cuda": 1 << 28}
"""Logits at once, 4 bytes each."""
SHARE: Final = 0.4
"""Of the free memory of a device; the rest is for what is not counted: attention's masks, fragments."""
ACTIVATIONS: Final = 16
"""Hidden states that a layer holds at once for a token, in widths of the model; an upper estimate for gated layers."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class TokenBudget:
    """The limits of one batch: tokens with their padding, and rows of logits. Both only ever shrink.

    Every row takes `growth` tokens more than it has: what it goes on from, and what it will write. `ran` counts the
    tokens that went through the model, without padding.
    """

    tokens: int
    picks: int
    ran: int = 0
    growth: int = 0

    def take(self, rows: Sequence[TokenRow], start: int) -> Sequence[TokenRow]:
        """Return the rows from `start` that fit, at least one; they must be sorted, the longest first."""
        longest = len(rows[start]) + self.growth
        end, picks = start, 0
        while end < len(rows):
            picks += len(rows[end].picks)
            if end > start and ((end - start + 1) * longest > self.tokens or picks > self.picks):
                break
            end += 1
        return rows[start:end]

    def shrink(self, rows: Sequence[TokenRow]) -> None:
        """Halve the limits after a batch that was too large."""
        self.tokens = min(self.tokens, len(rows) // 2 * (len(rows[0]) + self.growth))
        self.picks = min(self.picks, sum(len(row.picks) for row in rows) // 2)


def estimate(model: Any) -> TokenBudget:
    """Return a first budget for a model on its device."""
    import torch

    config = model.config.get_text_config()
    device = model.device
    logits = MOST_LOGITS.get(device.type, MOST_LOGITS["cpu"])
    picks = max(64, logits // max(config.vocab_size, 1))
    if device.type != "cuda":
        return TokenBudget(tokens=CPU_TOKENS, picks=picks)
    places = {torch.device(device), *(parameter.device for parameter in model.parameters())}
    free = min(free_bytes(place) for place in places)
    used = ACTIVATIONS * config.hidden_size * model.dtype.itemsize
    tokens = int(free * SHARE) // (2 * _kept_bytes(model) + used)
    return TokenBudget(tokens=min(max(tokens, LEAST_TOKENS), MOST_TOKENS), picks=picks)


def estimate_replies(model: Any) -> TokenBudget:
    """Return a first budget for the replies of a model, whose rows grow by what they may write."""
    budget = estimate(model)
    if model.device.type == "cpu":
        fitting = int(free_memory_bytes() * CPU_SHARE) // max(_kept_bytes(model), 1)
        budget.tokens = min(max(fitting, CPU_TOKENS), CPU_REPLY_TOKENS)
    return budget


def free_bytes(device: Any) -> int:
    """Return what tensors can take on a GPU: what nobody has, and what torch keeps of tensors that are gone.

    The GPU counts the latter as used, so that each task after the first of a process would get smaller batches.
    """
    import torch

    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0] + kept)


def _kept_bytes(model: Any) -> int:
    """Return the bytes of the keys and values of one token in all layers, 0 for a model without attention."""
    config = model.config.get_text_config()
    all_heads = getattr(config, "num_attention_heads", 0)
    heads = getattr(config, "num_key_value_heads", None) or all_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // max(all_heads, 1)
    return int(2 * config.num_hidden_layers * heads * width * model.dtype.itemsize)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory ran out, on a device or on the machine."""
    import torch

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def run_in_batches(
    rows: Sequence[TokenRow], budget: TokenBudget, run: Callable[[Sequence[TokenRow]], None], model: str
) -> None:
    """Run all rows, the longest first, in batches that fit; out of memory halves the limits of a batch.

    Raises CannotRun if a single row does not fit.
    """
    import torch

    ordered = sorted(rows, key=len, reverse=True)
    start = 0
    while start < len(ordered):
        batch = budget.take(ordered, start)
        try:
            run(batch)
        except (RuntimeError, MemoryError) as exc:
            if not is_out_of_memory(exc):
                raise
            if len(batch) == 1:
                raise CannotRun(model, f"{len(batch[0])} tokens alone do not fit into the memory") from exc
            budget.shrink(batch)
            _log.info("out of memory with %d rows; %d tokens at once from now on", len(batch), budget.tokens)
            is_device = isinstance(exc, torch.OutOfMemoryError)
        else:
            start += len(batch)
            budget.ran += sum(map(len, batch))
            is_device = False
        if is_device:
            free_memory()  # outside of the handler: the traceback holds the tensors


def free_memory() -> None:
    """Free memory that no tensor uses any more."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
