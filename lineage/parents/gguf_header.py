"""The origin of a model as given in a GGUF file's header: texts of its metadata under `general.`.

The layout is that of the GGUF specification (ggml, docs/gguf.md): magic, version, two counts, then pairs of a key and a
typed value. Writers put `general.*` first, so a few kilobytes suffice. The bytes are untrusted: whatever they claim,
nothing is read beyond them, and reading stops where they end or make no sense.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass, field
from typing import Final, Literal

from lineage.parents.declared_ids import TEXT_LIMIT

HEAD_BYTES: Final = 64 << 10
"""The number of bytes worth requesting: the token lists, which are megabytes, come after the keys we need."""
KEYS_LIMIT: Final = 256
_PAIRS_LIMIT: Final = 4096
_DEPTH_LIMIT: Final = 4
MAGIC: Final = b"GGUF"
_FIRST_VERSION: Final = 1
_SMALL_VERSIONS: Final = 0xFFFF
VALUE_BYTES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""The size in bytes of a value by its type number: integers, floats and booleans."""
STRING: Final = 8
LIST: Final = 9
_TELLING: Final = re.compile(r"general\.(?:architecture|name|source|base_model|quantized_by|repo_url)\b.*", re.DOTALL)
_SOURCES: Final = ("general.source.repo_url", "general.source.huggingface.repository")
_BASE: Final = re.compile(r"general\.base_model\.(\d{1,4})\.repo_url")


def read_head(head: bytes) -> dict[str, str]:
    """Return the relevant text keys in the first bytes of a GGUF file; empty if it is not a GGUF file.

    Reads at most 256 keys and keeps up to `TEXT_LIMIT` characters of each text; if a key is repeated, the first one
    counts.
    """
    try:
        return _read(head)
    except _Ended:
        return {}


def read_gguf_parents(text: str) -> tuple[str, ...]:
    """Return the parents in the stored header of a GGUF file (the JSON of `read_head`), as written, once each.

    The source that the weights were converted from takes precedence over that source's bases, which are its parents.
    """
    try:
        keys = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(keys, dict):
        return ()
    texts = {key: value for key, value in keys.items() if isinstance(value, str) and value.strip()}
    sources = [texts[key] for key in _SOURCES if key in texts]
    bases = sorted((int(found[1]), value) for key, value in texts.items() if (found := _BASE.fullmatch(key)))
    return tuple(dict.fromkeys(sources[:1] or [value for _, value in bases]))


class _Ended(Exception):
    """The bytes end here, or make no sense from here on."""


@dataclass(slots=True, kw_only=True)
class _Cursor:
    """A position in the bytes; `order` is the byte order of numbers, `counts` the format of lengths."""

    head: bytes
    at: int = 0
    order: Literal["<", ">"] = "<"
    counts: Literal["I", "Q"] = "Q"
    found: dict[str, str] = field(default_factory=dict)

    def number(self, code: str) -> int:
        size = struct.calcsize(code)
        (value,) = struct.unpack(self.order + code, self.take(size))
        return int(value)

    def take(self, size: int) -> bytes:
        if size > len(self.head) - self.at:
            raise _Ended
        self.at += size
        return self.head[self.at - size : self.at]

    def text(self) -> bytes:
        return self.take(self.number(self.counts))


def _read(head: bytes) -> dict[str, str]:
    cursor = _Cursor(head=head)
    if cursor.take(len(MAGIC)) != MAGIC:
        return {}
    version = cursor.number("I")
    if version & _SMALL_VERSIONS == 0:
        cursor.order = ">"
        version = int.from_bytes(version.to_bytes(4, "little"), "big")
    cursor.counts = "I" if version == _FIRST_VERSION else "Q"
    cursor.number(cursor.counts)  # the number of tensors
    pairs = cursor.number(cursor.counts)
    try:
        for _ in range(min(pairs, _PAIRS_LIMIT)):
            _read_pair(cursor)
    except (_Ended, UnicodeDecodeError):
        pass  # what was read so far is valid
    return cursor.found


def _read_pair(cursor: _Cursor) -> None:
    key = cursor.text().decode("utf-8")
    kind = cursor.number("I")
    if kind != STRING:
        _skip(cursor, kind, _DEPTH_LIMIT)
        return
    text = cursor.text()[: 4 * TEXT_LIMIT].decode("utf-8", "replace")[:TEXT_LIMIT]
    if _TELLING.fullmatch(key[:TEXT_LIMIT]) and len(cursor.found) < KEYS_LIMIT:
        cursor.found.setdefault(key[:TEXT_LIMIT], text.replace("\0", ""))


def _skip(cursor: _Cursor, kind: int, depth: int) -> None:
    if kind in VALUE_BYTES:
        cursor.take(VALUE_BYTES[kind])
    elif kind == STRING:
        cursor.text()
    elif kind == LIST and depth:
        _skip_list(cursor, depth - 1)
    else:
        raise _Ended


def _skip_list(cursor: _Cursor, depth: int) -> None:
    kind = cursor.number("I")
    count = cursor.number(cursor.counts)
    if kind in VALUE_BYTES:
        cursor.take(VALUE_BYTES[kind] * count)
        return
    for _ in range(count):  # each takes bytes, so the loop ends with them
        _skip(cursor, kind, depth)
