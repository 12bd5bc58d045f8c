"""The sandbox Hub as an ASGI application: finds the handler, counts the quota, strikes with faults, writes the log.

It is a strict double of the Hub's HTTP API for models: what the Hub refuses it refuses. Over plain HTTP the official
client differs in one thing: its `REPO_API_REGEX` matches https addresses only, so the 401 without `X-Error-Code` that
stands for a missing repository becomes an `HfHubHTTPError`, where over https it becomes `RepositoryNotFoundError`.
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

from sandbox.hub import responses as answers
from sandbox.hub.faults import STATUSES, Dice, Faults
from sandbox.hub.listing import LARGEST_PAGE
from sandbox.hub.request import HubRequest, whole_number
from sandbox.hub.request_log import LoggedRequest, RequestLog
from sandbox.hub.routes import bucket_of, dispatch
from sandbox.hub.tokens import ANONYMOUS, identify

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.hub.rate_limit import QuotaMeter, QuotaState
    from sandbox.hub.repo_store import RepoStore
    from sandbox.hub.responses import HubResponse
    from sandbox.hub.tokens import Caller

_log = logging.getLogger(__name__)

CLOSE = "sandbox.close"
"""The scope's key of a function that writes bytes past HTTP and closes the connection."""

_LEAST_GZIP_BYTES = 1024
_GZIP_WBITS = 31
_EXPOSED = "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range"
_HTML = "<!DOCTYPE html><html><head><title>Hub</title></head><body><p>Be right back.</p></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubApp:
    """The application. One event loop runs it; the holdings and the log may be used from other threads."""

    repo_store: RepoStore
    meter: QuotaMeter
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    dice: Dice = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dice", Dice(self.faults))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; a mistake of the sandbox's own is logged and answered 500."""
        try:
            await self._serve(scope, receive, send)
        except ClientDisconnect:
            return
        except Exception:
            _log.exception("the sandbox Hub has no answer to %s", scope["path"])
            raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        identity = identify(request.headers.get("authorization"))
        call = self._call(request, await request.body(), identity or ANONYMOUS)
        bucket, cost = bucket_of(call.segments)
        reading = self.meter.spend(call.identity.name, call.identity.plan, bucket, cost=cost)
        fault = None if reading.is_over else self.dice.breakage(_page_size(call))
        is_slow = self.dice.is_slow()
        if is_slow:
            await asyncio.sleep(self.faults.delay_seconds)
        answer = _struck(fault) or self._answer(call, reading, is_known=identity is not None)
        status = 0 if fault == "drop" else answer.status
        names = "+".join(filter(None, (fault, "slow" if is_slow else None))) or None
        target = call.raw_path + (f"?{call.query}" if call.query else "")
        self.log.add(
            LoggedRequest(
                method=call.method, target=target, status=status, bucket=bucket, caller=call.identity.name, fault=names
            )
        )
        response = await _finish(call, answer, reading, is_cut=fault == "garbage")
        if fault == "drop":
            scope[CLOSE](b"HTTP/1.1 200 OK\r\nContent-Ty" if self.dice.is_heads() else b"")
            await receive()
        elif fault == "truncate" and len(response.body) > 1 and call.method != "HEAD":
            await _send_part(response, send)
            scope[CLOSE](b"")
            await receive()
        else:
            await response(scope, receive, send)

    def _call(self, request: Request, body: bytes, identity: Caller) -> HubRequest:
        return HubRequest(
            method=request.method,
            base_url=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}",
            raw_path=request.scope["raw_path"].decode("latin-1"),
            query=request.scope["query_string"].decode("latin-1"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            identity=identity,
            repo_store=self.repo_store,
            dice=self.dice,
        )

    def _answer(self, call: HubRequest, reading: QuotaState, *, is_known: bool) -> HubResponse:
        if reading.is_over:
            return answers.over_quota(reading, as_html=self.log.count(status=429) % 2 == 1)
        try:
            if not is_known:
                raise answers.bad_token()
            return dispatch(call)
        except answers.RefusalError as refusal:
            return refusal.answer


def _struck(fault: str | None) -> HubResponse | None:
    """Give the answer that a fault puts in place of the right one, or None where the right one is needed."""
    if fault == "html":
        return answers.HubResponse(body=_HTML.encode(), content_type=answers.HTML)
    if fault == "429":
        return answers.HubResponse(status=429, body=b"Too Many Requests", content_type=answers.TEXT)
    if fault in ("408", "500"):
        return answers.refuse(int(fault), "Internal Error - We're working hard to fix this as soon as possible!").answer
    if fault in STATUSES:
        return answers.page(f"{fault} ERROR", "The request could not be satisfied.", status=int(fault))
    return None


async def _finish(call: HubRequest, answer: HubResponse, reading: QuotaState, *, is_cut: bool) -> Response:
    """Give the answer with the headers that every answer has, packed where the client takes gzip and it pays."""
    headers = _standing_headers(call) | reading.headers() | answer.headers
    body, status = answer.body, answer.status
    if is_cut and status == HTTPStatus.OK:
        body = body[: len(body) // 2]
    if status == HTTPStatus.OK and answer.declared_bytes is None:
        headers.setdefault("ETag", f'W/"{len(body):x}-{zlib.crc32(body):08x}"')
        if call.headers.get("if-none-match") == headers["ETag"]:
            body, status = b"", 304
    is_text = answer.content_type in (answers.JSON, answers.TEXT, answers.HTML)
    is_packable = is_text and status != HTTPStatus.PARTIAL_CONTENT
    if is_packable and len(body) >= _LEAST_GZIP_BYTES and "gzip" in call.headers.get("accept-encoding", ""):
        body = await asyncio.to_thread(_pack, body)
        headers |= {"Content-Encoding": "gzip", "Vary": "Origin, Accept-Encoding"}
    if answer.declared_bytes is not None:
        headers["Content-Length"] = str(answer.declared_bytes)
    plain = {name: _latin(value) for name, value in headers.items()}
    return Response(body, status_code=status, headers=plain, media_type=answer.content_type)


def _standing_headers(call: HubRequest) -> dict[str, str]:
    trace = call.headers.get("x-amzn-trace-id") or str(uuid.uuid4())
    return {
        "Date": format_datetime(call.repo_store.now().astimezone(UTC), usegmt=True),
        "X-Powered-By": "huggingface-moon",
        "X-Request-Id": f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]};{trace}",
        "Access-Control-Expose-Headers": _EXPOSED,
        "Vary": "Origin",
    }


def _latin(value: str) -> str:
    """Text that a header can carry: no line breaks, nothing beyond Latin-1."""
    return (
        "".join(letter if letter.isprintable() else "?" for letter in value)
        .encode("latin-1", "replace")
        .decode("latin-1")
    )


def _pack(body: bytes) -> bytes:
    packer = zlib.compressobj(level=1, wbits=_GZIP_WBITS)
    return packer.compress(body) + packer.flush()


async def _send_part(response: Response, send: Send) -> None:
    """Tell the whole length and send half."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    body = bytes(response.body)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _page_size(call: HubRequest) -> int:
    limit = whole_number(call.parameter("limit"))
    return LARGEST_PAGE if limit is None else limit
