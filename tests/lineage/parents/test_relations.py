"""Relations: reading them and deciding them."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.relations import (
    SIGN_LIBRARIES,
    SIGN_PATTERN,
    SIGN_TAGS,
    Reason,
    RelationFacts,
    decide_relation,
    read_relation,
)
from lineage.parents.repo_names import ADAPTER_WORDS, FORMATS
from lineage.vocabulary import Relation


@pytest.mark.parametrize(
    ("written", "relation"),
    [
        ("finetune", Relation.FINETUNE),
        ("Fine-Tuned", Relation.FINETUNE),
        ("finetunes", Relation.FINETUNE),
        (" ADAPTER ", Relation.ADAPTER),
        ("adapters", Relation.ADAPTER),
        ("quantised", Relation.QUANTIZED),
        ("Quantizations", Relation.QUANTIZED),
        ("merges", Relation.MERGE),
        ("distilled", None),
        ("", None),
        (None, None),
        (["merge"], None),
    ],
)
def test_relations_are_read_as_people_write_them(written: object, relation: Relation | None) -> None:
    """Case, plurals, hyphens and British spelling do not matter; the unknown is None."""
    assert read_relation(written) is relation


def test_the_order_of_relations_is_fixed() -> None:
    """Finetune stands before adapter, quantized and merge."""
    order = [Relation.FINETUNE, Relation.ADAPTER, Relation.QUANTIZED, Relation.MERGE]
    assert all(left.order < right.order for left, right in pairwise(order))


def test_declarations_win_in_their_order() -> None:
    """The card goes before the Hub, the Hub before typed tags, typed tags before signs."""
    facts = RelationFacts(library="peft")
    merge, adapter, quantized = Relation.MERGE, Relation.ADAPTER, Relation.QUANTIZED
    assert decide_relation(merge, quantized, [adapter], facts) == (merge, "card")
    assert decide_relation(None, quantized, [adapter], facts) == (quantized, "hub")
    assert decide_relation(None, None, [Relation.FINETUNE, quantized], facts) == (quantized, "typed tag")
    assert decide_relation(None, None, [], facts) == (adapter, "adapter sign")


@pytest.mark.parametrize(
    ("facts", "relation", "reason"),
    [
        (RelationFacts(), Relation.FINETUNE, "default"),
        (RelationFacts(parents=2), Relation.MERGE, "several parents"),
        (RelationFacts(parents=1, tags=["merge"]), Relation.MERGE, "merge tag"),
        (RelationFacts(tags=["merge", "GGUF"]), Relation.QUANTIZED, "quantization sign"),
        (RelationFacts(tags=["lora", "4-bit"]), Relation.ADAPTER, "adapter sign"),
        (RelationFacts(library="PEFT"), Relation.ADAPTER, "adapter sign"),
        (RelationFacts(peft_config=True), Relation.ADAPTER, "adapter sign"),
        (RelationFacts(files=["README.md", "sub/adapter_config.json"]), Relation.ADAPTER, "adapter sign"),
        (RelationFacts(quantization_config=True), Relation.QUANTIZED, "quantization sign"),
        (RelationFacts(name="maple/Base-7B-AWQ"), Relation.QUANTIZED, "quantization sign"),
        (RelationFacts(name="maple/base_exl2-4.0bpw"), Relation.QUANTIZED, "quantization sign"),
        (RelationFacts(name="gguf/base"), Relation.FINETUNE, "default"),
        (RelationFacts(tags=["onnx"], library="onnx", files=["model.onnx"]), Relation.FINETUNE, "default"),
        (RelationFacts(name="maple/gptqa-model"), Relation.FINETUNE, "default"),
        (RelationFacts(name="maple/base-merged-16bit"), Relation.FINETUNE, "default"),
    ],
)
def test_signs_decide_where_nothing_is_declared(facts: RelationFacts, relation: Relation, reason: Reason) -> None:
    """Each sign leads to its relation; ONNX alone, one parent alone and look-alike names lead to none."""
    assert decide_relation(None, None, [], facts) == (relation, reason)


@pytest.mark.parametrize(
    "facts",
    [
        RelationFacts(tags=["diffusers", "textual_inversion", "diffusers:StableDiffusionPipeline"]),
        RelationFacts(tags=["diffusers", "custom-diffusion"]),
        RelationFacts(tags=["diffusers", "controlnet"]),
        RelationFacts(tags=["diffusers", "template:sd-lora"]),
        RelationFacts(tags=["diffusers", "autotrain"]),
        RelationFacts(name="maple/notes-lora", tags=["unsloth", "trl"]),
    ],
)
def test_what_runs_only_on_top_of_its_base_is_an_adapter(facts: RelationFacts) -> None:
    """Learned words, networks beside an image model, and a name that ends in `lora` without a whole model."""
    assert decide_relation(None, None, [], facts) == (Relation.ADAPTER, "adapter sign")


@pytest.mark.parametrize(
    "facts",
    [
        RelationFacts(tags=["diffusers", "autotrain", "diffusers:StableDiffusionXLPipeline"]),
        RelationFacts(name="maple/notes-lora", tags=["autotrain_compatible"]),
        RelationFacts(name="maple/notes-lora-merged"),
    ],
)
def test_a_whole_model_is_no_adapter(facts: RelationFacts) -> None:
    """A whole pipeline, a model with its own configuration, and an adapter that was merged into its base."""
    assert decide_relation(None, None, [], facts) == (Relation.FINETUNE, "default")


@pytest.mark.parametrize(
    "facts",
    [
        RelationFacts(name="maple/base-q4f16_1-MLC", library="mlc-llm"),
        RelationFacts(name="maple/mlc-q4f16-base"),
        RelationFacts(name="maple/base-pruned50-quant-ds", tags=["onnx", "deepsparse"]),
        RelationFacts(name="maple/base.llamafile"),
        RelationFacts(name="elm/maple-base-QUANTO-int4bit-smashed"),
        RelationFacts(name="elm/base-GGUF", tags=["gguf", "peft", "generated_from_trainer"], library="peft"),
        RelationFacts(name="elm/base-q4_k_m", tags=["gguf", "sft"]),
        RelationFacts(name="elm/base-bnb-4bit-GGUF", tags=["gguf"], parent="maple/base-bnb-4bit"),
        RelationFacts(name="elm/maple-base-AWQ", tags=["awq"], parent="maple/base-4bit"),
    ],
)
def test_a_copy_with_fewer_bits_is_quantized_whatever_tags_it_repeats(facts: RelationFacts) -> None:
    """The end of the name says what was made; the tags of adapters and trainers came with the card."""
    assert decide_relation(None, None, [], facts) == (Relation.QUANTIZED, "quantization sign")


@pytest.mark.parametrize(
    "facts",
    [
        RelationFacts(name="elm/ward-notes", tags=["unsloth", "4-bit"], parent="maple/base-bnb-4bit"),
        RelationFacts(name="elm/ward-notes-GGUF", tags=["gguf"], parent="maple/base-bnb-4bit"),
        RelationFacts(name="elm/base-bnb-4bit", tags=["4-bit", "trl"], parent="maple/base-bnb-4bit"),
        RelationFacts(name="elm/ward-notes", tags=["generated_from_trainer", "8-bit"], parent="maple/base"),
        RelationFacts(name="elm/2020-Q2-filtered", tags=["generated_from_trainer"], parent="maple/base"),
    ],
)
def test_a_model_trained_from_a_base_is_a_finetune_in_whatever_format_it_lies(facts: RelationFacts) -> None:
    """What was trained from a quantized base, or stored with fewer bits after training, is no mere quantization."""
    assert decide_relation(None, None, [], facts) == (Relation.FINETUNE, "training sign")


@pytest.mark.parametrize(
    ("facts", "relation"),
    [
        (RelationFacts(parents=3, name="elm/maple-mix-GGUF", tags=["merge", "gguf", "safetensors"]), "quantized"),
        (RelationFacts(parents=3, name="elm/maple-mix", tags=["merge", "exl2", "safetensors"]), "quantized"),
        (RelationFacts(parents=3, name="elm/maple-mix", tags=["merge", "gguf"]), "quantized"),
        (RelationFacts(parents=3, name="elm/maple-mix-4.0bpw", tags=["merge"]), "quantized"),
        (RelationFacts(parents=3, name="elm/maple-mix", tags=["merge", "gguf", "safetensors"]), "merge"),
        (RelationFacts(parents=3, name="elm/maple-mix", tags=["merge", "4-bit", "bitsandbytes"]), "merge"),
    ],
)
def test_a_quantized_file_with_several_parents_is_no_merge(facts: RelationFacts, relation: str) -> None:
    """It repeats what the merge declares; a merge that only offers a GGUF file beside its weights stays one."""
    assert decide_relation(None, None, [], facts)[0] == relation


NAME_PIECES = st.sampled_from(
    [
        *(
            "base",
            "llama",
            "7b",
            "16bit",
            "32-bits",
            "merged",
            "instruct",
            "q4_k_m",
            "iq3_xs",
            "q4f16_1",
            "mlc",
            "fp16",
        ),
        *sorted(FORMATS),
        *sorted(ADAPTER_WORDS),
    ]
) | st.text("abQ489é-_.", max_size=4)


@given(
    st.lists(NAME_PIECES, max_size=5),
    st.sampled_from(["", "-", "_", "."]),
    st.lists(st.sampled_from(["merge", "GGUF", "LoRA", "autotrain", "diffusers", "trl", "4-bit"]), max_size=3),
    st.sampled_from([None, "PEFT", "gguf", "transformers"]),
    st.sampled_from(["maple/base", "maple/base-GPTQ"]),
)
def test_what_shows_no_sign_has_the_default_relation(
    pieces: list[str], glue: str, tags: list[str], library: str | None, parent: str
) -> None:
    """A child of one parent without any of the signs that the store looks for is a fine-tune by default."""
    name = f"maple/{glue.join(pieces)}"
    shows_sign = (
        re.search(SIGN_PATTERN, name.lower())
        or not SIGN_TAGS.isdisjoint(tag.lower() for tag in tags)
        or (library or "").lower() in SIGN_LIBRARIES
    )
    facts = RelationFacts(name=name, parent=parent, tags=tags, library=library)
    if not shows_sign:
        assert decide_relation(None, None, (), facts) == (Relation.FINETUNE, "default")
