"""The wire to the Hub: one question in, one answer out, whatever it takes in between.

Everything that a question can meet on its way is settled here: the quota (crawler.http.rate_limit), lost connections,
time-outs, cut bodies, overload, redirects. What comes out is a `Response`, or one error of crawler.errors. The token
goes to the endpoint's origin alone; only the first bytes of a file are read elsewhere.
"""

from __future__ import annotations

import logging
import random
import re
import threading
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode, urlsplit

from crawler.errors import BodyTooLarge, TokenRefused, quoted
from crawler.http.address_guard import AddressGuard, InnerAddressError
from crawler.http.failures import EXPECTED, AttemptFailure, give_up, judge_error, judge_status
from crawler.http.httpx_client import Timeouts, new_client
from crawler.http.rate_limit import RateLimiter
from crawler.http.requests import RawResponse, Request
from crawler.http.response_body import OverLimitError, Shape, find_fault, read_body, read_explanation, read_first
from crawler.http.responses import Response, explain, find_commit, find_link, find_time, parse_endpoint, resolve
from crawler.http.retry_policy import RequestCounts, Retrying, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import httpx

    from crawler.http.token import Token

LARGEST_BODY_BYTES = 64 * 2**20
LARGEST_EXPLANATION_BYTES = 64 * 2**10
MOST_REDIRECTS = 5
FIRST_BACK_OFF_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 60.0
ATTEMPTS_AT_A_STRANGER = 3  # a wrong address should be said soon; only an endpoint that once answered earns patience

_log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 307, 308})
_ABOUT_THE_TOKEN = re.compile(r"credential|token|expired", re.IGNORECASE)


class HubClient:
    """One client of one endpoint; every method may be called from any thread. Use as a context manager, or `close` it.

    `jitter` gives numbers from 0 to 1; clock and sleep are the pace's. `has_answered` says that the endpoint has
    once answered as a Hub does, `told_at` what its clock said in its last answer, or None where it said nothing. Raises
    EndpointInvalid.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: Token | None = None,
        rate_limiter: RateLimiter | None = None,
        retry_policy: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        jitter: Callable[[], float] = random.random,
        on_event: Callable[[Retrying], object] | None = None,
    ) -> None:
        self.endpoint = parse_endpoint(endpoint)
        self.rate_limiter = rate_limiter or RateLimiter()
        self.retry_policy = retry_policy or RetryPolicy()
        self.timeouts = timeouts or Timeouts()
        self._token = token
        self._jitter = jitter
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
        """Whether requests are signed: without, the Hub answers 401 for whatever it does not show."""
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
        """Ask for a path (its segments already quoted) until there is an answer that no further attempt would change.

        With `shape`, a 200 whose body cannot be JSON of that shape is a failed attempt. Refusals (4xx but 408 and
        429) and redirects off the endpoint come back as replies. Raises Unreachable, Overloaded, BrokenBody,
        NotTheHub, TooLarge, GaveUp, TokenRefused, QuotaExhausted, Stopped.
        """
        question = Request(
            path=path.partition("?")[0],
            url=self.endpoint.url(path) + (f"?{urlencode(params)}" if params else ""),
            bucket=bucket,
            accept_redirect=accept_redirect,
            shape=shape,
            limit_bytes=limit_bytes,
        )
        return self._settle(question, retry_policy or self.retry_policy)

    def get_first(self, path: str, count: int, *, bucket: str) -> Response:
        """Ask for the first bytes of a file, at most `count` of them whatever the server sends.

        A redirect off the endpoint is followed, without the token, to https alone (or on this machine, where the
        endpoint is): large files lie on other hosts. Raises what `get` raises.
        """
        url = self.endpoint.url(path)
        return self._settle(Request(path=path, url=url, bucket=bucket, first_bytes=count), self.retry_policy)

    def _settle(self, question: Request, retry_policy: RetryPolicy) -> Response:
        failures = quota_waits = 0
        while True:
            outcome = self._ask(question)
            if isinstance(outcome, Response):
                return self._accepted(outcome)
            if outcome.kind == "quota" and quota_waits < retry_policy.quota_waits:
                quota_waits += 1  # the pace waits before the next attempt
                self._count(retries=1)
                continue
            failures += 1
            if failures >= self._allowed(outcome, retry_policy):
                raise give_up(outcome, path=question.path, endpoint=self.endpoint.origin, attempts=failures)
            self.back_off(question.path, failure=outcome, attempt=failures)

    def back_off(self, path: str, *, failure: AttemptFailure, attempt: int) -> None:
        """Wait before attempt `attempt + 1`: as long as the Hub said, or exponentially longer with full jitter."""
        longest = min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2 ** min(attempt - 1, 16))
        seconds = self._jitter() * longest if failure.retry_after_seconds is None else failure.retry_after_seconds
        self._count(retries=1)
        if self._on_event is not None:
            self._on_event(Retrying(path=quoted(path), reason=failure.reason, attempt=attempt, seconds=seconds))
        self.rate_limiter.pause(seconds)

    def _ask(self, question: Request) -> Response | AttemptFailure:
        """Make one attempt, along its redirects."""
        url, redirected_to = question.url, None
        left: Response | None = None
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = self._send(question, url)
            except InnerAddressError:
                if left is None:
                    raise
                return left
            if isinstance(answer, AttemptFailure):
                return answer
            if answer.status not in _REDIRECTS:
                return self._reply(question, answer, url=url, redirected_to=redirected_to)
            target = resolve(url, answer.headers.get("location", ""))
            is_clean = self._redacted(target) == target
            path = self.endpoint.path_of(target) if is_clean and self.endpoint.owns(target) else None
            if path is None:
                host = self._redacted(quoted(urlsplit(target).hostname or "an address without a host", characters=100))
                left = replace(self._reply(question, answer, url=url, redirected_to=redirected_to), elsewhere=host)
                if not (is_clean and question.first_bytes and self.endpoint.trusts(target)):
                    return left
                url = target
                continue
            redirected_to = quoted(path.partition("?")[0])
            if not question.accept_redirect:
                return self._reply(question, answer, url=url, redirected_to=redirected_to)
            url = self.endpoint.url(path)
        return AttemptFailure(kind="status", reason="it redirects in a circle", status=answer.status)

    def _send(self, question: Request, url: str) -> RawResponse | AttemptFailure:
        """Send one request in its turn and read the answer; the only place where bytes leave."""
        is_ours = self.endpoint.owns(url)
        signed = {"authorization": f"Bearer {self._token.reveal()}"} if self._token and is_ours else {}
        with self.rate_limiter.turn(question.bucket):
            self._count(requests=1)
            deadline = self.rate_limiter.clock() + self.timeouts.answer_seconds
            try:
                extensions = {"trace": self._guard.trace(url, is_endpoint=is_ours)}
                headers = signed | question.headers
                with self._client.stream("GET", url, headers=headers, extensions=extensions) as response:
                    quota = self.rate_limiter.observe(response.headers, bucket=question.bucket) if is_ours else None
                    answer = self._read(question, response, is_late=lambda: self.rate_limiter.clock() > deadline)
            except EXPECTED as exc:
                failure = judge_error(exc)
                return replace(failure, reason=self._redacted(failure.reason))
        self._tell(question, url, answer)
        if is_ours:
            self.told_at = find_time(answer.headers)
        fault = judge_status(
            answer.status,
            retry_after=answer.headers.get("retry-after", ""),
            is_quota=quota is not None and quota.remaining == 0,
        )
        if fault is None:
            return self._misfit(question, answer) or answer
        said = explain(answer.headers, answer.body)[1]
        return replace(fault, reason=self._redacted(f"{fault.reason}: {said}" if said else fault.reason))

    def _tell(self, question: Request, url: str, answer: RawResponse) -> None:
        """Log a request; of an address that is not of our making, which may be signed, the host alone."""
        if _log.isEnabledFor(logging.DEBUG):
            shown = url if url == question.url else f"{urlsplit(url).hostname} (redirected)"
            _log.debug("GET %s: %d, %d bytes", quoted(self._redacted(shown)), answer.status, len(answer.body))

    def _read(self, question: Request, response: httpx.Response, *, is_late: Callable[[], bool]) -> RawResponse:
        status = response.status_code
        if status == HTTPStatus.PARTIAL_CONTENT and question.first_bytes is not None:
            status = HTTPStatus.OK
        try:
            if status == HTTPStatus.OK and question.first_bytes is not None:
                body = read_first(response, count=question.first_bytes, is_late=is_late)
            elif status == HTTPStatus.OK:
                body = read_body(response, limit_bytes=question.limit_bytes, is_late=is_late)
            else:
                body = read_explanation(response, limit_bytes=LARGEST_EXPLANATION_BYTES, is_late=is_late)
        except OverLimitError as exc:
            raise BodyTooLarge(question.path, limit_bytes=question.limit_bytes) from exc
        finally:
            self._count(bytes_received=response.num_bytes_downloaded)
        return RawResponse(status=status, headers=response.headers, body=body)

    def _misfit(self, question: Request, answer: RawResponse) -> AttemptFailure | None:
        if answer.status != HTTPStatus.OK or question.shape is None:
            return None
        fault = find_fault(answer.body, question.shape)
        if fault is None:
            return None
        reason = f"its answer is no JSON {question.shape}" if fault == "foreign" else "its JSON has no end"
        return AttemptFailure(kind=fault, reason=reason, status=HTTPStatus.OK)

    def _reply(self, question: Request, answer: RawResponse, *, url: str, redirected_to: str | None) -> Response:
        code, message = (None, None) if answer.status == HTTPStatus.OK else explain(answer.headers, answer.body)
        return Response(
            status=answer.status,
            path=question.path,
            body=answer.body,
            link_next=find_link(answer.headers, endpoint=self.endpoint, asked_url=url),
            commit=find_commit(answer.headers),
            error_code=code and self._redacted(code),
            error_message=message and self._redacted(message),
            redirected_to=redirected_to,
        )

    def _accepted(self, reply: Response) -> Response:
        """Pass a reply on, unless it says that the token is at fault."""
        self.has_answered = self.has_answered or reply.status == HTTPStatus.OK or reply.error_code is not None
        if self._token is not None and reply.status == HTTPStatus.UNAUTHORIZED and reply.error_code is None:
            message = reply.error_message or ""
            if _ABOUT_THE_TOKEN.search(message):
                raise TokenRefused(self._token.source, endpoint=self.endpoint.origin, reason=message)
        return reply

    def _allowed(self, failure: AttemptFailure, retry_policy: RetryPolicy) -> int:
        if failure.kind in {"unconnected", "foreign"} and not self.has_answered:
            return min(ATTEMPTS_AT_A_STRANGER, retry_policy.attempts)
        return retry_policy.overload_attempts if failure.kind == "late" else retry_policy.attempts

    def _redacted(self, text: str) -> str:
        """Take our token out of what a server said."""
        return text if self._token is None else self._token.redact(text)

    def _count(self, *, requests: int = 0, bytes_received: int = 0, retries: int = 0) -> None:
        with self._lock:
            self._counts = RequestCounts(
                requests=self._counts.requests + requests,
                bytes_received=self._counts.bytes_received + bytes_received,
                retries=self._counts.retries + retries,
            )
