"""What the sandbox Hub refuses of an upload, where the official client does not get that far."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = {"Authorization": "Bearer hf_sandbox_owner"}
ABSENT = "0" * 64
HEADER = '{"key": "header", "value": {"summary": "New rows"}}'


@pytest.fixture(scope="module")
def upload_client() -> Iterator[httpx.Client]:
    """Give a client with the owner's token, of a Hub with one private, empty data set."""
    with serve(RepoStore()) as hub, httpx.Client(base_url=hub.url, headers=OWNER) as client:
        asked = {"name": "graph", "organization": "vault", "type": "dataset", "visibility": "private"}
        assert client.post("/api/repos/create", json=asked).status_code == 200
        yield client


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/repos/create", {"name": "../x", "organization": "vault", "type": "dataset"}, 400),
        ("/api/repos/create", {"name": "weights", "organization": "vault", "type": "model"}, 501),
        ("/api/datasets/vault/graph/preupload/main", {"files": [{"path": "../x", "size": 1}]}, 400),
        ("/api/datasets/vault/graph/preupload/v9", {"files": []}, 404),
        ("/api/datasets/vault/none/preupload/main", {"files": []}, 404),
        ("/datasets/vault/graph.git/info/lfs/objects/batch", {"objects": [{"oid": "x", "size": 1}]}, 400),
        (f"/sandbox-lfs/vault/graph/{ABSENT}/verify", {"size": 1}, 404),
    ],
)
def test_refusals(upload_client: httpx.Client, path: str, body: dict[str, Any], status: int) -> None:
    """Names, paths, revisions and files that do not exist or cannot be are refused."""
    assert upload_client.post(path, json=body).status_code == status


@pytest.mark.parametrize(
    "line",
    [
        f'{{"key": "lfsFile", "value": {{"path": "a.parquet", "oid": "{ABSENT}"}}}}',
        '{"key": "file", "value": {"path": ".git/config", "content": ""}}',
        '{"key": "file", "value": {"path": "a", "content": "not base64"}}',
        '{"key": "deletedFile", "value": {"path": "absent"}}',
        "not JSON",
    ],
)
def test_a_commit_of_what_is_not_there_is_refused_whole(upload_client: httpx.Client, line: str) -> None:
    """One bad line leaves the data set as it was."""
    good = '{"key": "file", "value": {"path": "good", "content": ""}}'
    answer = upload_client.post("/api/datasets/vault/graph/commit/main", content=f"{HEADER}\n{good}\n{line}\n")
    assert answer.status_code == 400
    assert "siblings" not in upload_client.get("/api/datasets/vault/graph").json()


def test_large_files_are_kept_by_their_hash(upload_client: httpx.Client) -> None:
    """Bytes that are not those of the announced SHA-256 are refused, so a broken upload is never committed."""
    digest = hashlib.sha256(b"rows").hexdigest()
    place = f"/sandbox-lfs/vault/graph/{digest}"
    assert upload_client.put(place, content=b"row").status_code == 400
    assert upload_client.put(place, content=b"rows").status_code == 200
    assert upload_client.post(f"{place}/verify", json={"size": 4}).status_code == 200


def test_a_private_data_set_is_its_owners(upload_client: httpx.Client) -> None:
    """Nobody else learns that it exists."""
    for path in ("/api/datasets/vault/graph", "/datasets/vault/graph/resolve/main/README.md"):
        assert httpx.get(f"{upload_client.base_url}{path}").status_code == 401
