"""Which keys of a record to request from the Hub, and what to request instead if it refuses some.

The combination was never seen refused or accepted as a whole, and sources disagree on whether lists accept `baseModels`
and `childrenModelCount`; so every level has a fallback, and a response records which keys were requested.
"""

from __future__ import annotations

from typing import Literal

Expand = Literal["full", "without_lineage", "minimal", "none"]

_LINEAGE = frozenset({"baseModels", "childrenModelCount"})
_FULL = (
    *("author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled", "downloads"),
    *("downloadsAllTime", "evalResults", "gated", "lastModified", "library_name", "likes", "pipeline_tag", "private"),
    *("safetensors", "sha", "tags", "trendingScore", "usedStorage"),
)
_MINIMAL = (
    *("author", "cardData", "createdAt", "downloads", "gated", "lastModified", "library_name", "likes", "pipeline_tag"),
    *("private", "sha", "tags"),
)
_UNASKED = frozenset(
    (
        *("_id", "author", "cardData", "createdAt", "downloads", "gated", "id", "lastModified", "library_name"),
        *("likes", "modelId", "pipeline_tag", "private", "sha", "siblings", "tags", "trendingScore"),
    )
)
"""The keys of `full=true&cardData=true`, which names none."""

_KEYS: dict[Expand, tuple[str, ...]] = {
    "full": _FULL,
    "without_lineage": tuple(key for key in _FULL if key not in _LINEAGE),
    "minimal": _MINIMAL,
    "none": (),
}
_NEXT: dict[Expand, Expand | None] = {
    "full": "without_lineage",
    "without_lineage": "minimal",
    "minimal": "none",
    "none": None,
}


def expand_params(expand: Expand) -> tuple[tuple[str, str], ...]:
    """Return the query of a level."""
    if expand == "none":
        return (("full", "true"), ("cardData", "true"))
    return tuple(("expand", key) for key in _KEYS[expand])


def asked_keys(expand: Expand) -> frozenset[str]:
    """Return the keys that a record may have at a level: one that is absent all the same is unknown to the Hub."""
    return frozenset({"_id", "id", *_KEYS[expand]}) if expand != "none" else _UNASKED


def less_than(expand: Expand) -> Expand | None:
    """Return the level to fall back to, or None if there is none."""
    return _NEXT[expand]
