"""The client of a server of models: one JSON request, one JSON response, whatever it takes in between.

Asynchronous, with a bounded number of requests under way. What may pass (429, 5xx, time-outs, lost connections,
responses that break off or are no JSON) is tried again as `crawler.http.retry_policy` says.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

import httpx

from crawler.errors import EndpointInvalid, quoted
from crawler.http.httpx_client import name_ourselves, quiet_httpx
from crawler.http.responses import Endpoint, parse_endpoint
from crawler.http.retry_policy import EXPECTED, AttemptFailure, RequestCounts, RetryPolicy, judge_error, judge_status
from evaluation.engines.endpoint.errors import AnswerUnusable, EndpointAway, EndpointRefused, KeyRefused
from evaluation.errors import OptionInvalid

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from evaluation.engines.endpoint.api_key import ApiKey

LARGEST_ANSWER_BYTES: Final = 64 << 20
LARGEST_EXPLANATION_BYTES: Final = 64 << 10
_log = logging.getLogger(__name__)
_OK: Final = 200
_REFUSED_KEY: Final = frozenset({401, 403})
CONNECT_SECONDS: Final = 10.0


RETRIES: Final = RetryPolicy(attempts=6, first_wait_seconds=0.5, longest_retry_after_seconds=60.0)


class ApiClient:
    """One client of one server, within one event loop. Use as an asynchronous context manager.

    `url` is where the API is, with or without the `/v1` at its end. At most `concurrency` requests are under way.
    `answer_seconds` bounds a whole response: a long reply takes long. `now` is the time of day, for a `Retry-After`
    that names a date. Raises OptionInvalid for an invalid url.
    """

    def __init__(
        self,
        url: str,
        *,
        key: ApiKey | None = None,
        retry_policy: RetryPolicy = RETRIES,
        concurrency: int = 32,
        answer_seconds: float = 600.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.endpoint = parse_url(url)
        self.counts = RequestCounts()
        self.retry_policy, self.concurrency, self.answer_seconds = retry_policy, concurrency, answer_seconds
        self._key, self._sleep, self._now = key, sleep, now
        self._turns = asyncio.Semaphore(concurrency)
        self._clients: list[httpx.AsyncClient] = []
        self._free: list[httpx.AsyncClient] = []
        self._certificates: ssl.SSLContext | None = None
        quiet_httpx()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"ApiClient({self.endpoint.origin!r}, key={self._key!r})"

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()

    async def get(self, path: str) -> dict[str, object]:
        """Return the JSON object at a path such as `/v1/models`; raises what `post` raises."""
        return await self._settle("GET", path, None)

    async def post(self, path: str, question: dict[str, object]) -> dict[str, object]:
        """Return the JSON object that answers a question.

        Raises EndpointAway, EndpointRefused, KeyRefused, AnswerUnusable.
        """
        body = json.dumps(question, separators=(",", ":")).encode()
        return await self._settle("POST", path, body)

    async def _settle(self, method: str, path: str, body: bytes | None) -> dict[str, object]:
        async with self._turn() as client:
            attempts = 1
            while isinstance(outcome := await self._ask(client, method, path, body), AttemptFailure):
                if not self.retry_policy.allows_another(outcome, attempts):
                    raise EndpointAway(self.endpoint.origin, self._redacted(outcome.reason), attempts)
                seconds = self.retry_policy.wait_seconds(outcome, attempts)
                self.counts = self.counts.plus(retries=1, wait_seconds=seconds)
                await self._sleep(seconds)
                attempts += 1
            return outcome

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[httpx.AsyncClient]:
        """Wait for a turn, and lend a client of one connection that nobody else uses meanwhile.

        The pool of one client goes through all its connections for every question: with 64 of them that took 3.2 ms of
        processor a question, against 0.8 ms with one (httpx 0.28.1).
        """
        async with self._turns:
            client = self._free.pop() if self._free else self._new_client()
            try:
                yield client
            finally:
                self._free.append(client)

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, body: bytes | None
    ) -> dict[str, object] | AttemptFailure:
        """Make one attempt; the only place where bytes leave."""
        headers = {} if self._key is None else {"authorization": f"Bearer {self._key.reveal()}"}
        if body is not None:
            headers["content-type"] = "application/json"
        self.counts = self.counts.plus(requests=1)
        try:
            async with (
                asyncio.timeout(self.answer_seconds),
                client.stream(method, self.endpoint.url(path), headers=headers, content=body) as response,
            ):
                limit = LARGEST_ANSWER_BYTES if response.status_code == _OK else LARGEST_EXPLANATION_BYTES
                answer = await self._read(response.aiter_raw(), limit)
        except TimeoutError:
            return AttemptFailure(kind="late", reason=f"no answer in {self.answer_seconds:g} seconds")
        except EXPECTED as error:
            return judge_error(error)
        _log.debug(
            "%s %s%s: %d, %d bytes", method, self.endpoint.origin, path, response.status_code, len(answer or b"")
        )
        if response.status_code != _OK:
            return self._judged(path, response, answer or b"")
        if answer is None:
            raise AnswerUnusable(
                self.endpoint.origin, path, f"its answer is longer than {LARGEST_ANSWER_BYTES:,} bytes"
            )
        return _parsed(answer)

    async def _read(self, chunks: AsyncIterator[bytes], limit_bytes: int) -> bytes | None:
        """Return a body, or None where it has more bytes than it may."""
        parts: list[bytes] = []
        room_bytes = limit_bytes
        async for chunk in chunks:
            self.counts = self.counts.plus(bytes_received=len(chunk))
            room_bytes -= len(chunk)
            if room_bytes < 0:
                return None
            parts.append(chunk)
        return b"".join(parts)

    def _judged(self, path: str, response: httpx.Response, body: bytes) -> AttemptFailure:
        """Return what may pass; raises where no further attempt would change the answer."""
        status, said = response.status_code, self._redacted(explain(body))
        if status in _REFUSED_KEY:
            raise KeyRefused(None if self._key is None else self._key.variable, f"refused ({status}) {said}".rstrip())
        retry_after = response.headers.get("retry-after", "")
        failure = judge_status(status, retry_after=retry_after, now=self._now(), said=said)
        if failure is not None:
            return failure
        raise EndpointRefused(self.endpoint.origin, path, status, said)

    def _new_client(self) -> httpx.AsyncClient:
        """Make a client that follows no redirect, as the key must not go elsewhere."""
        uses_environment = not self.endpoint.is_loopback
        if self._certificates is None:
            self._certificates = httpx.create_ssl_context(trust_env=uses_environment)
        client = httpx.AsyncClient(
            headers={"user-agent": name_ourselves(), "accept": "application/json", "accept-encoding": "identity"},
            timeout=httpx.Timeout(self.answer_seconds, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            verify=self._certificates,
            follow_redirects=False,
            trust_env=uses_environment,
        )
        self._clients.append(client)
        return client

    def _redacted(self, text: str) -> str:
        return text if self._key is None else self._key.redacted(text)


def parse_url(url: str, option: str = "url") -> Endpoint:
    """Return where an API is; a `/v1` at the end is taken off, as all paths begin with it.

    Raises OptionInvalid with the name of the option, also for an address that holds a user or a query: it is kept with
    what ran there.
    """
    if "@" in url.partition("://")[2].partition("/")[0] or "?" in url:
        raise OptionInvalid(
            option, "an address must not hold a user, key or query; name the key's variable with key_variable"
        )
    try:
        return parse_endpoint(url.rstrip("/").removesuffix("/v1"))
    except EndpointInvalid as error:
        raise OptionInvalid(option, str(error)) from error


def explain(body: bytes) -> str:
    """Return a server's own words of an error as one harmless line, empty where there are none.

    OpenAI and llama.cpp write `{"error": {"message": ...}}`, TGI `{"error": "..."}`, vLLM either that or
    `{"message": ...}` by version, FastAPI `{"detail": ...}`.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return quoted(body.decode(errors="replace"))
    while isinstance(said, dict):
        said = next((said[name] for name in ("error", "message", "detail") if said.get(name)), "")
    return quoted(said) if isinstance(said, str) else ""


def _parsed(body: bytes) -> dict[str, object] | AttemptFailure:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return AttemptFailure(kind="cut", reason="its answer is not JSON")
    return answer if isinstance(answer, dict) else AttemptFailure(kind="cut", reason="its answer is not a JSON object")
