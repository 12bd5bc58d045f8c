"""Posting JSON to the user's address. It may hold a secret: messages and logs name no more of it than the host."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import httpx

from crawler.http.httpx_client import Timeouts, new_client
from crawler.http.retry_policy import EXPECTED, AttemptFailure, RetryPolicy, judge_error, judge_status
from lineage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

RETRIES: Final = RetryPolicy(attempts=3, first_wait_seconds=2.0, longest_retry_after_seconds=60.0, jitter=lambda: 1.0)
TIMEOUTS: Final = Timeouts(connect_seconds=10, read_seconds=20, write_seconds=20, pool_seconds=20)


class Webhook:
    """An address that accepts JSON by POST. Use as a context manager; raises UsageError for any other address."""

    def __init__(self, url: str, *, sleep: Callable[[float], None], uses_environment: bool = True) -> None:
        """Check the address; proxies from the environment count only with `uses_environment`."""
        try:
            parts = urlsplit(url)
            self.host = parts.hostname or ""
            is_sound = parts.scheme in {"http", "https"} and bool(self.host) and parts.port != 0
        except ValueError:
            is_sound = False
        if not is_sound:
            raise UsageError("--webhook takes an address that begins with http:// or https:// and a host")
        self._url = url
        self._sleep = sleep
        self._client = new_client(TIMEOUTS, uses_environment=uses_environment)

    def __enter__(self) -> Self:
        """Return the webhook itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def post(self, payload: Mapping[str, object]) -> str | None:
        """Post a payload, again where that may help; return None, or why it was not accepted."""
        body = json.dumps(payload, ensure_ascii=True).encode()
        attempts = 1
        while isinstance(outcome := self._send(body), AttemptFailure) and RETRIES.allows_another(outcome, attempts):
            self._sleep(RETRIES.wait_seconds(outcome, attempts))
            attempts += 1
        reason = outcome.reason if isinstance(outcome, AttemptFailure) else outcome
        return reason and f"the webhook at {self.host} did not accept it: {reason}"

    def _send(self, body: bytes) -> str | AttemptFailure | None:
        """Make one attempt: return None if it was accepted, a text if it never will be, or why it failed this time."""
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={"content-type": "application/json"}
            ) as response:
                status = response.status_code
                retry_after = response.headers.get("retry-after", "")
        except (httpx.InvalidURL, UnicodeError) as error:
            return f"no answer ({type(error).__name__})"
        except EXPECTED as error:  # whose own words may hold the address
            return replace(judge_error(error), reason=f"no answer ({type(error).__name__})")
        if httpx.codes.is_success(status):
            return None
        return judge_status(status, retry_after=retry_after) or f"status {status}"
