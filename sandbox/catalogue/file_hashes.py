"""The files of a repository, with the hashes that git and the large file store give them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.catalogue.cards import render_readme
from sandbox.catalogue.gguf import render_head
from sandbox.hub.repo import File

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.catalogue.draft import Draft

ARCHITECTURES = {
    "llama": "LlamaForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "bert": "BertForMaskedLM",
    "whisper": "WhisperForConditionalGeneration",
}
_QUANTIZATIONS: dict[str, dict[str, object]] = {
    "awq": {"bits": 4, "quant_method": "awq"},
    "gptq": {"bits": 4, "quant_method": "gptq"},
    "bitsandbytes": {"load_in_4bit": True, "quant_method": "bitsandbytes"},
}
_SMALL = 1_000_000_000
_GGUF_BITS = (("Q4_K_M", 4), ("Q8_0", 8))
_ATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n*.gguf filter=lfs diff=lfs merge=lfs -text\n"


def blob_oid(content: bytes) -> str:
    """Return git's sha1 of a blob with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def small_file(path: str, content: bytes) -> File:
    """Return an ordinary file with its content."""
    return File(path=path, size_bytes=len(content), oid=blob_oid(content), content=content)


def pointer(path: str, size_bytes: int, seed: str, head: bytes = b"") -> File:
    """Return a large file as its pointer and perhaps its first bytes; equal seeds and sizes give equal bytes."""
    lfs_oid = hashlib.sha256(f"{seed}:{size_bytes}".encode()).hexdigest()
    file = File(path=path, size_bytes=size_bytes, oid="", lfs_oid=lfs_oid, head=head)
    return replace(file, oid=blob_oid(file.pointer))


def config_of(draft: Draft) -> dict[str, object]:
    """Return the part of config.json and adapter_config.json that the Hub shows as `config`; `{}` without either."""
    if draft.weights == "adapter":
        base = draft.peft_base
        return {"peft": {"base_model_name_or_path": base, "task_type": "CAUSAL_LM"}} if base is not None else {}
    if draft.library != "transformers" or draft.weights in {"gguf", "none"}:
        return {}
    config: dict[str, object] = {"model_type": draft.architecture, "tokenizer_config": {"eos_token": "</s>"}}
    if draft.architecture in ARCHITECTURES:
        config["architectures"] = [ARCHITECTURES[draft.architecture]]
    if draft.weights in _QUANTIZATIONS:
        config["quantization_config"] = dict(_QUANTIZATIONS[draft.weights])
    return config


def files_of(draft: Draft) -> tuple[File, ...]:
    """Return every file of the repository, sorted by path; a path in `draft.files` replaces an equal one."""
    contents = {".gitattributes": _ATTRIBUTES}
    readme = render_readme(draft)
    if readme is not None:
        contents["README.md"] = readme
    config = config_of(draft)
    if draft.weights == "adapter" and draft.peft_base is not None:
        contents["adapter_config.json"] = _adapter_config(draft.peft_base)
    elif config:
        told = {key: value for key, value in config.items() if key != "tokenizer_config"}
        path = {} if draft.loaded_from is None else {"_name_or_path": draft.loaded_from}
        contents["config.json"] = _json(path | told | _sizes(draft))
    contents.update(draft.files)
    files = [small_file(path, content) for path, content in contents.items()]
    return tuple(sorted((*files, *_weights(draft)), key=lambda file: file.path))


def mergekit_config(parents: Sequence[str]) -> bytes:
    """Return a mergekit_config.yml that merges these parents with equal weights."""
    share = round(1 / len(parents), 4)
    models = "".join(f"  - model: {parent}\n    parameters:\n      weight: {share}\n" for parent in parents)
    return f"models:\n{models}merge_method: linear\ndtype: bfloat16\n".encode()


def _sizes(draft: Draft) -> dict[str, object]:
    """Return the sizes in a configuration: equal for models of one architecture and number of weights."""
    layers = 12 if draft.parameters < _SMALL else 32
    heads = max(1, round((draft.parameters / layers / 12) ** 0.5 / 64))
    vocabulary = 32_000 if draft.architecture == "llama" else 150_000
    return {
        "hidden_size": heads * 64,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "vocab_size": vocabulary,
    }


def _weights(draft: Draft) -> list[File]:
    seed = draft.twin or draft.id
    if draft.weights == "none":
        return []
    if draft.weights == "adapter":
        return [pointer("adapter_model.safetensors", draft.parameters // 50, seed)]
    if draft.weights == "gguf":
        head = render_head(draft)
        return [
            pointer(f"{draft.name}.{label}.gguf", draft.parameters * bits // 8, seed, head)
            for label, bits in _GGUF_BITS
        ]
    if draft.weights == "onnx":
        onnx = pointer("onnx/model.onnx", draft.parameters * 4, seed)
        return [onnx, pointer("model.safetensors", draft.parameters * 2, seed)]
    factor = 0.5 if draft.weights in _QUANTIZATIONS else 2
    return [pointer("model.safetensors", int(draft.parameters * factor), seed)]


def _adapter_config(base: str) -> bytes:
    return _json(
        {
            "base_model_name_or_path": base,
            "peft_type": "LORA",
            "r": 16,
            "lora_alpha": 32,
            "target_modules": ["q_proj", "v_proj"],
            "task_type": "CAUSAL_LM",
        }
    )


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, indent=2).encode()
