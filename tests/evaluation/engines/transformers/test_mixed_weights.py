"""Weights between two models: what they are, where they go, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.transformers.adapters import attached
from evaluation.engines.transformers.mixed_weights import AdapterMixture, TensorMixture, attention_filters, is_attention
from evaluation.errors import CannotRun
from lineage.maintenance.recipes import MixRecipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft reads it
ATTENTION, OTHER = "model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.up_proj.weight"
NORM = "model.layers.0.post_attention_layernorm.weight"


def tensors(model: Any) -> dict[str, Any]:
    """Return copies of a model's tensors."""
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


def test_attention_is_told_by_whole_parts_of_names() -> None:
    """A norm that is called after attention is not attention, in any of the usual architectures."""
    assert is_attention(ATTENTION)
    assert is_attention("transformer.h.0.attn.c_attn.weight")
    assert not is_attention(NORM)
    assert attention_filters([ATTENTION, OTHER, NORM]) == (".self_attn.",)
    assert attention_filters([OTHER]) == ()


def test_every_tensor_is_mixed_by_its_share(maker: Callable[..., Any]) -> None:
    """Attention and rest have their own share, the ends are base and fine-tune exactly, in any order of recipes."""
    import torch

    child, base = maker(1), maker(0)
    old, new = tensors(base), tensors(child)
    mixture = TensorMixture("oak/tuned", child, base, None)
    for recipe in (MixRecipe(attention=0.25), MixRecipe(attention=0, rest=0), MixRecipe()):
        mixture.apply(recipe)
        for name, found in child.named_parameters():
            kept = recipe.attention if is_attention(name) else recipe.rest
            wanted = old[name] + kept * (new[name] - old[name])
            assert torch.allclose(found, wanted, atol=1e-6), name
    assert all(torch.equal(found, new[name]) for name, found in child.named_parameters())
    assert mixture.filters == (".self_attn.",)


def test_the_safety_vector_is_added_to_the_fine_tune(maker: Callable[..., Any]) -> None:
    """Child + s * (base - unsafe), as mergekit's task arithmetic makes it."""
    import torch

    child, base, unsafe = maker(1), maker(0), maker(2)
    old, new, wild = tensors(base), tensors(child), tensors(unsafe)
    TensorMixture("oak/tuned", child, base, unsafe).apply(MixRecipe(safety=0.5))
    for name, found in child.named_parameters():
        assert torch.allclose(found, new[name] + 0.5 * (old[name] - wild[name]), atol=1e-6), name


def test_rows_that_were_added_to_the_vocabulary_stay(maker: Callable[..., Any]) -> None:
    """The base has nothing to mix them with; the rows before them are mixed."""
    import torch

    child, base = maker(1, vocab_size=300), maker(0)
    old, new = tensors(base), tensors(child)
    TensorMixture("oak/tuned", child, base, None).apply(MixRecipe(attention=0, rest=0))
    embedding = child.get_input_embeddings().weight
    assert torch.equal(embedding[:288], old["model.embed_tokens.weight"])
    assert torch.equal(embedding[288:], new["model.embed_tokens.weight"][288:])


@pytest.mark.parametrize("changes", [{"hidden_size": 16}, {"num_hidden_layers": 1}, {"num_hidden_layers": 3}])
def test_models_that_do_not_fit_are_refused(maker: Callable[..., Any], changes: dict[str, int]) -> None:
    """Other shapes, fewer and more layers; the message names a tensor."""
    with pytest.raises(CannotRun, match=r"do not fit .*: model"):
        TensorMixture("oak/tuned", maker(1), maker(0, **changes), None)


def test_an_adapter_is_scaled(maker: Callable[..., Any], tmp_path: Path) -> None:
    """0 is the base, 1 the adapter; what is written answers as what was asked."""
    import torch
    from peft import LoraConfig, get_peft_model

    folder = tmp_path / "adapter"
    made = get_peft_model(maker(0), LoraConfig(r=4, target_modules=["q_proj", "up_proj"], task_type="CAUSAL_LM"))
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.5)
    made.save_pretrained(str(folder))
    tokens = torch.arange(20)[None]
    plain = maker(0)(tokens).logits
    with attached(maker(0), folder, "oak/adapter") as model, torch.inference_mode():
        whole = model(tokens).logits
        mixture = AdapterMixture("oak/adapter", model, folder)
        mixture.apply(MixRecipe(attention=0, rest=0))
        assert torch.allclose(model(tokens).logits, plain, atol=1e-5)
        mixture.apply(MixRecipe())
        assert torch.equal(model(tokens).logits, whole)
        mixture.apply(MixRecipe(attention=0.25, rest=0.75))
        asked = model(tokens).logits
        assert mixture.filters == (".self_attn.",)
        written = tmp_path / "written"
        written.mkdir()
        mixture.save(MixRecipe(attention=0.25, rest=0.75), written)
    with attached(maker(0), written, "oak/scaled") as model, torch.inference_mode():
        assert torch.allclose(model(tokens).logits, asked, atol=1e-5)
    assert not torch.allclose(asked, whole, atol=1e-2)
    assert json.loads((written / "adapter_config.json").read_text("utf-8"))["r"] == 4


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"use_dora": True}, "has use_dora"),
        ({"modules_to_save": ["lm_head"]}, "has modules_to_save"),
        ({"bias": "all"}, "has bias"),
    ],
)
def test_adapters_that_change_more_are_refused(
    maker: Callable[..., Any], tmp_path: Path, settings: dict[str, Any], reason: str
) -> None:
    """Scaling would not lead to the base."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=4, target_modules=["q_proj"], task_type="CAUSAL_LM", **settings)
    get_peft_model(maker(0), config).save_pretrained(str(tmp_path))
    with attached(maker(0), tmp_path, "oak/adapter") as model, pytest.raises(CannotRun, match=reason):
        AdapterMixture("oak/adapter", model, tmp_path)
