"""Indexes over the lines of a record file, each built when a request first needs it."""

from __future__ import annotations

import json
import re
from array import array
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sandbox.hub import json_scan
from sandbox.hub.filters import RELATIONS, author_of, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sandbox.hub.filters import Criteria

_PLAIN_TAGS = re.compile(rb',"tags":(' + json_scan.STRINGS + rb")")
_RELATIONS = tuple(f"{relation}:".encode() for relation in RELATIONS)

Rows = dict[bytes, "array[int]"]


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
