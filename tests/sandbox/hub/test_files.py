"""Trees, single paths and the way from a file's name to its bytes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.catalogue.file_hashes import pointer
from sandbox.hub import git_tree as gittree
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.hub.repo import File, Repo

SHA = f"{1:040x}"
TREE = "/api/models/acme/base/tree/main"


def test_a_tree_has_one_level_or_all(client: httpx.Client) -> None:
    """Without `recursive` directories stand for what they hold; with it everything is listed."""
    flat = {entry["path"]: entry["type"] for entry in client.get(TREE).json()}
    assert flat == {"README.md": "file", "config.json": "file", "model.safetensors": "file", "onnx": "directory"}
    deep = [entry["path"] for entry in client.get(f"{TREE}?recursive=true").json()]
    assert sorted(deep) == ["README.md", "config.json", "model.safetensors", "onnx", "onnx/model.onnx"]
    assert [entry["path"] for entry in client.get(f"{TREE}/onnx").json()] == ["onnx/model.onnx"]
    assert client.get(f"/api/models/acme/base/tree/{SHA}").json() == client.get(TREE).json()


def test_large_files_tell_their_sha256(client: httpx.Client) -> None:
    """A large file has `lfs` with the content's sha256 and the pointer's size; an ordinary one has its blob's oid."""
    by_path = {entry["path"]: entry for entry in client.get(TREE).json()}
    assert by_path["model.safetensors"]["lfs"] == {"oid": "c" * 64, "size": 4_943_162_336, "pointerSize": 135}
    assert by_path["model.safetensors"]["xetHash"] != "c" * 64
    content = b'{"a": 1}'
    assert by_path["config.json"]["oid"] == hashlib.sha1(b"blob 8\0" + content, usedforsecurity=False).hexdigest()
    assert "lfs" not in by_path["config.json"]


@pytest.mark.parametrize(
    ("query", "largest"), [("", 1000), ("&expand=true", 50), ("&limit=7", 7), ("&limit=9999", 1000)]
)
def test_tree_pages(make_repo: Callable[..., Repo], make_file: Callable[..., File], query: str, largest: int) -> None:
    """Pages hold 1000 entries, 50 when expanded, at most; links join them and the last has none."""
    files = tuple(make_file(f"part-{number:04}.txt", str(number)) for number in range(1010))
    seen, sizes = [], []
    with serve(RepoStore([make_repo("acme/long", 1, files=files)])) as hub, httpx.Client(base_url=hub.url) as client:
        following: str | None = f"/api/models/acme/long/tree/main?recursive=true{query}"
        while following:
            answer = client.get(following)
            seen += [entry["path"] for entry in answer.json()]
            sizes.append(len(answer.json()))
            following = answer.links.get("next", {}).get("url")
    assert seen == [file.path for file in files]
    assert set(sizes[:-1]) == {largest}
    assert 0 < sizes[-1] <= largest


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=x", "cursor=eDoy", "cursor=ZTMwPToy"])
def test_bad_tree_parameters(client: httpx.Client, query: str) -> None:
    """A bad limit or cursor is 400."""
    assert client.get(f"{TREE}?{query}").status_code == 400


def test_expanded_entries_name_their_commit(client: httpx.Client) -> None:
    """`expand` adds the last commit and the scan's verdict."""
    entry = client.get(f"{TREE}?expand=true").json()[0]
    assert entry["lastCommit"]["id"] == SHA
    assert entry["securityFileStatus"]["status"] == "safe"


@pytest.mark.parametrize("as_json", [False, True])
def test_paths_info(client: httpx.Client, as_json: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """The asked paths come in the asked order, missing ones are left out, directories count."""
    asked = {"paths": ["onnx", "absent", "README.md"], "expand": "true"}
    address = "/api/models/acme/base/paths-info/main"
    answer = client.post(address, json=asked) if as_json else client.post(address, data=asked)
    assert [entry["path"] for entry in answer.json()] == ["onnx", "README.md"]
    assert "lastCommit" in answer.json()[0]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"paths": 5}', b'{"paths": [5]}', b'{"paths": [' + b'"a",' * 2000 + b'"a"]}']
)
def test_bad_paths_info(client: httpx.Client, body: bytes) -> None:
    """A body that is no list of at most 2000 texts is 400."""
    headers = {"Content-Type": "application/json"}
    assert client.post("/api/models/acme/base/paths-info/main", content=body, headers=headers).status_code == 400


def test_a_small_file_is_one_relative_redirect_away(client: httpx.Client) -> None:
    """307 to the cache by commit, with commit and ETag on both answers."""
    first = client.get("/acme/base/resolve/main/README.md")
    assert first.status_code == 307
    assert first.headers["Location"].startswith(f"/api/resolve-cache/models/acme/base/{SHA}/README.md?")
    assert first.headers["X-Repo-Commit"] == SHA
    second = client.get(first.headers["Location"])
    assert second.status_code == 200
    assert second.headers["X-Repo-Commit"] == SHA
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.text == "---\nlicense: mit\n---\n# Né\n"
    assert client.get("/legacy/resolve/main/README.md", follow_redirects=True).status_code == 200


def test_the_cache_wants_a_commit(client: httpx.Client) -> None:
    """A branch's name in place of a commit is 400; a repository that is not there is refused as ever."""
    assert client.get("/api/resolve-cache/models/acme/base/main/README.md").status_code == 400
    assert client.get(f"/api/resolve-cache/models/no/body/{SHA}/README.md").status_code == 401
    assert client.get(f"/api/resolve-cache/models/acme/base/{SHA}/onnx/model.onnx").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_large_file_is_behind_an_absolute_redirect(client: httpx.Client, method: str) -> None:
    """302 with the sha256 and the size of the content, for pointers too."""
    for path, oid, size in (
        ("model.safetensors", "c" * 64, 4_943_162_336),
        ("onnx/model.onnx", hashlib.sha256(bytes(range(256)) * 8).hexdigest(), 2048),
    ):
        answer = client.request(method, f"/acme/base/resolve/main/{path}")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("http://127.0.0.1:")
        assert answer.headers["X-Linked-Etag"] == f'"{oid}"'
        assert answer.headers["X-Linked-Size"] == str(size)
        assert answer.headers["X-Repo-Commit"] == SHA


def test_a_pointer_has_a_size_but_no_bytes(client: httpx.Client) -> None:
    """Behind the redirect HEAD tells the size and GET says plainly that there are no bytes."""
    head = client.head("/acme/base/resolve/main/model.safetensors", follow_redirects=True)
    assert (head.status_code, head.headers["Content-Length"]) == (200, "4943162336")
    get = client.get("/acme/base/resolve/main/model.safetensors", follow_redirects=True)
    assert get.status_code == 404
    assert get.headers["X-Linked-Size"] == "4943162336"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-7", 0, 8), ("bytes=8-", 8, 2048), ("bytes=-4", 2044, 2048), ("bytes=2000-9999", 2000, 2048)],
)
def test_ranges(client: httpx.Client, asked: str, start: int, stop: int) -> None:
    """One range is cut out exactly and says where it lies."""
    answer = client.get("/acme/base/resolve/main/onnx/model.onnx", headers={"Range": asked}, follow_redirects=True)
    assert answer.status_code == 206
    assert answer.content == (bytes(range(256)) * 8)[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/2048"


@pytest.mark.parametrize(
    ("asked", "status"), [("bytes=4000-", 416), ("bytes=-", 200), ("lines=1-2", 200), ("bytes=0-1,4-5", 200)]
)
def test_ranges_that_do_not_fit(client: httpx.Client, asked: str, status: int) -> None:
    """A range behind the end is 416; what is no range, or two of them, gives the whole."""
    answer = client.get("/acme/base/resolve/main/onnx/model.onnx", headers={"Range": asked}, follow_redirects=True)
    assert answer.status_code == status
    assert status != 200 or answer.content == bytes(range(256)) * 8


def test_blobs_on_the_record(client: httpx.Client) -> None:
    """`blobs=true` adds sizes and hashes to siblings, `securityStatus=true` the scan; a plain record has neither."""
    plain = client.get("/api/models/acme/base").json()
    assert plain["siblings"][0] == {"rfilename": "README.md"}
    record = client.get("/api/models/acme/base?blobs=true&securityStatus=true").json()
    weights = next(sibling for sibling in record["siblings"] if sibling["rfilename"] == "model.safetensors")
    assert weights["lfs"] == {"sha256": "c" * 64, "size": 4_943_162_336, "pointerSize": 135}
    assert (weights["size"], weights["blobId"]) == (4_943_162_336, "a" * 40)
    assert record["securityRepoStatus"]["scansDone"] is True
    assert "securityRepoStatus" not in plain


def test_malformed_siblings_come_as_they_are(make_repo: Callable[..., Repo], make_file: Callable[..., File]) -> None:
    """Siblings that are no list, or hold odd things, do not stop `blobs`."""
    file = make_file("README.md", "x")
    odd = [
        make_repo("acme/a", 1, files=(file,), siblings="none"),
        make_repo("acme/b", 2, files=(file,), siblings=[5, {}]),
    ]
    with serve(RepoStore(odd)) as hub, httpx.Client(base_url=hub.url) as client:
        assert client.get("/api/models/acme/a?blobs=true").json()["siblings"] == "none"
        assert client.get("/api/models/acme/b?blobs=true").json()["siblings"] == [5, {}]


def test_former_commits_stay_readable(make_repo: Callable[..., Repo], make_file: Callable[..., File]) -> None:
    """After a change `main` shows the new content and the old commit the old one."""
    repo_store = RepoStore([make_repo("acme/a", 1, files=(make_file("README.md", "old"),))])
    before = repo_store.get("acme/a").sha
    after = repo_store.change("acme/a", files=(make_file("README.md", "new"),)).sha
    with serve(repo_store) as hub, httpx.Client(base_url=hub.url, follow_redirects=True) as client:
        assert client.get("/acme/a/resolve/main/README.md").text == "new"
        assert client.get(f"/acme/a/resolve/{before}/README.md").text == "old"
        assert client.get(f"/api/models/acme/a/revision/{before}").json()["sha"] == before
        assert client.get("/api/models/acme/a").json()["sha"] == after


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_tree_oids_are_gits_own(tmp_path: Path, make_file: Callable[..., File]) -> None:
    """The oid of a directory is what git computes for the same files, sorting `a-b` before `a/` as git does."""
    files = tuple(make_file(path, path) for path in ("a/one", "a-b/two", "a.txt", "a0", "z/y/x"))
    for file in files:
        place = tmp_path / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content or b"")

    def git(*words: str) -> str:
        done = subprocess.run(("git", *words), cwd=tmp_path, check=True, capture_output=True, text=True)  # noqa: S607 -- found above
        return done.stdout.strip()

    git("init", "-q")
    git("-c", "core.autocrlf=false", "add", ".")
    root = gittree.grow_tree(files)
    assert root.oid == git("write-tree")
    below = gittree.descend(root, "z/y")
    assert isinstance(below, gittree.Directory)
    assert below.oid == git("write-tree", "--prefix=z/y/")


def test_a_file_below_a_file_is_left_out(make_file: Callable[..., File]) -> None:
    """A catalogue that says `a` and `a/b` keeps the first."""
    root = gittree.grow_tree((make_file("a", "1"), make_file("a/b", "2")))
    assert [node.path for node in gittree.walk(root)] == ["a"]


def test_the_head_of_a_pointer_can_be_read(make_repo: Callable[..., Repo]) -> None:
    """A range of a large file gives its first bytes with the size of the whole; without a range there is nothing."""
    whole = pointer("x.gguf", 5_000_000_000, "seed", b"GGUF")
    with serve(RepoStore([make_repo("acme/copy", 1, files=(whole,))])) as hub, httpx.Client(base_url=hub.url) as client:
        address = client.get("/acme/copy/resolve/main/x.gguf").headers["location"]
        answer = client.get(address, headers={"range": "bytes=0-7"})
        assert (answer.status_code, answer.content) == (206, b"GGUF\0\0\0\0")
        assert answer.headers["content-range"] == "bytes 0-7/5000000000"
        assert client.get(address).status_code == 404
