"""The errors: each says what happened and what to do, in harmless text, without what must not be shown."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import errors
from crawler.errors import (
    AccessDenied,
    BadRequest,
    BodyTooLarge,
    BrokenBody,
    EndpointInvalid,
    GaveUp,
    HubError,
    LibraryFailed,
    NoLeaderboard,
    NotTheHub,
    Overloaded,
    QuotaExhausted,
    Stopped,
    TokenRefused,
    Unreachable,
    WeightsNotRead,
    place,
    quoted,
)
from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "\x1b]0;title\x07\x1b[31mred\x1b[0m\r\nline two\u202e\u200b\x9b1m"

MAKERS: list[Callable[[str], HubError]] = [
    EndpointInvalid,
    lambda text: Unreachable(text, reason=text, attempts=2),
    lambda text: NotTheHub(text, reason=text, status=404),
    lambda text: TokenRefused("HF_TOKEN", endpoint=text, reason=text),
    lambda text: AccessDenied(text, status=403, reason=text),
    lambda text: NoLeaderboard(text, reason=text),
    lambda text: WeightsNotRead(text, reason=text),
    lambda text: BadRequest(text, reason=text),
    lambda _: QuotaExhausted("api", wait_seconds=5),
    lambda text: Overloaded(text, status=None, attempts=1),
    lambda text: BrokenBody(text, reason=text),
    lambda text: BodyTooLarge(text, limit_bytes=5),
    lambda text: GaveUp(text, status=500, attempts=3, reason=text),
    lambda _: Stopped(),
    lambda _: LibraryFailed("OSError"),
]


def test_every_error_is_tried_and_drawn() -> None:
    """No error class of the module is missing from these tests or from the tree at its top."""
    classes = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HubError)} - {
        HubError
    }
    assert {type(make("https://h/")) for make in MAKERS} == classes
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in classes)
    assert issubclass(HubError, LineageError)


@pytest.mark.parametrize("make", MAKERS)
def test_an_error_is_one_harmless_line(make: Callable[[str], HubError]) -> None:
    """Whatever the Hub says, message and hint have no control, escape or invisible character and no query."""
    for text in (HOSTILE, f"https://user:secret@h/{HOSTILE}?cursor=secret", "/api/models?cursor=secret"):
        message = str(make(text))
        assert message
        assert all(unicodedata.category(one)[0] != "C" for one in message)
        assert "[31m" not in message
    assert "secret" not in str(make("/api/models?cursor=secret")).partition(":")[0]


@given(st.text(max_size=500))
def test_quoted_text_is_harmless(text: str) -> None:
    """Quoted text is one bounded line of visible characters, and quoting it again changes nothing of that."""
    line = quoted(text)
    assert len(line) <= 300
    assert all(unicodedata.category(one)[0] != "C" for one in line)
    assert line == " ".join(line.split())


def test_a_page_is_quoted_by_its_words() -> None:
    """Of HTML only what a reader would see is quoted."""
    page = "<!doctype html><head><title>x</title></head><style>a{}</style><h1>502</h1><p>Bad <b>gateway</b><!-- no -->"
    assert quoted(page) == "502 Bad gateway"


def test_long_text_is_cut_with_a_mark() -> None:
    """Cut text ends in an ellipsis."""
    assert quoted("x" * 400) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://huggingface.co/", "https://huggingface.co"),
        ("http://user:secret@h:8080/path?q=1", "http://h:8080"),
        ("http://[::1]:80/x", "http://[::1]:80"),
        ("http://u:secret@h:99999/", "h:99999/"),
    ],
)
def test_an_endpoint_is_shown_by_its_place(endpoint: str, shown: str) -> None:
    """Scheme, host and port are shown, user and query are not."""
    assert place(endpoint) == shown


def test_the_way_out_is_said() -> None:
    """Errors that a user can do something about have a hint, and exit codes tell usage from failure."""
    for make in MAKERS:
        error = make("https://h")
        assert error.hint or isinstance(error, LibraryFailed)
        assert error.exit_code == {EndpointInvalid: 2, NoLeaderboard: 1}.get(type(error), 3)
    assert "HF_TOKEN" in TokenRefused("HF_TOKEN").hint
