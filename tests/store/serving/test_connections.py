"""Connections that never ask: they are closed in time, and keep nobody out."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.store.serving.conftest import Asking

HALF = b"GET /api/v1/status HTTP/1.1\r\nhost: "
PATIENCE = 60


def opened(asking: Asking) -> socket.socket:
    """Return a connection on which half a request was sent."""
    connection = socket.create_connection(("127.0.0.1", int(asking.origin.rpartition(":")[2])), timeout=PATIENCE)
    connection.sendall(HALF)
    return connection


def test_half_requests_keep_nobody_out(asking: Asking) -> None:
    """While three hundred connections wait with half a request, others are answered."""
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(opened(asking))
        assert asking.get("/api/v1/status").status == 200


def test_a_request_that_does_not_come_is_not_awaited_for_ever(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is closed when the head is late, of a later request and of the first."""
    host = asking.origin.rpartition("/")[2].encode()
    with opened(asking) as connection:
        monkeypatch.setattr("store.serving.connections.HEAD_SECONDS", 0.1)
        connection.sendall(host + b"\r\n\r\n" + HALF)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        assert answer.startswith(b"HTTP/1.1 200")
    with opened(asking) as connection:
        assert connection.recv(1) == b""
