"""One question to a server and one answer, as the wire sends and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.http.response_body import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: a full address, and what its answer may be.

    With `first_bytes` only so many are asked for and read, also where the endpoint says that they lie elsewhere.
    """

    path: str
    url: str
    bucket: str
    accept_redirect: bool = True
    shape: Shape | None = None
    limit_bytes: int = 0
    first_bytes: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What to send besides the usual: the range of the first bytes, which no encoding may stretch."""
        if self.first_bytes is None:
            return {}
        return {"range": f"bytes=0-{self.first_bytes - 1}", "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """What came back of one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
