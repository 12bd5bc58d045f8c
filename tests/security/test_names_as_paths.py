"""A name of a stranger's is no path: no repository, file, entry or address leads out of the place it belongs to."""

from __future__ import annotations

import http.client
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from huggingface_hub.hf_api import RepoSibling

from evaluation.engines.interface import Weights
from evaluation.engines.transformers.downloads import Snapshots, _chosen
from evaluation.errors import CannotRun, ImportRefused
from evaluation.imports import inspect_logs
from evaluation.imports.interface import ImportSettings
from lineage.scores.instrument_file import default_catalogue
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.hub.run import RunningHub


@pytest.mark.parametrize(
    "model",
    ["../../etc", "/etc/passwd", "a/../../b", "..", "a/b/c", "a\\..\\b", "a/\x00b", "a/" + "x" * 5_000, "", "a b"],
)
def test_no_model_is_fetched_by_a_path(tmp_path: Path, model: str) -> None:
    """What is no name of the Hub's is refused before a request, and before a folder or lock is called after it."""
    cache = tmp_path / "inner" / "cache"
    with pytest.raises(CannotRun, match="no name"):
        Snapshots(cache, endpoint="http://127.0.0.1:1").fetch(Weights(model=model, revision=None))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../model.safetensors",
        "/model.safetensors",
        "a/../../model.safetensors",
        "..\\model.safetensors",
        "additional_chat_templates/../../../.profile",
        "additional_chat_templates//etc/passwd",
        "../evil.py",
        "a/../../evil.py",
        "/evil.py",
        "pytorch_model.bin",
        "model.safetensors.py.bin",
    ],
)
def test_a_file_of_a_repository_stays_in_it(name: str) -> None:
    """Of the files that a Hub lists only those are fetched that lie where their names say, with trust in code too."""
    files = [RepoSibling(rfilename=one) for one in ("model.safetensors", name)]
    weights = Weights(model="maple/x", revision=None, trusts_remote_code=True)
    assert [file.rfilename for file in _chosen(files, weights)] == ["model.safetensors"]


@pytest.mark.parametrize("name", ["../../evil.json", "/etc/evil.json", "samples/../../../evil.json", "..\\evil.json"])
def test_a_log_is_unpacked_nowhere(tmp_path: Path, name: str) -> None:
    """Entries of a log are read in memory by their exact names; none is written to where it says."""
    path = tmp_path / "inner" / "log.eval"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", '{"version":2,"status":"success","eval":{}}')
        archive.writestr(name, "{}")
    with pytest.raises(ImportRefused):
        inspect_logs.read(path, ImportSettings(catalogue=default_catalogue()))
    assert [one.name for one in tmp_path.rglob("*")] == ["inner", "log.eval"]


def test_entries_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    """One packed text that many entries claim is read by none of them."""
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", " " * 1_000_000)
        for number in range(100):  # the central directory names the first entry's bytes again
            again = archive.infolist()[0]
            other = zipfile.ZipInfo(f"samples/{number}.json")
            for field in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
                setattr(other, field, getattr(again, field))
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other
    with pytest.raises(ImportRefused, match="lie over each other"):
        inspect_logs.read(path, ImportSettings(catalogue=default_catalogue()))


@pytest.fixture(name="hub", scope="module")
def fixture_hub() -> Iterator[RunningHub]:
    """Give a sandbox Hub."""
    with serve(RepoStore(generate(seed=0, models=600))) as served:
        yield served


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/maple-research/maple-1b-instruct/resolve/main/../../../../../etc/passwd",
        "/maple-research/maple-1b-instruct/resolve/main/..%2f..%2f..%2fetc%2fpasswd",
        "/maple-research/maple-1b-instruct/resolve/main/%2e%2e/%2e%2e/etc/passwd",
        "/maple-research/maple-1b-instruct/resolve/main//etc/passwd",
        "/maple-research/maple-1b-instruct/resolve/main/..\\..\\etc\\passwd",
        "/maple-research/maple-1b-instruct/resolve/../../etc/passwd",
        "/api/models/..%2f..%2fetc/tree/main",
        "/api/models/maple-research/maple-1b-instruct/tree/main/../../etc",
    ],
)
def test_the_sandbox_serves_only_what_it_holds(hub: RunningHub, path: str) -> None:
    """It has its files in memory: an address that climbs finds nothing, whatever lies on this machine."""
    parts = urlsplit(hub.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    assert 400 <= answer.status < 500
    assert b"root:" not in body
