"""Replies: where the endpoint is, what a Link leads to, what a refusal says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import EndpointInvalid
from crawler.http.responses import explain, find_commit, find_cursor, find_link, find_time, parse_endpoint, resolve

ENDPOINT = parse_endpoint("https://hub.invalid/mirror/")
ASKED = "https://hub.invalid/mirror/api/models"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://huggingface.co", "https://huggingface.co/api"),
        (" https://HuggingFace.co:443/ ", "https://huggingface.co/api"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api"),
        ("http://[::1]:8080/hub/", "http://[::1]:8080/hub/api"),
    ],
)
def test_an_endpoint_is_read_in_any_spelling(text: str, url: str) -> None:
    """Case, default ports, brackets and a path in front are understood."""
    assert parse_endpoint(text).url("/api") == url


def test_loopback_is_recognised() -> None:
    """This machine is known by its names; a host that only begins like one is not it."""
    for text in ("http://127.0.0.1:1", "http://localhost", "http://[::1]"):
        assert parse_endpoint(text).is_loopback
    for text in ("http://127.evil.invalid", "http://localhost.evil.invalid", "https://huggingface.co"):
        assert not parse_endpoint(text).is_loopback


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f'<{ASKED}?cursor=a>; rel="next"', "/api/models?cursor=a"),
        (f"<{ASKED}?cursor=a>; rel=next", "/api/models?cursor=a"),
        (f'<{ASKED}?p=0>; rel="prev", <{ASKED}?cursor=a>; title="x, y"; REL="last next"', "/api/models?cursor=a"),
        ('<https://elsewhere.invalid/api/models?cursor=a>; rel="next"', "/api/models?cursor=a"),
        ('<?cursor=a>; rel="next"', "/api/models?cursor=a"),
        ('</mirror/api/models?cursor=a>; rel="next"', "/api/models?cursor=a"),
        (f'<{ASKED}?cursor=a>; rel="prev"', None),
        (f'<{ASKED}?cursor=a>; rel="nextish"', None),
        ('<http://[x>; rel="next"', None),
        ("", None),
    ],
)
def test_a_link_is_moved_onto_the_endpoint(link: str, expected: str | None) -> None:
    """Of a Link only path and query are taken, without the endpoint's own prefix."""
    assert find_link({"link": link}, endpoint=ENDPOINT, asked_url=ASKED) == expected


@given(st.text(max_size=200))
def test_a_hostile_link_never_fails(text: str) -> None:
    """Whatever a Link or Location says, what comes out is a path or nothing."""
    found = find_link({"link": f"<{text}>; rel=next"}, endpoint=ENDPOINT, asked_url=ASKED)
    assert found is None or found.startswith("/")
    assert isinstance(ENDPOINT.owns(resolve(ASKED, text)), bool)


@pytest.mark.parametrize(
    ("link", "cursor"),
    [(None, None), ("/x", None), ("/x?cursor=", None), ("/x?a=1&cursor=b%3D%3D", "b=="), ("/x?cursor=a+b", "a+b")],
)
def test_a_cursor_is_taken_from_a_query(link: str | None, cursor: str | None) -> None:
    """A cursor is unquoted, a plus sign stays one."""
    assert find_cursor(link) == cursor


def test_only_a_commit_is_a_commit() -> None:
    """What is no hexadecimal hash is not kept."""
    assert find_commit({"x-repo-commit": "a" * 40}) == "a" * 40
    assert find_commit({"x-repo-commit": "../../etc"}) is None
    assert find_commit({}) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":"Bad sort"}', "Bad sort"),
        (b'{"error":{"x":1},"errors":[{"message":"one"},7,{"message":2}]}', "one; 2"),
        (b'{"message":"words"}', "words"),
        (b'{"other":1}', '{"other":1}'),
        (b"[1]", "[1]"),
        (b"<html><body>502 <b>Bad</b> gateway", "502 Bad gateway"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 60_000, "[" * 299 + "…"),
        (b"", None),
    ],
)
def test_a_refusal_is_explained_in_any_form(body: bytes, message: str | None) -> None:
    """JSON of three forms, HTML, plain text and rubbish give a bounded line or nothing."""
    assert explain({}, body) == (None, message)


def test_the_headers_explain_first() -> None:
    """X-Error-Code and X-Error-Message win over the body."""
    headers = {"x-error-code": "GatedRepo", "x-error-message": "Ask\nfirst"}
    assert explain(headers, b'{"error":"other"}') == ("GatedRepo", "Ask first")


@pytest.mark.parametrize("text", ["", "x", "https://", "mailto:a@b", "http://h:x"])
def test_what_is_no_address_is_no_endpoint(text: str) -> None:
    """An address without scheme, host or readable port is refused."""
    with pytest.raises(EndpointInvalid):
        parse_endpoint(text)


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Tue, 24 Nov 2026 08:49:37 GMT", datetime(2026, 11, 24, 8, 49, 37, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 08:49:37 -0000", datetime(2026, 11, 24, 8, 49, 37, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 08:49:37 +0100", datetime(2026, 11, 24, 7, 49, 37, tzinfo=UTC)),
        ("Tue, 31 Nov 2026 08:49:37 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("2026-11-24", None),
        ("", None),
    ],
)
def test_the_time_of_an_answer_is_read(date: str, moment: datetime | None) -> None:
    """A Date is a moment, or None where it is none."""
    assert find_time({"date": date}) == moment


@given(st.text(max_size=200))
def test_a_hostile_date_never_fails(text: str) -> None:
    """Whatever a Date says, what comes out is an aware time or nothing."""
    moment = find_time({"date": text})
    assert moment is None or moment.tzinfo is UTC
