"""Records that break readers who trust their form: each is sound except for one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.catalogue.recipes import finetune

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Draft

_MAPLE = "maple-research/maple-1b-instruct"
NESTING = 900
LONG_TEXT_BYTES = 200_000
_METRIC = {"type": "accuracy", "value": 0.61}
_RESULT: dict[str, object] = {"task": {"type": "text-generation"}, "metrics": [_METRIC]}
_DATASET = {"type": "squad", "name": "squad"}


def _nest(levels: int) -> list[object]:
    """Return nested lists, `levels` deep."""
    nested: list[object] = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested


# Keys of the record that replace the sound ones.
_RECORDS: dict[str, dict[str, object]] = {
    "eval_result_without_task_id": {
        "evalResults": [
            {
                "filename": ".eval_results/sums.yaml",
                "verified": False,
                "data": {"dataset": {"id": "kestrelworks/sums"}, "value": 0.4},
            }
        ]
    },
    "eval_result_with_error": {"evalResults": [{"filename": ".eval_results/bad.yaml", "error": "not a list"}]},
    "eval_results_of_text": {"evalResults": "soon"},
    "safetensors_without_parameters": {"safetensors": {"total": 1_100_000_000}},
    "safetensors_of_text": {"safetensors": "yes"},
    "tags_of_number": {"tags": 5},
    "tags_of_null": {"tags": None},
    "tags_of_everything": {"tags": [1, None, {"a": 1}, ["x"], "", "text-generation"]},
    "card_of_text": {"cardData": "license: mit"},
    "card_of_list": {"cardData": ["license", "mit"]},
    "card_of_null": {"cardData": None},
    "unknown_transformers_info": {"transformersInfo": {"auto_model": "AutoModel", "moon_phase": "waxing"}},
    "date_without_z": {"lastModified": "2026-10-01T10:00:00+00:00"},
    "date_of_words": {"lastModified": "yesterday"},
    "date_of_number": {"lastModified": 1_790_000_000},
    "siblings_of_null": {"siblings": None},
    "siblings_without_names": {"siblings": [{"size": 7}, "README.md", None]},
    "gated_of_text": {"gated": "perhaps"},
    "downloads_of_text": {"downloads": "1,024", "likes": None},
    "downloads_negative": {"downloads": -1},
    "downloads_beyond_64_bits": {"downloads": 2**70, "downloadsAllTime": 12.5},
    "config_of_list": {"config": []},
    "base_models_of_ids": {"baseModels": [_MAPLE]},
    "base_models_without_models": {"baseModels": {"relation": "finetune"}},
    "children_of_number": {"childrenModelCount": 7},
    "author_of_null": {"author": None},
    "library_of_list": {"library_name": ["transformers", "peft"], "pipeline_tag": {"task": "text-generation"}},
}
# Keys of the card, which the record repeats.
_CARDS: dict[str, dict[str, object]] = {
    "model_index_source_without_url": {
        "model-index": [{"name": "m", "results": [{**_RESULT, "dataset": _DATASET, "source": {"name": "a board"}}]}]
    },
    "model_index_without_dataset": {"model-index": [{"name": "m", "results": [_RESULT]}]},
    "model_index_of_text": {"model-index": "see paper"},
    "card_key_self": {"self": 1},
    "card_key_ignore_metadata_errors": {"ignore_metadata_errors": "perhaps"},
    "card_tags_of_number": {"tags": 5},
    "card_license_of_list": {"license": ["mit", None, 3]},
    "card_language_of_false": {"language": False},
    "card_datasets_of_dict": {"datasets": {"train": "squad"}},
    "card_deeply_nested": {"widget": _nest(NESTING)},
    "card_of_200_kilobytes": {"extra_gated_prompt": "Read this twice. " * (LONG_TEXT_BYTES // 17 + 1)},
    "lone_surrogate": {"model_name": "half an emoji \ud83d here", "tags": ["\udc00tail"]},
    "nul_character": {"model_name": "a\x00b", "tags": ["nul\x00tag"]},
}


def malformed_records(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return one fine-tune for every malformed record; its parent is properly declared if the card allows."""
    base = bases[_MAPLE]
    card: dict[str, object] = {"base_model": _MAPLE, "license": "mit"}
    records = [
        finetune(
            f"nettlebed/record-{slug.replace('_', '-')}",
            base,
            card=dict(card),
            overrides=overrides,
            evidence="card" if slug.startswith("base_models_") else "hub",
            oddity=slug,
        )
        for slug, overrides in _RECORDS.items()
    ]
    cards = [
        finetune(f"nettlebed/record-{slug.replace('_', '-')}", base, card={**card, **extra}, oddity=slug)
        for slug, extra in _CARDS.items()
    ]
    return [*records, *cards, _sound_results(base)]


def _sound_results(base: Draft) -> Draft:
    index = [{"name": "m", "results": [{**_RESULT, "dataset": _DATASET, "source": {"url": "https://example.org"}}]}]
    result = {
        "filename": ".eval_results/sums.yaml",
        "verified": True,
        "data": {"dataset": {"id": "kestrelworks/sums", "task_id": "sums"}, "value": 0.9, "date": "2026-05-02"},
    }
    return finetune(
        "nettlebed/record-with-results",
        base,
        card={"base_model": _MAPLE, "license": "mit", "model-index": index},
        overrides={"evalResults": [result]},
        oddity="sound_results",
    )
