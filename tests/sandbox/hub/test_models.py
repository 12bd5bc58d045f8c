"""What else the Hub says: the caller, the tag lexicon, the search page; and the log of what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from sandbox.hub.run import RunningHub

FREE = {"Authorization": "Bearer hf_sandbox_free"}


@pytest.mark.parametrize(("token", "is_pro"), [("hf_sandbox_free", False), ("hf_sandbox_pro", True)])
def test_whoami(client: httpx.Client, token: str, is_pro: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """The token's owner is told; the anonymous are refused."""
    caller = client.get("/api/whoami-v2", headers={"Authorization": f"Bearer {token}"}).json()
    assert caller["isPro"] is is_pro
    assert caller["type"] == "user"
    assert client.get("/api/whoami-v2").status_code == 401


def test_tags_by_type(client: httpx.Client) -> None:
    """The tag lexicon sorts tags into types and leaves private models out."""
    kinds = client.get("/api/models-tags-by-type").json()
    assert {"id": "fill-mask", "label": "fill-mask", "type": "pipeline_tag"} in kinds["pipeline_tag"]
    assert {"id": "region:us", "label": "us", "type": "region"} in kinds["region"]
    assert {tag["id"] for tag in kinds["language"]} == {"en", "fr", "pt"}
    assert {tag["id"] for tag in kinds["library"]} == {"peft"}
    assert "base_model" not in kinds
    assert client.get("/api/models-tags-by-type?type=region").json() == {"region": kinds["region"]}


def test_the_search_page_counts(client: httpx.Client) -> None:
    """The website's page gives 30 a page and the only total there is."""
    page = client.get("/models-json?sort=created").json()
    assert (page["numTotalItems"], page["numItemsPerPage"], page["pageIndex"]) == (6, 30, 0)
    assert page["models"][0]["id"] == "acme/model-with-likes"
    assert client.get("/models-json?p=1").json()["models"] == []
    assert client.get("/models-json?filter=medical").json()["numTotalItems"] == 2
    assert client.get("/models-json?p=x").status_code == 400


def test_the_log_holds_requests_and_no_tokens(client: httpx.Client, hub: RunningHub) -> None:
    """Each request is a line with method, target, status, bucket and caller; the token is nowhere."""
    hub.requests.clear()
    client.get("/api/models?limit=1", headers=FREE)
    client.head("/models-json")
    first, second = hub.requests
    assert (first.method, first.target, first.status, first.bucket) == ("GET", "/api/models?limit=1", 200, "api")
    assert (second.method, second.target, second.bucket, second.fault) == ("HEAD", "/models-json", "pages", None)
    assert first.caller == "sandbox-free"
    assert "hf_sandbox_free" not in repr(tuple(hub.requests))
    assert hub.requests.count(path="/api/models", status=200, bucket="api") == 1
    assert hub.requests[-1] == second
    assert len(hub.requests) == 2


def test_the_tag_lexicon_of_nothing_is_empty() -> None:
    """An empty Hub answers all the same."""
    with serve(RepoStore()) as hub, httpx.Client(base_url=hub.url) as client:
        assert client.get("/api/models").json() == []
        assert client.get("/api/models-tags-by-type").json() == {}
        assert client.get("/models-json").json()["numTotalItems"] == 0
