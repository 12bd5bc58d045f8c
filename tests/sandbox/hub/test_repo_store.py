"""Catalogues that change while they are served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.hub.filters import Criteria
from sandbox.hub.repo_store import MovedTo, RepoStore
from sandbox.hub.run import serve
from sandbox.hub.sorting import SortOrder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hub.repo import Repo

    Walk = Callable[[httpx.Client, str], list[list[str]]]

NOON = datetime(2026, 3, 4, 12, 0, 0, 7000, tzinfo=UTC)


@pytest.fixture
def repo_store(make_repo: Callable[..., Repo]) -> RepoStore:
    """Give forty models, of which number n has n likes and downloads."""
    return RepoStore((make_repo(f"acme/m{number}", number, downloads=number) for number in range(40)), now=lambda: NOON)


def walk_while(repo_store: RepoStore, sort: str, move: Callable[[int], object]) -> list[str]:
    """Walk in pages of ten and let the catalogue move after each page; give every id seen."""
    seen: list[str] = []
    with serve(repo_store) as hub, httpx.Client(base_url=hub.url) as client:
        following: str | None = f"/api/models?sort={sort}&limit=10"
        while following:
            answer = client.get(following)
            seen += [record["id"] for record in answer.json()]
            following = answer.links.get("next", {}).get("url")
            move(len(seen) // 10)
    return seen


def climb(repo_store: RepoStore) -> Callable[[int], object]:
    """Give a move that lifts one model not yet seen to the top of the downloads."""
    return lambda page: repo_store.change(f"acme/m{page}", downloads=1000 + page)


def test_a_walk_by_creation_loses_nothing_while_downloads_move(repo_store: RepoStore) -> None:
    """The createdAt walk is a keyset on `_id`: every model is seen exactly once whatever else changes."""
    seen = walk_while(repo_store, "createdAt", climb(repo_store))
    assert sorted(seen) == sorted(repo_store.ids())


def test_a_walk_by_downloads_loses_models_meanwhile(repo_store: RepoStore) -> None:
    """The same moves make a downloads walk miss exactly the models that climbed over it."""
    seen = walk_while(repo_store, "downloads", climb(repo_store))
    assert len(seen) == len(set(seen))
    assert set(repo_store.ids()) - set(seen) == {"acme/m1", "acme/m2", "acme/m3"}


def test_a_walk_by_modification_shows_a_changed_model_twice_or_never(repo_store: RepoStore) -> None:
    """A model edited amid a lastModified walk moves to the front, behind the walker's back."""
    seen = walk_while(repo_store, "lastModified", lambda page: repo_store.change(f"acme/m{page}", tags=["edited"]))
    assert "acme/m1" not in seen


def test_a_walk_by_creation_survives_removals(repo_store: RepoStore) -> None:
    """Deleting, hiding and renaming amid the walk, even the model at the cursor, costs no other model."""

    def move(page: int) -> None:
        if page == 1:
            repo_store.delete("acme/m30")
            repo_store.hide("acme/m29")
            repo_store.rename("acme/m28", "acme/renamed")

    seen = walk_while(repo_store, "createdAt", move)
    assert sorted(seen) == sorted(
        {f"acme/m{number}" for number in range(40)} - {"acme/m29", "acme/m28"} | {"acme/renamed"}
    )


def test_new_models_come_first_and_late_rows_do_not(repo_store: RepoStore, make_repo: Callable[..., Repo]) -> None:
    """A new model heads the createdAt order; one that is published late stands where its `_id` puts it."""
    repo_store.add(make_repo("acme/late", 5_000_000, access="private"))
    repo_store.add(make_repo("acme/new", 6_000_000))
    order = Criteria(order=SortOrder(sort="createdAt"))

    def first_two() -> list[str]:
        return [item.id for item in repo_store.page(order, limit=2).items if not isinstance(item, bytes)]

    assert first_two() == ["acme/new", "acme/m39"]
    repo_store.publish("acme/late")
    assert first_two() == ["acme/new", "acme/late"]
    assert repo_store.count(order) == 42
    assert len(repo_store) == 42


def test_a_card_edit_makes_a_commit_and_a_counter_does_not(repo_store: RepoStore) -> None:
    """Fields bump sha and lastModified, downloads and likes leave them, and the caller can say otherwise."""
    before = repo_store.get("acme/m1")
    assert repo_store.change("acme/m1", downloads=5, likes=6).sha == before.sha
    edited = repo_store.change("acme/m1", {"model-index": []}, cardData={"license": "mit"})
    assert edited.sha not in (before.sha, "")
    assert edited.record["lastModified"] == "2026-03-04T12:00:00.007Z"
    assert edited.record["model-index"] == []
    assert edited.record["downloads"] == 5
    again = repo_store.change("acme/m1", tags=[], at=datetime(2027, 1, 1, tzinfo=UTC))
    assert again.record["lastModified"] == "2027-01-01T00:00:00.000Z"
    assert again.sha != edited.sha
    assert repo_store.change("acme/m1", tags=["x"], touch=False).sha == again.sha
    assert repo_store.change("acme/m1", downloads=9, touch=True).sha != again.sha
    assert repo_store.change("acme/m1", sha="f" * 40).sha == "f" * 40


def test_renaming(repo_store: RepoStore) -> None:
    """The record has the new id, name and author, `_id` stays, and every former id redirects."""
    hub_id = repo_store.get("acme/m1").hub_id
    repo_store.rename("acme/m1", "zenith/one")
    renamed = repo_store.rename("zenith/one", "zenith/two")
    assert (renamed.hub_id, renamed.record["modelId"], renamed.record["author"]) == (hub_id, "zenith/two", "zenith")
    assert repo_store.find("acme/m1") == repo_store.find("zenith/one") == MovedTo(id="zenith/two")
    with pytest.raises(ValueError, match="already here"):
        repo_store.rename("acme/m2", "zenith/TWO")
    assert repo_store.rename("zenith/two", "Zenith/Two").id == "Zenith/Two"


def test_an_id_can_be_used_again(repo_store: RepoStore, make_repo: Callable[..., Repo]) -> None:
    """A new model under a former id is found there; what was deleted is gone with its redirects."""
    repo_store.rename("acme/m1", "acme/elsewhere")
    repo_store.add(make_repo("acme/m1", 100))
    found = repo_store.find("acme/m1")
    assert not isinstance(found, MovedTo)
    repo_store.delete("acme/m1")
    assert repo_store.find("acme/m1") == MovedTo(id="acme/elsewhere")
    repo_store.delete("acme/elsewhere")
    assert repo_store.find("acme/m1") is None
    assert "acme/elsewhere" not in repo_store.ids()


def test_what_cannot_be_held(repo_store: RepoStore, make_repo: Callable[..., Repo]) -> None:
    """A taken id, a taken `_id` and a record that is not JSON are refused; unknown names are KeyError."""
    with pytest.raises(ValueError, match="already here"):
        repo_store.add(make_repo("acme/other", 1))
    with pytest.raises(ValueError, match="already here"):
        repo_store.add(make_repo("acme/m1", 999))
    with pytest.raises(TypeError):
        repo_store.add(make_repo("acme/odd", 998, cardData={1, 2}))
    with pytest.raises(KeyError):
        repo_store.change("acme/nobody", likes=1)
    with pytest.raises(KeyError):
        repo_store.get("ACME/m1")


def test_many_connections_while_the_catalogue_moves(repo_store: RepoStore, walk: Walk) -> None:
    """Eight walkers at once each see all models that were there throughout."""

    def walk_once(url: str) -> set[str]:
        with httpx.Client(base_url=url) as client:
            return {name for page in walk(client, "/api/models?sort=createdAt&limit=3") for name in page}

    with serve(repo_store) as hub, ThreadPoolExecutor(8) as pool:
        walks = [pool.submit(walk_once, hub.url) for _ in range(8)]
        for number in range(20):
            repo_store.change(f"acme/m{number}", downloads=number * 7, tags=[str(number)])
        assert all(done.result() == set(repo_store.ids()) for done in walks)
        assert hub.requests.count(status=200) == len(hub.requests) == 8 * 14
