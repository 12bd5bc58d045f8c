"""Ids and numbers of models: sorted ids in one block of bytes, found by bisection, at the cost of their letters."""

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
    """What the nodes of a graph are called by whoever asks."""

    def __len__(self) -> int:
        """Return how many nodes there are."""

    def number(self, label: Hashable) -> int:
        """Return the number of a node; raises KeyError for what is none."""

    def take(self, numbers: NDArray[np.integer]) -> Sequence[Hashable]:
        """Return the labels of some nodes, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphIndex:
    """Ids in the rising order of their UTF-8 bytes, as DuckDB sorts text: number i is `text[starts[i]:starts[i + 1]]`.

    `text` is uint8, `starts` int64 with one entry more than there are ids.
    """

    text: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def from_bytes(cls, text: bytes, lengths: NDArray[np.integer]) -> Self:
        """Take ids written one after another, and how many bytes each has; raises ValueError where the two differ."""
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
        """Return the number of an id; raises KeyError for what is none."""
        if not isinstance(label, str):
            raise KeyError(label)
        wanted = label.encode("utf-8", "surrogatepass")
        place = bisect_left(range(len(self)), wanted, key=self._bytes)
        if place == len(self) or self._bytes(place) != wanted:
            raise KeyError(label)
        return place

    def id(self, number: int) -> str:
        """Return the id of a number."""
        return self._bytes(number).decode()

    def take(self, numbers: NDArray[np.integer]) -> list[str]:
        """Return the ids of some numbers, in their order."""
        places = np.asarray(numbers, dtype=np.int64)
        text = self.text.data
        ends = zip(self.starts[places].tolist(), self.starts[places + 1].tolist(), strict=True)
        return [str(text[start:end], "utf-8") for start, end in ends]

    def _bytes(self, number: int) -> bytes:
        return self.text[self.starts[number] : self.starts[number + 1]].tobytes()


class Numbers:
    """Labels that are the numbers themselves."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def number(self, label: Hashable) -> int:
        """Return the number itself; raises KeyError for what is none."""
        if isinstance(label, int | np.integer) and 0 <= label < self._size:
            return int(label)
        raise KeyError(label)

    def take(self, numbers: NDArray[np.integer]) -> list[int]:
        """Return the numbers as plain integers."""
        return [int(number) for number in numbers.tolist()]


class Picked:
    """The labels of some nodes of a larger graph, given by their numbers there in rising order."""

    def __init__(self, labels: Labels, numbers: NDArray[np.integer]) -> None:
        self._labels = labels
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, label: Hashable) -> int:
        """Return the number of a label; raises KeyError for what is none, or was not picked."""
        number = self._labels.number(label)
        place = int(np.searchsorted(self._numbers, number))
        if place == len(self._numbers) or self._numbers[place] != number:
            raise KeyError(label)
        return place

    def take(self, numbers: NDArray[np.integer]) -> Sequence[Hashable]:
        """Return the labels of some nodes, in their order."""
        return self._labels.take(self._numbers[numbers])


class Names:
    """Labels of any kind, in any order, as a graph of another library has them."""

    def __init__(self, labels: Sequence[Hashable]) -> None:
        self._labels = list(labels)
        self._numbers = {label: number for number, label in enumerate(self._labels)}

    def __len__(self) -> int:
        return len(self._labels)

    def number(self, label: Hashable) -> int:
        """Return the number of a label; raises KeyError for what is none."""
        return self._numbers[label]

    def take(self, numbers: NDArray[np.integer]) -> list[Hashable]:
        """Return the labels of some numbers, in their order."""
        return [self._labels[number] for number in numbers.tolist()]
