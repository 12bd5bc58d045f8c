"""`GET /api/models` over HTTP: conditions, orders, cursors, modes and refusals."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.hub.expand import EXPANDABLE
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hub.repo import Repo
    from sandbox.hub.run import RunningHub

    Walk = Callable[[httpx.Client, str], list[list[str]]]

OWNER = {"Authorization": "Bearer hf_sandbox_owner"}
NEWEST = ["acme/model-with-likes", "legacy", "acme/gated", "acme/quiet", "acme/tuned", "acme/base"]


def ids(answer: httpx.Response) -> list[str]:
    """Give the ids of a page."""
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()]


def cursor_in(answer: httpx.Response) -> str:
    """Give the cursor of the page's link."""
    return parse_qs(urlsplit(answer.links["next"]["url"]).query)["cursor"][0]


def test_newest_first_without_private_and_disabled(client: httpx.Client) -> None:
    """By createdAt the public models come newest first."""
    assert ids(client.get("/api/models", params={"sort": "createdAt", "direction": "-1"})) == NEWEST


def test_the_owner_also_lists_private_models(client: httpx.Client) -> None:
    """Private models are listed for their owner alone, disabled ones for nobody."""
    listed = ids(client.get("/api/models?sort=createdAt", headers=OWNER))
    assert "vault/secret" in listed
    assert "vault/taken-down" not in listed
    assert "vault/secret" not in ids(client.get("/api/models", headers={"Authorization": "Bearer hf_sandbox_free"}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter=medical", {"acme/tuned", "acme/model-with-likes"}),
        ("filter=medical&filter=fr", {"acme/model-with-likes"}),
        ("filter=base_model:acme/base", {"acme/tuned", "acme/quiet"}),
        ("filter=base_model:finetune:acme/base", {"acme/tuned"}),
        ("filter=base_model:adapter:acme/base", set()),
        ("filter=base_model:acme/tuned", {"legacy"}),
        ("filter=pt", {"acme/tuned"}),
        ("filter=language:pt", set()),
        ("filter=peft", {"acme/tuned"}),
        ("filter=fill-mask", {"acme/base", "acme/gated"}),
        ("filter=no-such-tag", set()),
        ("author=acme&filter=fr", {"acme/model-with-likes"}),
        ("author=ACME", set()),
        ("search=TUNED", {"acme/tuned"}),
        ("search=acme", set(NEWEST) - {"legacy"}),
        ("pipeline_tag=fill-mask", {"acme/base", "acme/gated"}),
        ("gated=true", {"acme/gated"}),
        ("gated=false", set(NEWEST) - {"acme/gated"}),
        ("offset=3&library=peft", set(NEWEST)),
    ],
)
def test_conditions_hold_together(client: httpx.Client, query: str, expected: set[str]) -> None:
    """Every condition narrows the listing; parameters that the Hub does not know change nothing."""
    assert set(ids(client.get(f"/api/models?{query}"))) == expected


def test_a_mutable_order_breaks_ties_upwards(client: httpx.Client) -> None:
    """Downloads fall, and equal downloads go by rising `_id`; likes likewise."""
    assert ids(client.get("/api/models?sort=downloads"))[0] == "acme/model-with-likes"
    assert ids(client.get("/api/models?sort=likes"))[-2:] == ["acme/base", "acme/model-with-likes"]


def test_trending_is_the_default_and_unknown_values_come_last(client: httpx.Client) -> None:
    """Without `sort` the trending score rules and the link says so."""
    answer = client.get("/api/models?limit=2")
    assert ids(answer) == ["acme/tuned", "acme/base"]
    assert "sort=trendingScore" in answer.links["next"]["url"]


@pytest.mark.parametrize("sort", ["createdAt", "lastModified", "downloads", "likes", "trendingScore"])
@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_pages_join_to_the_whole(client: httpx.Client, walk: Walk, sort: str, limit: int) -> None:
    """Following the links gives each model once, in the order of one large page, and ends without an empty page."""
    whole = ids(client.get(f"/api/models?sort={sort}"))
    pages = walk(client, f"/api/models?sort={sort}&limit={limit}")
    assert [name for page in pages for name in page] == whole
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


def test_upwards_by_creation(client: httpx.Client, walk: Walk) -> None:
    """`direction=1` turns createdAt round, cursors included."""
    pages = walk(client, "/api/models?sort=createdAt&direction=1&limit=4")
    assert [name for page in pages for name in page] == NEWEST[::-1]


def test_the_link_is_absolute_and_keeps_the_request(hub: RunningHub, client: httpx.Client) -> None:
    """The link repeats scheme, host and every condition, and its cursor is the documented one."""
    answer = client.get("/api/models?sort=createdAt&direction=-1&limit=2&expand=tags&expand=likes&author=acme")
    link = answer.links["next"]["url"]
    assert link.startswith(f"{hub.url}/api/models?")
    asked = parse_qs(urlsplit(link).query)
    assert asked["expand"] == ["tags", "likes"]
    assert asked["limit"] == ["2"]
    assert asked["author"] == ["acme"]
    assert asked["direction"] == ["-1"]
    last = answer.json()[-1]["_id"]
    assert json.loads(base64.b64decode(asked["cursor"][0])) == {"_id": {"$lt": last}}


def test_the_host_of_the_link_is_the_one_asked(client: httpx.Client) -> None:
    """The link is built from the request's own host."""
    answer = client.get("/api/models?limit=1", headers={"Host": "hub.example:1"})
    assert answer.links["next"]["url"].startswith("http://hub.example:1/api/models?")


def test_cursors_of_mutable_orders(client: httpx.Client) -> None:
    """Likes have a keyset of two clauses, keys that may be missing a third."""
    for sort in ("likes", "lastModified"):
        answer = client.get(f"/api/models?sort={sort}&limit=2&expand={sort}")
        last = answer.json()[-1]
        clauses = [{sort: last[sort], "_id": {"$gt": last["_id"]}}, {sort: {"$lt": last[sort]}}]
        expected = clauses if sort == "likes" else [*clauses, {sort: None}]
        assert json.loads(base64.b64decode(cursor_in(answer))) == {"$or": expected}


def test_hand_built_cursors_are_taken(client: httpx.Client) -> None:
    """A cursor made from a stored `_id` goes on from there."""
    record = client.get("/api/models/acme/gated").json()
    made = base64.b64encode(json.dumps({"_id": {"$lt": record["_id"]}}).encode()).decode()
    assert ids(client.get("/api/models", params={"sort": "createdAt", "cursor": made})) == NEWEST[3:]


def test_a_server_may_take_only_its_own_cursors(zoo: tuple[Repo, ...], walk: Walk) -> None:
    """Under `nohandmade` issued cursors work, also after a restart, and hand-built or altered ones are refused."""
    made = base64.b64encode(b'{"_id":{"$lt":"650000040000000000000004"}}').decode()
    issued = ""
    for _ in range(2):
        with serve(RepoStore(zoo), faults="nohandmade") as hub, httpx.Client(base_url=hub.url) as client:
            pages = walk(client, "/api/models?sort=createdAt&limit=2")
            assert sum(map(len, pages)) == len(NEWEST)
            for cursor in (made, f"{made}.{'0' * 16}"):
                answer = client.get("/api/models", params={"sort": "createdAt", "cursor": cursor})
                assert answer.status_code == 400
            issued = issued or cursor_in(client.get("/api/models?sort=createdAt&limit=2"))
            assert ids(client.get("/api/models", params={"sort": "createdAt", "cursor": issued})) == NEWEST[2:]


@pytest.mark.parametrize(
    "query",
    [
        "sort=created",
        "sort=id",
        "sort=downloads&direction=1",
        "direction=1",
        "sort=createdAt&direction=2",
        "limit=x",
        "limit=0",
        "limit=-1",
        "limit=",
        "limit=%C2%B2",
        "skip=x",
        "gated=maybe",
        "cursor=%21%21",
        "cursor=e30%3D",
        "cursor=W10%3D",
        "sort=createdAt&cursor=eyJfaWQiOnsiJGx0Ijo1fX0%3D",
        "limit=" + "9" * 5000,
        "skip=" + "9" * 5000,
        "sort=likes&cursor=" + base64.b64encode(b'{"$or":[{"likes":1%s,"_id":{"$gt":"6"}}]}' % (b"0" * 400)).decode(),
        "sort=createdAt&cursor=" + base64.b64encode(b'{"_id":{"$lt":"\\ud800"}}').decode(),
        "sort=likes&cursor=eyJfaWQiOnsiJGx0IjoiNjUifX0%3D",
        "sort=likes&cursor=eyIkb3IiOlt7Imxpa2VzIjoiYSIsIl9pZCI6eyIkZ3QiOiI2NSJ9fV19",
    ],
)
def test_bad_parameters_are_400_with_json(client: httpx.Client, query: str) -> None:
    """What the Hub does not take is a 400 whose body is `{"error": text}`."""
    answer = client.get(f"/api/models?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


def test_filters_that_the_sandbox_lacks_are_not_ignored(client: httpx.Client) -> None:
    """A condition of the Hub that the sandbox cannot judge is refused rather than passed over."""
    assert client.get("/api/models?num_parameters=min:1B").status_code == 501


def test_expand_gives_what_was_asked_and_nothing_else(client: httpx.Client) -> None:
    """A key unknown of a model is omitted, one that is None stays None; both spellings of the parameter work."""
    answer = client.get("/api/models?sort=createdAt&expand=baseModels&expand[]=config&expand=childrenModelCount")
    by_id = {record["id"]: record for record in answer.json()}
    assert set(by_id["acme/quiet"]) == {"_id", "id", "baseModels", "config", "childrenModelCount"}
    assert by_id["acme/quiet"]["baseModels"] is None
    assert by_id["acme/quiet"]["config"] == {}
    assert by_id["acme/quiet"]["childrenModelCount"] == {"merge": 1}
    assert set(by_id["legacy"]) == {"_id", "id"}
    assert by_id["acme/tuned"]["baseModels"]["relation"] == "finetune"


@pytest.mark.parametrize("path", ["/api/models", "/api/models/acme/base"])
@pytest.mark.parametrize("key", ["securityStatus", "likes30d", "", "tags,likes"])
def test_unknown_expand_is_400(client: httpx.Client, path: str, key: str) -> None:
    """An unknown key refuses the whole request and the message lists the known ones."""
    answer = client.get(path, params=[("expand", "tags"), ("expand", key)])
    assert answer.status_code == 400
    assert answer.json()["error"].startswith('"expand" must be one of [author, baseModels, cardData, ')
    assert all(known in answer.json()["error"] for known in EXPANDABLE)


def test_every_expandable_key_is_taken(client: httpx.Client) -> None:
    """All 32 keys and the client's internal one are taken at once."""
    assert len(EXPANDABLE) == 32
    answer = client.get("/api/models", params={"expand": [*EXPANDABLE, "gitalyUid"]})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("", set()),
        ("full=true", {"author", "gated", "lastModified", "sha", "siblings"}),
        ("full=True&cardData=true", {"author", "gated", "lastModified", "sha", "siblings", "cardData"}),
        ("cardData=true", {"cardData"}),
        ("config=true&cardData=false", set()),
    ],
)
def test_keys_of_each_mode(client: httpx.Client, query: str, more: set[str]) -> None:
    """Each mode shows its keys, less what is unknown of the model (no pipeline, no config here)."""
    records = client.get(f"/api/models?{query}").json()
    record = next(record for record in records if record["id"] == "acme/tuned")
    known = {
        "_id",
        "id",
        "modelId",
        "likes",
        "trendingScore",
        "private",
        "downloads",
        "tags",
        "library_name",
        "createdAt",
    }
    assert set(record) == known | more
    assert "pipeline_tag" not in record


def test_siblings_are_names_only(client: httpx.Client) -> None:
    """A full listing names the files and tells no sizes."""
    record = next(record for record in client.get("/api/models?full=true").json() if record["id"] == "acme/base")
    assert {"rfilename": "README.md"} in record["siblings"]
    assert {key for sibling in record["siblings"] for key in sibling} == {"rfilename"}


def test_skip_leaves_out_rows(client: httpx.Client) -> None:
    """`skip` starts further on, and the link of that page does not skip again."""
    answer = client.get("/api/models?sort=createdAt&skip=2&limit=2")
    assert ids(answer) == NEWEST[2:4]
    assert ids(client.get(answer.links["next"]["url"])) == NEWEST[4:]
    assert ids(client.get("/api/models?skip=100")) == []


def test_pages_are_clamped_to_a_thousand(make_repo: Callable[..., Repo], walk: Walk) -> None:
    """A larger limit or none gives 1000 records a page, silently."""
    repo_store = RepoStore(make_repo(f"acme/m{number}", number) for number in range(1500))
    with serve(repo_store) as hub, httpx.Client(base_url=hub.url) as client:
        for query in ("", "&limit=5000", "&limit=1000"):
            assert [len(page) for page in walk(client, f"/api/models?sort=createdAt{query}")] == [1000, 500]


def test_hostile_text_survives(make_repo: Callable[..., Repo]) -> None:
    """Any text that JSON can say comes through, lone surrogates included."""
    nasty = ["\u202e\x00\n'; drop", "\ud800", "漢字", "</script>", '"],"id":"x"']
    with serve(RepoStore([make_repo("acme/nasty", 1, tags=nasty)])) as hub, httpx.Client(base_url=hub.url) as client:
        assert client.get("/api/models").json()[0]["tags"] == nasty
        assert client.get("/api/models", params={"filter": "漢字"}).json()[0]["tags"] == nasty
