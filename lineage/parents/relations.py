"""How a derivative was made from its parents: the four relations of the Hub, and which declaration decides.

The Hub publishes no rules for the relation it infers, and some of its inferences are known to be wrong (an ONNX copy
inside a fine-tune makes it "quantized"), so the relation of an edge is decided here, with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lineage.text.words import split_chunks
from lineage.vocabulary import Relation

Reason: TypeAlias = Literal[
    "hub", "card", "typed tag", "several parents", "merge tag", "adapter sign", "quantization sign", "default"
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
_ADAPTER_TAGS: Final = frozenset(
    {"adapter", "adapters", "adapter-transformers", "dora", "lora", "peft", "qlora", "lycoris", "loha"}
)
_ADAPTER_FILES: Final = frozenset(
    {
        "adapter_config.json",
        "adapter_model.bin",
        "adapter_model.safetensors",
        "pytorch_lora_weights.safetensors",
        "pytorch_lora_weights.bin",
    }
)
_QUANTIZATION_TAGS: Final = frozenset(
    {
        "4-bit",
        "8-bit",
        "aqlm",
        "awq",
        "bitsandbytes",
        "bnb",
        "compressed-tensors",
        "eetq",
        "exl2",
        "exl3",
        "fp8",
        "ggml",
        "gguf",
        "gptq",
        "hqq",
        "quantized",
    }
)
_QUANTIZATION_CHUNKS: Final = frozenset(
    {
        *("aqlm", "awq", "bnb", "eetq", "exl2", "exl3", "fp8", "ggml", "gguf", "gptq", "hqq", "nf4", "nvfp4"),
        *("2bit", "3bit", "4bit", "5bit", "6bit", "8bit", "int4", "int8", "w4a16", "w8a8", "w8a16"),
        *("q2", "q3", "q4", "q5", "q6", "q8"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationFacts:
    """What a record says about how the model was made, besides its declarations; by default, nothing.

    `parents` counts distinct parents without the model itself; `tags` and `files` are as the Hub gives them.
    """

    name: str = ""
    parents: int = 1
    tags: Sequence[str] = ()
    library: str | None = None
    files: Sequence[str] = ()
    peft_config: bool = False
    quantization_config: bool = False


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
    relations); then the signs. A list of one parent is not a merge, and ONNX files alone are not a quantization. With
    one parent, signs of an adapter or a quantization override a `merge` tag: a quantized copy repeats the tags of the
    merge.
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
    chunks = set(split_chunks(facts.name.rpartition("/")[2]))
    if facts.parents > 1:
        return Relation.MERGE, "several parents"
    quantized = (
        facts.quantization_config
        or bool(tags & _QUANTIZATION_TAGS)
        or bool(chunks & _QUANTIZATION_CHUNKS)
        or library == "gguf"
    )
    files = {path.rpartition("/")[2] for path in facts.files}
    if facts.peft_config or library == "peft" or tags & _ADAPTER_TAGS or files & _ADAPTER_FILES:
        return Relation.ADAPTER, "adapter sign"
    if quantized:
        return Relation.QUANTIZED, "quantization sign"
    if tags & {"merge", "mergekit"}:
        return Relation.MERGE, "merge tag"
    return Relation.FINETUNE, "default"
