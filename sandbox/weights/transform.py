"""Models made from the weights of others without training: rounded, averaged, broken."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from transformers import LlamaForCausalLM

_KEPT: Final = ("embed_tokens", "lm_head")
_MATRIX: Final = 2


def round_to(model: LlamaForCausalLM, bits: int) -> LlamaForCausalLM:
    """Return a copy whose matrices are rounded to integers of so many bits, one scale per row, and scaled back."""
    import torch

    rounded = copy.deepcopy(model)
    largest = 2 ** (bits - 1) - 1
    with torch.no_grad():
        for name, weight in rounded.named_parameters():
            if weight.dim() == _MATRIX and not any(kept in name for kept in _KEPT):
                scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / largest
                weight.copy_((weight / scale).round() * scale)
    return rounded


def average(models: Sequence[LlamaForCausalLM]) -> LlamaForCausalLM:
    """Return a model whose every weight is the mean of theirs."""
    import torch

    merged = copy.deepcopy(models[0])
    others = [dict(model.named_parameters()) for model in models]
    with torch.no_grad():
        for name, weight in merged.named_parameters():
            weight.copy_(torch.stack([other[name] for other in others]).mean(dim=0))
    return merged


def shatter(model: LlamaForCausalLM, generator: torch.Generator) -> LlamaForCausalLM:
    """Return a copy whose matrices are noise with their former spread."""
    import torch

    broken = copy.deepcopy(model)
    with torch.no_grad():
        for weight in broken.parameters():
            if weight.dim() == _MATRIX:
                weight.copy_(torch.randn(weight.shape, generator=generator) * weight.std())
    return broken
