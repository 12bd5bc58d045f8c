"""What the Hub derives from a push: identity, dates, tags, resolved parents, counts of children and usage."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.catalogue.draft import RELATIONS
from sandbox.catalogue.file_hashes import config_of, files_of
from sandbox.hub.repo import Repo, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.catalogue.draft import Draft, Relation
    from sandbox.hub.repo import File

START = datetime(2022, 3, 10, tzinfo=UTC)
END = datetime(2026, 11, 20, tzinfo=UTC)
_XET_SINCE = datetime(2025, 5, 23, tzinfo=UTC)
_REPO_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FORMAT_TAGS = {
    "safetensors": ("safetensors",),
    "onnx": ("onnx", "safetensors"),
    "gguf": ("gguf",),
    "adapter": ("safetensors",),
    "awq": ("safetensors", "4-bit", "awq"),
    "gptq": ("safetensors", "4-bit", "gptq"),
    "bitsandbytes": ("safetensors", "4-bit", "bitsandbytes"),
    "none": (),
}
_QUANTIZED_WEIGHTS = frozenset({"gguf", "awq", "gptq", "bitsandbytes", "onnx"})


def publish(drafts: Sequence[Draft], seed: int) -> tuple[Repo, ...]:
    """Return the drafts as the Hub shows them, oldest first in the order of `_id`.

    Parents must precede their children in `drafts`, so that their dates are known; a draft's own date is kept.
    """
    dated = _dated(drafts, seed)
    object_ids = {draft.id: object_id(draft, seed) for draft in dated}
    here = _addresses(dated)
    bases = {draft.id: _base_models(draft, here, object_ids) for draft in dated}
    counts = _children(dated, bases)
    repos = [_repo(draft, seed, object_ids[draft.id], bases[draft.id], counts) for draft in dated]
    return tuple(sorted(repos, key=lambda repo: str(repo.record["_id"])))


def object_id(draft: Draft, seed: int) -> str:
    """Return 24 hex digits of which the first 8 are `created_at` in seconds."""
    created_at = draft.created_at or START
    return f"{int(created_at.timestamp()):08x}" + hashlib.sha256(f"{seed}:{draft.id}".encode()).hexdigest()[:16]


def hub_relation(draft: Draft) -> Relation:
    """Return the relation that the Hub states: the declared one, else by weights, tags and number of bases."""
    declared = (draft.card or {}).get("base_model_relation")
    if draft.hub_relation is not None:
        return draft.hub_relation
    for relation in RELATIONS:
        if declared == relation:
            return relation
    if draft.weights == "adapter":
        return "adapter"
    if draft.weights in _QUANTIZED_WEIGHTS:
        return "quantized"
    return "merge" if len(declared_ids(draft)) > 1 or "merge" in _strings(draft, "tags") else "finetune"


def declared_ids(draft: Draft) -> list[str]:
    """Return the values of `base_model` that look like ids, as written."""
    return [value for value in _strings(draft, "base_model") if _REPO_ID.fullmatch(value)]


def _dated(drafts: Sequence[Draft], seed: int) -> list[Draft]:
    dates: dict[str, datetime] = {}
    dated = []
    for draft in drafts:
        created_at = draft.created_at
        if created_at is None:
            after = max((dates[parent] for parent, _ in draft.parents if parent in dates), default=START)
            share = Random(f"{seed}:date:{draft.id}").uniform(0.01, 0.98)
            seconds = int((END - after).total_seconds() * share)
            created_at = after + timedelta(seconds=max(seconds, 60))
        dates[draft.id] = created_at
        dated.append(replace(draft, created_at=created_at))
    return dated


def _addresses(drafts: Iterable[Draft]) -> dict[str, str]:
    """Map every id and former id that the Hub resolves for everybody to the current id."""
    addresses: dict[str, str] = {}
    for draft in drafts:
        if draft.access != "private":
            addresses.update(dict.fromkeys((draft.id, *draft.former_ids), draft.id))
    return addresses


def _base_models(draft: Draft, here: Mapping[str, str], object_ids: Mapping[str, str]) -> dict[str, object] | None:
    if not draft.linked:
        return None
    ids = dict.fromkeys(here[declared] for declared in declared_ids(draft) if declared in here)
    if not ids:
        return None
    return {"relation": hub_relation(draft), "models": [{"_id": object_ids[each], "id": each} for each in ids]}


def _children(drafts: Iterable[Draft], bases: Mapping[str, dict[str, object] | None]) -> Counter[tuple[str, Relation]]:
    counts: Counter[tuple[str, Relation]] = Counter()
    for draft in drafts:
        found = bases[draft.id]
        if found is None or draft.access != "public":
            continue
        models = found["models"]
        if isinstance(models, list):
            counts.update((model["id"], hub_relation(draft)) for model in models)
    return counts


def _repo(
    draft: Draft,
    seed: int,
    identity: str,
    bases: dict[str, object] | None,
    counts: Counter[tuple[str, Relation]],
) -> Repo:
    files = files_of(draft)
    record: dict[str, object] = {"_id": identity, "id": draft.id}
    record |= _usage(draft, seed, sum(counts[draft.id, each] for each in RELATIONS))
    record |= _content(draft, files)
    record["baseModels"] = bases
    record["childrenModelCount"] = {each: counts[draft.id, each] for each in RELATIONS}
    record |= draft.overrides
    for key in draft.omitted:
        record.pop(key, None)
    return Repo(record=record, files=files, access=draft.access, former_ids=draft.former_ids)


def _usage(draft: Draft, seed: int, children: int) -> dict[str, object]:
    chance = Random(f"{seed}:{draft.id}")
    created_at = draft.created_at or START
    changed_at = created_at + timedelta(seconds=int((END - created_at).total_seconds() * chance.random() ** 4))
    downloads = min(int(chance.paretovariate(0.75) * (10 + 400 * children)) - 10, 40_000_000)
    likes = int(downloads**0.5 * chance.uniform(0, 0.4))
    return {
        "modelId": draft.id,
        "author": draft.author,
        "createdAt": timestamp(created_at),
        "lastModified": timestamp(changed_at),
        "sha": hashlib.sha1(f"{seed}:{draft.id}".encode(), usedforsecurity=False).hexdigest(),
        "private": draft.access == "private",
        "disabled": draft.access == "disabled",
        "gated": draft.gate,
        "downloads": downloads,
        "downloadsAllTime": int(downloads * chance.uniform(1, 30)),
        "likes": likes,
        "trendingScore": int(likes * chance.uniform(0, 0.1)),
        "spaces": [],
        "xetEnabled": changed_at >= _XET_SINCE,
    }


def _content(draft: Draft, files: Sequence[File]) -> dict[str, object]:
    content: dict[str, object] = {
        "tags": _tags(draft),
        "siblings": [{"rfilename": file.path} for file in files],
        "config": config_of(draft),
        "usedStorage": sum(file.size_bytes for file in files if file.lfs_oid is not None),
    }
    if draft.card is not None:
        content["cardData"] = draft.card
        content |= {key: draft.card[key] for key in ("model-index",) if key in draft.card}
    content |= {
        key: value for key, value in (("library_name", draft.library), ("pipeline_tag", draft.pipeline)) if value
    }
    if draft.weights == "gguf":
        content["gguf"] = {"total": draft.parameters, "architecture": draft.architecture, "context_length": 8192}
    elif draft.weights != "none":
        total = draft.parameters // 100 if draft.weights == "adapter" else draft.parameters
        content["safetensors"] = {"parameters": {"BF16": total}, "total": total}
    if draft.library == "transformers" and draft.pipeline == "text-generation":
        content["transformersInfo"] = {
            "auto_model": "AutoModelForCausalLM",
            "pipeline_tag": "text-generation",
            "processor": "AutoTokenizer",
        }
    if draft.pipeline == "fill-mask":
        content |= {"mask_token": "[MASK]", "widgetData": [{"text": "The river runs to the [MASK]."}]}
    return content


def _tags(draft: Draft) -> list[str]:
    ids = declared_ids(draft)
    relation = hub_relation(draft)
    architecture = (draft.architecture,) if draft.library == "transformers" and draft.weights != "adapter" else ()
    return list(
        dict.fromkeys(
            (
                *((draft.library,) if draft.library else ()),
                *_FORMAT_TAGS[draft.weights],
                *architecture,
                *((draft.pipeline,) if draft.pipeline else ()),
                *_strings(draft, "tags"),
                *(code for code in _strings(draft, "language") if _LANGUAGE.fullmatch(code)),
                *(f"dataset:{each}" for each in _strings(draft, "datasets")),
                *(f"arxiv:{each}" for each in re.findall(r"arxiv\.org/abs/(\d{4}\.\d{4,5})", draft.body)),
                *(f"base_model:{each}" for each in ids),
                *(f"base_model:{relation}:{each}" for each in ids),
                *(f"license:{each}" for each in _strings(draft, "license")),
                "region:us",
            )
        )
    )


def _strings(draft: Draft, key: str) -> list[str]:
    value = (draft.card or {}).get(key)
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
