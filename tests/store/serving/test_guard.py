"""Who is let in: names, methods, tokens, and what browsers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.errors import UsageError
from store.serving.run import ListenAddress, PortTaken, listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.store.serving.conftest import Asking

GIVEN = "a-token-of-some-length"
STATUS = "/api/v1/status"


@pytest.fixture
def asking(serving: Callable[..., AbstractContextManager[Asking]], empty_db: Path) -> Iterator[Asking]:
    """Give a server on loopback."""
    with serving(empty_db) as found:
        yield found


@pytest.fixture
def guarded(serving: Callable[..., AbstractContextManager[Asking]], empty_db: Path) -> Iterator[Asking]:
    """Give a server that asks for a token, as beyond loopback."""
    with serving(empty_db, token=GIVEN) as found:
        yield found


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1:1", "[::1]", "", "localhost.evil.example"]
)
def test_another_name_is_refused(asking: Asking, host: str) -> None:
    """A name that leads here by somebody else's doing (DNS rebinding) reads nothing."""
    answer = asking.get(STATUS, Host=host)
    assert answer.status in {400, 421}
    assert b"models" not in answer.body


def test_our_own_names_are_let_in(asking: Asking) -> None:
    """The address and `localhost`, with the port, are ours."""
    port = asking.origin.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        assert asking.get(STATUS, Host=f"{host}:{port}").status == 200


def test_nothing_is_written(asking: Asking) -> None:
    """Only reading is answered, so there is nothing that a foreign form or script could do."""
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = asking.get(STATUS, method=method, Origin="http://evil.example")
        assert answer.status == 405
        assert "access-control-allow-origin" not in answer.headers


def test_browsers_are_told_to_be_strict(asking: Asking) -> None:
    """Every answer, errors too, forbids sniffing, framing, keeping, and reading by other origins."""
    for path in (STATUS, "/", "/openapi.json", "/nowhere", "/family", "/api/v1/models?limit=x"):
        headers = asking.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]


def test_token_is_asked_for(guarded: Asking) -> None:
    """Without the token nothing is told, not even which paths there are."""
    for path in (STATUS, "/", "/openapi.json", "/nowhere"):
        answer = guarded.get(path)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert guarded.get(STATUS, Authorization=f"Bearer {GIVEN}x").status == 401
    assert guarded.get(STATUS, Authorization=f"Bearer {GIVEN}").status == 200
    assert guarded.get(STATUS, Cookie="lineage_token=; ;;=\x01").status in {400, 401}


def test_token_moves_from_the_address_to_a_cookie(guarded: Asking) -> None:
    """The link with the token leads to one without, and gives a cookie that scripts and other sites do not get."""
    answer = guarded.get(f"/?token={GIVEN}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert guarded.get(STATUS, Cookie=cookie.partition(";")[0]).status == 200


def test_the_link_leads_nowhere_else(guarded: Asking) -> None:
    """A path that starts like a host is taken as a path."""
    assert guarded.get(f"//evil.example/x?token={GIVEN}").headers["location"] == "/evil.example/x"


def test_beyond_loopback_needs_the_flag() -> None:
    """An address that others can reach is refused without the flag; with it a token is made up."""
    with pytest.raises(UsageError, match="--beyond-loopback"), listening(ListenAddress(host="0.0.0.0")):  # noqa: S104 - refused
        pass
    with listening(ListenAddress(host="0.0.0.0", is_open=True)) as place:  # noqa: S104 - nothing is served there
        assert place.rules.token is not None
        assert len(place.rules.token) >= 32
        assert place.rules.token in place.url
        assert place.rules.hosts is None


@pytest.mark.parametrize("host", ["example.com", "not an address", ""])
def test_only_numbers_are_listened_on(host: str) -> None:
    """A name is no address to listen on, since what it leads to can change."""
    with pytest.raises(UsageError, match="not an address"), listening(ListenAddress(host=host)):
        pass


def test_a_token_of_the_users_is_not_shown() -> None:
    """A token that came from the environment is not printed, and one that can be guessed is refused."""
    with listening(ListenAddress(token=GIVEN)) as place:
        assert GIVEN not in place.url
    with pytest.raises(UsageError, match="fewer than"), listening(ListenAddress(token=GIVEN[:8])):
        pass


def test_a_port_in_use() -> None:
    """A port that is taken is said, with the way out."""
    with listening(ListenAddress()) as first:
        port = int(first.socket.getsockname()[1])
        with pytest.raises(PortTaken) as caught, listening(ListenAddress(port=port)):
            pass
    assert str(port) in str(caught.value)
    assert "--port" in caught.value.hint


def test_a_long_address_is_refused(asking: Asking) -> None:
    """An address of many thousand characters is not read."""
    assert asking.get("/api/v1/models?search=" + "x" * 9_000).status == 414
