"""How hard the wire tries, what it spent, and what it says while it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try: in all, where the Hub runs out of time, and how many spent windows to wait for."""

    attempts: int = 8
    overload_attempts: int = 8
    quota_waits: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """What was spent: requests sent (retries and redirects too), bytes as compressed, retries, seconds waited."""

    requests: int = 0
    bytes_received: int = 0
    retries: int = 0
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """Event: attempt number `attempt` (from 1) failed for `reason`; the next one starts in `seconds`."""

    path: str
    reason: str
    attempt: int
    seconds: float
