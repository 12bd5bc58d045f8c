"""What a sandbox Hub was asked: one line per request, for tests and demos to count."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.hub.rate_limit import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request: path and query as sent, and the status of the response (0 if the connection was dropped instead).

    `fault` names the faults injected, joined by `+`, or is None. `caller` is the caller's name, never its token.
    """

    method: str
    target: str
    status: int
    bucket: Bucket
    caller: str
    fault: str | None = None


class RequestLog:
    """The requests so far, oldest first. Safe to read while the server writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: list[LoggedRequest] = []

    def __len__(self) -> int:
        return len(self._asked)

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._lock:
            return iter(tuple(self._asked))

    def __getitem__(self, at: int) -> LoggedRequest:
        return self._asked[at]

    def add(self, asked: LoggedRequest) -> None:
        """Append a request."""
        with self._lock:
            self._asked.append(asked)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._asked.clear()

    def count(self, *, path: str | None = None, status: int | None = None, bucket: Bucket | None = None) -> int:
        """Return how many requests had exactly this path (without query), this status and this bucket."""
        return sum(
            (path is None or asked.target.partition("?")[0] == path)
            and (status is None or asked.status == status)
            and (bucket is None or asked.bucket == bucket)
            for asked in self
        )
