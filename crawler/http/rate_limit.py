"""One request budget for everyone who asks the Hub: what each window still allows, and how long to wait for the next.

The Hub counts requests in fixed windows of five minutes, one count per bucket (`api`, `resolvers`, `pages`), and
reports on every response what is left (Hub docs, "Rate limits"; IETF draft-ietf-httpapi-ratelimit-headers):

    RateLimit: "api";r=497;t=168
    RateLimit-Policy: "fixed window";"api";q=500;w=300
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crawler.errors import QuotaExhausted, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MARGIN_SECONDS = 1.0  # `t` is in whole seconds, so the window may end up to one second later than it says
LONGEST_WAIT_SECONDS = 3600
LARGEST_QUOTA = 10_000_000

_ITEM = re.compile(r'(?:[^,"]|"[^"]*")+')
_NAME = re.compile(r'"([^"]*)"|^\s*([A-Za-z][\w-]*)\s*(?=;|$)')
_NUMBER = re.compile(r'(?:^|;)\s*([rtqw])\s*=\s*"?(\d{1,20})"?\s*(?=;|$)', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingForQuota:
    """Event: a bucket's quota is spent, so that nothing is sent for `seconds` from now."""

    bucket: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one bucket's window still allows.

    `limit` requests per `window_seconds` (None if the Hub did not say), `remaining` until `reset_at` on our clock.
    """

    bucket: str
    remaining: int
    reset_at: float
    limit: int | None = None
    window_seconds: int | None = None


class RateLimiter:
    """The shared budget; every method may be called from any thread.

    `clock` is monotonic seconds. `sleep` takes seconds; by default it wakes early when `stop` is set.
    `patience_seconds` is the longest acceptable wait for a window, or None for any; a longer one raises QuotaExhausted.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        stop: threading.Event | None = None,
        patience_seconds: float | None = None,
        on_event: Callable[[WaitingForQuota], object] | None = None,
    ) -> None:
        self.clock = clock
        self._stop = stop
        self._sleep = sleep or (stop.wait if stop else time.sleep)
        self._patience_seconds = patience_seconds
        self._on_event = on_event
        self._lock = threading.Lock()
        self._windows: dict[str, Quota] = {}  # `remaining` as the Hub last said, its lowest in this window
        self._in_flight: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._waited_seconds = 0.0

    @property
    def waited_seconds(self) -> float:
        """Seconds waited so far, all threads together."""
        return self._waited_seconds

    def quota(self, bucket: str) -> Quota | None:
        """Return what a bucket's window allows now, less the requests under way; None before the first report."""
        with self._lock:
            return self._estimate(bucket)

    def sent(self, bucket: str) -> int:
        """Return how many requests of a bucket had their turn so far, repeated and redirected ones too."""
        with self._lock:
            return self._sent[bucket]

    @contextmanager
    def turn(self, bucket: str) -> Iterator[None]:
        """Wait until a bucket has room for one request and hold it until the block, which sends the request, ends.

        Raises QuotaExhausted if the wait is longer than `patience_seconds`, and Stopped if the caller asked to stop.
        """
        while (wait_seconds := self._take(bucket)) > 0:
            if self._patience_seconds is not None and wait_seconds > self._patience_seconds:
                raise QuotaExhausted(bucket, wait_seconds=wait_seconds)
            if self._on_event is not None:
                self._on_event(
                    WaitingForQuota(
                        bucket=bucket, seconds=wait_seconds, reason=f"the quota of {bucket} requests is spent"
                    )
                )
            self.pause(wait_seconds)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight[bucket] -= 1

    def observe(self, headers: Mapping[str, str], *, bucket: str) -> Quota | None:
        """Learn from the response to a request of `bucket`; return what it reported about that bucket, or None.

        Call it within the request's turn: the Hub has already counted the request itself.
        """
        now = self.clock()
        told = read_quotas(headers, now=now, bucket=bucket)
        with self._lock:
            for name, said in told.items():
                known = self._windows.get(name)
                same_window = (
                    known is not None and now < known.reset_at and said.reset_at - known.reset_at < 2 * MARGIN_SECONDS
                )
                lowest = min(said.remaining, known.remaining) if known is not None and same_window else said.remaining
                self._windows[name] = replace(
                    said,
                    remaining=lowest,
                    limit=said.limit if said.limit is not None or known is None else known.limit,
                    window_seconds=said.window_seconds
                    if said.window_seconds is not None or known is None
                    else known.window_seconds,
                )
        return told.get(bucket)

    def pause(self, seconds: float) -> None:
        """Sleep; Ctrl-C passes through, and Stopped is raised if the caller asked to stop."""
        self._raise_if_stopped()
        started = self.clock()
        try:
            self._sleep(seconds)
        finally:
            with self._lock:
                self._waited_seconds += max(0.0, self.clock() - started)
        self._raise_if_stopped()

    def _take(self, bucket: str) -> float:
        """Take room for one request and return 0, or take nothing and return the seconds to wait for it."""
        self._raise_if_stopped()
        with self._lock:
            quota = self._estimate(bucket)
            if quota is None or quota.remaining > 0:
                self._in_flight[bucket] += 1
                self._sent[bucket] += 1
                return 0.0
            return quota.reset_at + MARGIN_SECONDS - self.clock()

    def _estimate(self, bucket: str) -> Quota | None:
        """Return the window less the requests under way, or the next window if its time is over."""
        window = self._windows.get(bucket)
        if window is None:
            return None
        now = self.clock()
        if now >= window.reset_at + MARGIN_SECONDS:
            if window.limit is None:
                del self._windows[bucket]
                return None
            window = replace(window, remaining=window.limit, reset_at=now + (window.window_seconds or 0))
            self._windows[bucket] = window
        return replace(window, remaining=max(0, window.remaining - self._in_flight[bucket]))

    def _raise_if_stopped(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise Stopped


def read_quotas(headers: Mapping[str, str], *, now: float, bucket: str) -> dict[str, Quota]:
    """Return what a response reports about each bucket; a statement without a name is about `bucket`.

    Accepts any order and spacing and several statements (for one bucket the tighter counts), bounds every number, and
    ignores a bucket whose `r` or `t` is absent. The names of the headers are looked up in lower case.
    """
    quotas: dict[str, Quota] = {}
    for names, numbers in _statements(headers.get("ratelimit", "")):
        if "r" not in numbers or "t" not in numbers:
            continue
        said = Quota(
            bucket=names[-1] if names else bucket,
            remaining=min(numbers["r"], LARGEST_QUOTA),
            reset_at=now + min(numbers["t"], LONGEST_WAIT_SECONDS),
        )
        known = quotas.get(said.bucket)
        if known is None or (said.remaining, -said.reset_at) < (known.remaining, -known.reset_at):
            quotas[said.bucket] = said
    for names, numbers in _statements(headers.get("ratelimit-policy", "")):
        name = next((one for one in reversed(names) if one in quotas), bucket)
        quota = quotas.get(name)
        limit = min(numbers.get("q", 0), LARGEST_QUOTA)
        if quota is None or limit == 0 or (quota.limit is not None and quota.limit <= limit):
            continue
        window_seconds = min(numbers["w"], LONGEST_WAIT_SECONDS) if numbers.get("w") else None
        quotas[name] = replace(quota, limit=limit, window_seconds=window_seconds)
    return quotas


def _statements(header: str) -> Iterator[tuple[list[str], dict[str, int]]]:
    """Yield the quoted (or first bare) names and the numbers of each comma-separated statement."""
    for item in _ITEM.findall(header[:4096]):
        names = [(in_quotes or bare)[:40] for in_quotes, bare in _NAME.findall(item)]
        yield names, {key.lower(): int(digits) for key, digits in _NUMBER.findall(item)}
