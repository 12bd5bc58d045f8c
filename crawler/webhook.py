"""Posting JSON to an address of the user's. It may hold a secret: no message or log names more of it than the host."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import httpx

from crawler.http.httpx_client import Timeouts, new_client
from lineage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

ATTEMPTS: Final = 3
FIRST_PAUSE_SECONDS: Final = 2.0
TIMEOUTS: Final = Timeouts(connect_seconds=10, read_seconds=20, write_seconds=20, pool_seconds=20)
_PASSING: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


class Webhook:
    """An address that takes JSON by POST. Use as a context manager; raises UsageError for what is no such address."""

    def __init__(self, url: str, *, sleep: Callable[[float], None], uses_environment: bool = True) -> None:
        """Check the address; proxies of the environment count only with `uses_environment`."""
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
        """Post a payload, up to three times where that may help; return None, or why it was not taken."""
        body = json.dumps(payload, ensure_ascii=True).encode()
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            reason, may_pass = self._send(body)
            if not reason:
                return None
            if not may_pass:
                break
        return f"the webhook at {self.host} did not take it: {reason}"

    def _send(self, body: bytes) -> tuple[str, bool]:
        """Return why an attempt failed, empty where it did not, and whether another may succeed."""
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={"content-type": "application/json"}
            ) as response:
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return f"no answer ({type(error).__name__})", isinstance(error, httpx.TransportError)
        if httpx.codes.is_success(status):
            return "", False
        return f"HTTP {status}", httpx.codes.is_server_error(status) or status in _PASSING
