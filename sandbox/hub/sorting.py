"""The order of a listing: the Hub's sort keys, how rows compare, and the mark and cursor at which a walk goes on.

A cursor is opaque: base64 of a MongoDB condition that the next page's records must meet.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.hub.repo import Repo

SORTS = ("createdAt", "lastModified", "downloads", "likes", "trendingScore")
DEFAULT_SORT = "trendingScore"

_SEAL_DIGITS = 16
_LARGEST = 10**18

SortValue = float | int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SortOrder:
    """A sort key of the Hub. `createdAt` compares `_id` alone; the others compare the value and then `_id`, rising.

    Only `createdAt` can be ascending, as on the Hub (huggingface_hub #3630).
    """

    sort: str = DEFAULT_SORT
    is_ascending: bool = False

    @property
    def is_by_id(self) -> bool:
        """Whether the order is the immutable one, by `_id` alone."""
        return self.sort == "createdAt"

    def value(self, record: Mapping[str, object]) -> SortValue:
        """Return what the record is sorted by; None if it is missing or not of the key's type, and None comes last."""
        found = record.get(self.sort)
        if self.is_by_id or isinstance(found, bool):
            return None
        wanted = str if self.sort == "lastModified" else (int, float)
        return found if isinstance(found, wanted) else None


class PageMark(NamedTuple):
    """The last row that was shown: its sort value (None for createdAt and for missing values) and its `_id`."""

    value: SortValue
    hub_id: str


class ListingRow(NamedTuple):
    """One model on its way to a page: its sort value, and the repository or the raw line of a record file."""

    value: SortValue
    hub_id: str
    item: Repo | bytes


def arrange(rows: Iterable[ListingRow], order: SortOrder) -> list[ListingRow]:
    """Return the rows in the Hub's order."""
    if order.is_by_id:
        return sorted(rows, key=lambda row: row.hub_id, reverse=not order.is_ascending)
    upwards = sorted(rows, key=lambda row: row.hub_id)
    known = [row for row in upwards if row.value is not None]
    known.sort(key=lambda row: row.value, reverse=True)  # type: ignore[arg-type,return-value] # one type per sort key
    return known + [row for row in upwards if row.value is None]


def is_after(row: ListingRow, mark: PageMark, order: SortOrder) -> bool:
    """Return whether the row comes behind the mark."""
    if order.is_by_id:
        return row.hub_id > mark.hub_id if order.is_ascending else row.hub_id < mark.hub_id
    if row.value == mark.value:
        return row.hub_id > mark.hub_id
    if row.value is None or mark.value is None:
        return row.value is None
    return row.value < mark.value  # type: ignore[operator] # one type per sort key


class CursorError(ValueError):
    """The Hub did not issue this cursor for this listing."""


def encode_cursor(mark: PageMark, order: SortOrder) -> str:
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


def decode_cursor(text: str, order: SortOrder) -> PageMark:
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
