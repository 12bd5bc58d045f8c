"""The family on the sandbox Hub: found by a crawl with its lineage, and downloaded by the official client."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from typer.testing import CliRunner

import cli
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from sandbox.run_sandbox import run_sandbox
from sandbox.weights.family import FINANCE, ROOT, plan_family
from sandbox.weights.folders import LIST, NoFamilyError, place_of, read_list
from sandbox.weights.repositories import commit_of, read_family
from sandbox.weights.world import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.hub.run import RunningHub

SCRIPT = Path(__file__).with_name("downloading.py")
ADAPTER = f"{FINANCE}-lora"
COPY = "nightjar/markets-chat"


@pytest.fixture(name="hub", scope="module")
def fixture_hub(family_folder: Path) -> Iterator[RunningHub]:
    """Serve the family alone."""
    with serve(RepoStore(read_family(family_folder))) as served:
        yield served


@pytest.fixture(name="downloaded", scope="module")
def fixture_downloaded(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the official client once and give what it got."""
    quiet = dict.fromkeys(("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_UPDATE_CHECK"), "1")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING_FACE_"))}
    home = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path_factory.mktemp("hf")), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, str(SCRIPT), ROOT, ADAPTER]
    done = subprocess.run(command, env=clean | quiet | home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_official_client_downloads_the_true_bytes(family_folder: Path, downloaded: dict[str, Any]) -> None:
    """A snapshot holds every file as it is in the folder, under the commit that the record names."""
    for model in (ROOT, ADAPTER):
        place, got = place_of(family_folder, model), downloaded["models"][model]
        assert got["files"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.iterdir()}
        assert got["commit"] == got["sha"]
        sizes = {path.name: path.stat().st_size for path in place.glob("*.safetensors")}
        assert {name: size for name, size in got["sizes"].items() if size is not None} == sizes
    assert downloaded["type"] == "llama"
    assert downloaded["models"][ROOT]["parameters"] == 254_272
    assert downloaded["models"][ADAPTER]["base_models"] == ROOT


def test_weights_are_read_in_ranges(family_folder: Path, hub: RunningHub) -> None:
    """A range of a safetensors file leads through the store for large files to exactly these bytes."""
    content = (place_of(family_folder, ROOT) / "model.safetensors").read_bytes()
    with httpx.Client(base_url=hub.url) as client:
        head = client.head(f"/{ROOT}/resolve/main/model.safetensors")
        got = client.get(head.headers["Location"], headers={"Range": "bytes=100-299"})
    assert (head.status_code, got.status_code) == (302, 206)
    assert head.headers["X-Linked-Etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert head.headers["X-Linked-Size"] == str(len(content))
    assert got.content == content[100:300]


def test_a_copy_has_the_hash_of_its_original(hub: RunningHub) -> None:
    """Trees tell identical weights by the sha256 of the large file; another card makes another commit."""
    with httpx.Client(base_url=hub.url) as client:
        trees = [client.get(f"/api/models/{model}/tree/main").json() for model in (ROOT, COPY)]
    hashes = [{entry["lfs"]["oid"] for entry in tree if "lfs" in entry} for tree in trees]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 1
    root, copied = hub.repo_store.get(ROOT), hub.repo_store.get(COPY)
    assert root.sha != copied.sha
    assert commit_of(root.files) == root.sha


def test_a_crawl_finds_the_lineage(hub: RunningHub, tmp_path: Path) -> None:
    """Crawl and resolution give every true edge with its relation; only the copy, which says nothing, has none."""
    db = str(tmp_path / "lineage.duckdb")
    assert CliRunner().invoke(cli.app, ["crawl", "--all", "--endpoint", hub.url, "--db", db]).exit_code == 0
    query = "select child, parent, relation from edges"
    result = CliRunner().invoke(cli.app, ["sql", query, "--db", db, "--format", "json"])
    found = {(row["child"], row["parent"], row["relation"]) for row in json.loads(result.stdout)}
    members = plan_family(make_world(0), 0)
    assert found == {
        (member.id, parent, relation) for member in members for parent, relation in member.parents if member.id != COPY
    }


def test_the_family_is_served_beside_the_catalogue(family_folder: Path) -> None:
    """Both are listed, and the hosts of the catalogue keep their records."""
    with run_sandbox(weights_folder=family_folder) as url, httpx.Client(base_url=url) as client:
        assert client.get(f"/api/models/{ROOT}").status_code == 200
        assert client.get("/api/models/orchard/heron-9b-it").status_code == 200
        assert client.get("/models-json").json()["numTotalItems"] > len(read_list(family_folder)) + 500


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        '{"models": [{"id": "a/b", "parents": [["c/d", "cousin"]]}]}',
        '{"models": [{"id": "../b", "parents": []}]}',
    ],
)
def test_a_folder_without_a_family_is_named(tmp_path: Path, text: str | None) -> None:
    """A missing, empty or foreign list is an error that says what to do, and a wrong option of the command."""
    if text is not None:
        (tmp_path / LIST).write_text(text, "utf-8")
    with pytest.raises(NoFamilyError, match="sandbox weights"):
        read_family(tmp_path)
    assert CliRunner().invoke(cli.app, ["sandbox", "serve", "--weights", str(tmp_path)]).exit_code == 2
