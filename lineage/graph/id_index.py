"""Model ids and their numbers: the sorted ids in one block of bytes, searched by bisection, with no other overhead."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from typing import Self

    from numpy.typing import NDArray


class Labels(Protocol):
    """The labels of a graph's nodes, as the caller knows them."""

    def __len__(self) -> int:
        """Return the number of nodes."""

    def number(self, label: Hashable) -> int:
        """Return the number of a node; raises KeyError for an unknown label."""

    def take(self, numbers: NDArray[np.integer]) -> Sequence[Hashable]:
        """Return the labels of some nodes, in the order given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphIndex:
    """Ids sorted by their UTF-8 bytes, as DuckDB sorts text: id number i is `text[starts[i]:starts[i + 1]]`.

    `text` is uint8, `starts` int64 with one entry more than there are ids.
    """

    text: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def from_bytes(cls, text: bytes, lengths: NDArray[np.integer]) -> Self:
        """Build the index from concatenated ids and the byte length of each; raises ValueError if the two disagree."""
        starts = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=starts[1:])
        if starts[-1] != len(text):
            raise ValueError(f"the ids have {len(text)} bytes, not {starts[-1]}")
        return cls(text=np.frombuffer(text, dtype=np.uint8), starts=starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        yield from self.take(np.arange(len(self)))

    def number(self, label: Hashable) -> int:
        """Return the number of an id; raises KeyError for an unknown id."""
        if not isinstance(label, str):
            raise KeyError(label)
        wanted = label.encode("utf-8", "surrogatepass")
        place = bisect_left(range(len(self)), wanted, key=self._bytes)
        if place == len(self) or self._bytes(place) != wanted:
            raise KeyError(label)
        return place

    def with_changes(self, removed: Sequence[str], added: Sequence[str]) -> tuple[GraphIndex, NDArray[np.int32]]:
        """Return the index without some of its ids and with new ones, and the number there of each id that it has.

        The number of a removed id is -1. Raises KeyError for a removed id that is unknown; no added id may be known.
        """
        is_kept = np.ones(len(self), dtype=bool)
        is_kept[[self.number(one) for one in removed]] = False
        fresh = sorted(one.encode("utf-8", "surrogatepass") for one in added)
        places = np.array([bisect_left(range(len(self)), one, key=self._bytes) for one in fresh], dtype=np.int64)
        lengths = np.array([len(one) for one in fresh], dtype=np.int64)
        before = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(is_kept, out=before[1:])
        ahead = np.cumsum(np.bincount(places, minlength=len(self) + 1))[:-1]
        numbers = np.where(is_kept, before[:-1] + ahead, -1).astype(np.int32)
        known = np.diff(self.starts)
        text = self.text if is_kept.all() else self.text[np.repeat(is_kept, known)]
        ends = np.zeros(int(before[-1]) + 1, dtype=np.int64)
        np.cumsum(known[is_kept], out=ends[1:])
        text = np.insert(text, np.repeat(ends[before[places]], lengths), np.frombuffer(b"".join(fresh), dtype=np.uint8))
        return GraphIndex.from_bytes(text.tobytes(), np.insert(known[is_kept], before[places], lengths)), numbers

    def id(self, number: int) -> str:
        """Return the id with a number."""
        return self._bytes(number).decode()

    def take(self, numbers: NDArray[np.integer]) -> list[str]:
        """Return the ids of some numbers, in the order given."""
        places = np.asarray(numbers, dtype=np.int64)
        text = self.text.data
        ends = zip(self.starts[places].tolist(), self.starts[places + 1].tolist(), strict=True)
        return [str(text[start:end], "utf-8") for start, end in ends]

    def _bytes(self, number: int) -> bytes:
        return self.text[self.starts[number] : self.starts[number + 1]].tobytes()


class Numbers:
    """Labels that are the node numbers themselves."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def number(self, label: Hashable) -> int:
        """Return the number itself; raises KeyError for anything that is not a node."""
        if isinstance(label, int | np.integer) and 0 <= label < self._size:
            return int(label)
        raise KeyError(label)

    def take(self, numbers: NDArray[np.integer]) -> list[int]:
        """Return the numbers as Python integers."""
        return [int(number) for number in numbers.tolist()]


class Picked:
    """The labels of some nodes of a larger graph, given by their numbers there in ascending order."""

    def __init__(self, labels: Labels, numbers: NDArray[np.integer]) -> None:
        self._labels = labels
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, label: Hashable) -> int:
        """Return the number of a label; raises KeyError if it is unknown or was not picked."""
        number = self._labels.number(label)
        place = int(np.searchsorted(self._numbers, number))
        if place == len(self._numbers) or self._numbers[place] != number:
            raise KeyError(label)
        return place

    def take(self, numbers: NDArray[np.integer]) -> Sequence[Hashable]:
        """Return the labels of some nodes, in the order given."""
        return self._labels.take(self._numbers[numbers])


class Names:
    """Labels of any kind in any order, as in a graph from another library."""

    def __init__(self, labels: Sequence[Hashable]) -> None:
        self._labels = list(labels)
        self._numbers = {label: number for number, label in enumerate(self._labels)}

    def __len__(self) -> int:
        return len(self._labels)

    def number(self, label: Hashable) -> int:
        """Return the number of a label; raises KeyError for an unknown label."""
        return self._numbers[label]

    def take(self, numbers: NDArray[np.integer]) -> list[Hashable]:
        """Return the labels of some numbers, in the order given."""
        return [self._labels[number] for number in numbers.tolist()]
