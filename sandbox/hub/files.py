"""The Hub's responses about files: the tree in pages, single paths, and the redirects from a name to the bytes."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode

from sandbox.hub import git_tree as gittree
from sandbox.hub import responses
from sandbox.hub.git_tree import Directory
from sandbox.hub.request import whole_number
from sandbox.hub.responses import HubResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.hub.repo import File, Repo
    from sandbox.hub.request import HubRequest, RepoTarget

_LARGEST_TREE_PAGE = 1000
_LARGEST_EXPANDED_PAGE = 50
_MOST_PATHS = 2000
_LARGEST_HEAD_BYTES = 1 << 20
_OPEN_FILE = "README.md"
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_COMMIT_DIGITS = 40


def list_tree(request: HubRequest, target: RepoTarget, revision: str, path: str) -> HubResponse:
    """Return one page of what lies directly below a path, or with `recursive` at any depth; in git's order."""
    repo = request.version(request.repository(target), revision)
    directory = gittree.descend(gittree.grow_tree(repo.files), path)
    if not isinstance(directory, Directory):
        raise responses.no_entry(path, revision)
    nodes = list(gittree.walk(directory) if request.is_on("recursive") else directory.children)
    is_expanded = request.is_on("expand")
    largest = _LARGEST_EXPANDED_PAGE if is_expanded else _LARGEST_TREE_PAGE
    asked = whole_number(request.parameter("limit") or str(largest))
    if not asked:
        raise responses.bad_request('"limit" must be a whole number from 1')
    size = min(asked, largest)
    start = _start(nodes, request.parameter("cursor"))
    shown = nodes[start : start + size]
    headers = {"X-Repo-Commit": repo.sha}
    if len(nodes) > start + size:
        headers["Link"] = _next_link(request, _tree_cursor(shown[-1].path, directory.oid))
    return responses.shown([_entry(node, repo, is_expanded=is_expanded) for node in shown], **headers)


def show_paths(request: HubRequest, target: RepoTarget, revision: str) -> HubResponse:
    """Return the entries of the given paths (`paths` of a form or JSON body, at most 2000), without missing ones."""
    repo = request.version(request.repository(target), revision)
    paths, is_expanded = _asked_paths(request)
    if len(paths) > _MOST_PATHS:
        raise responses.bad_request(f'"paths" must contain at most {_MOST_PATHS} items')
    root = gittree.grow_tree(repo.files)
    found = [node for node in (gittree.descend(root, path) for path in paths) if node is not None and node.path]
    return responses.shown([_entry(node, repo, is_expanded=is_expanded) for node in found])


def resolve(request: HubRequest, target: RepoTarget, revision: str, path: str) -> HubResponse:
    """Redirect to the bytes of a file: a relative 307 for a small one, 302 with X-Linked headers for a large one."""
    repo = request.version(request.repository(target), revision)
    file = _file(repo, path, revision)
    _check_gate(request, repo, path)
    place = f"{quote(repo.id)}/{repo.sha}/{quote(path)}"
    if file.lfs_oid is None and file.content is not None:
        etag = f'"{file.oid}"'
        location = f"/api/resolve-cache/{repo.kind}/{place}?{urlencode({request.raw_path: '', 'etag': etag})}"
        headers = {"Location": location, "X-Repo-Commit": repo.sha, "ETag": etag, "Vary": "Origin, Accept"}
        body = f"Temporary Redirect. Redirecting to {location}".encode()
        return HubResponse(status=307, body=body, content_type=responses.TEXT, headers=headers)
    location = f"{request.base_url}/sandbox-cdn/{repo.kind}/{place}"
    headers = {"Location": location, "X-Repo-Commit": repo.sha, "Accept-Ranges": "bytes"} | _linked(file)
    body = f"Found. Redirecting to {location}".encode()
    return HubResponse(status=302, body=body, content_type=responses.TEXT, headers=headers)


def read_cached(request: HubRequest, target: RepoTarget, sha: str, path: str) -> HubResponse:
    """Return the bytes of a small file at a commit; the name of a branch instead of a commit is 400."""
    if not re.fullmatch(rf"[0-9a-f]{{{_COMMIT_DIGITS}}}", sha):
        raise responses.bad_request("Invalid commit sha")
    repo = request.version(request.repository(target), sha)
    file = _file(repo, path, sha)
    _check_gate(request, repo, path)
    if file.content is None or file.lfs_oid is not None:
        raise responses.no_entry(path, sha)
    headers = {"X-Repo-Commit": sha, "ETag": f'"{file.oid}"', "Accept-Ranges": "bytes"}
    return _cut(request, file.content, headers, responses.TEXT)


def read_large(request: HubRequest, target: RepoTarget, sha: str, path: str) -> HubResponse:
    """Return the bytes of a large file, as the Hub's CDN does.

    If only the pointer is here, HEAD returns the size and GET is 404. If the first bytes are here, a range within the
    first MiB is returned, zeros behind them.
    """
    repo = request.version(request.repository(target), sha)
    file = _file(repo, path, sha)
    _check_gate(request, repo, path)
    headers = {"X-Repo-Commit": repo.sha, "Accept-Ranges": "bytes"} | _linked(file)
    headers["ETag"] = headers["X-Linked-Etag"]
    kind = "application/octet-stream"
    if file.content is not None:
        return _cut(request, file.content, headers, kind)
    if file.head and _RANGE.fullmatch(request.headers.get("range", "")):
        begun = file.head.ljust(min(file.size_bytes, _LARGEST_HEAD_BYTES), b"\0")
        return _cut(request, begun, headers, kind, size_bytes=file.size_bytes)
    if request.method == "HEAD":
        return HubResponse(content_type=kind, headers=headers, declared_bytes=file.size_bytes)
    message = "The sandbox Hub holds the pointer of this file, not its bytes."
    return HubResponse(
        status=404, body=message.encode(), content_type=responses.TEXT, headers=headers | {"X-Error-Message": message}
    )


def _file(repo: Repo, path: str, revision: str) -> File:
    found = next((file for file in repo.files if file.path == path), None)
    if found is None:
        raise responses.no_entry(path, revision)
    return found


def _check_gate(request: HubRequest, repo: Repo, path: str) -> None:
    if repo.record.get("gated") and path != _OPEN_FILE and not request.caller.is_owner:
        raise responses.gated(request.caller, repo.id)


def _linked(file: File) -> dict[str, str]:
    return {"X-Linked-Etag": f'"{file.lfs_oid or file.oid}"', "X-Linked-Size": str(file.size_bytes)}


def _cut(
    request: HubRequest, content: bytes, headers: dict[str, str], content_type: str, size_bytes: int | None = None
) -> HubResponse:
    """Return the content, or the one range of it that was asked for; `size_bytes` is the size of the whole file."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked.groups() == ("", ""):
        return HubResponse(body=content, content_type=content_type, headers=headers)
    first, last = asked.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    stop = min(int(last) + 1, len(content)) if first and last else len(content)
    if start >= stop:
        return HubResponse(
            status=416, content_type=responses.TEXT, headers=headers | {"Content-Range": f"bytes */{len(content)}"}
        )
    told = {"Content-Range": f"bytes {start}-{stop - 1}/{size_bytes or len(content)}"}
    return HubResponse(status=206, body=content[start:stop], content_type=content_type, headers=headers | told)


def _entry(node: Directory | File, repo: Repo, *, is_expanded: bool) -> dict[str, object]:
    entry = gittree.entry_of(node)
    if is_expanded:
        date = repo.record.get("lastModified", repo.record.get("createdAt"))
        entry["lastCommit"] = {"id": repo.sha, "title": "Upload files", "date": date}
        if not isinstance(node, Directory):
            entry["securityFileStatus"] = {"status": "safe", "avScan": None, "pickleImportScan": None}
    return entry


def _asked_paths(request: HubRequest) -> tuple[list[str], bool]:
    if "json" in request.headers.get("content-type", ""):
        try:
            body = json.loads(request.body)
            paths, is_expanded = body["paths"], bool(body.get("expand"))
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            raise responses.bad_request('"paths" is required') from exc
        paths = [paths] if isinstance(paths, str) else paths
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise responses.bad_request('"paths" must be an array of strings')
        return paths, is_expanded
    form = parse_qs(request.body.decode("utf-8", "replace"))
    return form.get("paths", []), form.get("expand", ["false"])[-1].lower() in ("true", "1")


def _tree_cursor(last_path: str, tree_oid: str) -> str:
    inner = base64.b64encode(json.dumps({"file_name": last_path, "tree_id": tree_oid}).encode())
    return base64.b64encode(inner + b":2").decode()


def _start(nodes: Sequence[Directory | File], cursor: str | None) -> int:
    """Return the position behind the path that the cursor names."""
    if cursor is None:
        return 0
    try:
        inner = base64.b64decode(cursor, validate=True).partition(b":")[0]
        last_path = json.loads(base64.b64decode(inner, validate=True))["file_name"]
        return [node.path for node in nodes].index(last_path) + 1
    except (binascii.Error, ValueError, LookupError, TypeError) as exc:
        raise responses.bad_request("Invalid cursor") from exc


def _next_link(request: HubRequest, cursor: str) -> str:
    kept = [(name, value) for name, value in request.parameters if name != "cursor"]
    return f'<{request.base_url}{request.raw_path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
