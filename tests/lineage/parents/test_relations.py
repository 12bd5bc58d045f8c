"""Relations: reading them and deciding them."""

from itertools import pairwise

import pytest

from lineage.parents.relations import Reason, RelationFacts, decide_relation, read_relation
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
    ],
)
def test_signs_decide_where_nothing_is_declared(facts: RelationFacts, relation: Relation, reason: Reason) -> None:
    """Each sign leads to its relation; ONNX alone, one parent alone and look-alike names lead to none."""
    assert decide_relation(None, None, [], facts) == (relation, reason)
