"""A file of real `/api/models` records, kept as bytes and served in the Hub's orders, parsed as little as possible.

Memory: the lines themselves (about 400 bytes per record of the 2024 Hub) and 24 bytes per record for the order; each
index is built when a request first needs it, and kept.
"""

from __future__ import annotations

import gzip
import json
import lzma
import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sandbox.hub import json_scan
from sandbox.hub.filters import RELATIONS, author_of, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from numpy.typing import NDArray

    from sandbox.hub.filters import Criteria
    from sandbox.hub.sorting import PageMark, SortOrder

_LEAD = re.compile(rb'\{"_id":"([0-9a-f]{24})"')
_KEPT_SELECTIONS = 8
_PLAIN_TAGS = re.compile(rb',"tags":(' + json_scan.STRINGS + rb")")
_RELATIONS = tuple(f"{relation}:".encode() for relation in RELATIONS)

Rows = dict[bytes, "array[int]"]


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
        found = np.array(ids, dtype=np.bytes_) if ids else np.empty(0, dtype="S24")
        order = np.argsort(found, kind="stable")
        upwards = found[order]
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


class RecordIndex:
    """Finds records by id, text, author, tag, task and gate. Rows rise; names and tags are UTF-8 bytes."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines

    def row_of(self, repo_id: str) -> int | None:
        """Return the row with this id in any case, or None."""
        return self._by_name.get(repo_id.lower().encode())

    def matching(self, criteria: Criteria) -> NDArray[np.int64]:
        """Return the rows that meet the criteria, rising."""
        rows = np.arange(len(self._lines), dtype=np.int64)
        for tag in criteria.filters:
            rows = np.intersect1d(rows, _rows(self._by_label, tag), assume_unique=True)
        if criteria.author is not None:
            rows = np.intersect1d(rows, _rows(self._by_author, criteria.author), assume_unique=True)
        if criteria.pipeline_tags:
            tasks = [_rows(self._by_task, task) for task in criteria.pipeline_tags]
            rows = np.intersect1d(rows, np.unique(np.concatenate(tasks)), assume_unique=True)
        if criteria.is_gated is not None:
            rows = rows[self._gated[rows] == criteria.is_gated]
        if criteria.search is not None:
            rows = np.intersect1d(rows, self._containing(criteria.search.lower().encode()), assume_unique=True)
        return rows

    def labels(self) -> frozenset[str]:
        """Return every `filter` value."""
        return frozenset(label.decode("utf-8", "surrogatepass") for label in self._by_label)

    def values(self, key: str) -> frozenset[str]:
        """Return every text value of a key."""
        found = (json_scan.member(line, key) for line in self._lines)
        return frozenset(value for value in found if isinstance(value, str))

    def _containing(self, text: bytes) -> NDArray[np.int64]:
        blob, starts = self._names
        found = []
        at = blob.find(text)
        while at >= 0 and text:
            found.append(at)
            at = blob.find(text, at + 1)
        if not text:
            return np.arange(len(self._lines), dtype=np.int64)
        return np.unique(np.searchsorted(starts, np.array(found, dtype=np.int64), side="right") - 1)

    @cached_property
    def _names(self) -> tuple[bytes, NDArray[np.int64]]:
        names = [name.lower() for name in self._ids()]
        lengths = np.array([len(name) + 1 for name in names], dtype=np.int64)
        return b"\n".join(names), np.cumsum(lengths) - lengths

    @cached_property
    def _by_name(self) -> dict[bytes, int]:
        return {name.lower(): row for row, name in enumerate(self._ids())}

    @cached_property
    def _by_author(self) -> Rows:
        found: Rows = defaultdict(lambda: array("q"))
        for row, name in enumerate(self._ids()):
            author = author_of(name.decode())
            if author is not None:
                found[author.encode()].append(row)
        return dict(found)

    @cached_property
    def _by_task(self) -> Rows:
        found: Rows = defaultdict(lambda: array("q"))
        for row, line in enumerate(self._lines):
            task = json_scan.member(line, "pipeline_tag")
            if isinstance(task, str):
                found[task.encode()].append(row)
        return dict(found)

    @cached_property
    def _gated(self) -> NDArray[np.bool_]:
        return np.array([bool(json_scan.member(line, "gated")) for line in self._lines], dtype=np.bool_)

    @cached_property
    def _by_label(self) -> Rows:
        found: Rows = defaultdict(lambda: array("q"))
        for row, line in enumerate(self._lines):
            for label in _labels(line):
                found[label].append(row)
        return dict(found)

    def _ids(self) -> Iterator[bytes]:
        for line in self._lines:
            found = json_scan.member(line, "id")
            yield found.encode() if isinstance(found, str) else b""


def _labels(line: bytes) -> set[bytes]:
    """Return every `filter` value that finds the line's record, as `filters.labels_of` does."""
    tags = _PLAIN_TAGS.search(line) if line.count(b"{") == 1 and b"\\" not in line else None
    if tags is None:
        return {label.encode("utf-8", "surrogatepass") for label in labels_of(json.loads(line))}
    labels = set(tags[1][2:-2].split(b'","')) if tags[1] != b"[]" else set()
    for tag in [tag for tag in labels if tag.startswith(b"base_model:")]:
        rest = tag[len(b"base_model:") :]
        if rest.startswith(_RELATIONS):
            labels.add(b"base_model:" + rest.partition(b":")[2])
    for key in ("library_name", "pipeline_tag"):
        value = json_scan.member(line, key)
        if isinstance(value, str):
            labels.add(value.encode())
    return labels


def _rows(index: Rows, key: str) -> NDArray[np.int64]:
    return np.array(index.get(key.encode("utf-8", "surrogatepass"), ()), dtype=np.int64)
