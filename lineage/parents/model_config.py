"""How a model is built, as `config.json` or the Hub's `gguf` key says it: sizes, vocabulary, and the path it came from.

The texts are untrusted: nothing here raises, and a value of the wrong type or an impossible size counts as absent.
Older configurations name the same sizes in other words (GPT-2's `n_embd`, T5's `d_model`), and models of several parts
keep those of the language model one level down.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.parents.declared_ids import TEXT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST: Final = 10**15
_UNSOUND: Final = re.compile("[\0\ud800-\udfff]")
_LANGUAGE_PARTS: Final = ("text_config", "llm_config", "language_config", "decoder")
_HIDDEN: Final = ("hidden_size", "n_embd", "d_model", "dim", "model_dim")
_LAYERS: Final = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers")
_HEADS: Final = ("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads")
_VOCABULARY: Final = ("vocab_size", "padded_vocab_size")
_QUANTIZATION: Final = ("quant_method", "quantization_method", "method")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """How a model is built; None for what is not said.

    `architecture` is the class that loads it (`LlamaForCausalLM`), `model_type` its family (`llama`), `quantization`
    the method that reduced its weights, `parameters` their number, `name_or_path` what it was loaded from when it was
    saved, as written: a Hub id or a local path, often its own.
    """

    architecture: str | None = None
    model_type: str | None = None
    hidden_size: int | None = None
    layers: int | None = None
    heads: int | None = None
    vocabulary: int | None = None
    rope_theta: float | None = None
    quantization: str | None = None
    parameters: int | None = None
    name_or_path: str | None = None


def read_config(text: str) -> ModelShape:
    """Return what a `config.json` says of a model; an empty shape if it is no JSON object."""
    config = _load(text)
    parts = (config, *(part for name in _LANGUAGE_PARTS if isinstance(part := config.get(name), dict)))
    return ModelShape(
        architecture=_first_text(config.get("architectures")),
        model_type=_text(config.get("model_type")),
        hidden_size=_number(parts, _HIDDEN),
        layers=_number(parts, _LAYERS),
        heads=_number(parts, _HEADS),
        vocabulary=_number(parts, _VOCABULARY),
        rope_theta=_rope_theta(parts),
        quantization=_quantization(config.get("quantization_config")),
        name_or_path=_text(config.get("_name_or_path")),
    )


def read_gguf_facts(text: str) -> ModelShape:
    """Return what the Hub's `gguf` key says of a model, given as JSON; an empty shape if it is no object."""
    facts = _load(text)
    return ModelShape(model_type=_text(facts.get("architecture")), parameters=_number((facts,), ("total",)))


def _load(text: str) -> dict[str, object]:
    try:
        value = json.loads(text, parse_int=_bounded)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _bounded(digits: str) -> int | float:
    return int(digits) if len(digits) <= len(str(_LARGEST)) else math.inf


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return _UNSOUND.sub("\N{REPLACEMENT CHARACTER}", value[:TEXT_LIMIT]).strip() or None


def _first_text(value: object) -> str | None:
    values = value if isinstance(value, list) else [value]
    return next((text for item in values[:1] if (text := _text(item))), None)


def _number(parts: tuple[Mapping[str, object], ...], names: tuple[str, ...]) -> int | None:
    for part in parts:
        for name in names:
            value = part.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST:
                return value
    return None


def _rope_theta(parts: tuple[Mapping[str, object], ...]) -> float | None:
    for part in parts:
        places = (part, part.get("rope_parameters"))
        for value in (place.get("rope_theta") for place in places if isinstance(place, dict)):
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST:
                return float(value)
    return None


def _quantization(config: object) -> str | None:
    if not isinstance(config, dict) or not config:
        return None
    method = next((text for name in _QUANTIZATION if (text := _text(config.get(name)))), None)
    if method is None and (config.get("load_in_4bit") is True or config.get("load_in_8bit") is True):
        return "bitsandbytes"
    return method or "unnamed"
