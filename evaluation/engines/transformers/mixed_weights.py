"""Weights between a base and its fine-tune, put into the loaded model in place: nothing is written or reloaded.

Base and fine-tune stay in memory beside the model that is asked, which takes the memory of three models. An adapter is
scaled instead. What is called attention is what its modules are called, whole parts of a name, as mergekit's filters
find them; norms beside it belong to the rest.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final, Protocol

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import torch

    from lineage.maintenance.recipes import MixRecipe

ATTENTION: Final = ("self_attn", "self_attention", "attn", "attention", "SelfAttention")
EMBEDDINGS: Final = ("embed_tokens.weight", "lm_head.weight", "wte.weight", "embed_in.weight", "embed_out.weight")
ADAPTER_FILES: Final = ("adapter_config.json", "adapter_model.safetensors")
SHOWN_NAMES: Final = 3


def attention_filters(names: Iterable[str]) -> tuple[str, ...]:
    """Return which parts of these names mean attention, with a dot on either side; empty if none does."""
    parts = {part for name in names for part in name.split(".")}
    return tuple(f".{part}." for part in ATTENTION if part in parts)


def is_attention(name: str) -> bool:
    """Return whether a tensor or module belongs to attention."""
    return any(part in ATTENTION for part in name.split("."))


class WeightMixture(Protocol):
    """A loaded model whose weights follow a recipe."""

    filters: tuple[str, ...]

    def apply(self, recipe: MixRecipe) -> None:
        """Put the weights of a recipe into the model."""

    def save(self, recipe: MixRecipe, folder: Path) -> None:
        """Write the weights of a recipe as safetensors, with what is needed to load them, but for the tokenizer."""


class TensorMixture:
    """The weights of a full fine-tune and of its base, mixed tensor by tensor in the model of the fine-tune.

    `unsafe` is a model without the base's safety, or None. Rows that a fine-tune added to the vocabulary stay as they
    are. Raises CannotRun where the tensors do not fit.
    """

    def __init__(self, name: str, model: Any, base: Any, unsafe: Any | None) -> None:
        self._model = model
        self._into: dict[str, torch.Tensor] = dict(model.named_parameters())
        self._child = {key: tensor.detach().clone() for key, tensor in self._into.items()}
        self._base = self._fitting(name, base)
        self._unsafe = None if unsafe is None else self._fitting(name, unsafe)
        self.filters = attention_filters(self._into)

    def apply(self, recipe: MixRecipe) -> None:
        """Put the weights of a recipe into the model."""
        import torch

        with torch.no_grad():
            for key, into in self._into.items():
                child, base = self._child[key], self._base[key]
                into.copy_(child)
                rows = slice(0, len(base)) if base.dim() else ...
                kept = recipe.attention if is_attention(key) else recipe.rest
                part = torch.lerp(base.float(), child[rows].float(), kept)
                if recipe.safety and self._unsafe is not None:
                    part += recipe.safety * (base.float() - self._unsafe[key].float())
                into[rows].copy_(part)

    def save(self, recipe: MixRecipe, folder: Path) -> None:
        """Write the weights of a recipe."""
        self.apply(recipe)
        self._model.save_pretrained(folder)

    def _fitting(self, name: str, model: Any) -> dict[str, torch.Tensor]:
        found = {key: tensor.detach() for key, tensor in model.named_parameters()}
        wrong = [
            key
            for key, child in self._child.items()
            if key not in found or not child.is_floating_point() or not _fits(key, found[key], child)
        ]
        if wrong or len(found) != len(self._child):
            odd = wrong or sorted(found.keys() - self._child.keys())
            shown = ", ".join(odd[:SHOWN_NAMES])
            raise CannotRun(name, f"its weights do not fit those it is to be mixed with: {shown}")
        return found


class AdapterMixture:
    """A LoRA adapter on its loaded base, scaled: 1 is the adapter, 0 the base.

    Raises CannotRun for other kinds of adapters, and for those that change more than their low-rank matrices.
    """

    def __init__(self, name: str, model: Any, folder: Path) -> None:
        from peft.tuners.lora import LoraLayer

        self._folder = folder
        layers = {key: module for key, module in model.named_modules() if isinstance(module, LoraLayer)}
        if not layers:
            raise CannotRun(name, "only LoRA adapters can be scaled")
        self._scaling = {key: (layer.scaling, dict(layer.scaling)) for key, layer in layers.items()}
        config = next(iter(model.peft_config.values())) if hasattr(model, "peft_config") else None
        if config is None:
            raise CannotRun(name, "its settings are not known")
        for setting, plain in (("use_dora", False), ("modules_to_save", None), ("bias", "none")):
            if getattr(config, setting, plain) not in (plain, None, []):
                raise CannotRun(name, f"it has {setting}, and so changes more than can be scaled")
        self.filters = attention_filters(layers)

    def apply(self, recipe: MixRecipe) -> None:
        """Scale the adapter."""
        for key, (scaling, original) in self._scaling.items():
            kept = recipe.attention if is_attention(key) else recipe.rest
            scaling.update({adapter: kept * value for adapter, value in original.items()})

    def save(self, recipe: MixRecipe, folder: Path) -> None:
        """Write the adapter with its second matrices scaled."""
        from safetensors.torch import load_file, save_file

        settings, weights = ADAPTER_FILES
        tensors = load_file(self._folder / weights)
        for key, tensor in tensors.items():
            if "lora_B" in key or "lora_embedding_B" in key:
                tensors[key] = (tensor.float() * (recipe.attention if is_attention(key) else recipe.rest)).to(tensor)
        save_file(tensors, folder / weights, metadata={"format": "pt"})
        shutil.copyfile(self._folder / settings, folder / settings)


def _fits(key: str, base: torch.Tensor, child: torch.Tensor) -> bool:
    """Return whether tensors have one shape, but for rows that a fine-tune added to its vocabulary."""
    if base.shape == child.shape:
        return True
    is_vocabulary = key.endswith(EMBEDDINGS)
    return is_vocabulary and base.shape[1:] == child.shape[1:] and len(base) <= len(child)
