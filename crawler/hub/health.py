"""Checks of the way to the Hub: the token, whether the endpoint responds, the remaining quota, and disk space."""

from __future__ import annotations

import shutil
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.errors import HubError
from crawler.http.hub_client import HubClient
from crawler.http.rate_limit import RateLimiter
from crawler.http.retry_policy import RetryPolicy
from crawler.http.token import find_token
from lineage.output.doctor import Finding, FindingState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.http.rate_limit import Quota
    from crawler.http.token import Token

PATIENCE_SECONDS: Final = 5.0
ATTEMPTS: Final = 2
LITTLE_QUOTA: Final = 50
GIGABYTE: Final = 10**9
ROOM_FOR_A_MODEL_BYTES: Final = 20 * GIGABYTE  # a model of eight billion parameters in 16 bits, and a little more
LOCAL_WORK: Final = "local work runs without it; crawls and downloads do not (see `--endpoint` and HF_ENDPOINT)"
SIGN_IN: Final = "sign in with `hf auth login`, or set HF_TOKEN: the quota is larger, and gated models can be read"


def check_hub(endpoint: str) -> Iterator[Finding]:
    """Yield findings about the token, the endpoint and the quota; sends one small request.

    None of them is a problem: everything but crawls and downloads works without the Hub.
    """
    token = None
    try:
        token = find_token()
    except HubError as error:
        yield Finding(about="token", state=FindingState.NOTE, found=str(error), advice=error.hint)
    else:
        yield _of_token(token)
    yield from _ask(endpoint, token)


def _of_token(token: Token | None) -> Finding:
    if token is None:
        return Finding(
            about="token", state=FindingState.NOTE, found="none: requests to the Hub are anonymous", advice=SIGN_IN
        )
    return Finding(about="token", state=FindingState.OK, found=f"found in {token.source}")


def _ask(endpoint: str, token: Token | None) -> Iterator[Finding]:
    rate_limiter = RateLimiter(patience_seconds=PATIENCE_SECONDS)
    retry_policy = RetryPolicy(attempts=ATTEMPTS, quota_waits=0)
    try:
        with HubClient(endpoint, token=token, rate_limiter=rate_limiter, retry_policy=retry_policy) as client:
            response = client.get("/api/models", (("limit", "1"),), shape="array")
    except HubError as error:
        yield Finding(about="endpoint", state=FindingState.NOTE, found=str(error), advice=LOCAL_WORK)
        return
    if response.status == HTTPStatus.OK:
        yield Finding(about="endpoint", state=FindingState.OK, found=f"{client.endpoint.origin} responds")
    else:
        found = (
            f"{client.endpoint.origin} responds with {response.status}: {response.error_message or 'no reason given'}"
        )
        yield Finding(about="endpoint", state=FindingState.NOTE, found=found, advice="see `--endpoint` and HF_ENDPOINT")
    yield _of_quota(rate_limiter.quota("api"))


def _of_quota(quota: Quota | None) -> Finding:
    if quota is None:
        return Finding(about="quota", state=FindingState.NOTE, found="the endpoint does not report its limits")
    limit = "" if quota.limit is None else f" of {quota.limit}"
    window = "" if quota.window_seconds is None else f" in {quota.window_seconds // 60} minutes"
    found = f"{quota.remaining} requests left{limit}{window}"
    if quota.remaining < LITTLE_QUOTA:
        return Finding(
            about="quota", state=FindingState.NOTE, found=found, advice="a crawl waits for the next window by itself"
        )
    return Finding(about="quota", state=FindingState.OK, found=found)


def check_cache(cache: Path) -> Finding:
    """Return a finding about the folder to which models are downloaded."""
    folder = next(place for place in (cache, *cache.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(folder).free
    found = f"{free / GIGABYTE:.1f} GB free for models at {cache}"
    if free < ROOM_FOR_A_MODEL_BYTES:
        advice = "set XDG_CACHE_HOME to a larger disk, or bound the cache with `lineage evaluate --set cache-gb=N`"
        return Finding(about="model cache", state=FindingState.NOTE, found=found, advice=advice)
    return Finding(about="model cache", state=FindingState.OK, found=found)
