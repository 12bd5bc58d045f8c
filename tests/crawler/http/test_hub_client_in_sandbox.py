"""The client against the sandbox Hub: whole walks under faults and quota, and the real shapes of every refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crawler.errors import TokenRefused
from crawler.http.hub_client import HubClient
from crawler.http.rate_limit import RateLimiter
from crawler.http.retry_policy import RetryPolicy
from crawler.http.token import Token
from crawler.hub.listing import FellBack, Halved, PageRequest, Restarted, fetch_page, first_page, refetch, total
from crawler.hub.repository import Absent, FoundRecord, Gone, Tree, fetch_file, fetch_tree, look_up
from sandbox.catalogue import generate
from sandbox.hub.rate_limit import PLANS, QuotaRules
from sandbox.hub.repo import File, Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hub.repo import Access
    from sandbox.hub.run import RunningHub
    from tests.crawler.conftest import Clock

SHA = "b" * 40


def leaf(
    number: int, *, access: Access = "public", files: tuple[File, ...] = (), former_ids: tuple[str, ...] = ()
) -> Repo:
    """Return a small model."""
    record: dict[str, object] = {
        "_id": f"6{number:023x}",
        "id": f"maple/leaf-{number}",
        "createdAt": f"2026-01-01T00:{number // 60:02}:{number % 60:02}.000Z",
        "lastModified": f"2026-02-01T00:{number // 60:02}:{number % 60:02}.000Z",
        "sha": SHA,
        "tags": ["medical"] if number % 2 else [],
    }
    return Repo(record=record, access=access, files=files, former_ids=former_ids)


def connect(hub: RunningHub, clock: Clock, *, token: str | None = None) -> HubClient:
    """Return a client of a sandbox that never gives up."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    signed = Token(token, source="HF_TOKEN") if token else None
    return HubClient(
        hub.url,
        token=signed,
        rate_limiter=rate_limiter,
        retry_policy=RetryPolicy(attempts=30, overload_attempts=30, quota_waits=3),
    )


def walk(client: HubClient, request: PageRequest, on_event: Callable[[Any], object] = lambda _: None) -> list[str]:
    """Return the ids of a walk in order, fetching broken pages again and writing every checkpoint down."""
    ids: list[str] = []
    upcoming: PageRequest | None = request
    while upcoming is not None:
        page = fetch_page(client, PageRequest.from_json(upcoming.to_json()), on_event)
        for attempt in range(1, 6):
            try:
                records = json.loads(page.body)
                break
            except ValueError:
                page = refetch(client, page, attempt, on_event)
        ids += [record["id"] for record in records]
        upcoming = page.next and page.next.committed(records[-1]["_id"] if records else None)
    return ids


@pytest.fixture(scope="module")
def many() -> RepoStore:
    """Return 600 models of all kinds."""
    return RepoStore(generate(models=600))


def test_a_walk_finds_everything_in_one_request_a_page(many: RepoStore, clock: Clock) -> None:
    """The whole catalogue comes in as many requests as it has pages, every public model once."""
    with serve(many) as hub, connect(hub, clock) as client:
        ids = walk(client, first_page(limit=100))
        public = {name for name in many.ids() if many.get(name).access != "private"}
        assert len(ids) == len(set(ids))
        assert set(ids) <= public
        assert total(client) == len(ids) > 500
        assert client.counts.requests == -(-len(ids) // 100) + 1


@pytest.mark.parametrize("sort", ["createdAt", "lastModified"])
def test_a_walk_survives_every_fault(sort: Any, many: RepoStore, clock: Clock) -> None:  # noqa: ANN401 -- a literal type
    """With every kind of fault striking a third of the requests, a walk ends with the same models."""
    faults = "500=0.05,503=0.05,504=0.05,429=0.05,408=0.03,html=0.03,drop=0.05,truncate=0.05,garbage=0.03,seed=7"
    with serve(many) as hub, connect(hub, clock) as client:
        undisturbed = walk(client, first_page(limit=100, sort=sort))
    with serve(many, faults=faults) as hub, connect(hub, clock) as client:
        assert walk(client, first_page(limit=100, sort=sort)) == undisturbed
        assert client.counts.retries > 0
        assert client.counts.requests == len(hub.requests)


def test_pages_that_time_out_shrink(clock: Clock) -> None:
    """Where the Hub has no time for pages over 100, the walk goes on with less and loses nothing."""
    events: list[Any] = []
    with (
        serve(RepoStore(leaf(number) for number in range(500)), faults="504>100") as hub,
        connect(hub, clock) as client,
    ):
        assert len(set(walk(client, first_page(limit=400), events.append))) == 500
    assert [event.limit for event in events if isinstance(event, Halved)][:2] == [200, 100]


def test_refused_lineage_keys_are_given_up(clock: Clock) -> None:
    """A Hub that shows no baseModels on lists costs one request more, once."""
    events: list[Any] = []
    with (
        serve(RepoStore(leaf(n) for n in range(150)), faults="expand:baseModels") as hub,
        connect(hub, clock) as client,
    ):
        assert len(walk(client, first_page(limit=50), events.append)) == 150
        assert len(hub.requests) == 4
    assert [type(event) for event in events] == [FellBack]


def test_a_cursor_refused_now_and_then_loses_nothing(clock: Clock) -> None:
    """Cursors that are refused are rebuilt from the last record, or the walk restarts; every model comes."""
    with (
        serve(RepoStore(leaf(n) for n in range(300)), faults="cursor=0.4,seed=3") as hub,
        connect(hub, clock) as client,
    ):
        assert len(set(walk(client, first_page(limit=50)))) == 300


def test_hand_built_cursors_may_be_refused(clock: Clock) -> None:
    """Where only issued cursors count and ours is stale, the walk restarts from its top."""
    events: list[Any] = []
    with (
        serve(RepoStore(leaf(number) for number in range(60)), faults="nohandmade") as hub,
        connect(hub, clock) as client,
    ):
        stale = first_page(limit=50).to_json().replace('"cursor": null', '"cursor": "c3RhbGU="')
        ids = walk(client, PageRequest.from_json(stale).committed("6" + "f" * 23), events.append)
        assert len(ids) == 60
    assert isinstance(events[-1], Restarted)


def test_a_hand_built_cursor_goes_on_behind_the_last_record(clock: Clock) -> None:
    """Where the Hub accepts any cursor, a stale one is replaced and nothing is asked twice."""
    with serve(RepoStore(leaf(number) for number in range(200))) as hub, connect(hub, clock) as client:
        first = fetch_page(client, first_page(limit=50))
        last = json.loads(first.body)[-1]["_id"]
        stale = PageRequest(limit=50, full_limit=50, cursor="stale", after=last)
        assert len(walk(client, stale)) == 150


def test_a_quota_is_kept_exactly(clock: Clock) -> None:
    """With five requests a window, a walk of twelve is never refused and waits for two windows."""
    quota = QuotaRules(is_enforced=True, plans={**PLANS, "anonymous": {"api": 5, "resolvers": 5, "pages": 5}})
    repo_store = RepoStore(leaf(number) for number in range(600))
    with serve(repo_store, quota=quota, clock=clock) as hub, connect(hub, clock) as client:
        assert len(walk(client, first_page(limit=50))) == 600
        assert hub.requests.count(status=429) == 0
        assert len(hub.requests) == 12
    assert clock.sleeps == [301.0, 300.0]


def test_a_quota_that_others_spend_is_waited_for(clock: Clock) -> None:
    """A 429 whose window another client spent is slept through, as no failed attempt."""
    quota = QuotaRules(is_enforced=True, plans={**PLANS, "anonymous": {"api": 2, "resolvers": 5, "pages": 5}})
    with serve(RepoStore([leaf(1)]), quota=quota, clock=clock) as hub:
        with connect(hub, clock) as other:
            other.get("/api/models")
            other.get("/api/models")
        with connect(hub, clock) as client:
            assert client.get("/api/models").status == 200
        assert hub.requests.count(status=429) == 1
    assert clock.sleeps == [301.0]


def test_filters_narrow_a_walk(clock: Clock) -> None:
    """A walk of a tag finds those that carry it, through pages."""
    with serve(RepoStore(leaf(number) for number in range(300))) as hub, connect(hub, clock) as client:
        ids = walk(client, first_page(filters=(("filter", "medical"),)))
    assert set(ids) == {f"maple/leaf-{number}" for number in range(1, 300, 2)}


def test_the_error_matrix_is_read_as_it_is(clock: Clock) -> None:
    """Private, disabled, renamed and missing models, asked with and without a token."""
    repos = [leaf(1), leaf(2, access="private"), leaf(3, access="disabled"), leaf(4, former_ids=("maple/bud",))]
    with serve(RepoStore(repos)) as hub:
        for token, status in ((None, 401), ("hf_sandbox_free", 404)):
            with connect(hub, clock, token=token) as client:
                assert isinstance(look_up(client, "maple/leaf-1"), FoundRecord)
                for name in ("maple/leaf-2", "maple/nowhere"):
                    gone = look_up(client, name)
                    assert isinstance(gone, Gone)
                    assert (gone.kind, gone.status) == ("missing", status)
                disabled = look_up(client, "maple/leaf-3")
                assert isinstance(disabled, Gone)
                assert disabled.kind == "disabled"
                renamed = look_up(client, "maple/bud")
                assert isinstance(renamed, FoundRecord)
                assert renamed.redirected
                assert json.loads(renamed.body)["id"] == "maple/leaf-4"
        with connect(hub, clock, token="hf_expired") as client, pytest.raises(TokenRefused):  # noqa: S106 -- not real
            look_up(client, "maple/leaf-1")


def test_files_and_trees_are_read(clock: Clock) -> None:
    """A README comes through the resolver, a missing file is absent, a tree tells weights by their sha256."""
    card = File(path="README.md", size_bytes=6, oid="2418af0da003fc5d0fd65ddb2be3f6255b1ff081", content=b"# Leaf")
    weights = File(path="model.safetensors", size_bytes=10**9, oid="c" * 40, lfs_oid="d" * 64)
    with serve(RepoStore([leaf(1, files=(card, weights))])) as hub, connect(hub, clock) as client:
        assert fetch_file(client, "maple/leaf-1", "main", "README.md") == b"# Leaf"
        missing = fetch_file(client, "maple/leaf-1", "main", "config.json")
        assert missing == Absent(reason="EntryNotFound", status=404)
        wrong = fetch_file(client, "maple/leaf-1", "gone", "README.md")
        assert wrong == Absent(reason="RevisionNotFound", status=404)
        tree = fetch_tree(client, "maple/leaf-1", "main")
        assert isinstance(tree, Tree)
        assert {entry.path: entry.lfs_oid for entry in tree.entries} == {
            "README.md": None,
            "model.safetensors": "d" * 64,
        }
        assert hub.requests.count(bucket="resolvers") == 4
