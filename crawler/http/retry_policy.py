"""When to send a request again, and how long to wait first: one policy for the Hub, model servers and webhooks.

Written here because the libraries that retry sleep by themselves: our waits count the quota, end when the caller stops,
and run in threads and in event loops alike.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

import httpx

from crawler.errors import quoted
from crawler.http.response_body import CutShortError, TooSlowError, WrongPartError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

UNKNOWN_SERVER_ATTEMPTS: Final = 3  # a wrong address should be reported soon; a server that once answered gets more
_LATE: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT})
_TRANSIENT: Final = _LATE | {HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_DIGITS: Final = re.compile(r"[0-9]{1,9}")

FailureKind = Literal["unconnected", "late", "cut", "foreign", "status", "quota"]

KINDS: Final[tuple[tuple[type[Exception], FailureKind], ...]] = (
    (httpx.ConnectTimeout, "unconnected"),
    (httpx.ConnectError, "unconnected"),
    (httpx.ProxyError, "unconnected"),
    (httpx.UnsupportedProtocol, "unconnected"),
    (httpx.TimeoutException, "late"),
    (httpx.NetworkError, "cut"),
    (httpx.ProtocolError, "cut"),
    (httpx.DecodingError, "cut"),
    (httpx.InvalidURL, "foreign"),
    (CutShortError, "cut"),
    (TooSlowError, "late"),
    (WrongPartError, "cut"),
)
"""What each error of a request means; the first that matches counts."""

EXPECTED: Final = tuple(error for error, _ in KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailure:
    """Why one attempt brought no usable response, although another may.

    `unconnected`: no connection; `late`: a time-out, theirs (408, 504) or ours; `cut`: the response broke off or is
    not what it claims to be; `foreign`: not the response of this API; `status`: any other transient status; `quota`:
    the window's requests are spent. `status` is None if none arrived, `retry_after_seconds` if the server asks for no
    wait.
    """

    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try, and how long to wait before each further attempt.

    `attempts` starts at 1; `overload_attempts` counts for time-outs instead, or None for the same number. `quota_waits`
    is how many spent windows to wait for. The wait doubles from `first_wait_seconds` to `longest_wait_seconds` and is
    multiplied by `jitter`, a number from 0 to 1; a server's own `Retry-After` replaces it, up to
    `longest_retry_after_seconds`.
    """

    attempts: int = 8
    overload_attempts: int | None = None
    quota_waits: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    longest_retry_after_seconds: float = 600.0
    jitter: Callable[[], float] = random.random

    @property
    def late_attempts(self) -> int:
        """How often to try when the server runs out of time."""
        return self.attempts if self.overload_attempts is None else self.overload_attempts

    def allows_another(self, failure: AttemptFailure, attempts: int, *, is_known: bool = True) -> bool:
        """Return whether to try again after so many failed attempts; `is_known`: the server has answered before."""
        most = self.late_attempts if failure.kind == "late" else self.attempts
        if failure.kind in {"unconnected", "foreign"} and not is_known:
            most = min(most, UNKNOWN_SERVER_ATTEMPTS)
        return attempts < most

    def wait_seconds(self, failure: AttemptFailure, attempts: int) -> float:
        """Return how long to wait after so many failed attempts, the last of which ended with `failure`."""
        if failure.retry_after_seconds is not None:
            return min(failure.retry_after_seconds, self.longest_retry_after_seconds)
        return self.jitter() * min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** min(attempts - 1, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """What was spent: requests sent (retries and redirects too), bytes as compressed, retries, seconds waited."""

    requests: int = 0
    bytes_received: int = 0
    retries: int = 0
    wait_seconds: float = 0.0

    def plus(
        self, *, requests: int = 0, bytes_received: int = 0, retries: int = 0, wait_seconds: float = 0.0
    ) -> RequestCounts:
        """Return the counts with these added."""
        return RequestCounts(
            requests=self.requests + requests,
            bytes_received=self.bytes_received + bytes_received,
            retries=self.retries + retries,
            wait_seconds=self.wait_seconds + wait_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """Event: attempt number `attempt` (from 1) failed for `reason`; the next one starts in `seconds`."""

    path: str
    reason: str
    attempt: int
    seconds: float


def judge_error(error: Exception) -> AttemptFailure:
    """Return what an error of EXPECTED means."""
    kind = next(kind for known, kind in KINDS if isinstance(error, known))
    return AttemptFailure(kind=kind, reason=quoted(str(error)) or type(error).__name__)


def judge_status(
    status: int, *, retry_after: str = "", now: datetime | None = None, said: str = "", is_quota: bool = False
) -> AttemptFailure | None:
    """Return what a status means, or None if no further attempt would change the response.

    A 429 means the quota only if the Hub says that nothing is left: `RateLimit` is on every response, so any other 429
    is the transient defence of a proxy. `said` is the server's explanation.
    """
    if status not in _TRANSIENT and (status < HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.NOT_IMPLEMENTED):
        return None
    kind: FailureKind = "late" if status in _LATE else "status"
    if is_quota and status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "quota"
    reason = f"status {status}: {said}" if said else f"status {status}"
    seconds = read_retry_after(retry_after, now)
    return AttemptFailure(kind=kind, reason=reason, status=status, retry_after_seconds=seconds)


def read_retry_after(text: str, now: datetime | None) -> float | None:
    """Return the seconds to wait of a `Retry-After`, in digits or as a date (RFC 9110, 10.2.3).

    None if it is neither, or a date that is past, or a date and `now` is unknown.
    """
    text = text.strip()
    if _DIGITS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = 0.0 if now is None else (aware - now).total_seconds()
    return seconds if seconds > 0 else None
