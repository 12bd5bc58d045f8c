"""The generated catalogue as the sandbox Hub shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest

from sandbox.catalogue import generate
from sandbox.hub.expand import EXPANDABLE
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.hub.repo import Repo

    Walk = Callable[[httpx.Client, str], list[list[str]]]


@pytest.fixture(scope="module")
def repos() -> tuple[Repo, ...]:
    """Give the default catalogue."""
    return tuple(generate())


@pytest.fixture(scope="module")
def catalogue_client(repos: tuple[Repo, ...]) -> Iterator[httpx.Client]:
    """Give a client of a Hub that serves it."""
    with serve(RepoStore(repos)) as hub, httpx.Client(base_url=hub.url) as found:
        yield found


@pytest.mark.parametrize("sort", ["createdAt", "lastModified", "downloads", "likes", "trendingScore"])
def test_every_public_model_is_listed_once(
    repos: tuple[Repo, ...], catalogue_client: httpx.Client, walk: Walk, sort: str
) -> None:
    """In every order, with every key, small pages join to the public catalogue."""
    expand = "".join(f"&expand={key}" for key in EXPANDABLE)
    seen = [name for page in walk(catalogue_client, f"/api/models?sort={sort}&limit=97{expand}") for name in page]
    assert sorted(seen) == sorted(repo.id for repo in repos if repo.access == "public")


def test_every_record_comes_through_unaltered(repos: tuple[Repo, ...], catalogue_client: httpx.Client) -> None:
    """What is generated, malformed values included, is what a listing with every key says."""
    query = "&".join(f"expand={key}" for key in EXPANDABLE)
    listed = {record["_id"]: record for record in catalogue_client.get(f"/api/models?{query}").json()}
    for repo in repos:
        if repo.access == "public":
            shown = {key: value for key, value in repo.record.items() if key in {*EXPANDABLE, "_id", "id"}}
            assert shown.items() <= listed[repo.hub_id].items()


def test_every_name_leads_somewhere(repos: tuple[Repo, ...], catalogue_client: httpx.Client) -> None:
    """Each model answers by its access, under its id and from every former one."""
    statuses = {"public": 200, "private": 401, "disabled": 403}
    for repo in repos:
        answer = catalogue_client.get(f"/api/models/{quote(repo.id)}")
        assert answer.status_code == statuses[repo.access], repo.id
        for former in repo.former_ids:
            redirect = catalogue_client.get(f"/api/models/{quote(former)}")
            assert redirect.status_code == (401 if repo.access == "private" else 307), former
            if redirect.status_code == 307:
                assert redirect.headers["Location"] == f"/api/models/{quote(repo.id)}"


def test_every_file_is_in_its_tree_and_small_ones_are_readable(
    repos: tuple[Repo, ...], catalogue_client: httpx.Client
) -> None:
    """The owner reads every file whose bytes are held, byte by byte as generated."""
    owner = {"Authorization": "Bearer hf_sandbox_owner"}
    for repo in repos:
        if repo.access == "disabled" or not repo.files:
            continue
        tree = catalogue_client.get(f"/api/models/{quote(repo.id)}/tree/main?recursive=true", headers=owner).json()
        assert {entry["path"] for entry in tree if entry["type"] == "file"} == {file.path for file in repo.files}
    for repo in repos[::7]:
        for file in repo.files if repo.access != "disabled" else ():
            address = f"/{quote(repo.id)}/resolve/main/{quote(file.path)}"
            answer = catalogue_client.get(address, headers=owner, follow_redirects=True)
            assert answer.content == file.content if file.content is not None else answer.status_code == 404
