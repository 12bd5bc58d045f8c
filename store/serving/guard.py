"""Who may ask: only requests that use the server's names, read, and, beyond loopback, carry the token.

Any web page in the user's browser can send requests to loopback. It cannot read the answers of another origin, unless
one of its own names resolves to this machine (DNS rebinding): therefore a request must use one of our names.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "lineage_token"
READING: Final = frozenset({"GET", "HEAD"})
LONGEST_ADDRESS_BYTES: Final = 8_192
HEADERS: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
NOTHING_ELSE: Final = "default-src 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRules:
    """`hosts` are the accepted values of the Host header, or None for any.

    `token` is required if it is set.
    """

    hosts: frozenset[str] | None
    token: str | None


class RequestGuard:
    """Passes on requests that keep the rules, and adds the headers that make browsers strict to every answer."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        """Wrap an application."""
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("content-security-policy", NOTHING_ELSE)
            await send(message)

        answer = self._refusal(scope) or self._app
        await answer(scope, receive, strict)

    def _refusal(self, scope: Scope) -> JSONResponse | RedirectResponse | None:
        headers = Headers(scope=scope)
        if scope["method"] not in READING:
            return _refuse(405, "this server is read-only", None)
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS_BYTES:
            return _refuse(414, "the address is too long", None)
        if self._rules.hosts is not None and headers.get("host", "").lower() not in self._rules.hosts:
            return _refuse(421, "this server does not have that name", "use the address that `lineage serve` printed")
        if self._rules.token is None or self._is_known(headers):
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if self._matches(given):
            return _welcomed(scope["path"], given)
        return _refuse(401, "a token is required", "use the address that `lineage serve` printed, or a Bearer header")

    def _is_known(self, headers: Headers) -> bool:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._matches(value.strip())
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        return COOKIE in cookies and self._matches(cookies[COOKIE].value)

    def _matches(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._rules.token or "").encode())


def _refuse(status: int, error: str, hint: str | None) -> JSONResponse:
    headers = {"www-authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004 - the number says it
    return JSONResponse({"error": error, "hint": hint}, status_code=status, headers=headers)


def _welcomed(path: str, token: str) -> RedirectResponse:
    """Move the token from the address, which histories keep, to a cookie hidden from scripts and other sites."""
    local = f"/{path.lstrip('/')}"  # `//host` would redirect to another host
    answer = RedirectResponse(local, status_code=303)
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return answer
