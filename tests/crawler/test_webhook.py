"""Posting to a webhook: what is sent, when it is tried again, and that its address stays secret."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from crawler.webhook import Webhook
from lineage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "s3cret"


class Receiver:
    """A server that answers POSTs with scripted states, and keeps what it was sent."""

    def __init__(self) -> None:
        self.states: list[int] = [200]
        self.got: list[tuple[str, str | None, object]] = []
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        """The address, with secrets in its path and query."""
        return f"http://127.0.0.1:{self._server.server_port}/{HIDDEN}?key={HIDDEN}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((self.path, self.headers["content-type"], json.loads(body)))
                state = receiver.states.pop(0) if len(receiver.states) > 1 else receiver.states[0]
                self.send_response(state)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
                """Say nothing."""

        return Handler


@pytest.fixture(name="receiver")
def fixture_receiver() -> Iterator[Receiver]:
    """Give a server on loopback."""
    server = Receiver()
    yield server
    server.close()


def posted(url: str, pauses: list[float]) -> str | None:
    """Post a small payload and return what is said of it."""
    with Webhook(url, sleep=pauses.append, uses_environment=False) as webhook:
        return webhook.post({"text": "grün", "changes": []})


def test_a_payload_is_json_at_the_whole_address(receiver: Receiver) -> None:
    """Path and query are the receiver's; the body is the payload alone."""
    assert posted(receiver.url, []) is None
    assert receiver.got == [(f"/{HIDDEN}?key={HIDDEN}", "application/json", {"text": "grün", "changes": []})]


@pytest.mark.parametrize(
    ("states", "attempts", "is_taken"),
    [
        ([204], 1, True),
        ([503, 200], 2, True),
        ([429, 408, 202], 3, True),
        ([500], 3, False),
        ([403], 1, False),
        ([307], 1, False),
    ],
)
def test_what_may_pass_is_tried_again(receiver: Receiver, states: list[int], attempts: int, *, is_taken: bool) -> None:
    """Overload is tried three times in all, a refusal or a redirect once; pauses grow."""
    receiver.states = list(states)
    pauses: list[float] = []
    reason = posted(receiver.url, pauses)
    assert len(receiver.got) == attempts
    assert pauses == [2.0, 4.0][: attempts - 1]
    assert (reason is None) is is_taken
    assert reason is None or str(states[-1]) in reason


def test_its_address_is_in_no_message_and_no_log(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """Where the receiver is gone, the host is all that is said."""
    with caplog.at_level(logging.DEBUG):
        receiver.states = [500]
        told = [str(posted(receiver.url, []))]
        receiver.close()
        told.append(str(posted(receiver.url, [])))
    assert all("127.0.0.1" in reason for reason in told)
    assert "no answer (ConnectError)" in told[1]
    assert HIDDEN not in "".join(told) + caplog.text


@pytest.mark.parametrize(
    "url", ["", "file:///etc/x", "hooks.example/x", "http://", "ftp://a/b", "http://[x", "http://a:b/"]
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    """Only http and https with a host."""
    with pytest.raises(UsageError) as caught:
        Webhook(url, sleep=lambda _: None)
    assert str(caught.value) == "--webhook takes an address that begins with http:// or https:// and a host"
