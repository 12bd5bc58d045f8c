"""Llamas with random weights in several sizes, families of them, and multiple-choice tasks over generated words."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from pathlib import Path

LETTERS: Final = ("A", "B", "C", "D")
SHARED: Final = {"long_prefix": 154, "letters_shots": 600}
"""Tokens that all contexts of a task begin with."""
SPREAD: Final = 0.05
"""Of an adapter's or a fine-tune's change; enough to move answers."""

SHARES: Final = '''"""What answers are worth: the share of the right choice."""

import numpy as np


def share(doc, results):
    values = np.array([one[0] for one in results])
    shares = np.exp(values - values.max())
    return {"acc": float(shares[doc["label"]] / shares.sum())}
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of a Llama. `dtype` is what its weights are kept in; `is_tied` if the head has those of the embeddings."""

    vocabulary: int
    width: int
    inner: int
    layers: int
    heads: int
    groups: int
    dtype: str
    is_tied: bool = False

    @property
    def weights(self) -> int:
        """Return how many weights of matrices a token passes in all layers, without the head."""
        kept = self.width * self.groups // self.heads
        return self.layers * (2 * self.width * (self.width + kept) + 3 * self.width * self.inner)


SHAPES: Final = {
    "0.3M": Shape(vocabulary=4096, width=32, inner=64, layers=4, heads=4, groups=4, dtype="float32"),
    "8M": Shape(vocabulary=8192, width=256, inner=704, layers=4, heads=8, groups=8, dtype="float32"),
    "135M": Shape(vocabulary=49152, width=576, inner=1536, layers=30, heads=9, groups=3, dtype="float32", is_tied=True),
    "1.5B": Shape(vocabulary=128256, width=2048, inner=8192, layers=16, heads=32, groups=8, dtype="bfloat16"),
    "8B": Shape(vocabulary=128256, width=4096, inner=14336, layers=32, heads=32, groups=8, dtype="bfloat16"),
}


def save_model(folder: Path, shape: Shape, device: str, seed: int = 0) -> Path:
    """Write a model with random weights and its tokenizer; return its folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.groups,
        max_position_embeddings=2048,
        tie_word_embeddings=shape.is_tied,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
        dtype=shape.dtype,
    )
    torch.manual_seed(seed)
    torch.set_default_dtype(getattr(torch, shape.dtype))
    with torch.device(device):
        model: Any = LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    model.save_pretrained(folder)
    _tokenizer(shape.vocabulary).save_pretrained(folder)
    return folder


def save_adapter(folder: Path, base: Path, seed: int) -> Path:
    """Write a LoRA adapter of rank 8 on all projections; return its folder."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model: Any = AutoModelForCausalLM.from_pretrained(base)
    adapted = get_peft_model(model, LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * SPREAD)
    adapted.save_pretrained(str(folder))
    return folder


def write_task(folder: Path, kind: str, items: int, *, is_graded: bool = False) -> Path:
    """Write a task and its items; return its YAML. Where it is graded, an item is worth the right choice's share.

    `long_prefix` has 154 shared tokens and 4 choices of 14, `letters` choices of one letter, and `letters_shots` the
    same after 600 shared tokens.
    """
    source = random.Random(kind)
    documents = [_document(source, kind) for _ in range(items)]
    data = folder / f"{kind}.jsonl"
    data.write_text("".join(f"{json.dumps(one)}\n" for one in documents), "utf-8")
    settings = {
        "task": f"grove_{kind}",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "description": f"{_words(source, SHARED[kind])} " if kind in SHARED else "",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "choices",
        "doc_to_target": "{{label}}",
        "target_delimiter": " ",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": 1.0},
    }
    path = folder / f"grove_{kind}.yaml"
    text = yaml.safe_dump(settings, sort_keys=False)
    if is_graded:
        (folder / "grove_shares.py").write_text(SHARES, "utf-8")
        text += "process_results: !function grove_shares.share\n"
    path.write_text(text, "utf-8")
    return path


def _document(source: random.Random, kind: str) -> dict[str, object]:
    question = _words(source, source.randint(40, 160))
    if kind.startswith("letters"):
        return {"question": question, "choices": list(LETTERS), "label": source.randrange(4)}
    choices = [_words(source, source.randint(8, 20)) for _ in range(4)]
    return {"question": question, "choices": choices, "label": source.randrange(4)}


def _words(source: random.Random, count: int) -> str:
    return " ".join(f"w{source.randrange(4000)}" for _ in range(count))


def _tokenizer(vocabulary: int) -> Any:  # noqa: ANN401 -- a class of transformers
    """Return a tokenizer with one token per word, as many as the model has rows."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = ["</s>", "<unk>", *LETTERS, *(f"w{number}" for number in range(vocabulary - 2 - len(LETTERS)))]
    inner = Tokenizer(models.WordLevel(vocab={name: number for number, name in enumerate(names)}, unk_token=names[1]))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    given = {"eos_token": names[0], "unk_token": names[1]}
    return PreTrainedTokenizerFast(tokenizer_object=inner, **given)  # type: ignore[no-untyped-call] # not typed there
