"""The split of an instrument's items: one half to search with, the other to confirm what was found.

A recipe is chosen because it did well on some items, so only others can show that it does well. Halves follow from the
items' names alone: equal items are split equally, whatever models answered, and nobody can choose a lucky split.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SALT: Final = "lineage maintain"


class Half(StrEnum):
    """What the items of a half are for."""

    SEARCH = "search"
    CONFIRMATION = "confirmation"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSplit:
    """The items of an instrument in two halves, each in an order that does not depend on any answer."""

    search: tuple[str, ...]
    confirmation: tuple[str, ...]

    def items(self, half: Half) -> tuple[str, ...]:
        """Return the items of a half, or all."""
        match half:
            case Half.SEARCH:
                return self.search
            case Half.CONFIRMATION:
                return self.confirmation
            case Half.BOTH:
                return (*self.search, *self.confirmation)


def split_items(clusters: Mapping[str, str]) -> ItemSplit:
    """Split items, given each with its cluster (its own name if it has none); a cluster is never divided.

    With one cluster more than can be divided by two, the search has it.
    """
    ordered = sorted(set(clusters.values()), key=lambda cluster: (_hash(cluster), cluster))
    searched = set(ordered[::2])
    names = sorted(clusters, key=lambda item: (_hash(f"item:{item}"), item))
    return ItemSplit(
        search=tuple(name for name in names if clusters[name] in searched),
        confirmation=tuple(name for name in names if clusters[name] not in searched),
    )


def _hash(name: str) -> bytes:
    return hashlib.sha256(f"{SALT}:{name}".encode()).digest()
