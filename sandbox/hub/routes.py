"""Which address means what, and which quota it draws on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.hub import datasets as server_datasets
from sandbox.hub import files as server_files
from sandbox.hub import models as server_models
from sandbox.hub import responses as answers
from sandbox.hub.listing import list_models
from sandbox.hub.request import RepoTarget

if TYPE_CHECKING:
    from sandbox.hub.rate_limit import Bucket
    from sandbox.hub.request import HubRequest
    from sandbox.hub.responses import HubResponse

_VERBS = ("revision", "tree", "paths-info")
_FIXED = {
    "api/datasets": server_datasets.list_datasets,
    "api/models": list_models,
    "api/models-tags-by-type": server_models.show_tags,
    "api/whoami-v2": server_models.show_caller,
    "models-json": server_models.show_search_page,
}


def bucket_of(segments: tuple[str, ...]) -> tuple[Bucket, int]:
    """Give the bucket that a path draws on, and how much it draws.

    The small-file cache counts as a second resolver request: the Hub's own count is not documented, and this is the
    stricter guess. What stands for the CDN costs nothing.
    """
    match segments:
        case ("sandbox-cdn", *_):
            return "resolvers", 0
        case ("api", "resolve-cache", *_) | (_, "resolve", _, *_) | (_, _, "resolve", _, *_):
            return "resolvers", 1
        case ("api", *_):
            return "api", 1
    return "pages", 1


def dispatch(call: HubRequest) -> HubResponse:
    """Answer a call. Raises RefusalError."""
    is_post = call.method == "POST"
    if is_post != _is_paths_info(call.segments) or call.method not in ("GET", "HEAD", "POST"):
        raise answers.refuse(405, "Method Not Allowed")
    fixed = _FIXED.get("/".join(call.segments))
    return _by_path(call) if fixed is None else fixed(call)


def _by_path(call: HubRequest) -> HubResponse:
    match call.segments:
        case ("api", "models", *rest) if rest and all(rest[:2]):
            return _model(call, rest)
        case ("api", "datasets", *dataset, "leaderboard") if 0 < len(dataset) <= 2:  # noqa: PLR2004 -- an id's parts
            return server_datasets.show_leaderboard(call, "/".join(dataset))
        case ("api", "resolve-cache", "models", *rest):
            return _bytes(call, "/api/resolve-cache/models/", rest)
        case ("sandbox-cdn", "models", *rest):
            return _bytes(call, "/sandbox-cdn/models/", rest)
        case (name, "resolve", revision, *path) if path:
            return _resolve(call, name, revision, path)
        case (namespace, name, "resolve", revision, *path) if path:
            return _resolve(call, f"{namespace}/{name}", revision, path)
    raise answers.no_page()


def _is_paths_info(segments: tuple[str, ...]) -> bool:
    return segments[:2] == ("api", "models") and "paths-info" in segments[3:5]


def _model(call: HubRequest, rest: list[str]) -> HubResponse:
    """Give a path below `/api/models/`: `[NAMESPACE/]NAME`, then nothing or a verb with a revision."""
    for length in (2, 1):
        if len(rest) > length + 1 and rest[length] in _VERBS:
            break
    else:
        if len(rest) > 2:  # noqa: PLR2004 -- namespace and name
            raise answers.no_page()
        return server_models.show_model(call, RepoTarget(repo_id="/".join(rest), head="/api/models/"))
    verb, revision, path = rest[length], rest[length + 1], "/".join(rest[length + 2 :])
    tail = "".join(f"/{part}" for part in call.raw_path.split("/")[3 + length :])
    target = RepoTarget(repo_id="/".join(rest[:length]), head="/api/models/", tail=tail)
    if verb == "tree":
        return server_files.list_tree(call, target, revision, path)
    if verb == "paths-info":
        return server_files.show_paths(call, target, revision)
    if path:
        raise answers.no_page()
    return server_models.show_model(call, target, revision)


def _resolve(call: HubRequest, repo_id: str, revision: str, path: list[str]) -> HubResponse:
    tail = "".join(f"/{part}" for part in call.raw_path.split("/")[2 + repo_id.count("/") :])
    target = RepoTarget(repo_id=repo_id, head="/", tail=tail)
    return server_files.resolve(call, target, revision, "/".join(path))


def _bytes(call: HubRequest, head: str, rest: list[str]) -> HubResponse:
    """Give a file below a store: `[NAMESPACE/]NAME/SHA/PATH`, read as the longer id where that exists."""
    read = server_files.read_cached if "resolve-cache" in head else server_files.read_large
    for length in (2, 1):
        repo_id = "/".join(rest[:length])
        if len(rest) > length + 1 and call.repo_store.find(repo_id) is not None:
            tail = "".join(f"/{quote(part)}" for part in rest[length:])
            return read(
                call, RepoTarget(repo_id=repo_id, head=head, tail=tail), rest[length], "/".join(rest[length + 1 :])
            )
    raise answers.no_repository(call.identity)
