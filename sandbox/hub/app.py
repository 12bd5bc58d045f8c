"""The sandbox Hub as an ASGI application: it finds the handler, counts the quota, injects faults and logs.

It is a strict double of the Hub's HTTP API for models, and for data sets that are uploaded to it: it refuses what the
Hub refuses. Over plain HTTP the official client behaves differently in one respect: its `REPO_API_REGEX` matches only
https addresses, so the 401 without `X-Error-Code` that stands for a missing repository becomes an `HfHubHTTPError`
instead of a `RepositoryNotFoundError`.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sandbox.hub import responses
from sandbox.hub.callers import ANONYMOUS, identify
from sandbox.hub.dataset_store import DatasetStore
from sandbox.hub.faults import STATUSES, Dice, Faults
from sandbox.hub.listing import LARGEST_PAGE
from sandbox.hub.request import HubRequest, whole_number
from sandbox.hub.request_log import LoggedRequest, RequestLog
from sandbox.hub.routes import bucket_of, dispatch

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.hub.callers import Caller
    from sandbox.hub.rate_limit import QuotaMeter, QuotaState
    from sandbox.hub.repo_store import RepoStore
    from sandbox.hub.responses import HubResponse

_log = logging.getLogger(__name__)

CLOSE = "sandbox.close"
"""The scope's key of a function that writes bytes past HTTP and closes the connection."""

_LEAST_GZIP_BYTES = 1024
_GZIP_WBITS = 31
_EXPOSED = "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range"
_HTML = "<!DOCTYPE html><html><head><title>Hub</title></head><body><p>Be right back.</p></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubApp:
    """The application. One event loop runs it; other threads may use the repository store and the log."""

    repo_store: RepoStore
    meter: QuotaMeter
    datasets: DatasetStore = field(default_factory=DatasetStore)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    dice: Dice = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dice", Dice(self.faults))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; an error in the sandbox itself is logged and answered with 500."""
        try:
            await self._serve(scope, receive, send)
        except ClientDisconnect:
            return
        except Exception:
            _log.exception("the sandbox Hub has no answer to %s", scope["path"])
            raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Request(scope, receive)
        caller = identify(incoming.headers.get("authorization"))
        request = self._read(incoming, await incoming.body(), caller or ANONYMOUS)
        bucket, cost = bucket_of(request.segments)
        quota = self.meter.spend(request.caller.name, request.caller.plan, bucket, cost=cost)
        fault = None if quota.is_over else self.dice.breakage(_page_size(request))
        is_slow = self.dice.is_slow()
        if is_slow:
            await asyncio.sleep(self.faults.delay_seconds)
        response = _struck(fault) or self._answer(request, quota, is_known=caller is not None)
        status = 0 if fault == "drop" else response.status
        names = "+".join(filter(None, (fault, "slow" if is_slow else None))) or None
        target = request.raw_path + (f"?{request.query}" if request.query else "")
        self.log.add(
            LoggedRequest(
                method=request.method,
                target=target,
                status=status,
                bucket=bucket,
                caller=request.caller.name,
                fault=names,
            )
        )
        reply = await _finish(request, response, quota, is_cut=fault == "garbage")
        if fault == "drop":
            scope[CLOSE](b"HTTP/1.1 200 OK\r\nContent-Ty" if self.dice.is_heads() else b"")
            await receive()
        elif fault == "truncate" and len(reply.body) > 1 and request.method != "HEAD":
            await _send_part(reply, send)
            scope[CLOSE](b"")
            await receive()
        else:
            await reply(scope, receive, send)

    def _read(self, incoming: Request, body: bytes, caller: Caller) -> HubRequest:
        return HubRequest(
            method=incoming.method,
            base_url=f"{incoming.url.scheme}://{incoming.headers.get('host', incoming.url.netloc)}",
            raw_path=incoming.scope["raw_path"].decode("latin-1"),
            query=incoming.scope["query_string"].decode("latin-1"),
            headers={name.lower(): value for name, value in incoming.headers.items()},
            body=body,
            caller=caller,
            repo_store=self.repo_store,
            datasets=self.datasets,
            dice=self.dice,
        )

    def _answer(self, request: HubRequest, quota: QuotaState, *, is_known: bool) -> HubResponse:
        if quota.is_over:
            return responses.over_quota(quota, as_html=self.log.count(status=429) % 2 == 1)
        try:
            if not is_known:
                raise responses.bad_token()
            return dispatch(request)
        except responses.RefusalError as refusal:
            return refusal.response


def _struck(fault: str | None) -> HubResponse | None:
    """Return the response that a fault substitutes for the right one, or None if the right one is needed."""
    if fault == "html":
        return responses.HubResponse(body=_HTML.encode(), content_type=responses.HTML)
    if fault == "429":
        return responses.HubResponse(status=429, body=b"Too Many Requests", content_type=responses.TEXT)
    if fault in ("408", "500"):
        return responses.refuse(
            int(fault), "Internal Error - We're working hard to fix this as soon as possible!"
        ).response
    if fault in STATUSES:
        return responses.page(f"{fault} ERROR", "The request could not be satisfied.", status=int(fault))
    return None


async def _finish(request: HubRequest, response: HubResponse, quota: QuotaState, *, is_cut: bool) -> Response:
    """Add the headers that every response has, and compress it if the client accepts gzip and it is worth it."""
    headers = _standing_headers(request) | quota.headers() | response.headers
    body, status = response.body, response.status
    if is_cut and status == HTTPStatus.OK:
        body = body[: len(body) // 2]
    if status == HTTPStatus.OK and response.declared_bytes is None:
        headers.setdefault("ETag", f'W/"{len(body):x}-{zlib.crc32(body):08x}"')
        if request.headers.get("if-none-match") == headers["ETag"]:
            body, status = b"", 304
    is_text = response.content_type in (responses.JSON, responses.TEXT, responses.HTML)
    is_packable = is_text and status != HTTPStatus.PARTIAL_CONTENT
    if is_packable and len(body) >= _LEAST_GZIP_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = await asyncio.to_thread(_pack, body)
        headers |= {"Content-Encoding": "gzip", "Vary": "Origin, Accept-Encoding"}
    if response.declared_bytes is not None:
        headers["Content-Length"] = str(response.declared_bytes)
    plain = {name: _latin(value) for name, value in headers.items()}
    return Response(body, status_code=status, headers=plain, media_type=response.content_type)


def _standing_headers(request: HubRequest) -> dict[str, str]:
    trace = request.headers.get("x-amzn-trace-id") or str(uuid.uuid4())
    return {
        "Date": format_datetime(request.repo_store.now().astimezone(UTC), usegmt=True),
        "X-Powered-By": "huggingface-moon",
        "X-Request-Id": f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]};{trace}",
        "Access-Control-Expose-Headers": _EXPOSED,
        "Vary": "Origin",
    }


def _latin(value: str) -> str:
    """Return text that a header can carry: no line breaks, nothing outside Latin-1."""
    return (
        "".join(letter if letter.isprintable() else "?" for letter in value)
        .encode("latin-1", "replace")
        .decode("latin-1")
    )


def _pack(body: bytes) -> bytes:
    packer = zlib.compressobj(level=1, wbits=_GZIP_WBITS)
    return packer.compress(body) + packer.flush()


async def _send_part(response: Response, send: Send) -> None:
    """Announce the whole length and send half of the body."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    body = bytes(response.body)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _page_size(request: HubRequest) -> int:
    limit = whole_number(request.parameter("limit"))
    return LARGEST_PAGE if limit is None else limit
