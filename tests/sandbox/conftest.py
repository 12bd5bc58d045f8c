"""Small catalogues and a client for the tests of the sandbox Hub."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.hub.repo import File, Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.hub.repo import Access
    from sandbox.hub.run import RunningHub


DATA = {"dataset": {"id": "kestrelworks/sums", "task_id": "sums"}, "value": 0.9, "date": "2026-05-02"}
RESULT = {"filename": ".eval_results/sums.yaml", "verified": True, "data": DATA}
COMMUNITY = {**RESULT, "verified": False, "pullRequest": 44, "data": {**DATA, "value": 0.4, "notes": "no tools"}}


def small_file(path: str, text: str) -> File:
    """Make an ordinary file with its true git oid."""
    content = text.encode()
    oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return File(path=path, size_bytes=len(content), oid=oid, content=content)


def repo_of(
    name: str,
    /,
    number: int,
    *,
    files: tuple[File, ...] = (),
    access: Access = "public",
    former_ids: tuple[str, ...] = (),
    **fields: object,
) -> Repo:
    """Make a repository; `number` seconds after a fixed moment its `_id` says."""
    record: dict[str, object] = {
        "_id": f"{0x65000000 + number:08x}{number:016x}",
        "id": name,
        "createdAt": "2024-05-01T00:00:00.000Z",
        "lastModified": f"2024-06-01T00:{number % 60:02}:00.000Z",
        "sha": f"{number:040x}",
        "gated": False,
        "downloads": number % 7,
        "likes": number,
        "tags": ["transformers", "region:us"],
    }
    return Repo(record=record | fields, files=files, access=access, former_ids=former_ids)


@pytest.fixture(scope="session")
def make_repo() -> Callable[..., Repo]:
    """Give the maker of small repositories."""
    return repo_of


@pytest.fixture(scope="session")
def make_file() -> Callable[[str, str], File]:
    """Give the maker of ordinary files."""
    return small_file


@pytest.fixture(scope="session")
def weights() -> tuple[File, File]:
    """Give a pointer without bytes and a large file with them."""
    content = bytes(range(256)) * 8
    held = File(
        path="onnx/model.onnx",
        size_bytes=len(content),
        oid="b" * 40,
        content=content,
        lfs_oid=hashlib.sha256(content).hexdigest(),
    )
    return File(path="model.safetensors", size_bytes=4_943_162_336, oid="a" * 40, lfs_oid="c" * 64), held


@pytest.fixture(scope="session")
def zoo(weights: tuple[File, File]) -> tuple[Repo, ...]:
    """Give one repository of every kind, under the fictional organisations acme and vault."""
    readme, config = small_file("README.md", "---\nlicense: mit\n---\n# Né\n"), small_file("config.json", '{"a": 1}')
    card = {"license": "mit", "base_model": "acme/base"}
    return (
        repo_of(
            "acme/base", 1, files=(readme, config, *weights), former_ids=("base", "old/base"), pipeline_tag="fill-mask"
        ),
        repo_of(
            "acme/tuned",
            2,
            files=(readme,),
            tags=["medical", "base_model:acme/base", "base_model:finetune:acme/base"],
            library_name="peft",
            cardData=card | {"language": ["en", "pt"]},
            baseModels={"relation": "finetune", "models": [{"_id": "1" * 24, "id": "acme/base"}]},
            trendingScore=3.5,
            evalResults=[RESULT],
        ),
        repo_of(
            "acme/quiet", 3, tags=["base_model:acme/base"], baseModels=None, config={}, childrenModelCount={"merge": 1}
        ),
        repo_of("acme/gated", 4, files=(readme, config, weights[0]), gated="manual", pipeline_tag="fill-mask"),
        repo_of("vault/secret", 5, files=(readme,), access="private", former_ids=("vault/before",)),
        repo_of("vault/taken-down", 6, files=(readme,), access="disabled"),
        repo_of("legacy", 7, files=(readme,), tags=["base_model:adapter:acme/tuned", "fr"]),
        repo_of("acme/model-with-likes", 8, likes=1, downloads=500, tags=["medical", "fr"], evalResults=[COMMUNITY]),
    )


@pytest.fixture(scope="session")
def hub(zoo: tuple[Repo, ...]) -> Iterator[RunningHub]:
    """Serve the zoo, which no test changes."""
    with serve(RepoStore(zoo)) as served:
        yield served


@pytest.fixture
def client(hub: RunningHub) -> Iterator[httpx.Client]:
    """Give a plain client of the zoo's Hub."""
    with httpx.Client(base_url=hub.url) as found:
        yield found


@pytest.fixture(scope="session")
def walk() -> Callable[[httpx.Client, str], list[list[str]]]:
    """Give a function that follows the links from an address and gives the ids of each page."""

    def walked(client: httpx.Client, address: str) -> list[list[str]]:
        pages = []
        following: str | None = address
        while following:
            answer = client.get(following)
            assert answer.status_code == 200, answer.text
            pages.append([record["id"] for record in answer.json()])
            following = answer.links.get("next", {}).get("url")
        return pages

    return walked
