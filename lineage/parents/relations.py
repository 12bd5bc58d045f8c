"""How a derivative was made from its parents: the four relations of the Hub, and which declaration decides.

The Hub publishes no rules for the relation it infers, and some of its inferences are known to be wrong (an ONNX copy
inside a fine-tune makes it "quantized"), so the relation of an edge is decided here, with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from lineage.parents.hub_tags import PARTIAL, TRAINERS
from lineage.parents.repo_names import ADAPTER_WORDS, FORMATS, Copy, Words, split_name, strip_copy
from lineage.text.words import split_chunks
from lineage.vocabulary import Relation

Reason: TypeAlias = Literal[
    "hub",
    "card",
    "typed tag",
    "several parents",
    "merge tag",
    "adapter sign",
    "quantization sign",
    "training sign",
    "default",
]


_SPELLINGS: Final = {
    "finetune": Relation.FINETUNE,
    "finetuned": Relation.FINETUNE,
    "finetuning": Relation.FINETUNE,
    "adapter": Relation.ADAPTER,
    "adapted": Relation.ADAPTER,
    "lora": Relation.ADAPTER,
    "quantized": Relation.QUANTIZED,
    "quantised": Relation.QUANTIZED,
    "quantization": Relation.QUANTIZED,
    "quantisation": Relation.QUANTIZED,
    "quantize": Relation.QUANTIZED,
    "quant": Relation.QUANTIZED,
    "merge": Relation.MERGE,
    "merged": Relation.MERGE,
}
_ADAPTER_TAGS: Final = PARTIAL | {
    *("adapter", "adapters", "adapter-transformers", "dora", "lora", "peft", "qlora", "lycoris", "loha"),
}
_ADAPTER_FILES: Final = frozenset(
    {
        "adapter_config.json",
        "adapter_model.bin",
        "adapter_model.safetensors",
        "pytorch_lora_weights.safetensors",
        "pytorch_lora_weights.bin",
    }
)
_FORMAT_TAGS: Final = frozenset({"aqlm", "awq", "exl2", "exl3", "ggml", "gguf", "gptq", "hqq"})
"""Formats that hold fewer bits; a repository with one of them holds files to run, not to train."""
_QUANTIZATION_TAGS: Final = _FORMAT_TAGS | {
    *("4-bit", "8-bit", "bitsandbytes", "bnb", "compressed-tensors", "deepsparse", "eetq", "fp8", "llamafile"),
    *("mlc-llm", "quantized"),
}
_QUANTIZATION_LIBRARIES: Final = frozenset({"gguf", "mlc-llm"})
_QUANTIZATION_CHUNKS: Final = frozenset(
    {
        *("aqlm", "awq", "bnb", "eetq", "exl2", "exl3", "fp8", "ggml", "gguf", "gptq", "hqq", "nf4", "nvfp4"),
        *("2bit", "3bit", "4bit", "5bit", "6bit", "8bit", "int4", "int8", "w4a16", "w8a8", "w8a16"),
        *("llamafile", "q2", "q3", "q4", "q5", "q6", "q8", "quant", "quantized", "quanto", "smashed"),
    }
)
_MLC: Final = re.compile(r"q[0-8]f(?:16|32)|mlc")
_Q_SUFFIX: Final = re.compile(r"[-_.]i?q[2-8][-_](?:[01]|k|x*[sm]|nl)(?:[-_][sml])?$", re.IGNORECASE)
"""The end of a name in which llama.cpp's name of a format stands alone: `-q4_k_m`."""
_FULL_BITS: Final = re.compile(r"(?:16|32)[-_]?bits?", re.IGNORECASE)
_OWN_FILES: Final = frozenset({"ggml", "gguf"})
"""Formats whose files often lie beside the weights that they were made from."""
_WEIGHT_TAGS: Final = frozenset({"pytorch", "safetensors"})
_FORMAT_WORDS: Final = frozenset({"aqlm", "awq", "exl", "ggml", "gguf", "gptq", "hqq"})
MERGE_TAGS: Final = frozenset({"merge", "mergekit"})
SIGN_TAGS: Final = _ADAPTER_TAGS | _QUANTIZATION_TAGS | MERGE_TAGS | {"diffusers"}
"""Lower-case tags, one of which a record has if tags decide its relation."""
SIGN_LIBRARIES: Final = _QUANTIZATION_LIBRARIES | {"peft"}
SIGN_PATTERN: Final = "|".join(("q[0-8]", *sorted(FORMATS | ADAPTER_WORDS | _QUANTIZATION_CHUNKS | {"mlc"})))
"""A regular expression, of RE2 too, that a lower-case id matches if its name decides the relation."""
_COPIES: Final[tuple[Copy, ...]] = ("quantization", "adapter", "conversion")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationFacts:
    """What a record says about how the model was made, besides its declarations; by default, nothing.

    `parents` counts distinct parents without the model itself, and `parent` is the id of the only one; `tags` and
    `files` are as the Hub gives them.
    """

    name: str = ""
    parents: int = 1
    parent: str = ""
    tags: Sequence[str] = ()
    library: str | None = None
    files: Sequence[str] = ()
    peft_config: bool = False
    quantization_config: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """What a name says of the files: the kind of `copy` that it ends in, a known format at its end, `merged` there."""

    copy: Copy | None
    is_quantized: bool
    is_format: bool
    is_merged: bool


def read_relation(value: object) -> Relation | None:
    """Read a relation as people write it (any case, plural, hyphen, spelling); None if it is not a known relation."""
    if not isinstance(value, str):
        return None
    word = "".join(character for character in value.lower() if character.isalpha())
    return _SPELLINGS.get(word) or _SPELLINGS.get(word.removesuffix("s"))


def decide_relation(
    declared: Relation | None, hub: Relation | None, typed_tags: Sequence[Relation], facts: RelationFacts
) -> tuple[Relation, Reason]:
    """Decide the relation of a model to its parents, and return it with the reason.

    An explicit relation on the card (`base_model_relation`) overrides the Hub's (`baseModels.relation`), which repeats
    it or was inferred; then comes a typed tag (`base_model:adapter:X`; if tags differ, the last in the order of
    relations); then the signs.

    A list of one parent is not a merge, and ONNX files alone are not a quantization. A quantized copy repeats the tags
    and the parents of a merge, and the tags of an adapter or a trainer, so what its name ends in goes before them. A
    model that trainers tagged and that is not named as a copy was trained, whatever format it was stored in; so was a
    model under its own name whose parent is quantized already.
    """
    if declared is not None:
        return declared, "card"
    if hub is not None:
        return hub, "hub"
    if typed_tags:
        return max(typed_tags, key=lambda relation: relation.order), "typed tag"
    return _infer_relation(facts)


def _infer_relation(facts: RelationFacts) -> tuple[Relation, Reason]:
    tags = {tag.lower() for tag in facts.tags}
    library = (facts.library or "").lower()
    name = _read_name(facts.name)
    if facts.parents > 1:
        is_copy = name.is_quantized or library in _QUANTIZATION_LIBRARIES or _holds_only_copies(tags)
        return (Relation.QUANTIZED, "quantization sign") if is_copy else (Relation.MERGE, "several parents")
    is_adapter = facts.peft_config or not _ADAPTER_FILES.isdisjoint(path.rpartition("/")[2] for path in facts.files)
    is_trained = not TRAINERS.isdisjoint(tags)
    from_quantized = _read_name(facts.parent).is_quantized and (
        is_trained or not is_same_name(facts.name, facts.parent)
    )
    if name.is_format and not is_adapter and not from_quantized:
        return Relation.QUANTIZED, "quantization sign"
    if is_adapter or library == "peft" or tags & _ADAPTER_TAGS or _is_part(name, tags):
        return Relation.ADAPTER, "adapter sign"
    if (
        facts.quantization_config
        or library in _QUANTIZATION_LIBRARIES
        or tags & _QUANTIZATION_TAGS
        or name.is_quantized
    ):
        is_finetune = from_quantized or (is_trained and name.copy != "quantization")
        return (Relation.FINETUNE, "training sign") if is_finetune else (Relation.QUANTIZED, "quantization sign")
    if tags & MERGE_TAGS:
        return Relation.MERGE, "merge tag"
    return Relation.FINETUNE, "default"


@lru_cache(maxsize=1 << 14)
def _read_name(name: str) -> _Name:
    last = _FULL_BITS.sub("", name.rpartition("/")[2])
    words = split_name(last)
    forms = list(strip_copy(words))
    copies = {form.copy for form in forms}
    ending = set(words[len(forms[-1].words) :]) if forms else set()
    copy: Copy | None = next((kind for kind in _COPIES if kind in copies), None)
    if _Q_SUFFIX.search(last):
        copy = "quantization"
    chunks = split_chunks(last)
    return _Name(
        copy=copy,
        is_quantized=copy == "quantization"
        or not _QUANTIZATION_CHUNKS.isdisjoint(chunks)
        or any(_MLC.fullmatch(chunk) for chunk in chunks),
        is_format=bool(ending & _FORMAT_WORDS) and not ending & ADAPTER_WORDS,
        is_merged="merged" in ending,
    )


def is_same_name(child: str, parent: str) -> bool:
    """Return whether two names are the same but for suffixes of copies, `hf`, and the parent's maker in front."""
    maker = split_name(parent.partition("/")[0])
    theirs = _forms(parent)
    return not _forms(child).isdisjoint(theirs | {(*maker, *words) for words in theirs})


def _forms(name: str) -> set[Words]:
    words = split_name(name)
    forms = {words} | {stripped.words for stripped in strip_copy(words)}
    return forms | {form[:-1] for form in forms if form[-1:] == ("hf",)}


def _is_part(name: _Name, tags: set[str]) -> bool:
    """Return whether a repository holds a part of a model, as far as names and the absence of a whole model show."""
    if {"autotrain", "diffusers"} <= tags and not any(tag.startswith("diffusers:") for tag in tags):
        return True
    is_whole = name.is_merged or "autotrain_compatible" in tags or not tags.isdisjoint(_FORMAT_TAGS)
    return name.copy == "adapter" and not is_whole


def _holds_only_copies(tags: set[str]) -> bool:
    """Return whether the files of a repository are quantized, and none of them are the weights before that."""
    formats = tags & _FORMAT_TAGS
    return bool(formats - _OWN_FILES) or (bool(formats) and tags.isdisjoint(_WEIGHT_TAGS))
