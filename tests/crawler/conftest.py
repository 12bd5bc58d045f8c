"""A clock that only sleeps move, and a scripted server on loopback for faults that no decent double can commit."""

from __future__ import annotations

import gzip
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.client import Timeouts
from crawler.pace import Pace
from crawler.wire import Effort, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Clock:
    """Seconds that pass only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleeps.append(seconds)
        self.now += seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """One answer: `cut_bytes` ends the connection after so many bytes of body, `drops` before any, `stalls` never."""

    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    is_gzip: bool = False
    cut_bytes: int | None = None
    drops: bool = False
    stalls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the server saw it; header names in lower case."""

    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]


class _Server(ThreadingHTTPServer):
    """A server that takes it calmly when a client hangs up."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- the types are socketserver's
        """Report what is not the client's doing."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class ScriptedHub:
    """A server that gives canned answers in order and the last one for ever, or what `answer` returns."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Canned] = self._next
        self._script: list[Canned] = [Canned()]
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's origin."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def script(self, *answers: Canned) -> None:
        """Set what to answer from now on."""
        self._script = list(answers)

    def close(self) -> None:
        """Let go of every stalled answer and stop."""
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _next(self, _: Asked) -> Canned:
        with self._lock:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one write an answer: no waiting for a delayed acknowledgement
            timeout = 0.5

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(path=parts.path, query=tuple(parse_qsl(parts.query)), headers=headers)
                hub.asked.append(asked)
                self.say(hub.answer(asked))

            def say(self, canned: Canned) -> None:
                if canned.stalls:
                    hub._released.wait()
                if canned.drops or canned.stalls:
                    self.close_connection = True
                    return
                body = gzip.compress(canned.body) if canned.is_gzip else canned.body
                self.send_response(canned.status)
                encoding = {"Content-Encoding": "gzip"} if canned.is_gzip else {}
                for name, value in {"Content-Length": str(len(body)), **encoding, **canned.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: canned.cut_bytes])
                self.close_connection = self.close_connection or canned.cut_bytes is not None

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
                """Say nothing."""

        return Handler


@pytest.fixture
def clock() -> Clock:
    """Return a clock at 0."""
    return Clock()


@pytest.fixture
def hub() -> Iterator[ScriptedHub]:
    """Yield a scripted server."""
    server = ScriptedHub()
    yield server
    server.close()


@pytest.fixture
def canned() -> type[Canned]:
    """Return the record of a canned answer, which test modules cannot import."""
    return Canned


@pytest.fixture
def events() -> list[Any]:
    """Return a list for events."""
    return []


@pytest.fixture
def wire(hub: ScriptedHub, clock: Clock, events: list[Any]) -> Iterator[Wire]:
    """Yield a wire to the scripted server, without a token, whose back-off is always the longest."""
    pace = Pace(clock=clock, sleep=clock.sleep, on_event=events.append)
    timeouts = Timeouts(connect_seconds=5, read_seconds=5)
    effort = Effort(attempts=5, overload_attempts=5)
    with Wire(
        hub.url, pace=pace, effort=effort, timeouts=timeouts, jitter=lambda: 1.0, on_event=events.append
    ) as opened:
        yield opened
