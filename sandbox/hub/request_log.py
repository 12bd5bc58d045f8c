"""What a sandbox Hub was asked: one line a request, for tests and demos to count."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.hub.rate_limit import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request: path and query as sent, the status that was answered (0 where the connection was dropped instead).

    `fault` names the faults that struck, joined by `+`, or None where none did. `caller` is the identity's name, never
    its token.
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
        """Write a line."""
        with self._lock:
            self._asked.append(asked)

    def clear(self) -> None:
        """Start anew."""
        with self._lock:
            self._asked.clear()

    def count(self, *, path: str | None = None, status: int | None = None, bucket: Bucket | None = None) -> int:
        """How many requests went to exactly this path (without query), got this status, fell into this bucket."""
        return sum(
            (path is None or asked.target.partition("?")[0] == path)
            and (status is None or asked.status == status)
            and (bucket is None or asked.bucket == bucket)
            for asked in self
        )
