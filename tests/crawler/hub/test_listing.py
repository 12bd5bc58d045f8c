"""The single step of a listing: what is asked, what is given up when the Hub refuses, how a walk goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from crawler.errors import AccessDenied, BadRequest, BrokenBody, GaveUp, NotTheHub, Overloaded
from crawler.http.retry_policy import Retrying
from crawler.hub.listing import (
    CursorRebuilt,
    FellBack,
    Halved,
    PageRequest,
    Refetched,
    Restarted,
    fetch_page,
    first_page,
    keyset_cursor,
    refetch,
    total,
)

if TYPE_CHECKING:
    from crawler.http.hub_client import HubClient
    from crawler.hub.listing import Sort
    from tests.crawler.conftest import Asked, Canned, ScriptedHub

LAST_ID = "6a8435589adef65cfbc02d35"
CAPTURED_CURSOR = "eyJfaWQiOnsiJGx0IjoiNmE4NDM1NTg5YWRlZjY1Y2ZiYzAyZDM1In19"
REFUSED = b'{"error":"\\"expand\\" must be one of [author]"}'


def only(request: Asked, name: str) -> list[str]:
    """Return all values of one name of a query."""
    return [value for key, value in request.query if key == name]


def test_the_whole_hub_is_asked_newest_first(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The first page of everything sorts by creation and asks for the recommended keys, in one request."""
    hub.script(canned(body=b'[{"_id":"1"}]'))
    page = fetch_page(client, first_page())
    asked = hub.asked[0]
    assert asked.path == "/api/models"
    assert asked.query[:3] == (("sort", "createdAt"), ("direction", "-1"), ("limit", "1000"))
    assert {"baseModels", "cardData", "childrenModelCount", "sha", "tags"} <= set(only(asked, "expand"))
    assert {"gguf", "siblings", "spaces"}.isdisjoint(only(asked, "expand"))
    assert page.asked == {*only(asked, "expand"), "_id", "id"}
    assert (page.body, page.next, page.request) == (b'[{"_id":"1"}]', None, first_page())


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            first_page(filters=(("filter", "medical"), ("filter", "dataset:a/b"))),
            [("filter", "medical"), ("filter", "dataset:a/b")],
        ),
        (first_page(filters=(("search", "bio gpt"),)), [("search", "bio gpt")]),
        (first_page(sort="lastModified", filters=(("author", "maple"),)), [("author", "maple")]),
    ],
)
def test_a_walk_can_be_narrowed(
    request_: PageRequest, expected: list[tuple[str, str]], hub: ScriptedHub, client: HubClient
) -> None:
    """Filters, searches and authors go into the query in front of the order."""
    fetch_page(client, request_)
    assert list(hub.asked[0].query[: len(expected)]) == expected
    assert only(hub.asked[0], "sort") == [request_.sort]


def test_the_cursor_is_the_hubs_and_all_else_is_ours(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A Link that names another host and limit only lends its cursor: the next page is asked of our endpoint."""
    link = f'<https://elsewhere.invalid/api/models?limit=7&sort=likes&cursor={CAPTURED_CURSOR}>; rel="next"'
    hub.script(canned(headers={"Link": link}), canned())
    page = fetch_page(client, first_page(filters=(("filter", "medical"),)))
    assert page.next is not None
    assert page.next.cursor == CAPTURED_CURSOR
    last = fetch_page(client, page.next.committed(LAST_ID))
    assert last.next is None
    assert last.request.after == LAST_ID
    assert only(hub.asked[1], "cursor") == [CAPTURED_CURSOR]
    assert (only(hub.asked[1], "limit"), only(hub.asked[1], "filter")) == (["1000"], ["medical"])


def test_a_cursor_keeps_its_letters(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The letters +, / and = of base64 come back to the Hub as they were, quoted in the Link or not."""
    for written in ("a+b/c==", "a%2Bb%2Fc%3D%3D"):
        hub.script(canned(headers={"Link": f'<{hub.url}/api/models?cursor={written}>; rel="next"'}), canned())
        page = fetch_page(client, first_page())
        assert page.next is not None
        fetch_page(client, page.next)
        assert only(hub.asked[-1], "cursor") == ["a+b/c=="]


def test_the_hand_built_cursor_has_the_captured_form() -> None:
    """The keyset cursor of a captured response is reproduced from its `_id`."""
    assert keyset_cursor(LAST_ID) == CAPTURED_CURSOR


@pytest.mark.parametrize(
    ("refusals", "level", "keys"),
    [(1, "without_lineage", 19), (2, "minimal", 12), (3, "none", 0)],
)
def test_refused_keys_are_given_up_step_by_step(
    refusals: int, level: str, keys: int, hub: ScriptedHub, client: HubClient, canned: type[Canned], events: list[Any]
) -> None:
    """A 400 drops the lineage keys, then all but the safest, then expand itself; the level stays for the walk."""
    link = {"Link": f'<{hub.url}/api/models?cursor=x>; rel="next"'}
    hub.script(*[canned(status=400, body=REFUSED)] * refusals, canned(headers=link))
    page = fetch_page(client, first_page(), events.append)
    assert len(events) == refusals
    assert all(isinstance(event, FellBack) and "must be one of" in event.reason for event in events)
    assert page.request.expand == level
    assert page.next is not None
    assert page.next.expand == level
    assert len(only(hub.asked[-1], "expand")) == keys
    assert "baseModels" not in page.asked
    assert {"_id", "id", "tags", "cardData"} <= page.asked
    assert only(hub.asked[-1], "full") == (["true"] if level == "none" else [])


def test_a_question_that_stays_refused_is_an_error(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """When nothing is left to give up the Hub's words are raised, after four requests."""
    hub.script(canned(status=400, body=b'{"error":"Invalid sort parameter"}'))
    with pytest.raises(BadRequest, match="Invalid sort parameter"):
        fetch_page(client, first_page())
    assert len(hub.asked) == 4


def test_a_refused_cursor_is_rebuilt_from_the_last_record(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], events: list[Any]
) -> None:
    """A 400 on a later page is first the cursor's fault: the walk goes on behind the last committed record."""
    hub.script(canned(status=400), canned())
    page = fetch_page(client, replace(first_page(), cursor="stale", after=LAST_ID), events.append)
    assert [type(event) for event in events] == [CursorRebuilt]
    assert only(hub.asked[1], "cursor") == [CAPTURED_CURSOR]
    assert page.request.expand == "full"


@pytest.mark.parametrize(
    ("sort", "cursor", "after", "happened"),
    [
        ("createdAt", "stale", LAST_ID, [CursorRebuilt, Restarted]),
        ("createdAt", CAPTURED_CURSOR, LAST_ID, [Restarted]),
        ("createdAt", "stale", None, [Restarted]),
        ("lastModified", "stale", LAST_ID, [Restarted]),
    ],
)
def test_a_walk_restarts_where_no_cursor_is_accepted(
    sort: Sort,
    cursor: str,
    after: str | None,
    happened: list[type],
    hub: ScriptedHub,
    client: HubClient,
    canned: type[Canned],
) -> None:
    """Without a cursor that can be rebuilt, or with that refused too, the walk starts from its top with all keys."""
    events: list[Any] = []
    hub.answer = lambda asked: canned(status=400 if only(asked, "cursor") else 200)
    page = fetch_page(client, PageRequest(sort=sort, cursor=cursor, after=after), events.append)
    assert [type(event) for event in events] == happened
    assert (page.request.cursor, page.request.expand) == (None, "full")


@pytest.mark.parametrize(
    "fault", [{"status": 504}, {"body": b"[1,2"}, {"body": b"[" + b" " * 65 * 2**20 + b"]", "is_gzip": True}]
)
def test_a_page_too_large_is_halved(
    fault: dict[str, Any], hub: ScriptedHub, client: HubClient, canned: type[Canned], events: list[Any]
) -> None:
    """A 504, a body always cut or one beyond all bounds halves the limit of the same page, down to what passes."""
    hub.answer = lambda asked: canned(**fault) if int(only(asked, "limit")[0]) > 250 else canned()
    page = fetch_page(client, replace(first_page(), cursor="here"), events.append)
    assert [event.limit for event in events if isinstance(event, Halved)] == [500, 250]
    assert {only(asked, "cursor")[0] for asked in hub.asked} == {"here"}
    assert (page.request.limit, page.request.full_limit) == (250, 1000)


def test_a_504_is_tried_twice_before_the_page_is_halved(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], events: list[Any]
) -> None:
    """While the page can shrink, few attempts are spent on its size; one 504 alone shrinks nothing."""
    hub.script(canned(status=504), canned(), canned())
    fetch_page(client, first_page(), events.append)
    assert [type(event) for event in events] == [Retrying]
    hub.script(canned(status=504), canned(status=504), canned())
    fetch_page(client, first_page(), events.append)
    assert [type(event) for event in events][1:] == [Retrying, Halved]


def test_the_smallest_page_is_not_halved(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """At 50 records all attempts are spent, then the error is raised."""
    hub.script(canned(status=504))
    with pytest.raises(Overloaded):
        fetch_page(client, first_page(limit=120))
    assert [only(asked, "limit")[0] for asked in hub.asked] == ["120"] * 2 + ["60"] * 2 + ["50"] * 5


def test_a_halved_limit_grows_back(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """After eight good pages the limit doubles, up to what it was."""
    hub.answer = lambda _: canned(headers={"Link": f"<{hub.url}/api/models?cursor={len(hub.asked)}>; rel=next"})
    request = replace(first_page(), limit=300)
    for _ in range(17):
        upcoming = fetch_page(client, request).next
        assert upcoming is not None
        request = upcoming
    assert [int(only(asked, "limit")[0]) for asked in hub.asked] == [300] * 8 + [600] * 8 + [1000]
    assert request.limit == 1000


def test_a_page_that_was_no_json_is_fetched_again(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], events: list[Any]
) -> None:
    """The caller whose parser failed gets the same page again after a back-off, at most four times."""
    hub.script(canned(body=b"[1,,2]"), canned(body=b"[1,2]"))
    page = fetch_page(client, first_page())
    again = refetch(client, page, 1, events.append)
    assert (again.request, again.body) == (page.request, b"[1,2]")
    assert [type(event) for event in events] == [Refetched, Retrying]
    assert client.counts.retries == 1
    with pytest.raises(BrokenBody):
        refetch(client, page, 5)


@pytest.mark.parametrize("link", ["/api/models?cursor=here", "/api/models?skip=1000"])
def test_a_link_that_leads_nowhere_is_an_error(
    link: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """A next page that is this page, or has no cursor, neither ends the walk silently nor goes on for ever."""
    hub.script(canned(headers={"Link": f'<{link}>; rel="next"'}))
    with pytest.raises(BrokenBody):
        fetch_page(client, replace(first_page(), cursor="here"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 404, "body": b"<html>not found</html>"}, NotTheHub),
        ({"status": 301, "headers": {"Location": "https://elsewhere.invalid/"}}, NotTheHub),
        ({"status": 401, "body": b'{"error":"Invalid username or password."}'}, AccessDenied),
        ({"status": 418, "body": b"x" * 100_000}, GaveUp),
        ({"status": 200, "body": b"<html>Sign in</html>"}, NotTheHub),
        ({"status": 200, "body": b'{"models":[]}'}, NotTheHub),
    ],
)
def test_what_has_no_listing_is_not_the_hub(
    answer: dict[str, Any], error: type[Exception], hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """A listing is public, never missing and never elsewhere; anything else is said as what it is."""
    hub.script(canned(**answer))
    with pytest.raises(error):
        fetch_page(client, first_page())


def test_the_total_is_a_bonus(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The web site's number comes back where it is one; any failure costs one request and gives None."""
    hub.script(canned(body=b'{"models":[],"numTotalItems":3300000}'))
    assert total(client) == 3_300_000
    assert hub.asked[-1].path == "/models-json"
    wrongs: list[dict[str, Any]] = [
        {"status": 404},
        {"status": 503},
        {"body": b"<html>"},
        {"body": b"{oops}"},
        {"body": b'{"numTotalItems":true}'},
        {"body": b'{"numTotalItems":-1}'},
        {"body": b"{}"},
        {"status": 429, "headers": {"RateLimit": '"pages";r=0;t=300'}},
    ]
    for number, wrong in enumerate(wrongs, start=2):
        hub.script(canned(**wrong))
        assert total(client) is None
        assert len(hub.asked) == number
    assert total(client) is None
    assert len(hub.asked) == number  # the window is spent: not even asked
    assert client.counts.wait_seconds == 0
