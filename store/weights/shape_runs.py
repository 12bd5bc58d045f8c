"""The shapes of a file's matrices in few characters: a name that every layer has is told once, with the layers."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from lineage.weights.header import MOST_TENSORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Shape: TypeAlias = tuple[int, ...]
LONGEST_FOLDED: Final = 32_000
_NUMBER: Final = re.compile(r"(?<=\.)\d{1,6}(?=\.)")
_MARK: Final = "*"


def fold_shapes(shapes: Mapping[str, Shape]) -> str | None:
    """Return shapes by name as JSON: lists of a name with stars for numbers, its shape, and the numbers of each star.

    Numbers are told as first and last. Names that follow no such rule stand by themselves, with null for the numbers.
    None if that takes more than 32,000 characters, as of a file that means to.
    """
    alike: dict[tuple[str, Shape], list[tuple[int, ...]]] = defaultdict(list)
    alone: list[tuple[str, Shape, None]] = []
    for name, shape in shapes.items():
        numbers = _NUMBER.findall(name)
        if _MARK in name or any(number != str(int(number)) for number in numbers):
            alone.append((name, shape, None))
        else:
            alike[_NUMBER.sub(_MARK, name), shape].append(tuple(map(int, numbers)))
    rows: list[tuple[str, Shape, list[tuple[int, int]] | None]] = list(alone)
    for (pattern, shape), places in alike.items():
        ends = [(min(numbers), max(numbers)) for numbers in zip(*places, strict=True)]
        if prod(last - first + 1 for first, last in ends) == len(places):
            rows.append((pattern, shape, ends))
        else:
            rows += [(_filled(pattern, place), shape, None) for place in places]
    folded = json.dumps(sorted(rows, key=str), separators=(",", ":"))
    return folded if len(folded) <= LONGEST_FOLDED else None


def unfold_shapes(folded: str | None) -> dict[str, Shape]:
    """Return the shapes by name that `fold_shapes` was given; none for None."""
    shapes = {}
    for pattern, shape, ends in json.loads(folded or "[]"):
        for name in _names(pattern, ends):
            shapes[name] = tuple(cast("list[int]", shape))
            if len(shapes) > MOST_TENSORS:
                return shapes
    return shapes


def _names(pattern: str, ends: Sequence[tuple[int, int]] | None) -> Iterator[str]:
    if ends is None:
        yield pattern
        return
    for place in product(*(range(first, last + 1) for first, last in ends)):
        yield _filled(pattern, place)


def _filled(pattern: str, place: Sequence[int]) -> str:
    numbers = iter(place)
    return re.sub(re.escape(_MARK), lambda _: str(next(numbers)), pattern)
