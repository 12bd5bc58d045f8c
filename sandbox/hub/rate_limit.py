"""The Hub's rate limits: fixed windows per bucket and caller, reported in RateLimit headers on every response.

Source of the figures and of the headers' form (IETF draft-ietf-httpapi-ratelimit-headers-09): the Hub's documentation,
`rate-limits.md`, September 2025.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Bucket = Literal["api", "resolvers", "pages"]
AccountPlan = Literal["anonymous", "free", "pro"]

WINDOW_SECONDS = 300.0
PLANS: dict[AccountPlan, dict[Bucket, int]] = {
    "anonymous": {"api": 500, "resolvers": 3000, "pages": 100},
    "free": {"api": 1000, "resolvers": 5000, "pages": 200},
    "pro": {"api": 2500, "resolvers": 12000, "pages": 400},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRules:
    """Requests per window for each plan and bucket.

    If not enforced, the headers still count down but `r` never falls below half the quota, so that nobody waits, and
    nothing is refused.
    """

    is_enforced: bool = False
    window_seconds: float = WINDOW_SECONDS
    plans: Mapping[AccountPlan, Mapping[Bucket, int]] = field(default_factory=lambda: PLANS)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaState:
    """What is left after a request. `is_over`: the request itself did not fit into the window."""

    bucket: Bucket
    quota: int
    remaining: int
    reset_seconds: int
    window_seconds: int
    is_over: bool

    def headers(self) -> dict[str, str]:
        """Return `RateLimit` and `RateLimit-Policy`, in whole seconds, rounded up, for windows of any length."""
        return {
            "RateLimit": f'"{self.bucket}";r={self.remaining};t={self.reset_seconds}',
            "RateLimit-Policy": f'"fixed window";"{self.bucket}";q={self.quota};w={self.window_seconds}',
        }

    def refusal(self) -> str:
        """Return the text of the Hub's 429."""
        minutes = f"{self.window_seconds / 60:g}"
        return (
            f"We had to rate limit you, you hit the quota of {self.quota} {self.bucket} requests per {minutes} minutes "
            "period. Upgrade to a PRO user or Team/Enterprise organization account (https://hf.co/pricing) to get "
            "higher limits. See https://huggingface.co/docs/hub/rate-limits"
        )


class QuotaMeter:
    """Counts requests in windows that follow each other from the clock's zero (seconds)."""

    def __init__(self, quota: QuotaRules, clock: Callable[[], float]) -> None:
        self._quota = quota
        self._clock = clock
        self._used: dict[tuple[str, Bucket], tuple[int, int]] = {}

    def spend(self, identity: str, plan: AccountPlan, bucket: Bucket, *, cost: int = 1) -> QuotaState:
        """Count a request of `cost` against the caller's window."""
        window_seconds = self._quota.window_seconds
        now = self._clock()
        window = math.floor(now / window_seconds)
        counted_in, used = self._used.get((identity, bucket), (window, 0))
        used = used if counted_in == window else 0
        limit = self._quota.plans[plan][bucket]
        is_over = self._quota.is_enforced and cost > 0 and used + cost > limit
        if not is_over:
            used += cost
        self._used[identity, bucket] = (window, used)
        remaining = max(0 if self._quota.is_enforced else (limit + 1) // 2, limit - used)
        return QuotaState(
            bucket=bucket,
            quota=limit,
            remaining=0 if is_over else remaining,
            reset_seconds=max(1, math.ceil((window + 1) * window_seconds - now)),
            window_seconds=max(1, math.ceil(window_seconds)),
            is_over=is_over,
        )
