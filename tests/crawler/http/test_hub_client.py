"""The client of the Hub: what is retried, what is waited for, what comes back and what is raised."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from crawler.errors import (
    BodyTooLarge,
    BrokenBody,
    EndpointInvalid,
    GaveUp,
    NotTheHub,
    Overloaded,
    QuotaExhausted,
    Unreachable,
)
from crawler.http.httpx_client import Timeouts
from crawler.http.hub_client import HubClient
from crawler.http.rate_limit import RateLimiter, WaitingForQuota
from crawler.http.retry_policy import EXPECTED, Retrying, RetryPolicy

if TYPE_CHECKING:
    from tests.crawler.conftest import Canned, Clock, ScriptedHub

SPENT = {"RateLimit": '"api";r=0;t=76', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}
PLENTY = {"RateLimit": '"api";r=497;t=168', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}


def test_an_answer_comes_back_as_bytes(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A gzip answer is decoded and its request counted once, its bytes as they came over the wire."""
    body = b"[" + b" " * 5000 + b"]"
    hub.script(canned(body=body, is_gzip=True))
    response = client.get("/api/models", [("search", "a b&c")], shape="array")
    assert (response.status, response.body, response.path) == (200, body, "/api/models")
    assert hub.asked[0].query == (("search", "a b&c"),)
    assert hub.asked[0].headers["accept-encoding"] == "gzip"
    assert "authorization" not in hub.asked[0].headers
    assert client.counts.requests == 1
    assert 0 < client.counts.bytes_received < 200


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522])
def test_a_passing_status_is_retried(
    status: int, hub: ScriptedHub, client: HubClient, canned: type[Canned], clock: Clock, events: list[Any]
) -> None:
    """A status that may pass costs back-offs of 1, 2 ... seconds at most, each said as an event."""
    hub.script(canned(status=status, headers=PLENTY), canned(status=status, headers=PLENTY), canned(headers=PLENTY))
    assert client.get("/api/models").status == 200
    assert clock.sleeps == [1.0, 2.0]
    assert [(event.attempt, event.seconds) for event in events] == [(1, 1.0), (2, 2.0)]
    assert all(f"status {status}" in event.reason for event in events)
    assert (client.counts.requests, client.counts.retries, client.counts.wait_seconds) == (3, 2, 3.0)


def test_back_off_is_jittered_and_capped(hub: ScriptedHub, clock: Clock, canned: type[Canned]) -> None:
    """The wait is jitter times the exponential, which stops growing at a minute."""
    hub.script(canned(status=500))
    rate_limiter, retry_policy = (
        RateLimiter(clock=clock, sleep=clock.sleep),
        RetryPolicy(attempts=10, jitter=lambda: 0.5),
    )
    with (
        HubClient(hub.url, rate_limiter=rate_limiter, retry_policy=retry_policy) as client,
        pytest.raises(GaveUp) as info,
    ):
        client.get("/x")
    assert clock.sleeps == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert (info.value.status, info.value.attempts) == (500, 10)


@pytest.mark.parametrize(("status", "error"), [(504, Overloaded), (408, Overloaded), (503, GaveUp), (429, GaveUp)])
def test_patience_ends(
    status: int, error: type[Exception], hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """After the last attempt the error says whether a smaller question might pass."""
    hub.script(canned(status=status, body=b"<html><h1>Too \x1b[31mbusy</h1></html>"))
    with pytest.raises(error, match="5 attempts"):
        client.get("/api/models")
    assert len(hub.asked) == 5


def test_a_spent_window_is_slept_through_exactly(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], clock: Clock, events: list[Any]
) -> None:
    """A 429 with nothing left waits t and the margin, and is no attempt of the back-off."""
    hub.script(canned(status=429, headers=SPENT), canned(headers=PLENTY))
    assert client.get("/api/models").status == 200
    assert clock.sleeps == [77.0]
    assert events == [WaitingForQuota(bucket="api", seconds=77.0, reason="the quota of api requests is spent")]


def test_the_last_request_of_a_window_is_not_exceeded(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], clock: Clock
) -> None:
    """Where a good answer says that nothing is left, the next request waits before it is sent."""
    hub.script(canned(headers=SPENT), canned(headers=PLENTY))
    client.get("/api/models")
    assert clock.sleeps == []
    client.get("/api/models")
    assert clock.sleeps == [77.0]
    assert len(hub.asked) == 2


def test_a_429_with_requests_left_is_no_quota(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], clock: Clock, events: list[Any]
) -> None:
    """A 429 while r > 0 backs off, as long as Retry-After says if it says."""
    hub.script(
        canned(status=429, headers={**PLENTY, "Retry-After": "7"}),
        canned(status=429, headers={**PLENTY, "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        canned(status=429, headers={**PLENTY, "Retry-After": "99999999"}),
        canned(headers=PLENTY),
    )
    client.get("/api/models")
    assert clock.sleeps == [7, 2.0, 600]
    assert all(isinstance(event, Retrying) for event in events)


def test_a_window_that_never_opens_is_given_up(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Waiting for windows is bounded: after four of them the attempts count."""
    hub.script(canned(status=429, headers=SPENT))
    with pytest.raises(GaveUp) as info:
        client.get("/api/models")
    assert info.value.status == 429
    assert len(hub.asked) == 4 + 5


def test_waiting_can_be_refused(hub: ScriptedHub, clock: Clock, canned: type[Canned]) -> None:
    """With a patience below the wait, the quota is an error that says how long it would be."""
    hub.script(canned(headers=SPENT))
    with HubClient(hub.url, rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep, patience_seconds=60)) as client:
        client.get("/api/models")
        with pytest.raises(QuotaExhausted) as info:
            client.get("/api/models")
    assert info.value.wait_seconds == 77.0
    assert clock.sleeps == []


@pytest.mark.parametrize(
    "fault",
    [
        {"drops": True},
        {"body": b"[" + b"1," * 999 + b"1]", "cut_bytes": 100},
        {"body": b"[" + b"1," * 999 + b"1]", "cut_bytes": 20, "is_gzip": True},
        {
            "body": b"[" + b"1," * 999 + b"1]",
            "cut_bytes": 20,
            "is_gzip": True,
            "headers": {"Content-Length": "20", "Connection": "close"},
        },
        {"body": b"[1,2", "headers": {"Content-Encoding": "gzip"}},
        {"body": gzip.compress(b"[1]") + b"x" * 200_000, "headers": {"Content-Encoding": "gzip"}},
        {"body": b"[1,2", "headers": {"Content-Encoding": "br"}},
        {"body": b"[1,2"},
        {"body": b""},
        {"body": b"<html>Sign in</html>"},
    ],
)
def test_a_broken_answer_is_asked_for_again(
    fault: dict[str, Any], hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Dropped connections, truncated bodies, broken encodings and pages that are no JSON are failed attempts."""
    hub.script(canned(**fault), canned(body=b"[1]"))
    assert client.get("/api/models", shape="array").body == b"[1]"
    assert client.counts.requests == 2


def test_a_compressed_file_without_an_end_is_asked_for_again(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Half a gzip stream, its length told rightly, is no whole file, whatever its shape."""
    whole = gzip.compress(b"# Leaf\n" * 500)
    headers = {"Content-Encoding": "gzip"}
    hub.script(canned(body=whole[: len(whole) - 9], headers=headers), canned(body=whole, headers=headers))
    assert client.get("/README.md").body == b"# Leaf\n" * 500
    assert client.counts.requests == 2


def test_a_body_that_is_always_cut_is_an_error(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """After the last attempt a cut body raises BrokenBody and nothing of it is kept."""
    hub.script(canned(body=b"[1,2,3]", cut_bytes=3))
    with pytest.raises(BrokenBody) as info:
        client.get("/api/models", shape="array")
    assert info.value.attempts == 5


def test_a_web_page_is_not_the_hub(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """HTML with 200 from an endpoint that never answered well is given up after three attempts."""
    hub.script(canned(body=b"<!doctype html><title>Hello</title>"))
    with pytest.raises(NotTheHub, match="not a JSON array"):
        client.get("/api/models", shape="array")
    assert len(hub.asked) == 3


def test_nobody_there_is_said_soon(hub: ScriptedHub, clock: Clock) -> None:
    """A refused connection to an endpoint that never answered costs three attempts."""
    hub.close()
    with (
        HubClient(hub.url, rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep)) as client,
        pytest.raises(Unreachable) as info,
    ):
        client.get("/api/models")
    assert info.value.attempts == 3
    assert info.value.endpoint == hub.url


def test_a_server_that_stalls_is_overloaded(hub: ScriptedHub, clock: Clock, canned: type[Canned]) -> None:
    """Where the Hub sends nothing in time, to the last attempt, it is overloaded."""
    hub.script(canned(stalls=True))
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    retry_policy = RetryPolicy(overload_attempts=2)
    with HubClient(
        hub.url, rate_limiter=rate_limiter, timeouts=Timeouts(read_seconds=0.05), retry_policy=retry_policy
    ) as client:
        with pytest.raises(Overloaded) as info:
            client.get("/api/models")
        assert info.value.status is None
        assert client.counts.requests == 2  # what the server saw of them in 0.05 seconds depends on the machine


def test_an_answer_that_drips_is_overloaded(hub: ScriptedHub, canned: type[Canned]) -> None:
    """An answer whose bytes keep coming past the time for one answer is a time-out."""
    ticks = iter(range(0, 10**6, 200))
    hub.script(canned(body=b"[]"))
    rate_limiter = RateLimiter(clock=lambda: float(next(ticks)), sleep=lambda _: None)
    with (
        HubClient(hub.url, rate_limiter=rate_limiter, retry_policy=RetryPolicy(overload_attempts=1)) as client,
        pytest.raises(Overloaded),
    ):
        client.get("/api/models")


def test_a_body_is_bounded_while_it_arrives(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A small gzip answer that inflates past the limit is refused, and one of exactly the limit is not."""
    hub.script(canned(body=b" " * 2**22, is_gzip=True))
    with pytest.raises(BodyTooLarge) as info:
        client.get("/x", limit_bytes=1000)
    assert info.value.limit_bytes == 1000
    assert len(hub.asked) == 1
    hub.script(canned(body=b"x" * 1000))
    assert len(client.get("/x", limit_bytes=1000).body) == 1000


def test_a_rename_is_followed_and_said(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A redirect within the endpoint is followed, its target recorded without its query, both requests counted."""
    hub.script(canned(status=307, headers={"Location": "/api/models/new/name?x=1"}), canned(body=b"{}"))
    response = client.get("/api/models/old")
    assert (response.status, response.path, response.redirected_to) == (200, "/api/models/old", "/api/models/new/name")
    assert hub.asked[1].query == (("x", "1"),)
    assert client.counts.requests == 2


def test_a_rename_can_be_left_unfollowed(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Without accept_redirect the redirect itself is the reply."""
    hub.script(canned(status=307, headers={"Location": "/api/models/new/name"}))
    response = client.get("/api/models/old", accept_redirect=False)
    assert (response.status, response.redirected_to, len(hub.asked)) == (307, "/api/models/new/name", 1)


def test_a_circle_of_redirects_ends(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Five redirects are followed in an attempt, no more."""
    hub.script(canned(status=302, headers={"Location": "/again"}))
    with pytest.raises(GaveUp, match="circle"):
        client.get("/x", retry_policy=RetryPolicy(attempts=1))
    assert len(hub.asked) == 6


@pytest.mark.parametrize(
    "location", ["http://elsewhere.invalid/x", "//elsewhere.invalid/x", "https://127.0.0.1/x", "http://[x"]
)
def test_a_redirect_off_the_endpoint_is_not_followed(
    location: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Another host, port or scheme is reported, never asked."""
    hub.script(canned(status=302, headers={"Location": location}))
    response = client.get("/x")
    assert response.status == 302
    assert response.elsewhere in {"elsewhere.invalid", "127.0.0.1", "an address without a host"}
    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    "body", [b'{"error":"Bad \\u001b[31msort"}', b'{"errors":[{"message":"Bad sort"}]}', b"Bad sort"]
)
def test_a_refusal_comes_back_with_its_words(
    body: bytes, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """A 400 is no failed attempt, and its message is neutral text whatever form the body has."""
    hub.script(canned(status=400, body=body))
    response = client.get("/api/models")
    assert (response.status, response.error_message, len(hub.asked)) == (400, "Bad sort", 1)


def test_only_expected_errors_of_httpx_can_occur() -> None:
    """Every error class of httpx is either translated or named here as one that our use of it cannot raise."""
    never = {
        *("HTTPError", "RequestError", "TransportError", "TooManyRedirects", "HTTPStatusError", "CookieConflict"),
        *("StreamError", "StreamClosed", "StreamConsumed", "RequestNotRead", "ResponseNotRead"),
    }
    raised = {name for name, kind in vars(httpx).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    translated = {name for name in raised if issubclass(getattr(httpx, name), EXPECTED)}
    assert raised - translated == never


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://h", "https://", "http://u:secret@h", "http://h:99999"])
def test_an_endpoint_must_be_an_address(endpoint: str) -> None:
    """Anything that is not http(s) with a host is refused before a request, and a password in it is not shown."""
    with pytest.raises(EndpointInvalid) as info:
        HubClient(endpoint)
    assert "secret" not in str(info.value)
    assert info.value.exit_code == 2
