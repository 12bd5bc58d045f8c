"""Leaderboards over HTTP: derivatives always requested, rows read one by one, refusals that name the data set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crawler.errors import AccessDenied, BadRequest, BodyTooLarge, BrokenBody, GaveUp, NoLeaderboard, NotTheHub
from crawler.http.hub_client import HubClient
from crawler.http.token import Token
from crawler.hub import leaderboards
from crawler.hub.leaderboards import fetch_leaderboard, list_benchmarks
from lineage.scores.leaderboard import LeaderboardRow, UnreadRow
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from tests.crawler.conftest import Canned, ScriptedHub

ROW: dict[str, Any] = {
    "rank": 1,
    "modelId": "maple/leaf",
    "value": 0.5,
    "filename": ".eval_results/sums.yaml",
    "verified": True,
    "author": {"type": "org", "name": "maple"},
    "source": {"name": "Logs", "url": "https://example.org", "isExternal": True},
    "pullRequest": 7,
    "notes": "no tools",
    "moonPhase": "waxing",
}


def body(*rows: object) -> bytes:
    """Return a page."""
    return json.dumps(rows).encode()


def test_a_row_is_read_with_all_it_tells(client: HubClient, hub: ScriptedHub, canned: type[Canned]) -> None:
    """Known keys are read and unknown ones passed over; derivatives are asked for."""
    hub.script(canned(body=body(ROW)))
    board = fetch_leaderboard(client, "oak/sums")
    assert board.rows == (
        LeaderboardRow(
            rank=1,
            model="maple/leaf",
            value=0.5,
            file=".eval_results/sums.yaml",
            is_verified=True,
            pull_request=7,
            source_name="Logs",
            source_url="https://example.org",
            notes="no tools",
        ),
    )
    assert (board.dataset, board.unread, board.is_complete) == ("oak/sums", (), True)
    assert hub.asked[0].path == "/api/datasets/oak/sums/leaderboard"
    assert hub.asked[0].query == (("base_model", "false"),)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"modelId": "a/b"}, LeaderboardRow(rank=None, model="a/b", value="")),
        ({"modelId": "a/b", "value": "0.5", "rank": "1"}, LeaderboardRow(rank=None, model="a/b", value="0.5")),
        ({"modelId": "a/b", "value": [1], "verified": "yes"}, LeaderboardRow(rank=None, model="a/b", value="a list")),
        (
            {"modelId": "a/b", "value": 10**400, "pullRequest": True},
            LeaderboardRow(rank=None, model="a/b", value="a number beyond all bounds"),
        ),
        (
            {"modelId": "a/b", "value": 1, "source": "me", "notes": 5, "filename": " ", "task_id": "hard"},
            LeaderboardRow(rank=None, model="a/b", value=1.0, task="hard"),
        ),
        (
            {"modelId": "a/\x1b[31mb", "value": 1, "notes": "x" * 9_999},
            LeaderboardRow(rank=None, model="a/ b", value=1.0, notes="x" * 2_000),
        ),
        ({"value": 0.5}, UnreadRow(place=1, reason="it names no model")),
        ({"modelId": "a" * 201}, UnreadRow(place=1, reason="it names no model")),
        (["a/b", 0.5], UnreadRow(place=1, reason="the row is not an object")),
        (None, UnreadRow(place=1, reason="the row is not an object")),
    ],
)
def test_an_odd_row_is_read_as_far_as_it_goes(
    client: HubClient, hub: ScriptedHub, canned: type[Canned], row: object, expected: LeaderboardRow | UnreadRow
) -> None:
    """A missing or malformed key costs that key, a row without a model that row, and no row another one."""
    hub.script(canned(body=body(row, ROW)))
    board = fetch_leaderboard(client, "oak/sums")
    assert (*board.unread, *board.rows)[0] == expected
    assert board.rows[-1].model == "maple/leaf"


def test_pages_are_followed_and_asked_alike(client: HubClient, hub: ScriptedHub, canned: type[Canned]) -> None:
    """The next page is asked with its cursor and for derivatives again, whatever its Link says."""
    link = {"Link": '<https://elsewhere.example/api?cursor=abc%3D>; rel="next"'}
    hub.script(canned(body=body(ROW), headers=link), canned(body=body({**ROW, "modelId": "maple/other"})))
    board = fetch_leaderboard(client, "oak/sums")
    assert [row.model for row in board.rows] == ["maple/leaf", "maple/other"]
    assert hub.asked[1].query == (("base_model", "false"), ("cursor", "abc="))
    assert board.is_complete


def test_pages_without_an_end_are_cut_and_told(
    client: HubClient, hub: ScriptedHub, canned: type[Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board that is its own next page, or never ends, is given up as incomplete; so is a Link that has no cursor."""
    monkeypatch.setattr(leaderboards, "MOST_PAGES", 3)
    hub.script(canned(body=body(ROW), headers={"Link": '</x?cursor=a>; rel="next"'}))
    assert not fetch_leaderboard(client, "oak/sums").is_complete
    assert len(hub.asked) == 2
    hub.script(*(canned(body=body(ROW), headers={"Link": f'</x?cursor={each}>; rel="next"'}) for each in "abcde"))
    assert len(fetch_leaderboard(client, "oak/sums").rows) == 3
    hub.script(canned(body=body(ROW), headers={"Link": '</x?page=2>; rel="next"'}))
    assert not fetch_leaderboard(client, "oak/sums").is_complete


@pytest.mark.parametrize(
    ("status", "code", "said", "kind", "words"),
    [
        (
            401,
            None,
            "Invalid username or password.",
            NoLeaderboard,
            "oak/sums has no leaderboard: it does not exist, or is not visible to us",
        ),
        (
            404,
            "RepoNotFound",
            "Repository not found",
            NoLeaderboard,
            "oak/sums has no leaderboard: it does not exist, or is not visible to us",
        ),
        (404, None, "No leaderboard here", NoLeaderboard, "oak/sums has no leaderboard: No leaderboard here"),
        (400, None, "Not a benchmark", NoLeaderboard, "oak/sums has no leaderboard: Not a benchmark"),
        (401, "GatedRepo", "Please log in.", AccessDenied, "Please log in."),
        (403, None, "Access to this resource is disabled.", AccessDenied, "disabled"),
        (302, None, "", NotTheHub, "it redirects to elsewhere.example"),
    ],
)
def test_a_refusal_names_the_data_set(  # noqa: PLR0917, PLR0913 -- a case's values
    client: HubClient,
    hub: ScriptedHub,
    canned: type[Canned],
    status: int,
    code: str | None,
    said: str,
    kind: type[Exception],
    words: str,
) -> None:
    """Missing, without a leaderboard, gated, disabled or elsewhere: each is one error with the Hub's reason."""
    headers = {"Location": "https://elsewhere.example/x"} | ({"X-Error-Code": code} if code else {})
    hub.script(canned(status=status, headers=headers, body=json.dumps({"error": said}).encode()))
    with pytest.raises(kind, match=words):
        fetch_leaderboard(client, "oak/sums")


@pytest.mark.parametrize("dataset", ["../models", "a/b/c", "https://example.org/a/b", "", "a b"])
def test_what_is_no_name_is_not_asked_for(client: HubClient, hub: ScriptedHub, dataset: str) -> None:
    """A path or an address in place of a name is refused without a request."""
    with pytest.raises(NoLeaderboard, match="that is not the name of a data set"):
        fetch_leaderboard(client, dataset)
    assert hub.asked == []


def test_a_page_that_is_no_json_or_too_long_is_an_error(
    client: HubClient, hub: ScriptedHub, canned: type[Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends like a list and is none, or is longer than allowed for, is not half read."""
    hub.script(canned(body=b"[{]"))
    with pytest.raises(BrokenBody):
        fetch_leaderboard(client, "oak/sums")
    monkeypatch.setattr(leaderboards, "LARGEST_PAGE_BYTES", 10)
    hub.script(canned(body=body(ROW)))
    with pytest.raises(BodyTooLarge):
        fetch_leaderboard(client, "oak/sums")


def test_benchmarks_are_the_official_ones_once_each(
    client: HubClient, hub: ScriptedHub, canned: type[Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are read over pages, odd entries passed over, and no more than a bound are taken."""
    pages = [body({"id": "oak/sums"}, {"id": 5}, "x", {"id": "../x"}), body({"id": "oak/sums"}, {"id": "oak/b"})]
    link = {"Link": '</x?cursor=a>; rel="next"'}
    hub.script(canned(body=pages[0], headers=link), canned(body=pages[1]))
    assert list_benchmarks(client) == ("oak/sums", "oak/b")
    assert ("filter", "benchmark:official") in hub.asked[1].query
    monkeypatch.setattr(leaderboards, "MOST_BENCHMARKS", 1)
    hub.script(canned(body=pages[1], headers=link))
    assert list_benchmarks(client) == ("oak/sums",)


@pytest.mark.parametrize(("status", "kind"), [(401, AccessDenied), (400, BadRequest), (404, GaveUp)])
def test_a_listing_that_is_refused_is_an_error(
    client: HubClient, hub: ScriptedHub, canned: type[Canned], status: int, kind: type[Exception]
) -> None:
    """A Hub that knows no benchmarks is not a Hub with none."""
    hub.script(canned(status=status, body=b'{"error": "no"}'))
    with pytest.raises(kind):
        list_benchmarks(client)


def test_every_benchmark_of_the_sandbox_is_read(client: HubClient) -> None:
    """All official boards are asked in turn; derivatives stand on them, and the private board is its owner's."""
    repos = generate()
    with serve(RepoStore(repos)) as served, HubClient(served.url, rate_limiter=client.rate_limiter) as anonymous:
        boards = [fetch_leaderboard(anonymous, dataset) for dataset in list_benchmarks(anonymous)]
        with pytest.raises(NoLeaderboard, match="it does not exist, or is not visible to us"):
            fetch_leaderboard(anonymous, "vault/held-back")
        with pytest.raises(NoLeaderboard, match="does not have a leaderboard"):
            fetch_leaderboard(anonymous, "orchard/lantern-dialogues")
        owner = Token("hf_sandbox_owner", source="test")
        with HubClient(served.url, token=owner, rate_limiter=client.rate_limiter) as signed:
            assert fetch_leaderboard(signed, "vault/held-back").rows == ()
    based = {repo.id for repo in repos if repo.record.get("baseModels")}
    assert len(boards) == 4
    assert sum(row.model in based for board in boards for row in board.rows) > 50
    assert all(not board.unread and board.is_complete for board in boards)
