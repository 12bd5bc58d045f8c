"""A clock that only sleeps move, a scripted server for faults that no decent double commits, a place for crawls."""

from __future__ import annotations

import gzip
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.crawl import CrawlTask
from crawler.crawl import crawl as run_crawl
from crawler.http.httpx_client import Timeouts
from crawler.http.hub_client import HubClient
from crawler.http.rate_limit import RateLimiter
from crawler.http.retry_policy import RetryPolicy
from lineage.domains.lexicon_file import default_lexicon
from store.connect import open_database
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from crawler.scope import Scope
    from lineage.domains.lexicon import Lexicon
    from lineage.output.crawl_events import CrawlEvent
    from store.database import Database


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
                self.send_response_only(canned.status)
                encoding = {"Content-Encoding": "gzip"} if canned.is_gzip else {}
                usual = {"Content-Length": str(len(body)), "Date": self.date_time_string(), **encoding}
                for name, value in {**usual, **canned.headers}.items():
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
def client(hub: ScriptedHub, clock: Clock, events: list[Any]) -> Iterator[HubClient]:
    """Yield a client of the scripted server, without a token, whose back-off is always the longest."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep, on_event=events.append)
    timeouts = Timeouts(connect_seconds=5, read_seconds=5)
    retry_policy = RetryPolicy(attempts=5, jitter=lambda: 1.0)
    with HubClient(
        hub.url,
        rate_limiter=rate_limiter,
        retry_policy=retry_policy,
        timeouts=timeouts,
        on_event=events.append,
    ) as opened:
        yield opened


TABLES = {
    "models": ("crawl", "first_seen_at", "last_seen_at"),
    "history": ("crawl", "seen_at", "replaced_at"),
    "problems": ("crawl",),
    "aliases": ("first_seen_at", "last_seen_at"),
    "gone": ("crawl", "checked_at"),
    "files": ("fetched_at", "crawl"),
    "file_hashes": (),
    "declarations": ("first_seen_at", "last_seen_at"),
    "resolutions": (),
    "nodes": ("place",),
    "edges": ("first_seen_at", "last_seen_at"),
    "domains": (),
    "families": (),
}
"""Every table of content, and its columns that tell when, in which crawl and in which order something was learnt."""


class Laboratory:
    """Crawls of sandbox Hubs into databases of their own, at a time that only moves when told or slept.

    The clock of the machine that crawls is `days_ahead` of the Hub's.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.days_ahead = 0.0

    def now(self) -> datetime:
        """Return the time of day on this clock."""
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.clock.now)

    def pass_days(self, days: float) -> None:
        """Let time pass."""
        self.clock.now += days * 86_400

    @contextmanager
    def open(self, name: str = "crawl") -> Iterator[Database]:
        """Open a database of the laboratory to write."""
        database = open_database(self.folder / f"{name}.duckdb")
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def begin(
        self,
        url: str,
        scope: Scope,
        *,
        name: str = "crawl",
        lexicon: Lexicon | None = None,
        files: int | None = 0,
        dry_run: bool = False,
    ) -> Iterator[Iterator[CrawlEvent]]:
        """Begin a crawl and give its events."""
        rate_limiter = RateLimiter(clock=self.clock, sleep=self.clock.sleep)
        retry_policy = RetryPolicy(attempts=40, jitter=lambda: 0.01)
        with (
            self.open(name) as database,
            HubClient(url, rate_limiter=rate_limiter, retry_policy=retry_policy) as client,
            DuckDBCrawlStore(database) as store,
        ):
            words, ahead = lexicon or self.lexicon(), timedelta(days=self.days_ahead)
            task = CrawlTask(
                client=client, store=store, scope=scope, lexicon=words, now=lambda: self.now() + ahead, files=files
            )
            with closing(cast("Generator[CrawlEvent]", run_crawl(task, dry_run=dry_run))) as events:
                yield events

    def crawl(
        self,
        url: str,
        scope: Scope,
        *,
        name: str = "crawl",
        lexicon: Lexicon | None = None,
        files: int | None = 0,
        dry_run: bool = False,
    ) -> list[CrawlEvent]:
        """Crawl to the end and return all events."""
        with self.begin(url, scope, name=name, lexicon=lexicon, files=files, dry_run=dry_run) as events:
            return list(events)

    def lexicon(self, *more: tuple[str, str]) -> Lexicon:
        """Return the default words, of which only a few are asked for: crawls are quick; `more` are asked too."""
        asks = (("filter", "medical"), ("filter", "legal"), ("filter", "finance"), *more)
        known = default_lexicon()
        domains = {value: domain for domain, _, value in known.asks}
        kinds = {"filter": "tag", "search": "name"}
        chosen: Any = tuple((domains.get(text, "medical"), kinds[parameter], text) for parameter, text in asks)
        return replace(known, asks=chosen)

    def rows(self, table: str, *columns: str, name: str = "crawl") -> list[tuple[Any, ...]]:
        """Return rows of a table in order, of some columns or all."""
        with self.open(name) as database:
            relation = database._connection.table(f"hub.{table}")
            wanted = columns or tuple(relation.columns)
            return sorted(relation.project(", ".join(wanted)).fetchall(), key=repr)

    def content(self, name: str = "crawl") -> dict[str, list[tuple[Any, ...]]]:
        """Return all that a database holds, without order, times of seeing and numbers of crawls.

        Problems of models that are not stored are left out: a walk of changes passes many by.
        """
        with self.open(name) as database:
            found = {}
            for table, passing in TABLES.items():
                relation = database._connection.table(f"hub.{table}")
                columns = [column for column in relation.columns if column not in passing]
                found[table] = sorted(relation.project(", ".join(columns)).fetchall(), key=repr)
            stored = {row[0] for row in found["models"]}
            return found | {"problems": [row for row in found["problems"] if row[0] is None or row[0] in stored]}


@pytest.fixture
def lab(tmp_path: Path, clock: Clock) -> Laboratory:
    """Return a laboratory without databases yet."""
    return Laboratory(tmp_path, clock)
