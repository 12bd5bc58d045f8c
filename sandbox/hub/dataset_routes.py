"""Which handler each address about data sets has: reading them, and uploading to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.hub import datasets, files, uploads
from sandbox.hub.request import RepoTarget

if TYPE_CHECKING:
    from sandbox.hub.request import HubRequest
    from sandbox.hub.responses import HubResponse

_MOST_PARTS = 2
"""Of an id: a namespace and a name; the oldest data sets have a name alone."""


def answer_on_datasets(request: HubRequest) -> HubResponse | None:
    """Answer a request about data sets; None if it is about something else. Raises RefusalError."""
    if request.method == "PUT":
        match request.segments:
            case ("sandbox-lfs", _, _, oid):
                return uploads.receive(request, oid)
        return None
    if request.method == "POST":
        return _written(request)
    return _described(request) or _bytes(request) if request.method in ("GET", "HEAD") else None


def _written(request: HubRequest) -> HubResponse | None:
    match request.segments:
        case ("api", "repos", "create"):
            return uploads.create_repository(request)
        case ("api", "validate-yaml"):
            return uploads.validate_card(request)
        case ("api", "datasets", namespace, name, "preupload" | "commit" as verb, revision):
            write = uploads.preupload if verb == "preupload" else uploads.commit
            return write(request, f"{namespace}/{name}", revision)
        case ("datasets", namespace, name, "info", "lfs", "objects", "batch") if name.endswith(".git"):
            return uploads.offer(request, f"{namespace}/{name.removesuffix('.git')}")
        case ("sandbox-lfs", namespace, name, oid, "verify"):
            return uploads.verify(request, f"{namespace}/{name}", oid)
    return None


def _described(request: HubRequest) -> HubResponse | None:
    match request.segments:
        case ("api", "datasets"):
            return datasets.list_datasets(request)
        case ("api", "datasets", *parts, "leaderboard") if 0 < len(parts) <= _MOST_PARTS:
            return datasets.show_leaderboard(request, "/".join(parts))
        case ("api", "datasets", namespace, name):
            return datasets.show_dataset(request, _target("/api/datasets/", namespace, name), "main")
        case ("api", "datasets", namespace, name, "revision", revision):
            return datasets.show_dataset(request, _target("/api/datasets/", namespace, name), revision)
        case ("api", "datasets", namespace, name, "tree", revision, *path):
            return files.list_tree(request, _target("/api/datasets/", namespace, name), revision, "/".join(path))
    return None


def _bytes(request: HubRequest) -> HubResponse | None:
    match request.segments:
        case ("datasets", namespace, name, "resolve", revision, *path) if path:
            return files.resolve(request, _target("/datasets/", namespace, name), revision, "/".join(path))
        case ("api", "resolve-cache", "datasets", namespace, name, sha, *path):
            target = _target("/api/resolve-cache/datasets/", namespace, name)
            return files.read_cached(request, target, sha, "/".join(path))
        case ("sandbox-cdn", "datasets", namespace, name, sha, *path):
            return files.read_large(request, _target("/sandbox-cdn/datasets/", namespace, name), sha, "/".join(path))
    return None


def _target(head: str, namespace: str, name: str) -> RepoTarget:
    return RepoTarget(repo_id=f"{namespace}/{name}", head=head, kind="datasets")
