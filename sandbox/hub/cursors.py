"""The Hub's opaque cursors: base64 of a MongoDB condition that the next page's records must meet."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from sandbox.hub.sorting import PageMark

if TYPE_CHECKING:
    from sandbox.hub.sorting import SortOrder, SortValue

_SEAL_DIGITS = 16
_LARGEST = 10**18


class CursorError(ValueError):
    """The Hub did not issue this cursor for this listing."""


def encode(mark: PageMark, order: SortOrder) -> str:
    """Return the cursor that continues behind a mark.

    `{"_id":{"$lt":id}}` for createdAt (`$gt` upwards), else a keyset of two or three clauses:
    `{"$or":[{KEY:value,"_id":{"$gt":id}},{KEY:{"$lt":value}},{KEY:None}]}`. The last clause is for keys that may be
    missing, which is every key but likes.
    """
    condition: dict[str, object]
    if order.is_by_id:
        condition = {"_id": {"$gt" if order.is_ascending else "$lt": mark.hub_id}}
    else:
        clauses: list[dict[str, object]] = [{order.sort: mark.value, "_id": {"$gt": mark.hub_id}}]
        if mark.value is not None:
            clauses.append({order.sort: {"$lt": mark.value}})
            if order.sort != "likes":
                clauses.append({order.sort: None})
        condition = {"$or": clauses}
    return base64.b64encode(json.dumps(condition, separators=(",", ":")).encode()).decode()


def decode(text: str, order: SortOrder) -> PageMark:
    """Return the mark in a cursor of this order; hand-built cursors of the same form work too. Raises CursorError."""
    try:
        condition = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        if order.is_by_id:
            return PageMark(None, _hub_id(condition["_id"]["$gt" if order.is_ascending else "$lt"]))
        first = condition["$or"][0]
        return PageMark(_sort_value(first[order.sort], order), _hub_id(first["_id"]["$gt"]))
    except (binascii.Error, ValueError, LookupError, TypeError) as exc:
        raise CursorError(text) from exc


def seal(cursor: str) -> str:
    """Return the cursor with a seal appended, for a server that takes only its own cursors; it survives a restart."""
    return f"{cursor}.{_seal_of(cursor)}"


def unseal(text: str) -> str:
    """Return the cursor without its seal. Raises CursorError if the seal is missing or wrong."""
    cursor, _, found = text.rpartition(".")
    if not hmac.compare_digest(found.encode(), _seal_of(cursor).encode()):
        raise CursorError(text)
    return cursor


def _seal_of(cursor: str) -> str:
    return hmac.new(b"sandbox Hub", cursor.encode(), hashlib.sha256).hexdigest()[:_SEAL_DIGITS]


def _hub_id(value: object) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise CursorError(repr(value))
    return value


def _sort_value(value: object, order: SortOrder) -> SortValue:
    checked = order.value({order.sort: value})
    if (checked is None and value is not None) or (isinstance(checked, int) and abs(checked) > _LARGEST):
        raise CursorError(repr(value))
    return checked
