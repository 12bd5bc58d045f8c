"""The client of the Hub: one request in, one response out, whatever happens in between.

It handles everything that a request can meet on its way: the quota (crawler.http.rate_limit), lost connections,
time-outs, cut bodies, overload (crawler.http.retry_policy), redirects. The result is a `Response`, or one error of
crawler.errors. The token goes only to the endpoint's origin; nothing but a span of a file's bytes is read elsewhere.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode, urlsplit

from crawler.errors import (
    BodyTooLarge,
    BrokenBody,
    GaveUp,
    HubError,
    NotTheHub,
    Overloaded,
    TokenRefused,
    Unreachable,
    quoted,
)
from crawler.http.address_guard import AddressGuard, InnerAddressError
from crawler.http.httpx_client import Timeouts, new_client
from crawler.http.rate_limit import RateLimiter
from crawler.http.response_body import OverLimitError, Shape, find_fault, read_body, read_explanation, read_first
from crawler.http.responses import (
    ByteSpan,
    FilePart,
    Response,
    explain,
    find_blob,
    find_commit,
    find_link,
    find_part,
    find_sha256,
    find_time,
    parse_endpoint,
    resolve,
)
from crawler.http.retry_policy import (
    EXPECTED,
    AttemptFailure,
    RequestCounts,
    Retrying,
    RetryPolicy,
    judge_error,
    judge_status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import httpx

    from crawler.http.token import Token

LARGEST_BODY_BYTES = 64 * 2**20
LARGEST_EXPLANATION_BYTES = 64 * 2**10
MOST_REDIRECTS = 5
ELSEWHERE = "elsewhere"  # the bucket of requests that no window of the endpoint counts
RETRIES = RetryPolicy()

_log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 307, 308})
_ABOUT_THE_TOKEN = re.compile(r"credential|token|expired", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for: a full address, and what its response may be.

    `span` asks for and reads only those bytes, even if the endpoint redirects to another host for them. An address that
    `is_secret` may be signed and is never shown.
    """

    path: str
    url: str
    bucket: str
    accept_redirect: bool = True
    shape: Shape | None = None
    limit_bytes: int = 0
    span: ByteSpan | None = None
    is_secret: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The headers of this request alone: the range of its span, which no encoding may stretch."""
        return {} if self.span is None else {"range": self.span.header, "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """What came back of one HTTP request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    part: FilePart | None = None


class HubClient:
    """A client of one endpoint; every method may be called from any thread. Use as a context manager, or `close` it.

    Clock and sleep are the rate limiter's. `has_answered`: the endpoint has answered at least once as a Hub does.
    `told_at`: the Hub's clock in its last response, or None if it gave no time. Raises EndpointInvalid.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: Token | None = None,
        rate_limiter: RateLimiter | None = None,
        retry_policy: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        on_event: Callable[[Retrying], object] | None = None,
    ) -> None:
        self.endpoint = parse_endpoint(endpoint)
        self.rate_limiter = rate_limiter or RateLimiter()
        self.retry_policy = retry_policy or RETRIES
        self.timeouts = timeouts or Timeouts()
        self._token = token
        self._on_event = on_event
        self._lock = threading.Lock()
        self._counts = RequestCounts()
        self.has_answered = False
        self.told_at: datetime | None = None
        self._guard = AddressGuard(is_inner=self.endpoint.is_inner)
        self._client = new_client(self.timeouts, uses_environment=not self.endpoint.is_loopback)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"HubClient({self.endpoint.origin!r}, token={self._token!r})"

    @property
    def has_token(self) -> bool:
        """Whether requests carry a token: without one, the Hub answers 401 for everything that it does not show."""
        return self._token is not None

    @property
    def counts(self) -> RequestCounts:
        """What was spent so far."""
        with self._lock:
            return replace(self._counts, wait_seconds=self.rate_limiter.waited_seconds)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        bucket: str = "api",
        accept_redirect: bool = True,
        shape: Shape | None = None,
        limit_bytes: int = LARGEST_BODY_BYTES,
        retry_policy: RetryPolicy | None = None,
    ) -> Response:
        """Request a path (its segments already quoted) until no further attempt would change the response.

        With `shape`, a 200 whose body cannot be JSON of that shape counts as a failed attempt. Refusals (4xx except
        transient ones) and redirects off the endpoint are returned as responses. Raises Unreachable, Overloaded,
        BrokenBody, NotTheHub, BodyTooLarge, GaveUp, TokenRefused, QuotaExhausted, Stopped.
        """
        request = Request(
            path=path.partition("?")[0],
            url=self.endpoint.url(path) + (f"?{urlencode(params)}" if params else ""),
            bucket=bucket,
            accept_redirect=accept_redirect,
            shape=shape,
            limit_bytes=limit_bytes,
        )
        return self._settle(request, retry_policy or self.retry_policy)

    def get_span(
        self,
        path: str,
        span: ByteSpan,
        *,
        bucket: str,
        location: str | None = None,
        retry_policy: RetryPolicy | None = None,
    ) -> Response:
        """Request some bytes of a file, at most those whatever the server sends.

        A redirect off the endpoint is followed without the token, and only to https (or on this machine, if the
        endpoint is there): large files are stored on other hosts. `location` is where an earlier response found the
        file (`Response.part`): it is asked there, which costs no request of the endpoint. A part that is not the one
        asked for counts as a failed attempt. Raises what `get` raises.
        """
        url = self.endpoint.url(path) if location is None else location
        request = Request(
            path=path,
            url=url,
            bucket=bucket if self.endpoint.owns(url) else ELSEWHERE,
            span=span,
            is_secret=location is not None,
        )
        return self._settle(request, retry_policy or self.retry_policy)

    def _settle(self, request: Request, retry_policy: RetryPolicy) -> Response:
        failures = quota_waits = 0
        while True:
            outcome = self._ask(request)
            if isinstance(outcome, Response):
                return self._accepted(outcome)
            if outcome.kind == "quota" and quota_waits < retry_policy.quota_waits:
                quota_waits += 1  # the rate limiter waits before the next attempt
                self._count(retries=1)
                continue
            failures += 1
            if not retry_policy.allows_another(outcome, failures, is_known=self.has_answered):
                raise give_up(outcome, path=request.path, endpoint=self.endpoint.origin, attempts=failures)
            self.back_off(request.path, failure=outcome, attempt=failures)

    def back_off(self, path: str, *, failure: AttemptFailure, attempt: int) -> None:
        """Wait before attempt `attempt + 1`, as long as the retry policy says."""
        seconds = self.retry_policy.wait_seconds(failure, attempt)
        self._count(retries=1)
        if self._on_event is not None:
            self._on_event(Retrying(path=quoted(path), reason=failure.reason, attempt=attempt, seconds=seconds))
        self.rate_limiter.pause(seconds)

    def _ask(self, request: Request) -> Response | AttemptFailure:
        """Make one attempt, following redirects."""
        url, redirected_to = request.url, None
        sha256: str | None = None
        left: Response | None = None
        for _ in range(MOST_REDIRECTS + 1):
            try:
                raw = self._send(request, url)
            except InnerAddressError:
                reason = "the address of the file leads into an inner network"
                return left or AttemptFailure(kind="foreign", reason=reason)
            if isinstance(raw, AttemptFailure):
                return raw
            sha256 = find_sha256(raw.headers) or sha256
            if raw.status not in _REDIRECTS:
                raw = replace(raw, part=raw.part and replace(raw.part, sha256=sha256))
                return self._response(request, raw, url=url, redirected_to=redirected_to)
            target = resolve(url, raw.headers.get("location", ""))
            is_clean = self._redacted(target) == target
            path = self.endpoint.path_of(target) if is_clean and self.endpoint.owns(target) else None
            if path is None:
                host = self._redacted(quoted(urlsplit(target).hostname or "an address without a host", characters=100))
                left = replace(self._response(request, raw, url=url, redirected_to=redirected_to), elsewhere=host)
                if not (is_clean and request.span and self.endpoint.trusts(target)):
                    return left
                url = target
                continue
            redirected_to = quoted(path.partition("?")[0])
            if not request.accept_redirect:
                return self._response(request, raw, url=url, redirected_to=redirected_to)
            url = self.endpoint.url(path)
        return AttemptFailure(kind="status", reason="it redirects in a circle", status=raw.status)

    def _send(self, request: Request, url: str) -> RawResponse | AttemptFailure:
        """Send one request in its turn and read what comes back; the only place where bytes leave."""
        is_ours = self.endpoint.owns(url)
        signed = {"authorization": f"Bearer {self._token.reveal()}"} if self._token and is_ours else {}
        with self.rate_limiter.turn(request.bucket):
            self._count(requests=1)
            deadline = self.rate_limiter.clock() + self.timeouts.answer_seconds
            try:
                extensions = {"trace": self._guard.trace(url, is_endpoint=is_ours)}
                headers = signed | request.headers
                with self._client.stream("GET", url, headers=headers, extensions=extensions) as response:
                    quota = self.rate_limiter.observe(response.headers, bucket=request.bucket) if is_ours else None
                    raw = self._read(request, response, is_late=lambda: self.rate_limiter.clock() > deadline)
            except EXPECTED as exc:
                failure = judge_error(exc)
                return replace(failure, reason=self._redacted(failure.reason))
        self._log_request(request, url, raw)
        if is_ours:
            self.told_at = find_time(raw.headers)
        by_status = judge_status(
            raw.status,
            retry_after=raw.headers.get("retry-after", ""),
            now=find_time(raw.headers),
            said=self._redacted(explain(raw.headers, raw.body)[1] or "") if raw.status != HTTPStatus.OK else "",
            is_quota=quota is not None and quota.remaining == 0,
        )
        return by_status or self._shape_failure(request, raw) or raw

    def _log_request(self, request: Request, url: str, raw: RawResponse) -> None:
        """Log a request; for an address that we did not make, which may be signed, only the host."""
        if _log.isEnabledFor(logging.DEBUG):
            shown = url if url == request.url and not request.is_secret else f"{urlsplit(url).hostname} (redirected)"
            _log.debug("GET %s: %d, %d bytes", quoted(self._redacted(shown)), raw.status, len(raw.body))

    def _read(self, request: Request, response: httpx.Response, *, is_late: Callable[[], bool]) -> RawResponse:
        status = response.status_code
        part = None
        try:
            if request.span is not None and status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                part, status = find_part(status, response.headers, request.span, str(response.url)), HTTPStatus.OK
                body = read_first(response, count=request.span.count if part else 0, is_late=is_late)
            elif status == HTTPStatus.OK:
                body = read_body(response, limit_bytes=request.limit_bytes, is_late=is_late)
            else:
                body = read_explanation(response, limit_bytes=LARGEST_EXPLANATION_BYTES, is_late=is_late)
        except OverLimitError as exc:
            raise BodyTooLarge(request.path, limit_bytes=request.limit_bytes) from exc
        finally:
            self._count(bytes_received=response.num_bytes_downloaded)
        return RawResponse(status=status, headers=response.headers, body=body, part=part)

    def _shape_failure(self, request: Request, raw: RawResponse) -> AttemptFailure | None:
        if raw.status != HTTPStatus.OK or request.shape is None:
            return None
        fault = find_fault(raw.body, request.shape)
        if fault is None:
            return None
        reason = f"its response is not a JSON {request.shape}" if fault == "foreign" else "its JSON has no end"
        return AttemptFailure(kind=fault, reason=reason, status=HTTPStatus.OK)

    def _response(self, request: Request, raw: RawResponse, *, url: str, redirected_to: str | None) -> Response:
        code, message = (None, None) if raw.status == HTTPStatus.OK else explain(raw.headers, raw.body)
        return Response(
            status=raw.status,
            path=request.path,
            body=raw.body,
            link_next=find_link(raw.headers, endpoint=self.endpoint, asked_url=url),
            commit=find_commit(raw.headers),
            blob=find_blob(raw.headers),
            part=raw.part,
            error_code=code and self._redacted(code),
            error_message=message and self._redacted(message),
            redirected_to=redirected_to,
        )

    def _accepted(self, response: Response) -> Response:
        """Return a response, unless it says that the token is at fault."""
        self.has_answered = self.has_answered or response.status == HTTPStatus.OK or response.error_code is not None
        if self._token is not None and response.status == HTTPStatus.UNAUTHORIZED and response.error_code is None:
            message = response.error_message or ""
            if _ABOUT_THE_TOKEN.search(message):
                raise TokenRefused(self._token.source, endpoint=self.endpoint.origin, reason=message)
        return response

    def _redacted(self, text: str) -> str:
        """Remove our token from a server's text."""
        return text if self._token is None else self._token.redact(text)

    def _count(self, **spent: int) -> None:
        with self._lock:
            self._counts = self._counts.plus(**spent)


def give_up(failure: AttemptFailure, *, path: str, endpoint: str, attempts: int) -> HubError:
    """Return the error that the failure of the last attempt becomes."""
    if failure.kind == "unconnected":
        return Unreachable(endpoint, reason=failure.reason, attempts=attempts)
    if failure.kind == "late":
        return Overloaded(endpoint, status=failure.status, attempts=attempts)
    if failure.kind == "cut":
        return BrokenBody(path, reason=failure.reason, attempts=attempts)
    if failure.kind == "foreign" or failure.status is None:
        return NotTheHub(endpoint, reason=failure.reason, status=failure.status)
    return GaveUp(path, status=failure.status, attempts=attempts, reason=failure.reason)
