"""The Hub's responses about one model, the catalogue's tags, the website's search page and the caller."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.hub import responses
from sandbox.hub.expand import INFO_KEYS, expanded_keys, project, with_blobs
from sandbox.hub.listing import asked_criteria, asked_keys
from sandbox.hub.repo import Repo
from sandbox.hub.request import whole_number
from sandbox.hub.sorting import SortOrder

if TYPE_CHECKING:
    from sandbox.hub.repo_store import FilterVocabulary
    from sandbox.hub.request import HubRequest, RepoTarget
    from sandbox.hub.responses import HubResponse

_ITEMS_PER_PAGE = 30
_PAGE_SORTS = {
    "trending": "trendingScore",
    "created": "createdAt",
    "modified": "lastModified",
    "downloads": "downloads",
    "likes": "likes",
}
_PAGE_KEYS = ("id", "author", "downloads", "gated", "lastModified", "likes", "pipeline_tag", "private")
_LONGEST_LANGUAGE = 3
_TAG_PREFIXES = ("dataset", "license", "region")
_UNLISTED = ("arxiv", "base_model")


def show_model(request: HubRequest, target: RepoTarget, revision: str = "main") -> HubResponse:
    """Return one model at a revision with its default keys or those of `expand`.

    `blobs` and `securityStatus` add theirs.
    """
    keys = asked_keys(request)
    repo = request.version(request.repository(target), revision)
    record = project(repo, INFO_KEYS if keys is None else expanded_keys(keys))
    if request.is_on("blobs") and "siblings" in record:
        record["siblings"] = with_blobs(record["siblings"], repo.files)
    if request.is_on("securityStatus"):
        record["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": []}
    return responses.shown(record, **{"X-Repo-Commit": repo.sha})


def show_search_page(request: HubRequest) -> HubResponse:
    """Return `/models-json`: 30 models of page `p` (from 0) and, only here, how many there are in all."""
    sort = request.parameter("sort") or "trending"
    at = whole_number(request.parameter("p") or "0")
    if sort not in _PAGE_SORTS or at is None:
        raise responses.bad_request("Invalid sort or page parameter")
    criteria = asked_criteria(request, SortOrder(sort=_PAGE_SORTS[sort]))
    items, _ = request.repo_store.page(criteria, skip=at * _ITEMS_PER_PAGE, limit=_ITEMS_PER_PAGE)
    models = [project(_opened(item), _PAGE_KEYS) | {"repoType": "model"} for item in items]
    total = request.repo_store.count(criteria)
    return responses.shown(
        {"models": models, "numItemsPerPage": _ITEMS_PER_PAGE, "numTotalItems": total, "pageIndex": at}
    )


def show_tags(request: HubRequest) -> HubResponse:
    """Return `/api/models-tags-by-type`: public tags as `{type: [{id, label, type}]}`; `type` selects one type."""
    kinds: dict[str, list[dict[str, str]]] = {}
    words = request.repo_store.vocabulary()
    for tag in sorted(words.labels):
        kind = _kind(tag, words)
        if kind is not None:
            label = tag.partition(":")[2] or tag
            kinds.setdefault(kind, []).append({"id": tag, "label": label, "type": kind})
    asked = request.parameter("type")
    return responses.shown(kinds if asked is None else {asked: kinds.get(asked, [])})


def show_caller(request: HubRequest) -> HubResponse:
    """Return `/api/whoami-v2`: whose token it is. Raises RefusalError for anonymous callers."""
    if not request.caller.is_signed_in:
        raise responses.refuse(401, "Invalid username or password.")
    name = request.caller.name
    return responses.shown(
        {
            "type": "user",
            "id": f"{name:x<24}",
            "name": name,
            "fullname": name,
            "isPro": request.caller.plan == "pro",
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": {"displayName": name, "role": "read"}},
        }
    )


def _kind(tag: str, words: FilterVocabulary) -> str | None:
    prefix, colon, _ = tag.partition(":")
    if colon and prefix in _UNLISTED:
        return None
    if colon:
        return prefix if prefix in _TAG_PREFIXES else "other"
    if tag in words.tasks:
        return "pipeline_tag"
    if tag in words.libraries:
        return "library"
    return "language" if len(tag) <= _LONGEST_LANGUAGE and tag.isalpha() and tag.islower() else "other"


def _opened(item: Repo | bytes) -> Repo:
    return item if isinstance(item, Repo) else Repo(record=json.loads(item))
