"""One model by its id: its record, its small files, its tree; whatever is unavailable is a value with a reason.

An error is raised only if nothing else could be fetched either: no connection, no quota, a refused token, no Hub.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

from crawler.errors import BadRequest, BodyTooLarge, BrokenBody, GaveUp, HubError, NotTheHub, Overloaded, quoted
from crawler.http.client_errors import translated
from crawler.http.responses import ByteSpan
from crawler.hub.expand import Expand, asked_keys, expand_params, less_than

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.http.response_body import Shape
    from crawler.http.responses import Response

LARGEST_RECORD_BYTES = 16 * 2**20
LARGEST_FILE_BYTES = 8 * 2**20
LARGEST_TREE_PAGE_BYTES = 8 * 2**20
MOST_TREE_PAGES = 10  # of 1,000 entries; a model with more is a data set in disguise
LONGEST_TREE_PATH = 4096

_MORE_BY_DEFAULT = frozenset({"config", "disabled", "safetensors", "usedStorage"})
"""What a single model shows unasked and a list does not."""

Absence = Literal["missing", "disabled", "restricted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A model's record: `body` is one JSON object judging by its first and last byte, not yet parsed.

    `redirected`: the id is a former or differently written name; the record holds the current one. `expand` is the
    level that the Hub accepted (request the next model with it), `asked` its keys.
    """

    id_asked: str
    body: bytes = field(repr=False)
    redirected: bool
    expand: Expand
    asked: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The Hub does not show this model.

    `missing`: deleted, private or never there, which the Hub does not distinguish (401 to anonymous callers, 404 to
    others); `disabled`: switched off by the Hub; `restricted`: it exists and is not for us.
    """

    id_asked: str
    kind: Absence
    status: int
    error_code: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Nothing is known of this model: its id is invalid (no request was made), or its response is unusable.

    `is_passing`: another attempt on another day may help.
    """

    id_asked: str
    reason: str
    is_passing: bool


Lookup: TypeAlias = FoundRecord | Gone | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A file or tree that is unavailable, and why; `status` is None if no response says so.

    `is_passing`: another attempt on another day may help; `is_cut`: one now, as it came, but not whole. `needed_bytes`
    is how many have to be allowed at least, where more are needed than were.
    """

    reason: str
    status: int | None = None
    is_passing: bool = False
    is_cut: bool = False
    needed_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One file of a model.

    `oid` is the git blob's sha1 (of the pointer, for a large file), `lfs_oid` the sha256 of a large file's bytes or
    None.
    """

    path: str
    size_bytes: int
    oid: str
    lfs_oid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files of a model, read in `pages` requests.

    Not `is_complete` if there are more than we read; `skipped` entries could not be read.
    """

    entries: tuple[TreeEntry, ...]
    is_complete: bool
    skipped: int
    pages: int


def find_id_fault(model_id: str) -> str | None:
    """Return what is wrong with a model id, by huggingface_hub's own rule; None if it is valid."""
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined] # public, but re-exported unmarked

    try:
        with translated(what=model_id):
            validate_repo_id(model_id)
    except BadRequest:
        return f"not a model id: {quoted(model_id, characters=100)}"
    return None


def look_up(client: HubClient, model_id: str, *, expand: Expand = "full") -> Lookup:
    """Request one model by id, through renames.

    Raises what `HubClient.get` raises, unless only this model is affected.
    """
    fault = find_id_fault(model_id)
    if fault is not None:
        return Unreadable(id_asked=model_id, reason=fault, is_passing=False)
    path, level = f"/api/models/{quote(model_id)}", expand
    while True:
        params = expand_params(level) if level != "none" else ()
        response = _ask(client, path, params, shape="object", limit_bytes=LARGEST_RECORD_BYTES)
        if isinstance(response, HubError):
            return Unreadable(
                id_asked=model_id, reason=str(response), is_passing=not isinstance(response, BodyTooLarge)
            )
        if response.status == HTTPStatus.OK:
            asked = asked_keys(level) if level != "none" else asked_keys(level) | _MORE_BY_DEFAULT
            redirected = response.redirected_to is not None
            return FoundRecord(id_asked=model_id, body=response.body, redirected=redirected, expand=level, asked=asked)
        fewer = less_than(level)
        if response.status != HTTPStatus.BAD_REQUEST or fewer is None:
            return _judge(model_id, response)
        level = fewer


def fetch_file(
    client: HubClient, model_id: str, revision: str, path: str, limit_bytes: int = LARGEST_FILE_BYTES
) -> bytes | Absent:
    """Fetch a small file at a revision, in the bucket `resolvers`.

    Files on another host (large ones) are not fetched. Bytes that are not those that the response's hash names, or that
    come with neither hash nor commit, are not the file: it is absent for now. Raises what `HubClient.get` raises,
    unless only this file is affected.
    """
    fault = find_id_fault(model_id) or find_path_fault(revision, path)
    if fault is not None:
        return Absent(reason=fault)
    response = _ask(client, place_of(model_id, revision, path), bucket="resolvers", limit_bytes=limit_bytes)
    if isinstance(response, HubError):
        return Absent(reason=str(response), is_passing=not isinstance(response, BodyTooLarge))
    if response.status != HTTPStatus.OK:
        return absent_by(response)
    if (response.blob or response.commit) is None or response.blob not in {None, _blob(response.body)}:
        reason = "what came is not the file that its hash or commit names"
        return Absent(reason=reason, status=response.status, is_passing=True, is_cut=True)
    return response.body


def fetch_gguf_facts(client: HubClient, model_id: str) -> dict[str, object] | Absent:
    """Fetch what the Hub knows of a model's GGUF files, in the bucket `api`: its key `gguf`, empty if it has none.

    Raises what `HubClient.get` raises, unless only this model is affected.
    """
    fault = find_id_fault(model_id)
    if fault is not None:
        return Absent(reason=fault)
    path, params = f"/api/models/{quote(model_id)}", (("expand", "gguf"),)
    response = _ask(client, path, params, shape="object", limit_bytes=LARGEST_RECORD_BYTES)
    if isinstance(response, HubError):
        return Absent(reason=str(response), is_passing=not isinstance(response, BodyTooLarge))
    if response.status != HTTPStatus.OK:
        return absent_by(response)
    try:
        facts = json.loads(response.body).get("gguf")
    except (ValueError, RecursionError):
        return Absent(reason="its record cannot be read", status=response.status)
    return facts if isinstance(facts, dict) else {}


def fetch_head(client: HubClient, model_id: str, revision: str, path: str, count: int) -> bytes | Absent:
    """Fetch the first `count` bytes of a file at a revision, large files too; fewer if there are no more.

    Raises what `HubClient.get` raises, unless only this file is affected.
    """
    fault = find_id_fault(model_id) or find_path_fault(revision, path)
    if fault is not None:
        return Absent(reason=fault)
    where = place_of(model_id, revision, path)
    response = settled(client, lambda: client.get_span(where, ByteSpan(start=0, stop=count), bucket="resolvers"))
    if isinstance(response, HubError):
        return Absent(reason=str(response), is_passing=True)
    return response.body if response.status == HTTPStatus.OK else absent_by(response)


def fetch_tree(client: HubClient, model_id: str, revision: str) -> Tree | Absent:
    """Fetch the list of all files at a revision, at most 10,000 of them, 1,000 per request.

    Raises what `HubClient.get` raises, unless only this model is affected.
    """
    fault = find_id_fault(model_id) or find_path_fault(revision, "tree")
    if fault is not None:
        return Absent(reason=fault)
    where = f"/api/models/{quote(model_id)}/tree/{quote(revision, safe='')}"
    entries: list[TreeEntry] = []
    skipped = 0
    cursor: str | None = None
    for page in range(1, MOST_TREE_PAGES + 1):
        params = (("recursive", "true"), *([("cursor", cursor)] if cursor else []))
        response = _ask(client, where, params, shape="array", limit_bytes=LARGEST_TREE_PAGE_BYTES)
        if isinstance(response, HubError):
            return Absent(reason=str(response), is_passing=not isinstance(response, BodyTooLarge))
        if response.status != HTTPStatus.OK:
            return absent_by(response)
        try:
            read = tuple(_read_entries(response.body))
        except (ValueError, RecursionError):
            return Absent(reason="its tree is not JSON", status=response.status, is_passing=True)
        entries += [entry for entry in read if entry is not None]
        skipped += read.count(None)
        if response.next_cursor is None or response.next_cursor == cursor:
            is_complete = response.link_next is None
            return Tree(entries=tuple(entries), is_complete=is_complete, skipped=skipped, pages=page)
        cursor = response.next_cursor
    return Tree(entries=tuple(entries), is_complete=False, skipped=skipped, pages=MOST_TREE_PAGES)


def _ask(
    client: HubClient,
    path: str,
    params: Sequence[tuple[str, str]] = (),
    *,
    limit_bytes: int,
    bucket: str = "api",
    shape: Shape | None = None,
) -> Response | HubError:
    return settled(client, lambda: client.get(path, params, bucket=bucket, shape=shape, limit_bytes=limit_bytes))


def place_of(model_id: str, revision: str, path: str) -> str:
    """Return the path of a file on the Hub."""
    return f"/{quote(model_id)}/resolve/{quote(revision, safe='')}/{quote(path)}"


def settled(client: HubClient, ask: Callable[[], Response]) -> Response | HubError:
    """Return a response, or the error if it may concern only this request: a wrong endpoint concerns all."""
    try:
        return ask()
    except (Overloaded, BrokenBody, BodyTooLarge) as exc:
        return exc
    except GaveUp as exc:
        if exc.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise
        return exc
    except NotTheHub as exc:
        if not client.has_answered:
            raise
        return exc


def _judge(model_id: str, response: Response) -> Gone | Unreadable:
    """Judge a refusal by status and X-Error-Code, by its words only where the Hub has no code ("disabled")."""
    reason = response.error_message or f"status {response.status}"
    kind: Absence
    if response.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and response.error_code == "GatedRepo":
        kind = "restricted"
    elif response.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        kind = "missing"
    elif response.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}:
        kind = "disabled" if "disabled" in reason.lower() or response.status != HTTPStatus.FORBIDDEN else "restricted"
    else:
        reason = f"it redirects to {response.elsewhere}" if response.elsewhere else f"{response.status}: {reason}"
        return Unreadable(id_asked=model_id, reason=reason, is_passing=False)
    return Gone(id_asked=model_id, kind=kind, status=response.status, error_code=response.error_code, reason=reason)


def absent_by(response: Response) -> Absent:
    """Return why a file is unavailable, as a refusal tells."""
    if response.elsewhere is not None:
        return Absent(reason="it is a large file, which another host stores", status=response.status)
    return Absent(
        reason=response.error_code or response.error_message or f"status {response.status}", status=response.status
    )


def _blob(content: bytes) -> str:
    """Return git's hash of a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def find_path_fault(revision: str, path: str) -> str | None:
    """Return what is wrong with a revision or path; None if both are valid."""
    segments = (revision, *path.split("/"))
    if any(segment in {"", ".", ".."} or not segment.isprintable() for segment in segments):
        return "not a revision and a path within a repository"
    return None


def _read_entries(body: bytes) -> Iterator[TreeEntry | None]:
    """Yield the files of one page, None for an entry that cannot be read, and nothing for a folder."""
    for one in json.loads(body):
        match one:
            case {"type": "directory"}:
                continue
            case {"path": str(path), "size": int(size_bytes), "oid": str(oid)} if (
                0 < len(path) <= LONGEST_TREE_PATH and path.isprintable() and 0 <= size_bytes < 2**63
            ):
                lfs = one.get("lfs")
                lfs_oid = lfs.get("oid") if isinstance(lfs, dict) else None
                yield TreeEntry(
                    path=path, size_bytes=size_bytes, oid=oid, lfs_oid=lfs_oid if isinstance(lfs_oid, str) else None
                )
            case _:
                yield None
