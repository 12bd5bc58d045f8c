"""Which keys of a record a response shows, in each mode of the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.hub.filters import author_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.hub.repo import File, Repo

EXPANDABLE = (
    "author",
    "baseModels",
    "cardData",
    "childrenModelCount",
    "config",
    "createdAt",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "evalResults",
    "gated",
    "gguf",
    "inference",
    "inferenceProviderMapping",
    "lastModified",
    "library_name",
    "likes",
    "mask_token",
    "model-index",
    "pipeline_tag",
    "private",
    "resourceGroup",
    "safetensors",
    "sha",
    "siblings",
    "spaces",
    "tags",
    "transformersInfo",
    "trendingScore",
    "usedStorage",
    "widgetData",
    "xetEnabled",
)
_LISTED = (
    "_id",
    "id",
    "modelId",
    "likes",
    "trendingScore",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
)
_LISTED_IN_FULL = (*_LISTED, "author", "gated", "lastModified", "sha", "siblings")
INFO_KEYS = (
    "_id",
    "id",
    "private",
    "pipeline_tag",
    "library_name",
    "tags",
    "downloads",
    "likes",
    "modelId",
    "author",
    "sha",
    "lastModified",
    "gated",
    "inference",
    "disabled",
    "mask_token",
    "widgetData",
    "model-index",
    "config",
    "cardData",
    "transformersInfo",
    "siblings",
    "spaces",
    "createdAt",
    "safetensors",
    "usedStorage",
)


def listed_keys(*, is_full: bool, with_card: bool, with_config: bool) -> tuple[str, ...]:
    """Return the keys of a listing without `expand`."""
    keys = _LISTED_IN_FULL if is_full else _LISTED
    return (*keys, *(("cardData",) if with_card else ()), *(("config",) if with_config else ()))


def expanded_keys(asked: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of a response with `expand`: these and no others."""
    return ("_id", "id", *asked)


def project(repo: Repo, keys: Iterable[str]) -> dict[str, object]:
    """Return those of the keys that the Hub knows of the repository; a missing key means that it does not know.

    If the record lacks them, `modelId`, `author` and `siblings` are derived from the repository; `private` and
    `disabled` always follow its access.
    """
    known = repo.record | {"private": repo.access == "private", "disabled": repo.access == "disabled"}
    known.setdefault("modelId", repo.id)
    if author_of(repo.id) is not None:
        known.setdefault("author", author_of(repo.id))
    if repo.files:
        known.setdefault("siblings", [{"rfilename": file.path} for file in repo.files])
    return {key: known[key] for key in keys if key in known}


def with_blobs(siblings: object, files: Iterable[File]) -> object:
    """Return the siblings with `size`, `blobId` and `lfs` (sha256, size, pointerSize), as `blobs=true` shows them."""
    if not isinstance(siblings, list):
        return siblings
    by_path = {file.path: file for file in files}
    return [_with_blob(sibling, by_path) for sibling in siblings]


def _with_blob(sibling: object, by_path: dict[str, File]) -> object:
    file = by_path.get(str(sibling.get("rfilename"))) if isinstance(sibling, dict) else None
    if file is None or not isinstance(sibling, dict):
        return sibling
    blob = sibling | {"size": file.size_bytes, "blobId": file.oid}
    if file.lfs_oid is not None:
        blob["lfs"] = {"sha256": file.lfs_oid, "size": file.size_bytes, "pointerSize": len(file.pointer)}
    return blob
