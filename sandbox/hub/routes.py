"""Which handler each address has, and which quota it counts against."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.hub import files as server_files
from sandbox.hub import models as server_models
from sandbox.hub import responses
from sandbox.hub.dataset_routes import answer_on_datasets
from sandbox.hub.listing import list_models
from sandbox.hub.request import RepoTarget

if TYPE_CHECKING:
    from sandbox.hub.rate_limit import Bucket
    from sandbox.hub.request import HubRequest
    from sandbox.hub.responses import HubResponse

_VERBS = ("revision", "tree", "paths-info")
_FIXED = {
    "api/models": list_models,
    "api/models-tags-by-type": server_models.show_tags,
    "api/whoami-v2": server_models.show_caller,
    "models-json": server_models.show_search_page,
}


def bucket_of(segments: tuple[str, ...]) -> tuple[Bucket, int]:
    """Return the bucket that a path counts against, and how much.

    The small-file cache counts as a second resolver request: the Hub does not document its count, and this is the
    stricter guess. The stand-in for the CDN costs nothing.
    """
    match segments:
        case ("sandbox-cdn" | "sandbox-lfs", *_):
            return "resolvers", 0
        case ("datasets", _, _, "resolve", _, *_):
            return "resolvers", 1
        case ("api", "resolve-cache", *_) | (_, "resolve", _, *_) | (_, _, "resolve", _, *_):
            return "resolvers", 1
        case ("api", *_):
            return "api", 1
    return "pages", 1


def dispatch(request: HubRequest) -> HubResponse:
    """Answer a request. Raises RefusalError."""
    if (answer := answer_on_datasets(request)) is not None:
        return answer
    is_post = request.method == "POST"
    if is_post != _is_paths_info(request.segments) or request.method not in ("GET", "HEAD", "POST"):
        raise responses.refuse(405, "Method Not Allowed")
    fixed = _FIXED.get("/".join(request.segments))
    return _by_path(request) if fixed is None else fixed(request)


def _by_path(request: HubRequest) -> HubResponse:
    match request.segments:
        case ("api", "models", *rest) if rest and all(rest[:2]):
            return _model(request, rest)
        case ("api", "resolve-cache", "models", *rest):
            return _bytes(request, "/api/resolve-cache/models/", rest)
        case ("sandbox-cdn", "models", *rest):
            return _bytes(request, "/sandbox-cdn/models/", rest)
        case (name, "resolve", revision, *path) if path:
            return _resolve(request, name, revision, path)
        case (namespace, name, "resolve", revision, *path) if path:
            return _resolve(request, f"{namespace}/{name}", revision, path)
    raise responses.no_page()


def _is_paths_info(segments: tuple[str, ...]) -> bool:
    return segments[:2] == ("api", "models") and "paths-info" in segments[3:5]


def _model(request: HubRequest, rest: list[str]) -> HubResponse:
    """Handle a path below `/api/models/`: `[NAMESPACE/]NAME`, then nothing or a verb with a revision."""
    for length in (2, 1):
        if len(rest) > length + 1 and rest[length] in _VERBS:
            break
    else:
        if len(rest) > 2:  # noqa: PLR2004 -- namespace and name
            raise responses.no_page()
        return server_models.show_model(request, RepoTarget(repo_id="/".join(rest), head="/api/models/"))
    verb, revision, path = rest[length], rest[length + 1], "/".join(rest[length + 2 :])
    tail = "".join(f"/{part}" for part in request.raw_path.split("/")[3 + length :])
    target = RepoTarget(repo_id="/".join(rest[:length]), head="/api/models/", tail=tail)
    if verb == "tree":
        return server_files.list_tree(request, target, revision, path)
    if verb == "paths-info":
        return server_files.show_paths(request, target, revision)
    if path:
        raise responses.no_page()
    return server_models.show_model(request, target, revision)


def _resolve(request: HubRequest, repo_id: str, revision: str, path: list[str]) -> HubResponse:
    tail = "".join(f"/{part}" for part in request.raw_path.split("/")[2 + repo_id.count("/") :])
    target = RepoTarget(repo_id=repo_id, head="/", tail=tail)
    return server_files.resolve(request, target, revision, "/".join(path))


def _bytes(request: HubRequest, head: str, rest: list[str]) -> HubResponse:
    """Handle a file below a store: `[NAMESPACE/]NAME/SHA/PATH`, read as the longer id if that exists."""
    read = server_files.read_cached if "resolve-cache" in head else server_files.read_large
    for length in (2, 1):
        repo_id = "/".join(rest[:length])
        if len(rest) > length + 1 and request.repo_store.find(repo_id) is not None:
            tail = "".join(f"/{quote(part)}" for part in rest[length:])
            return read(
                request, RepoTarget(repo_id=repo_id, head=head, tail=tail), rest[length], "/".join(rest[length + 1 :])
            )
    raise responses.no_repository(request.caller)
