"""What the contexts of a task begin with, run once by a model and kept as keys and values."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.output_head import logits_at
from evaluation.engines.transformers.token_rows import shared_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    from evaluation.engines.tasks.encoding import Tokens

SHORTEST: Final = 16
"""Tokens that a common beginning must have to be kept apart: looking up keys and values costs something too."""
UNBOUNDED: Final = 1 << 30
"""The window of a model whose layers all see everything."""


class StartCache:
    """The beginning that contexts of one model have in common. `tokens` are empty where there is none worth keeping."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.tokens: Tokens = ()
        self._layers: list[tuple[torch.Tensor, torch.Tensor]] = []

    def keep(self, contexts: Iterable[Tokens]) -> int:
        """Run what contexts begin with, in place of what was kept; return how many tokens were run."""
        start = shared_start(contexts)
        if len(start) < SHORTEST:
            start = ()
        if start == self.tokens:
            return 0
        self.tokens, self._layers = start, self._run(start) if start else []
        return len(start)

    def drop(self) -> None:
        """Keep nothing any more."""
        self.tokens, self._layers = (), []

    def begins(self, context: Tokens) -> bool:
        """Return whether something is kept that a context begins with, and goes on after."""
        length = len(self.tokens)
        return 0 < length < len(context) and context[:length] == self.tokens

    def cache(self, rows: int) -> Any:
        """Return the kept beginning for so many rows, as views: the layers copy it when they add to it."""
        from transformers.cache_utils import DynamicCache, DynamicLayer

        cache = DynamicCache()
        for keys, values in self._layers:
            layer = DynamicLayer()  # type: ignore[no-untyped-call]  # transformers does not say
            layer.lazy_initialization(keys, values)
            layer.keys, layer.values = keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1)
            cache.layers.append(layer)
        return cache

    def _run(self, start: Tokens) -> list[tuple[torch.Tensor, torch.Tensor]]:
        import torch
        from transformers import DynamicCache

        cache: Any = DynamicCache()
        tokens = torch.tensor([start], device=self.model.device)
        with torch.inference_mode():
            logits_at(self.model, {"input_ids": tokens, "past_key_values": cache}, tokens.new_zeros(1))
        return [(layer.keys, layer.values) for layer in cache.layers]


def has_start(contexts: Iterable[Tokens]) -> bool:
    """Return whether contexts begin with something that is worth keeping."""
    return len(shared_start(contexts)) >= SHORTEST


def window_of(model: Any) -> int:
    """Return how many tokens a row may reach over that goes on from kept keys and values; 0 where the model takes none.

    It must take positions, a mask, and keys and values, and attend to all of them within its sliding window.
    """
    from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

    config = model.config
    taken = inspect.signature(model.forward).parameters
    if not {"position_ids", "past_key_values", "attention_mask"} <= taken.keys() or config.is_encoder_decoder:
        return 0
    if getattr(config, "_attn_implementation", None) not in {"sdpa", "eager"}:
        return 0
    layers = DynamicCache(config=config).layers
    if not layers or any(type(layer) not in {DynamicLayer, DynamicSlidingWindowLayer} for layer in layers):
        return 0
    windows = [layer.sliding_window for layer in layers if isinstance(layer, DynamicSlidingWindowLayer)]
    return min(windows, default=UNBOUNDED)
