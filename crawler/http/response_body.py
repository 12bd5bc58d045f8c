"""The bytes of a response, bounded while they arrive, and what they reveal without parsing."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

Shape = Literal["array", "object"]

_FIRST = re.compile(rb"[ \t\r\n]*(.)", re.DOTALL)
_BRACKETS: dict[Shape, tuple[bytes, bytes]] = {"array": (b"[", b"]"), "object": (b"{", b"}")}
_GZIP = 31  # zlib's name for "a gzip header and trailer, largest window"


class CutShortError(Exception):
    """The response broke off, or its encoding is broken."""


class OverLimitError(Exception):
    """The response is longer than it may be."""


class TooSlowError(Exception):
    """The response was still arriving when its time was over."""


class WrongPartError(Exception):
    """The response is a part of a file, and not the one that was asked for."""

    def __str__(self) -> str:
        """Return the reason."""
        return "it is not the part of the file that was asked for"


def read_body(response: httpx.Response, *, limit_bytes: int, is_late: Callable[[], bool]) -> bytes:
    """Return the decoded body; at most `limit_bytes` are ever held, however well they were compressed.

    It decodes gzip itself, because httpx neither bounds the output nor notices a gzip stream without an end. Raises the
    first three errors above, and httpx's own for the connection.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip"}:
        raise CutShortError("it has an encoding that was not requested")
    inflater = zlib.decompressobj(wbits=_GZIP) if "gzip" in encoding else None
    parts: list[bytes] = []
    room_bytes = limit_bytes
    for chunk in response.iter_raw():
        part = _inflated(inflater, chunk, room_bytes) if inflater else chunk
        room_bytes -= len(part)
        if room_bytes < 0:
            raise OverLimitError
        if is_late():
            raise TooSlowError
        parts.append(part)
    if inflater and not inflater.eof and parts:
        raise CutShortError("its compressed stream has no end")
    return b"".join(parts)


def read_first(response: httpx.Response, *, count: int, is_late: Callable[[], bool]) -> bytes:
    """Return at most `count` bytes of a body, and read no further; raises what `read_body` does, but OverLimitError."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise CutShortError("it has an encoding that was not requested")
    parts: list[bytes] = []
    room_bytes = count
    for chunk in response.iter_raw():
        if is_late():
            raise TooSlowError
        parts.append(chunk[:room_bytes])
        room_bytes -= len(chunk)
        if room_bytes <= 0:
            break
    return b"".join(parts)


def _inflated(inflater: zlib._Decompress, chunk: bytes, room_bytes: int) -> bytes:
    if inflater.eof:
        raise CutShortError("bytes follow the end of its compressed stream")
    try:
        return inflater.decompress(chunk, room_bytes + 1)
    except zlib.error as exc:
        raise CutShortError("its compressed stream is broken") from exc


def read_explanation(response: httpx.Response, *, limit_bytes: int, is_late: Callable[[], bool]) -> bytes:
    """Return a body that only explains an error, or b"" if it is broken or longer than `limit_bytes`."""
    try:
        return read_body(response, limit_bytes=limit_bytes, is_late=is_late)
    except (CutShortError, OverLimitError, TooSlowError):
        return b""


def find_fault(body: bytes, shape: Shape) -> Literal["foreign", "cut"] | None:
    """Return why a body cannot be JSON of a shape, judging by its first and last byte; None if it can.

    `foreign` is something else altogether, `cut` began well.
    """
    opening, closing = _BRACKETS[shape]
    first = _FIRST.match(body)
    if first is None:
        return "cut"
    if first[1] != opening:
        return "foreign"
    return None if body[-256:].rstrip().endswith(closing) else "cut"
