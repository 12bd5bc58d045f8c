"""Why one attempt gave no answer, and which error that becomes when no attempt does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import httpx

from crawler.errors import BrokenBody, GaveUp, HubError, NotTheHub, Overloaded, Unreachable, quoted
from crawler.http.response_body import CutShortError, TooSlowError

LONGEST_RETRY_AFTER_SECONDS = 600

_LATE = frozenset({408, 504})
_PASSING = frozenset({429, 500, 502, 503})
_PROXY_TROUBLE = range(520, 531)  # what Cloudflare and its like say of the server behind them
_DIGITS = re.compile(r"[0-9]{1,9}")

FailureKind = Literal["unconnected", "late", "cut", "foreign", "status", "quota"]

KINDS: tuple[tuple[type[Exception], FailureKind], ...] = (
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
)
"""What each error below us means; of several that fit, the first."""

EXPECTED = tuple(error for error, _ in KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailure:
    """Why one attempt gave no answer.

    `unconnected`: nobody there; `late`: out of time, theirs (408, 504) or ours; `cut`: the answer broke off;
    `foreign`: not the Hub's answer; `status`: any other status that may pass; `quota`: the window is spent. `status`
    is None where none arrived.
    """

    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after_seconds: int | None = None


def judge_error(error: Exception) -> AttemptFailure:
    """Return what an error of EXPECTED means."""
    kind = next(kind for known, kind in KINDS if isinstance(error, known))
    return AttemptFailure(kind=kind, reason=quoted(str(error)) or type(error).__name__)


def judge_status(status: int, *, retry_after: str = "", is_quota: bool = False) -> AttemptFailure | None:
    """Return what a status means, or None where no further attempt would change the answer.

    A 429 is the quota only where the Hub says that nothing is left: `RateLimit` is on every response, so another 429
    is a passing defence of some proxy. Only a `Retry-After` in digits is understood.
    """
    retry_after = retry_after.strip()
    seconds = min(int(retry_after), LONGEST_RETRY_AFTER_SECONDS) if _DIGITS.fullmatch(retry_after) else None
    kind: FailureKind
    if status in _LATE:
        kind = "late"
    elif status in _PASSING or status in _PROXY_TROUBLE:
        kind = "quota" if is_quota and status == HTTPStatus.TOO_MANY_REQUESTS else "status"
    else:
        return None
    return AttemptFailure(kind=kind, reason=f"status {status}", status=status, retry_after_seconds=seconds)


def give_up(failure: AttemptFailure, *, path: str, endpoint: str, attempts: int) -> HubError:
    """Return the error that a trouble is after the last attempt."""
    if failure.kind == "unconnected":
        return Unreachable(endpoint, reason=failure.reason, attempts=attempts)
    if failure.kind == "late":
        return Overloaded(endpoint, status=failure.status, attempts=attempts)
    if failure.kind == "cut":
        return BrokenBody(path, reason=failure.reason, attempts=attempts)
    if failure.kind == "foreign" or failure.status is None:
        return NotTheHub(endpoint, reason=failure.reason, status=failure.status)
    return GaveUp(path, status=failure.status, attempts=attempts, reason=failure.reason)
