"""The Hub's responses to an upload into a data set, as huggingface_hub 2.4 asks them without Xet.

A repository is created; `preupload` says which files go in as ordinary ones; the large ones are offered to the LFS
batch API, sent by PUT and verified; one commit, lines of JSON, names them all. Only the owner's token may write.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeGuard

import yaml

from sandbox.hub import responses
from sandbox.hub.dataset_store import DatasetChange, StaleCommitError

if TYPE_CHECKING:
    from sandbox.hub.repo import Repo
    from sandbox.hub.request import HubRequest
    from sandbox.hub.responses import HubResponse

_MOST_REGULAR_BYTES = 10 * 1024 * 1024
_LARGE = frozenset({".parquet", ".arrow", ".bin", ".safetensors", ".zip", ".gz", ".zst"})
"""Suffixes that the Hub's default `.gitattributes` keeps as large files, of those that concern us."""
_OID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REFUSED = "You don't have the rights to create a dataset under this namespace"


def create_repository(request: HubRequest) -> HubResponse:
    """Create a data set; 409 if its name is taken, with the address of the one that has it."""
    _check_writer(request)
    asked = _body(request)
    name, owner = asked.get("name"), asked.get("organization") or request.caller.name
    if asked.get("type") != "dataset":
        raise responses.refuse(501, "The sandbox Hub accepts uploads of data sets alone")
    if not all(isinstance(part, str) and _NAME.fullmatch(part) for part in (name, owner)):
        raise responses.bad_request("Invalid repo name")
    dataset = f"{owner}/{name}"
    address = f"{request.base_url}/datasets/{dataset}"
    try:
        request.datasets.create(dataset, is_private=asked.get("visibility") == "private", at=request.repo_store.now())
    except ValueError:
        taken = {"error": f"You already created this dataset repo: {dataset}", "url": address}
        body = json.dumps(taken).encode()
        return responses.HubResponse(status=409, body=body, headers={"X-Error-Message": taken["error"]})
    return responses.shown({"url": address, "name": dataset, "id": dataset})


def validate_card(request: HubRequest) -> HubResponse:
    """Say what is wrong with the front matter of a card: 400 with the errors, as the official client expects."""
    content = _body(request).get("content")
    text = content if isinstance(content, str) else ""
    front = re.match(r"---\r?\n(.*?)\r?\n---", text, re.DOTALL)
    errors = []
    try:
        read = yaml.safe_load(front.group(1)) if front else {}
    except yaml.YAMLError as exc:
        errors.append({"message": f"Invalid YAML: {type(exc).__name__}"})
    else:
        if not isinstance(read, dict):
            errors.append({"message": "YAML front matter must be a mapping"})
    body = json.dumps({"errors": errors, "warnings": []}).encode()
    return responses.HubResponse(status=400 if errors else 200, body=body)


def preupload(request: HubRequest, dataset: str, revision: str) -> HubResponse:
    """Say of each file whether it is an ordinary or a large one, and the oid that its path has now."""
    repo = _writable(request, dataset, revision)
    here = {file.path: file.lfs_oid or file.oid for file in repo.files}
    files = []
    for asked in _list(_body(request), "files"):
        path, size = asked.get("path"), asked.get("size")
        if not _is_path(path) or not isinstance(size, int):
            raise responses.bad_request('"files" must have paths and sizes')
        is_large = PurePosixPath(path).suffix in _LARGE or size > _MOST_REGULAR_BYTES
        mode = "lfs" if is_large else "regular"
        files.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": here.get(path)})
    return responses.shown({"files": files, "commitOid": repo.sha})


def offer(request: HubRequest, dataset: str) -> HubResponse:
    """Answer the LFS batch API: where each file that is not here yet is to be sent, and where that is verified."""
    _writable(request, dataset, "main")
    objects = []
    for asked in _list(_body(request), "objects"):
        oid, size = asked.get("oid"), asked.get("size")
        if not isinstance(oid, str) or not _OID.fullmatch(oid) or not isinstance(size, int):
            raise responses.bad_request("Invalid object")
        told: dict[str, object] = {"oid": oid, "size": size, "authenticated": True}
        if not request.datasets.has_object(oid):
            place = f"{request.base_url}/sandbox-lfs/{dataset}/{oid}"
            told["actions"] = {"upload": {"href": place}, "verify": {"href": f"{place}/verify"}}
        objects.append(told)
    shown = responses.shown({"transfer": "basic", "objects": objects})
    return responses.HubResponse(body=shown.body, content_type="application/vnd.git-lfs+json")


def receive(request: HubRequest, oid: str) -> HubResponse:
    """Keep a large file: the address was handed out by `offer`, and stands for the right to write there."""
    try:
        request.datasets.keep_object(oid, request.body)
    except ValueError as exc:
        raise responses.bad_request(str(exc)) from exc
    return responses.HubResponse(content_type=responses.TEXT)


def verify(request: HubRequest, dataset: str, oid: str) -> HubResponse:
    """Say that a large file is here with the size that was announced."""
    _writable(request, dataset, "main")
    if request.datasets.size_of(oid) != _body(request).get("size"):
        raise responses.refuse(404, "Object not found")
    return responses.shown({})


def commit(request: HubRequest, dataset: str, revision: str) -> HubResponse:
    """Add a commit of files, named by lines of JSON; 412 if its parent is not the newest one."""
    _writable(request, dataset, revision)
    if revision != "main":
        raise responses.no_revision(revision)
    try:
        lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
        change = _read_change(lines)
        after = request.datasets.commit(dataset, change, at=request.repo_store.now())
    except StaleCommitError as exc:
        raise responses.refuse(412, f"A commit has happened since. The newest is {exc}") from exc
    except (ValueError, LookupError, TypeError, AttributeError, binascii.Error) as exc:
        raise responses.bad_request(f"Invalid commit: {exc}") from exc
    address = f"{request.base_url}/datasets/{dataset}/commit/{after.sha}"
    return responses.shown({"success": True, "commitOid": after.sha, "commitUrl": address, "hookOutput": ""})


def _read_change(lines: list[dict[str, Any]]) -> DatasetChange:
    """Return what the lines say. Raises ValueError and what a line without its keys raises."""
    head, *rest = lines
    if head["key"] != "header" or not head["value"]["summary"]:
        raise ValueError("no header with a summary")
    regular, large, deleted = {}, {}, []
    for line in rest:
        value, path = line["value"], line["value"]["path"]
        if not _is_path(path):
            raise ValueError("invalid path")
        match line["key"]:
            case "file":
                regular[path] = base64.b64decode(value["content"], validate=True)
            case "lfsFile":
                large[path] = value["oid"]
            case "deletedFile":
                deleted.append(path)
            case other:
                raise ValueError(f"unknown operation {other}")
    return DatasetChange(regular=regular, large=large, deleted=deleted, parent=head["value"].get("parentCommit"))


def _check_writer(request: HubRequest) -> None:
    if not request.caller.is_signed_in:
        raise responses.refuse(401, "Invalid username or password.")
    if not request.caller.is_owner:
        raise responses.refuse(403, _REFUSED)


def _writable(request: HubRequest, dataset: str, revision: str) -> Repo:
    repo = request.datasets.version(dataset, revision)
    if request.datasets.find(dataset) is None:
        raise responses.no_repository(request.caller)
    _check_writer(request)
    if repo is None:
        raise responses.no_revision(revision)
    return repo


def _body(request: HubRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as exc:
        raise responses.bad_request("Invalid JSON") from exc
    if not isinstance(body, dict):
        raise responses.bad_request("Invalid JSON")
    return body


def _list(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = body.get(key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise responses.bad_request(f'"{key}" is required')
    return found


def _is_path(path: object) -> TypeGuard[str]:
    return isinstance(path, str) and all(part not in ("", ".", "..", ".git") for part in path.split("/"))
