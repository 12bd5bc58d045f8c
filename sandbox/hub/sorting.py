"""The order of a listing: the Hub's sort keys, how rows compare, and the mark at which a walk goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.hub.repo import Repo

SORTS = ("createdAt", "lastModified", "downloads", "likes", "trendingScore")
DEFAULT_SORT = "trendingScore"

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
