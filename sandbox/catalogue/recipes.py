"""How a model is made from others: one function per relation, each returning a draft that declares its parents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.catalogue.draft import Draft
from sandbox.catalogue.file_hashes import mergekit_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.catalogue.draft import Weights

_QUANTIZATION_TAGS: dict[Weights, list[str]] = {
    "gguf": ["gguf", "quantized"],
    "awq": ["awq", "4-bit precision"],
    "gptq": ["gptq", "4-bit precision"],
    "bitsandbytes": ["bitsandbytes", "4-bit precision"],
}


def finetune(model: str, parent: Draft, **changes: Any) -> Draft:  # noqa: ANN401 - fields of Draft, checked by replace
    """Return a fine-tune of `parent` with its size and kind; `changes` are fields of Draft."""
    draft = Draft(
        id=model,
        card={"license": "apache-2.0", "base_model": parent.id},
        body=f"# {model.rsplit('/', 1)[-1]}\n\nThis model is a fine-tuned version of "
        f"[{parent.id}](https://huggingface.co/{parent.id}).\n",
        pipeline=parent.pipeline,
        library="transformers" if parent.library == "peft" else parent.library,
        architecture=parent.architecture,
        parameters=parent.parameters,
        parents=((parent.id, "finetune"),),
        evidence="hub",
    )
    return replace(draft, **changes)


def adapter(model: str, parent: Draft, **changes: Any) -> Draft:  # noqa: ANN401 - fields of Draft, checked by replace
    """Return a low-rank adapter for `parent`, as peft writes it."""
    draft = finetune(
        model,
        parent,
        body=f"# {model.rsplit('/', 1)[-1]}\n\nA LoRA adapter.\n",
        library="peft" if parent.library != "diffusers" else "diffusers",
        weights="adapter",
        parents=((parent.id, "adapter"),),
        peft_base=parent.id if parent.library != "diffusers" else None,
    )
    return replace(draft, **changes)


def quantization(model: str, parent: Draft, weights: Weights, **changes: Any) -> Draft:  # noqa: ANN401 - as above
    """Return a quantized copy of `parent` in one of the formats gguf, awq, gptq and bitsandbytes."""
    draft = finetune(
        model,
        parent,
        card={"base_model": parent.id, "license": "apache-2.0", "tags": list(_QUANTIZATION_TAGS[weights])},
        body=f"# {model.rsplit('/', 1)[-1]}\n\nQuantized files of {parent.id}.\n",
        weights=weights,
        parents=((parent.id, "quantized"),),
    )
    draft = replace(draft, library="gguf") if weights == "gguf" else draft
    return replace(draft, **changes)


def merge(model: str, parents: Sequence[Draft], **changes: Any) -> Draft:  # noqa: ANN401 - as above
    """Return a merge of two or more parents, with the mergekit_config.yml that made it."""
    ids = [parent.id for parent in parents]
    draft = finetune(
        model,
        parents[0],
        card={"base_model": ids, "tags": ["mergekit", "merge"], "license": "apache-2.0"},
        body=f"# {model.rsplit('/', 1)[-1]}\n\nA merge of pre-trained language models made with mergekit.\n",
        files=(("mergekit_config.yml", mergekit_config(ids)),),
        parents=tuple((each, "merge") for each in ids),
    )
    return replace(draft, **changes)
