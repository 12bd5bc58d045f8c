"""A file of real `/api/models` records, kept as bytes and served in the Hub's orders, parsed as little as possible.

Memory: the lines themselves (about 400 bytes per record of the 2024 Hub) and 24 bytes per record for the order; each
index is built when a request first needs it, and kept.
"""

from __future__ import annotations

import gzip
import json
import lzma
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from sandbox.hub import json_scan
from sandbox.hub.record_index import RecordIndex

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import IO

    from numpy.typing import NDArray

    from sandbox.hub.filters import Criteria
    from sandbox.hub.sorting import PageMark, SortOrder

_LEAD = re.compile(rb'\{"_id":"([0-9a-f]{24})"')
_KEPT_SELECTIONS = 8


class RecordFileError(ValueError):
    """A line of a record file is not a JSON object with a text `_id` and `id`."""

    def __init__(self, line_number: int) -> None:
        super().__init__(f"line {line_number} is not a JSON object with a text _id and id")
        self.line_number = line_number


class RecordFile:
    """The records of one file, newest `_id` first. A row is a position in that order.

    If the file repeats an `_id`, the later line counts. The records never change: `RepoStore` keeps changes on top of
    them.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        """Take JSON lines in any order; only their `_id` is read. Raises RecordFileError."""
        kept: list[bytes] = []
        ids: list[bytes] = []
        for number, raw in enumerate(lines, start=1):
            line = raw.strip()
            if line:
                kept.append(line)
                ids.append(_hub_id(line, number))
        array = np.array(ids, dtype=np.bytes_) if ids else np.empty(0, dtype="S24")
        order = np.argsort(array, kind="stable")
        upwards = array[order]
        is_last = np.append(upwards[1:] != upwards[:-1], values=True) if len(upwards) else np.empty(0, dtype=bool)
        self._upwards: NDArray[np.bytes_] = upwards[is_last]
        self._lines: list[bytes] = [kept[at] for at in order[is_last][::-1]]
        self._index = RecordIndex(self._lines)
        self._columns: dict[str, tuple[NDArray[np.float64], list[str]]] = {}
        self._selections: dict[Criteria, NDArray[np.int64]] = {}

    @classmethod
    def read(cls, path: Path) -> RecordFile:
        """Read JSON lines, plain or packed as `.gz` or `.xz`. Raises OSError, RecordFileError."""
        with _opened(path) as stream:
            return cls(stream)

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, row: int) -> bytes:
        """Return the record's JSON, unparsed."""
        return self._lines[row]

    def hub_id(self, row: int) -> str:
        """Return the record's `_id`."""
        return str(self._upwards[len(self) - 1 - row].decode())

    def value(self, row: int, order: SortOrder) -> float | int | str | None:
        """Return what the record is sorted by."""
        return None if order.is_by_id else order.value({order.sort: json_scan.member(self._lines[row], order.sort)})

    def row_of(self, repo_id: str) -> int | None:
        """Return the row with this id in any case, or None."""
        return self._index.row_of(repo_id)

    def row_at(self, hub_id: str) -> int | None:
        """Return the row with this `_id`, or None."""
        at = int(np.searchsorted(self._upwards, hub_id.encode()))
        return len(self) - 1 - at if at < len(self) and self._upwards[at] == hub_id.encode() else None

    def vocabulary(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Return every `filter` value, every task and every library of the records."""
        return self._index.labels(), self._index.values("pipeline_tag"), self._index.values("library_name")

    def select(self, criteria: Criteria) -> NDArray[np.int64]:
        """Return the rows that meet the criteria, in their order."""
        if criteria not in self._selections:
            if len(self._selections) >= _KEPT_SELECTIONS:
                self._selections.pop(next(iter(self._selections)))
            self._selections[criteria] = self._arrange(self._index.matching(criteria), criteria.order)
        return self._selections[criteria]

    def select_after(self, criteria: Criteria, mark: PageMark | None) -> NDArray[np.int64]:
        """Return the rows that meet the criteria and come behind the mark, in their order."""
        rows = self.select(criteria)
        if mark is None:
            return rows
        above = len(self) - int(np.searchsorted(self._upwards, mark.hub_id.encode(), side="right"))
        below = len(self) - int(np.searchsorted(self._upwards, mark.hub_id.encode(), side="left"))
        if criteria.order.is_by_id and criteria.order.is_ascending:
            return rows[np.searchsorted(-rows, 1 - above) :]
        if criteria.order.is_by_id:
            return rows[np.searchsorted(rows, below) :]
        keys, levels = self._column(criteria.order)
        key, mine = _key(mark.value, levels), keys[rows]
        is_behind: NDArray[np.bool_] = (mine > key) | ((mine == key) & (rows < above))
        return rows[is_behind]

    def _arrange(self, rows: NDArray[np.int64], order: SortOrder) -> NDArray[np.int64]:
        if order.is_by_id:
            return rows[::-1] if order.is_ascending else rows
        keys, _ = self._column(order)
        return rows[np.lexsort((-rows, keys[rows]))]

    def _column(self, order: SortOrder) -> tuple[NDArray[np.float64], list[str]]:
        """Return every row's sort key, rising in the order of service, and for text the levels that the keys count."""
        if order.sort not in self._columns:
            values = [self.value(row, order) for row in range(len(self))]
            levels = sorted({value for value in values if isinstance(value, str)})
            rank = {level: float(-at) for at, level in enumerate(levels)}
            keys = [rank[value] if isinstance(value, str) else _key(value, levels) for value in values]
            self._columns[order.sort] = (np.array(keys, dtype=np.float64), levels)
        return self._columns[order.sort]


def _key(value: float | str | None, levels: list[str]) -> float:
    if value is None:
        return float("inf")
    if isinstance(value, str):
        at = bisect_left(levels, value)
        return float(-at) if at < len(levels) and levels[at] == value else 0.5 - at
    return -float(value)


def _hub_id(line: bytes, number: int) -> bytes:
    lead = _LEAD.match(line)
    if lead:
        return lead[1]
    try:
        record = json.loads(line)
    except ValueError as exc:
        raise RecordFileError(number) from exc
    found = record.get("_id") if isinstance(record, dict) else None
    if not isinstance(found, str) or not isinstance(record.get("id"), str):
        raise RecordFileError(number)
    return found.encode()


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".xz":
        return lzma.open(path)
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value] # binary stream
