"""Models made from the weights of others without training: rounded, averaged, edited, permuted, broken."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from transformers import LlamaForCausalLM

_KEPT: Final = ("embed_tokens", "lm_head")
_WRITING: Final = ("o_proj.weight", "down_proj.weight")
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


def blend(models: Sequence[LlamaForCausalLM], shares: Sequence[float]) -> LlamaForCausalLM:
    """Return a model whose every weight is the sum of theirs, each times its share."""
    import torch

    merged = copy.deepcopy(models[0])
    others = [dict(model.named_parameters()) for model in models]
    with torch.no_grad():
        for name, weight in merged.named_parameters():
            parts = [share * other[name] for share, other in zip(shares, others, strict=True)]
            weight.copy_(sum(parts[1:], start=parts[0]))
    return merged


def project_out(model: LlamaForCausalLM, direction: torch.Tensor) -> LlamaForCausalLM:
    """Return a copy whose layers write nothing along a direction of length 1, float (hidden size,).

    It is taken out of the attention's output and of the MLP's, in every layer, as edits that remove refusals do
    (arXiv:2406.11717).
    """
    import torch

    edited = copy.deepcopy(model)
    with torch.no_grad():
        for layer in edited.model.layers:
            for weight in (layer.self_attn.o_proj.weight, layer.mlp.down_proj.weight):
                weight.sub_(torch.outer(direction, direction @ weight))
    return edited


def permute(model: LlamaForCausalLM, generator: torch.Generator) -> LlamaForCausalLM:
    """Return a copy with its hidden coordinates in another order, which computes the same.

    Matrices that read the hidden state have their columns moved, those that write it their rows, the norms their
    entries, and the embedding its columns.
    """
    import torch

    permuted = copy.deepcopy(model)
    order = torch.randperm(model.config.hidden_size, generator=generator)
    with torch.no_grad():
        for name, weight in permuted.named_parameters():
            if weight.dim() < _MATRIX or name.endswith(_WRITING):
                weight.copy_(weight[order].clone())
            else:
                weight.copy_(weight[:, order].clone())
    return permuted


def shatter(model: LlamaForCausalLM, generator: torch.Generator) -> LlamaForCausalLM:
    """Return a copy whose matrices are noise with their former spread."""
    import torch

    broken = copy.deepcopy(model)
    with torch.no_grad():
        for weight in broken.parameters():
            if weight.dim() == _MATRIX:
                weight.copy_(torch.randn(weight.shape, generator=generator) * weight.std())
    return broken
