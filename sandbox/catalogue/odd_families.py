"""Models in odd families: deep, merged, renamed, circular, copied, with missing parents or wrong relations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.catalogue.file_hashes import mergekit_config
from sandbox.catalogue.recipes import adapter, finetune, merge, quantization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Domain, Draft

MAPLE = "maple-research/maple-7b-instruct"
HERON = "orchard/heron-9b-it"
KELP = "tidewater-ai/kelp-3b"
CHAIN_LENGTH = 12
_INGREDIENTS: dict[int, tuple[str, Domain]] = {
    3: ("clinical", "medical"),
    8: ("statutes", "legal"),
    15: ("finance", "financial"),
}
_MERGE_SIZES = (2, 3, 5, 8, 20)


def odd_kin(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return every model of an odd family, parents before children as far as such an order exists."""
    return [
        *_chain(bases),
        *_merges(bases),
        *_renamed(bases),
        *_legacy(bases),
        *_away(bases),
        *_behind_a_gate(bases),
        *_circular(bases),
        *_intermediate(bases),
        *_versions(bases),
        *_wrong_relations(bases),
    ]


def _chain(bases: Mapping[str, Draft]) -> list[Draft]:
    links: list[Draft] = []
    parent = bases[KELP]
    for number in range(1, CHAIN_LENGTH + 1):
        parent = finetune(f"valewood/terrace-{number:02d}", parent, oddity="deep_chain")
        if number == CHAIN_LENGTH // 2:
            parent = replace(
                parent,
                card={**(parent.card or {}), "datasets": ["openlifescienceai/medmcqa"], "tags": ["medical"]},
                own=frozenset({"medical"}),
                signals=frozenset({"dataset", "tag"}),
            )
        links.append(parent)
    return links


def _merges(bases: Mapping[str, Draft]) -> list[Draft]:
    ingredients = []
    for number in range(1, max(_MERGE_SIZES) + 1):
        stem = f"quillfeather/ingredient-{number:02d}"
        draft = finetune(stem, bases[MAPLE], oddity="merge_ingredient")
        if number in _INGREDIENTS:
            token, domain = _INGREDIENTS[number]
            draft = replace(draft, id=f"{stem}-{token}", own=frozenset({domain}), signals=frozenset({"name"}))
        ingredients.append(draft)
    merges = [
        merge(f"quillfeather/mosaic-of-{size}", ingredients[:size], oddity=f"merge_of_{size}") for size in _MERGE_SIZES
    ]
    pair = [ingredients[0].id, ingredients[1].id]
    silent = merge(
        "quillfeather/mosaic-unsigned",
        ingredients[:2],
        card={"tags": ["mergekit", "merge"]},
        files=(("mergekit_config.yml", mergekit_config(pair)),),
        evidence="mergekit",
        oddity="undeclared_merge",
    )
    return [*ingredients, *merges, silent]


def _renamed(bases: Mapping[str, Draft]) -> list[Draft]:
    once = finetune("orchard/heron-talk", bases[HERON], former_ids=("orchard/heron-speak",), oddity="renamed")
    often = finetune(
        "rowan-institute/brook-13b",
        bases["maple-research/maple-13b"],
        former_ids=("stonebridge-ml/brook", "stonebridge-ml/brook-v2", "rowan-institute/brook"),
        oddity="renamed_often",
    )
    old_name = {"base_model": "orchard/heron-speak"}
    oldest_name = {"base_model": "stonebridge-ml/brook", "license": "mit"}
    return [
        once,
        often,
        finetune("yarrow-nlp/speaks-of-old", once, card=old_name, oddity="renamed_parent"),
        finetune(
            "yarrow-nlp/speaks-alone",
            once,
            card=old_name,
            linked=False,
            evidence="card",
            oddity="renamed_parent_unlinked",
        ),
        adapter("yarrow-nlp/brook-bend-lora", often, card=oldest_name, oddity="parent_renamed_often"),
        finetune(
            "yarrow-nlp/was-i",
            once,
            card={"base_model": "yarrow-nlp/who-was-i"},
            former_ids=("yarrow-nlp/who-was-i",),
            parents=(),
            evidence=None,
            oddity="self_reference_by_old_name",
        ),
    ]


def _legacy(bases: Mapping[str, Draft]) -> list[Draft]:
    maple, cedar = bases["maple-research/maple-base"], bases["cedar-lab/cedar-base-uncased"]
    bare: dict[str, object] = {"base_model": "maple-base", "license": "apache-2.0", "language": "en"}
    return [
        finetune("jonas-feld/maple-base-tweets", maple, card=bare, oddity="legacy_name"),
        finetune("tessa-moor/maple-base-letters", maple, card=bare, oddity="legacy_name"),
        finetune("idris-vale/cedar-forum", cedar, card={"base_model": ["cedar-base-uncased"]}, oddity="legacy_name"),
        finetune(
            "idris-vale/maple-base-forum",
            maple,
            card=bare,
            linked=False,
            evidence="card",
            oddity="legacy_name_unlinked",
        ),
        finetune(
            "idris-vale/shouting-7b",
            bases["maple-research/maple-7b"],
            card={"base_model": "Maple-Research/MAPLE-7B"},
            linked=False,
            evidence="card",
            oddity="wrong_case",
        ),
    ]


def _away(bases: Mapping[str, Draft]) -> list[Draft]:
    gone = replace(bases[MAPLE], id="harrowgate-ml/vanished-7b")
    private = finetune("birchgrove/inhouse-7b", bases[MAPLE], access="private", oddity="private")
    disabled = finetune("thornfield/withdrawn-7b", bases[MAPLE], access="disabled", oddity="disabled")
    return [
        private,
        disabled,
        finetune("inkwell-nlp/orphan-7b", gone, evidence="card", oddity="deleted_parent"),
        quantization("halfbyte-labs/vanished-7b-GGUF", gone, "gguf", evidence="card", oddity="deleted_parent"),
        merge("inkwell-nlp/half-orphan-7b", [bases[MAPLE], gone], evidence="card", oddity="partly_deleted_parents"),
        finetune("birchgrove/outpost-7b", private, evidence="card", oddity="private_parent"),
        finetune("thornfield/remnant-7b", disabled, oddity="disabled_parent"),
    ]


def _behind_a_gate(bases: Mapping[str, Draft]) -> list[Draft]:
    prompt: dict[str, object] = {"base_model": KELP, "extra_gated_prompt": "Tell us who you are.\nThen wait."}
    auto = finetune("copperleaf/sluice-3b", bases[KELP], card=prompt, gate="auto", oddity="gated_auto")
    manual = finetune("copperleaf/lock-3b", bases[KELP], card=prompt, gate="manual", oddity="gated_manual")
    return [
        auto,
        manual,
        adapter("millrace/sluice-lora", auto, oddity="gated_parent"),
        quantization("quantmill/lock-3b-AWQ", manual, "awq", oddity="gated_parent"),
    ]


def _circular(bases: Mapping[str, Draft]) -> list[Draft]:
    root = bases[MAPLE]
    narcissus = finetune(
        "wychwood/narcissus-7b",
        root,
        card={"base_model": "wychwood/narcissus-7b"},
        parents=(),
        evidence=None,
        oddity="self_reference",
    )
    rings = {
        "two_cycle": ("wychwood/castor", "wychwood/pollux"),
        "three_cycle": ("underhill-labs/ring-a", "underhill-labs/ring-b", "underhill-labs/ring-c"),
    }
    circles = [
        finetune(child, replace(root, id=parent), oddity=oddity)
        for oddity, ring in rings.items()
        for child, parent in zip(ring, (*ring[1:], ring[0]), strict=True)
    ]
    return [narcissus, *circles]


def _intermediate(bases: Mapping[str, Draft]) -> list[Draft]:
    maple = bases[MAPLE]
    lone = quantization(
        "smallwire/slate-8b-bnb-4bit",
        maple,
        "bitsandbytes",
        card={"license": "mit"},
        body="# slate-8b in four bits\n",
        parents=(),
        evidence=None,
        oddity="four_bit_base",
    )
    copy = quantization("smallwire/maple-7b-instruct-bnb-4bit", maple, "bitsandbytes", oddity="quantized_intermediate")
    return [
        lone,
        copy,
        adapter("mina-okafor-ml/slate-8b-lora", lone, oddity="adapter_of_four_bit_base"),
        adapter("mina-okafor-ml/maple-short-lora", copy, oddity="adapter_of_quantized"),
        adapter("mina-okafor-ml/maple-two-minds-lora", maple, peft_base=copy.id, oddity="conflicting_evidence"),
        finetune(
            "zephyrine/maple-1b-mirror",
            bases["maple-research/maple-1b-instruct"],
            card={"license": "apache-2.0"},
            body="# A model of mine\n",
            evidence="weights",
            twin="maple-research/maple-1b-instruct",
            oddity="exact_copy",
        ),
    ]


def _versions(bases: Mapping[str, Draft]) -> list[Draft]:
    first, second, third = (f"rowan-institute/pebble-v{number}" for number in (1, 2, 3))
    card: dict[str, object] = {"base_model": HERON, "license": "apache-2.0"}
    return [
        finetune(first, bases[HERON], card={**card, "new_version": second}, oddity="new_version"),
        finetune(second, bases[HERON], card={**card, "new_version": third}, oddity="new_version"),
        finetune(third, bases[HERON], card={**card, "new_version": first}, oddity="new_version_backwards"),
    ]


def _wrong_relations(bases: Mapping[str, Draft]) -> list[Draft]:
    encoder, heron = bases["maple-research/maple-base"], bases[HERON]
    said: dict[str, object] = {"base_model": encoder.id, "base_model_relation": "finetune"}
    return [
        finetune("eastholm/maple-base-zero-shot", encoder, weights="onnx", oddity="onnx_of_a_finetune"),
        finetune(
            "eastholm/maple-base-reranker",
            encoder,
            card=said,
            weights="onnx",
            hub_relation="quantized",
            oddity="relation_contradicted",
        ),
        finetune(
            "halfbyte-labs/heron-9b-it-exl2",
            heron,
            weights="none",
            parents=((heron.id, "quantized"),),
            oddity="weights_in_branches",
        ),
        finetune(
            "eastholm/heron-pupil",
            heron,
            card={"base_model": heron.id, "base_model_relation": "distilled"},
            oddity="unknown_relation",
        ),
        finetune(
            "eastholm/heron-heir",
            heron,
            card={"finetuned_from": heron.id},
            evidence="card",
            oddity="finetuned_from",
        ),
    ]
