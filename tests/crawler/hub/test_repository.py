"""One model by its id: every row of the Hub's error matrix becomes a value, and only common trouble an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

import pytest

from crawler.errors import GaveUp, NotTheHub, TokenRefused, Unreachable
from crawler.http.hub_client import HubClient
from crawler.http.token import Token
from crawler.hub.repository import (
    Absent,
    FoundRecord,
    Gone,
    Lookup,
    Tree,
    TreeEntry,
    Unreadable,
    fetch_file,
    fetch_gguf_facts,
    fetch_tree,
    look_up,
)
from sandbox.catalogue.file_hashes import blob_oid

if TYPE_CHECKING:
    from tests.crawler.conftest import Asked, Canned, ScriptedHub

SHA = "0123456789abcdef0123456789abcdef01234567"


def kind_of(found: Lookup) -> str:
    """Name the case of a look-up, all of them."""
    match found:
        case FoundRecord():
            return "found"
        case Gone():
            return found.kind
        case Unreadable():
            return "passing" if found.is_passing else "unreadable"
    assert_never(found)


def test_a_model_is_found_in_one_request(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The record comes back as bytes with the keys that were asked for."""
    hub.script(canned(body=b'{"id":"maple/leaf"}'))
    found = look_up(client, "maple/leaf")
    assert isinstance(found, FoundRecord)
    assert (found.body, found.redirected, found.expand) == (b'{"id":"maple/leaf"}', False, "full")
    assert "baseModels" in found.asked
    assert hub.asked[0].path == "/api/models/maple/leaf"
    assert ("expand", "baseModels") in hub.asked[0].query


def test_a_former_name_is_followed(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A legacy bare name that redirects is found, and said to be redirected."""
    hub.script(canned(status=307, headers={"Location": "/api/models/maple/leaf"}), canned(body=b'{"id":"maple/leaf"}'))
    found = look_up(client, "leaf")
    assert isinstance(found, FoundRecord)
    assert (found.id_asked, found.redirected) == ("leaf", True)


ANONYMOUS = {"X-Error-Message": "Invalid username or password."}
MATRIX: list[tuple[dict[str, Any], str]] = [
    ({"status": 401, "headers": ANONYMOUS, "body": b'{"error":"Invalid username or password."}'}, "missing"),
    ({"status": 404, "headers": {"X-Error-Code": "RepoNotFound"}}, "missing"),
    ({"status": 404, "body": b'{"error":"Repository not found"}'}, "missing"),
    ({"status": 410}, "missing"),
    ({"status": 403, "headers": {"X-Error-Message": "Access to this resource is disabled."}}, "disabled"),
    ({"status": 451}, "disabled"),
    ({"status": 403, "headers": {"X-Error-Code": "GatedRepo"}}, "restricted"),
    ({"status": 401, "headers": {"X-Error-Code": "GatedRepo"}}, "restricted"),
    ({"status": 403}, "restricted"),
    ({"status": 400}, "unreadable"),
    ({"status": 418}, "unreadable"),
    ({"status": 307, "headers": {"Location": "https://elsewhere.invalid/x"}}, "unreadable"),
    ({"body": b'{"a":"' + b" " * 17 * 2**20 + b'"}', "is_gzip": True}, "unreadable"),
    ({"status": 500}, "passing"),
    ({"status": 504}, "passing"),
    ({"body": b'{"id":'}, "passing"),
]


@pytest.mark.parametrize(("answer", "kind"), MATRIX)
def test_every_refusal_is_a_value(
    answer: dict[str, Any], kind: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Status and X-Error-Code decide what a refusal means, and its reason is never empty."""
    hub.script(canned(**answer))
    found = look_up(client, "maple/leaf")
    assert kind_of(found) == kind
    assert not isinstance(found, FoundRecord)
    assert found.reason


def test_refused_keys_are_given_up(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A 400 falls back to fewer keys, at last to what the Hub shows by default."""
    hub.answer = lambda asked: canned(status=400 if asked.query else 200, body=b"{}")
    found = look_up(client, "maple/leaf")
    assert isinstance(found, FoundRecord)
    assert found.expand == "none"
    assert {"cardData", "config", "tags"} <= found.asked
    assert "baseModels" not in found.asked
    assert len(hub.asked) == 4


@pytest.mark.parametrize("model_id", ["", "a/b/c", "../x", "a b", "/root/x", "a--b", "x" * 97, "http://h/a"])
def test_what_is_no_id_costs_no_request(model_id: str, hub: ScriptedHub, client: HubClient) -> None:
    """An id that cannot be one is unreadable without asking, for records, files and trees."""
    assert kind_of(look_up(client, model_id)) == "unreadable"
    assert isinstance(fetch_file(client, model_id, SHA, "README.md"), Absent)
    assert isinstance(fetch_tree(client, model_id, SHA), Absent)
    assert hub.asked == []


def test_trouble_of_everyone_is_raised(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A wrong endpoint, spent patience with the quota, a refused token and a lost network stop the crawl."""
    hub.script(canned(body=b"<html>"))
    with pytest.raises(NotTheHub):
        look_up(client, "maple/leaf")
    hub.script(canned(status=429))
    with pytest.raises(GaveUp):
        look_up(client, "maple/leaf")
    hub.script(canned(status=401, body=b'{"error":"Invalid credentials in Authorization header"}'))
    with (
        HubClient(hub.url, token=Token("abc", source="HF_TOKEN"), rate_limiter=client.rate_limiter) as signed,
        pytest.raises(TokenRefused),
    ):
        look_up(signed, "maple/leaf")
    hub.close()
    with pytest.raises(Unreachable):
        look_up(client, "maple/leaf")


def test_a_web_page_in_place_of_one_model_is_that_models_trouble(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Where the Hub has answered well before, HTML for one model is a value that may pass."""
    hub.script(canned(body=b"{}"), canned(body=b"<html>"))
    look_up(client, "maple/leaf")
    assert kind_of(look_up(client, "maple/twig")) == "passing"


@pytest.mark.parametrize(
    "headers", [{}, {"ETag": f'"{blob_oid(b"# Leaf and more")}"'}, {"ETag": 'W/"2a-88b1"'}, {"X-Repo-Commit": "main"}]
)
def test_bytes_that_are_not_the_file_are_none(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], headers: dict[str, str]
) -> None:
    """Half a file, by its hash, and a page that names neither hash nor commit may be whole another time."""
    hub.script(canned(body=b"# Leaf", headers=headers))
    fetched = fetch_file(client, "maple/leaf", "main", "README.md")
    assert isinstance(fetched, Absent)
    assert fetched.is_cut
    assert fetched.is_passing


def test_a_file_with_the_commit_it_was_read_at_is_believed(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Where no hash is given the commit says that it is the Hub's file."""
    hub.script(canned(body=b"# Leaf", headers={"X-Repo-Commit": "a1" * 20}))
    assert fetch_file(client, "maple/leaf", "main", "README.md") == b"# Leaf"


def test_what_the_hub_knows_of_gguf_files(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Its key is asked for alone; a record without it has no facts, one that cannot be read none for this revision."""
    hub.script(
        canned(body=b'{"gguf": {"total": 7}}'),
        canned(body=b'{"gguf": [7]}'),
        canned(body=b'{"gguf": ' + b"1" * 5000 + b"}"),
        canned(status=400, body=b'{"error": "expand"}'),
    )
    assert fetch_gguf_facts(client, "maple/leaf") == {"total": 7}
    assert hub.asked[0].query == (("expand", "gguf"),)
    assert fetch_gguf_facts(client, "maple/leaf") == {}
    for _ in range(2):
        fetched = fetch_gguf_facts(client, "maple/leaf")
        assert isinstance(fetched, Absent)
        assert not fetched.is_passing


def test_a_file_is_fetched_through_the_resolver(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A small file comes back as bytes after the Hub's redirect; names are quoted, the resolvers' window is used."""
    headers = {"RateLimit": '"resolvers";r=9;t=100'}
    hub.script(
        canned(status=307, headers={"Location": "/api/resolve-cache/x?etag=1", **headers}),
        canned(body=b"# Leaf", headers=headers | {"ETag": f'"{blob_oid(b"# Leaf")}"'}),
    )
    assert fetch_file(client, "maple/leaf", "refs/pr/1", "docs/READ ME?.md") == b"# Leaf"
    assert hub.asked[0].path == "/maple/leaf/resolve/refs%2Fpr%2F1/docs/READ%20ME%3F.md"
    assert client.rate_limiter.quota("resolvers") is not None
    assert client.rate_limiter.quota("api") is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 404, "headers": {"X-Error-Code": "EntryNotFound"}}, "EntryNotFound"),
        ({"status": 404, "headers": {"X-Error-Code": "RevisionNotFound"}}, "RevisionNotFound"),
        ({"status": 401, "headers": {"X-Error-Code": "GatedRepo"}}, "GatedRepo"),
        ({"status": 302, "headers": {"Location": "https://cdn.invalid/x"}}, "another host"),
        ({"body": b" " * 2000}, "longer than 1000 bytes"),
        ({"status": 503}, "503"),
    ],
)
def test_a_file_that_cannot_be_had_is_a_value(
    answer: dict[str, Any], reason: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Missing, gated, large and unavailable files are absent, each with its reason."""
    hub.script(canned(**answer))
    absent = fetch_file(client, "maple/leaf", SHA, "README.md", limit_bytes=1000)
    assert isinstance(absent, Absent)
    assert reason in absent.reason
    assert absent.is_passing == (answer.get("status") == 503)


@pytest.mark.parametrize(
    ("revision", "path"), [("..", "x"), ("", "x"), (SHA, "../x"), (SHA, ""), (SHA, "a\n"), (SHA, "/x")]
)
def test_a_path_stays_in_its_repository(revision: str, path: str, hub: ScriptedHub, client: HubClient) -> None:
    """A path that would leave the repository, or cannot be one, is not asked for."""
    assert isinstance(fetch_file(client, "maple/leaf", revision, path), Absent)
    assert hub.asked == []


def entry(path: object, **more: object) -> dict[str, object]:
    """Return a file of a tree as the Hub lists it."""
    return {"type": "file", "oid": "a" * 40, "size": 5, "path": path, **more}


def test_a_tree_is_read_page_by_page(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Files of all pages come back with the sha256 of large ones; folders are left out, malformed entries counted."""
    first = [
        entry("a.json"),
        {"type": "directory", "path": "onnx", "oid": "b", "size": 0},
        entry(5),
        7,
        entry("\ud800"),
    ]
    second = [entry("m.safetensors", lfs={"oid": "c" * 64, "size": 9}), entry("n", lfs={"oid": 1}), entry("o", size=-1)]
    link = {"Link": f'<{hub.url}/api/models/maple/leaf/tree/{SHA}?cursor=ZZ%3D%3A2>; rel="next"'}
    hub.script(canned(body=json.dumps(first).encode(), headers=link), canned(body=json.dumps(second).encode()))
    tree = fetch_tree(client, "maple/leaf", SHA)
    assert isinstance(tree, Tree)
    assert tree.entries == (
        TreeEntry(path="a.json", size_bytes=5, oid="a" * 40, lfs_oid=None),
        TreeEntry(path="m.safetensors", size_bytes=5, oid="a" * 40, lfs_oid="c" * 64),
        TreeEntry(path="n", size_bytes=5, oid="a" * 40, lfs_oid=None),
    )
    assert (tree.is_complete, tree.skipped) == (True, 4)
    assert ("cursor", "ZZ=:2") in hub.asked[1].query


def test_a_tree_without_end_is_bounded(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Ten pages are read, then the tree is said to be incomplete; so is one whose next page is itself."""

    def endless(asked: Asked) -> Canned:
        return canned(headers={"Link": f"<{hub.url}{asked.path}?cursor={len(hub.asked)}>; rel=next"})

    hub.answer = endless
    tree = fetch_tree(client, "maple/leaf", SHA)
    assert isinstance(tree, Tree)
    assert (tree.is_complete, len(hub.asked)) == (False, 10)
    hub.answer = lambda asked: canned(headers={"Link": f"<{hub.url}{asked.path}?cursor=same>; rel=next"})
    tree = fetch_tree(client, "maple/leaf", SHA)
    assert isinstance(tree, Tree)
    assert (tree.is_complete, len(hub.asked)) == (False, 12)


@pytest.mark.parametrize(
    ("answer", "passing"),
    [
        ({"status": 404}, False),
        ({"body": b"[,]"}, True),
        ({"body": b"[" * 100_000 + b"]"}, True),
        ({"status": 500}, True),
    ],
)
def test_a_tree_that_cannot_be_had_is_a_value(
    answer: dict[str, Any], hub: ScriptedHub, client: HubClient, canned: type[Canned], *, passing: bool
) -> None:
    """A missing tree, one that is no JSON, one nested beyond reason and an outage are absent with a reason."""
    hub.script(canned(**answer))
    absent = fetch_tree(client, "maple/leaf", SHA)
    assert isinstance(absent, Absent)
    assert absent.is_passing == passing
