"""The token goes to the endpoint's origin and nowhere else: to no other host, into no message, event or log."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from crawler.errors import HubError, TokenRefused
from crawler.http.httpx_client import Timeouts
from crawler.http.hub_client import HubClient
from crawler.http.rate_limit import RateLimiter
from crawler.http.responses import ByteSpan
from crawler.http.retry_policy import RetryPolicy
from crawler.http.token import Token
from crawler.hub.listing import fetch_page, first_page
from crawler.hub.repository import fetch_file, fetch_tree, look_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crawler.conftest import Canned, Clock, ScriptedHub

SENTINEL = "hf_sentinelSENTINELsentinel"
ECHO = f"You sent Bearer {SENTINEL}".encode()


@pytest.fixture
def signed(hub: ScriptedHub, clock: Clock, events: list[Any]) -> Iterator[HubClient]:
    """Yield a client with a token that must not be seen."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep, on_event=events.append)
    retry_policy = RetryPolicy(attempts=2, overload_attempts=2, quota_waits=1)
    token = Token(SENTINEL, source="HF_TOKEN")
    with HubClient(
        hub.url,
        token=token,
        rate_limiter=rate_limiter,
        retry_policy=retry_policy,
        timeouts=Timeouts(read_seconds=0.2),
        on_event=events.append,
    ) as opened:
        yield opened


def test_the_token_is_sent_to_the_endpoint(hub: ScriptedHub, signed: HubClient) -> None:
    """Requests are signed."""
    signed.get("/api/models")
    assert hub.asked[0].headers["authorization"] == f"Bearer {SENTINEL}"
    assert signed.has_token


FAULTS: list[dict[str, Any]] = [
    {"status": 400, "body": ECHO},
    {"status": 401, "body": b'{"error":"Invalid credentials in Authorization header"}'},
    {"status": 401, "body": b'{"error":"Token ' + ECHO + b' is expired"}'},
    {"status": 401, "headers": {"X-Error-Message": ECHO.decode(), "X-Error-Code": SENTINEL}},
    {"status": 403, "headers": {"X-Error-Message": ECHO.decode()}},
    {"status": 404, "body": b'{"errors":[{"message":"' + ECHO + b'"}]}'},
    {"status": 408, "body": ECHO},
    {"status": 429, "body": ECHO},
    {"status": 429, "body": ECHO, "headers": {"RateLimit": f'"{SENTINEL}";r=0;t=5, "api";r=0;t=5'}},
    {"status": 500, "body": b"<h1>" + ECHO + b"</h1>"},
    {"status": 504, "body": ECHO},
    {"status": 302, "headers": {"Location": f"/{SENTINEL}"}},
    {"status": 302, "headers": {"Location": f"https://{SENTINEL}.invalid/{SENTINEL}"}},
    {"body": ECHO},
    {"body": b"[" + ECHO},
    {"body": b"[1]", "cut_bytes": 1},
    {"drops": True},
    {"stalls": True},
    {"headers": {"Content-Encoding": SENTINEL}},
    {"headers": {"Link": f"<{SENTINEL}>; rel=next"}},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_token_is_in_no_trace(
    fault: dict[str, Any],
    hub: ScriptedHub,
    signed: HubClient,
    canned: type[Canned],
    events: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A server that repeats our token in every form finds it in no error, traceback, event, log or repr of ours."""
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    for ask in (
        lambda: signed.get("/api/models", [("search", "x")]),
        lambda: fetch_page(signed, first_page(limit=50), events.append),
        lambda: look_up(signed, "maple/leaf"),
        lambda: fetch_file(signed, "maple/leaf", "main", "README.md"),
        lambda: fetch_tree(signed, "maple/leaf", "main"),
    ):
        hub.script(canned(**fault))
        try:
            answer = ask()
            seen.append("" if isinstance(answer, bytes) else repr(answer))  # a file is what the server says it is
        except HubError as exc:
            seen += [str(exc), repr(exc), exc.hint, repr(vars(exc)), *traceback.format_exception(exc)]
    assert any(request.headers.get("authorization") == f"Bearer {SENTINEL}" for request in hub.asked)
    everything = "\n".join([*seen, *map(repr, events), repr(signed), repr(signed.rate_limiter), caplog.text])
    assert SENTINEL.lower() not in everything.lower()


@pytest.mark.parametrize("location", ["http://{}/x", "//{}/x", "http://127.0.0.1@{}/x", "https://{}/x"])
def test_the_token_goes_to_no_other_origin(location: str, hub: ScriptedHub, clock: Clock, canned: type[Canned]) -> None:
    """A redirect or Link to another port of the same machine is another origin: it hears nothing at all."""
    other = type(hub)()
    try:
        elsewhere = location.format(other.url.removeprefix("http://"))
        token = Token(SENTINEL, source="HF_TOKEN")
        with HubClient(hub.url, token=token, rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep)) as client:
            hub.script(canned(status=307, headers={"Location": elsewhere}))
            assert client.get("/x").elsewhere == "127.0.0.1"
            hub.script(canned(headers={"Link": f'<{elsewhere}?cursor=c>; rel="next"'}))
            page = fetch_page(client, first_page())
            assert page.next is not None
            assert page.next.cursor == "c"
            hub.script(canned())
            fetch_page(client, page.next)
    finally:
        other.close()
    assert other.asked == []
    assert len(hub.asked) == 3


@pytest.mark.parametrize(
    "words", ["Invalid credentials in Authorization header", 'User Access Token "laptop" is expired']
)
def test_a_refused_token_is_said_by_its_source(
    words: str, hub: ScriptedHub, signed: HubClient, canned: type[Canned]
) -> None:
    """A 401 about the token is an error that says where the token came from."""
    hub.script(canned(status=401, headers={"X-Error-Message": words}))
    with pytest.raises(TokenRefused) as info:
        signed.get("/api/models")
    assert info.value.source == "HF_TOKEN"
    assert "HF_TOKEN" in info.value.hint


def test_a_401_about_something_else_is_not_the_tokens_fault(
    hub: ScriptedHub, signed: HubClient, canned: type[Canned]
) -> None:
    """A gated file is refused to a good token."""
    hub.script(canned(status=401, headers={"X-Error-Code": "GatedRepo", "X-Error-Message": "credentials needed"}))
    assert signed.get("/x").error_code == "GatedRepo"


def test_another_host_reads_no_token(hub: ScriptedHub, signed: HubClient, canned: type[Canned]) -> None:
    """The bytes of a large file are asked for without the token, and not at all where the address repeats it."""
    elsewhere = hub.url.replace("127.0.0.1", "localhost")
    hub.script(canned(status=302, headers={"Location": f"{elsewhere}/large"}), canned(body=b"GGUF"))
    assert signed.get_span("/x", ByteSpan(start=0, stop=4), bucket="resolvers").body == b"GGUF"
    assert ["authorization" in asked.headers for asked in hub.asked] == [True, False]
    hub.script(canned(status=302, headers={"Location": f"{elsewhere}/{SENTINEL}"}))
    assert signed.get_span("/x", ByteSpan(start=0, stop=4), bucket="resolvers").elsewhere is not None
    assert len(hub.asked) == 3
