"""A response of the Hub as a record, and the endpoint to which its paths and links belong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from crawler.errors import EndpointInvalid, quoted
from crawler.http.address_guard import is_inner
from crawler.http.response_body import WrongPartError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LINK = re.compile(r"<([^<>]{1,65536})>([^<]{0,1000})")
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)', re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_BLOB = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WHOLE = re.compile(r"[0-9]{1,16}")
_PART = re.compile(r"bytes ([0-9]{1,16})-([0-9]{1,16})/([0-9]{1,16}|\*)", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the Hub's API is: an origin, and the path in front of every path (mostly none)."""

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a URL begins."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def is_loopback(self) -> bool:
        """Whether the endpoint is this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_inner(self) -> bool:
        """Whether the host is this machine, or a numeric address that is not on the public internet."""
        return self.is_loopback or self.host.endswith(".localhost") or is_inner(self.host)

    def url(self, path: str) -> str:
        """Return the full address of a path (with its query) of the API."""
        return f"{self.origin}{self.prefix}{path}"

    def owns(self, url: str) -> bool:
        """Return whether an address has our origin: a token may only go there."""
        try:
            found = parse_endpoint(url)
        except EndpointInvalid:
            return False
        return (found.scheme, found.host, found.port) == (self.scheme, self.host, self.port)

    def trusts(self, url: str) -> bool:
        """Return whether a file's bytes may be read at an address: over https, or on this machine if the endpoint is.

        A numeric address that is not on the public internet counts only if the endpoint's is not either: a redirect
        must not make us request what only our network reaches. Where names lead is checked when they are requested
        (`crawler.http.address_guard`).
        """
        try:
            found = parse_endpoint(url)
        except EndpointInvalid:
            return False
        if found.is_inner and not self.is_inner:
            return False
        return found.scheme == "https" or (found.is_loopback and self.is_loopback)

    def path_of(self, url: str) -> str | None:
        """Return path and query of an address, as if it were ours, whatever host it names; None if it has none.

        The address is one that `resolve` returned.
        """
        parts = urlsplit(url)
        path = parts.path.removeprefix(self.prefix) if parts.path.startswith(f"{self.prefix}/") else parts.path
        if not path.startswith("/"):
            return None
        return f"{path}?{parts.query}" if parts.query else path


def parse_endpoint(text: str) -> Endpoint:
    """Parse an endpoint, or any address on one; raises EndpointInvalid if it is not http(s) or names a user."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as exc:
        raise EndpointInvalid(text) from exc
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        raise EndpointInvalid(text)
    return Endpoint(
        scheme=parts.scheme, host=parts.hostname, port=port or _PORTS[parts.scheme], prefix=parts.path.rstrip("/")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteSpan:
    """The bytes [start, stop) of a file, at least one."""

    start: int
    stop: int

    @property
    def count(self) -> int:
        """How many bytes these are."""
        return self.stop - self.start

    @property
    def header(self) -> str:
        """The value of the header Range that asks for them."""
        return f"bytes={self.start}-{self.stop - 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """What a body is a part of: it begins where it was asked to, in a file of `file_bytes`, or None if not told.

    `location` is the address that served it, to ask for another part; it may be signed, so it is never shown. `sha256`
    is that of the whole file, as the Hub tells where it redirects to it; None if it does not.
    """

    file_bytes: int | None
    location: str = field(repr=False)
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response that no further attempt would change: a success, or a refusal to be judged by its status.

    `path` is what was requested and `redirected_to` what responded instead (a rename), both without query. `link_next`
    is path and query of the next page, always on our endpoint. `commit` is the revision at which a file was read, and
    `blob` the git hash of its content, if the response gives one.
    `part` says of which file the body is a part, None if no part was asked for or the server does not heed that.
    `elsewhere` names the host of a redirect that leaves the endpoint and was therefore not followed. All text except
    `body` is neutralised.
    """

    status: int
    path: str
    body: bytes = field(repr=False)
    link_next: str | None = field(default=None, repr=False)
    commit: str | None = None
    blob: str | None = None
    part: FilePart | None = None
    error_code: str | None = None
    error_message: str | None = None
    redirected_to: str | None = None
    elsewhere: str | None = None

    @property
    def next_cursor(self) -> str | None:
        """The cursor in `link_next`, opaque; None on the last page."""
        return find_cursor(self.link_next)


def find_link(headers: Mapping[str, str], *, endpoint: Endpoint, asked_url: str) -> str | None:
    """Return path and query of the Link to the next page, moved onto our endpoint; None if there is none."""
    for target, parameters in _LINK.findall(headers.get("link", "")):
        if _NEXT.search(parameters):
            return endpoint.path_of(resolve(asked_url, target))
    return None


def resolve(asked_url: str, target: str) -> str:
    """Return the full address of a Link or Location, relative or not; "" if it is invalid."""
    try:
        return urlsplit(urljoin(asked_url, target)).geturl()
    except ValueError:
        return ""


def find_cursor(link: str | None) -> str | None:
    """Return the `cursor` of a link's query, or None."""
    if link is None:
        return None
    for pair in link.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if name == "cursor":
            return unquote(value) or None  # a bare "+" stays one: it is a letter of base64 here
    return None


def find_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's time, UTC in whole seconds; None if it gives none that can be read."""
    try:
        moment = parsedate_to_datetime(headers.get("date", "")[:100])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def find_commit(headers: Mapping[str, str]) -> str | None:
    """Return the commit at which a file was read, if it looks like one."""
    commit = headers.get("x-repo-commit", "")
    return commit if _COMMIT.fullmatch(commit) else None


def find_blob(headers: Mapping[str, str]) -> str | None:
    """Return the git hash of a small file, which the Hub gives as its ETag; None if that is no such hash."""
    tag = headers.get("etag", "").removeprefix("W/").strip('"')
    return tag if _BLOB.fullmatch(tag) else None


def find_sha256(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 of a large file, which the Hub gives where it redirects to it; None if it does not."""
    tag = headers.get("x-linked-etag", "").strip('"')
    return tag if _SHA256.fullmatch(tag) else None


def find_part(status: int, headers: Mapping[str, str], span: ByteSpan, location: str) -> FilePart | None:
    """Return of which file the body of a 200 or 206 is a part, as its headers tell.

    None for a 200 where the span does not begin at 0: the server does not heed ranges. Raises WrongPartError for a 206
    that is no part as it was asked for (RFC 9110, 14.4 and 15.3.7).
    """
    if status == HTTPStatus.OK:
        length = headers.get("content-length", "")
        known = int(length) if _WHOLE.fullmatch(length) else None
        return None if span.start else FilePart(file_bytes=known, location=location)
    told = _PART.fullmatch(headers.get("content-range", "").strip())
    if told is None or int(told[1]) != span.start or not span.start <= int(told[2]) < span.stop:
        raise WrongPartError
    file_bytes = None if told[3] == "*" else int(told[3])
    if file_bytes is not None and file_bytes <= int(told[2]):
        raise WrongPartError
    return FilePart(file_bytes=file_bytes, location=location)


def explain(headers: Mapping[str, str], body: bytes) -> tuple[str | None, str | None]:
    """Return error code and neutralised message of a refusal, from the Hub's headers or else from its body."""
    code = quoted(headers.get("x-error-code", ""), characters=60) or None
    message = headers.get("x-error-message", "") or _message_in(body)
    return code, quoted(message) or None


def _message_in(body: bytes) -> str:
    """Find the words in `{"error": …}`, `{"errors": [{"message": …}]}`, HTML or plain text."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(said, dict):
        if isinstance(said.get("error"), str):
            return str(said["error"])
        errors = said.get("errors")
        if isinstance(errors, list):
            return "; ".join(str(one["message"]) for one in errors[:5] if isinstance(one, dict) and "message" in one)
        if isinstance(said.get("message"), str):
            return str(said["message"])
    return text
