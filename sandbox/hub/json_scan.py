"""Picking keys out of JSON lines without parsing them, for lines so plain that their bytes can be trusted.

A line is plain if it is one object of compact JSON, `_id` first, and every value is a string, number, literal or list
of strings without any backslash. Then `,"key":` can only be a key, and dropping a member is a substitution. Any other
line is parsed.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_STRING = rb'"[^"\\\n]*+"'
STRINGS = rb"\[(?:" + _STRING + rb"(?:," + _STRING + rb")*+)?+\]"
_VALUE = rb"(?:" + _STRING + rb"|" + STRINGS + rb"|-?[0-9][-+.0-9eE]*+|true|false|null)"
_KEY = rb'"[A-Za-z_][A-Za-z0-9_-]*+":'
_PLAIN = rb'\{"_id":' + _STRING + rb"(?:," + _KEY + _VALUE + rb")*+\}"
_VALUE_HERE = re.compile(_VALUE)
_PLAIN_LINE = re.compile(_PLAIN)
_PLAIN_LINES = re.compile(rb"(?:" + _PLAIN + rb"(?:\n|\Z))++")


def encode(value: object) -> bytes:
    """Return compact JSON as the Hub writes it.

    A lone surrogate, which UTF-8 cannot encode, makes the whole value ASCII.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def pick(lines: Sequence[bytes], keys: Collection[str]) -> bytes:
    """Return a JSON array of the lines' objects, each with `_id` and those of the keys that it has."""
    if not lines:
        return b"[]"
    page = b"\n".join(lines)
    if _PLAIN_LINES.fullmatch(page):
        return b"[" + _others(frozenset(keys)).sub(b"", page).replace(b"\n", b",") + b"]"
    return b"[" + b",".join(pick_one(line, keys) for line in lines) + b"]"


def pick_one(line: bytes, keys: Collection[str]) -> bytes:
    """Return one object of `pick`."""
    if _PLAIN_LINE.fullmatch(line):
        return _others(frozenset(keys)).sub(b"", line)
    record = json.loads(line)
    return encode({key: value for key, value in record.items() if key == "_id" or key in keys})


def member(line: bytes, key: str) -> object:
    """Return the value of one key of a JSON object, None if it is missing."""
    if line.count(b"{") == 1 and b"\\" not in line:
        lead = b',"' + key.encode() + b'":'
        at = line.find(lead)
        if at < 0 and lead[1:-1] not in line:
            return None
        found = _VALUE_HERE.match(line, at + len(lead)) if at >= 0 else None
        if found:
            return found[0][1:-1].decode() if found[0][:1] == b'"' else json.loads(found[0])
    value: object = json.loads(line).get(key)
    return value


@lru_cache(maxsize=64)
def _others(keys: frozenset[str]) -> re.Pattern[bytes]:
    names = b"|".join(re.escape(key.encode()) for key in sorted(keys | {"_id"}))
    return re.compile(rb',(?!"(?:' + names + rb')":)' + _KEY + _VALUE)
