"""How often derivatives would have mixed signs if nothing had changed: by a formula, or by swapping answers.

Noise alone moves some instruments up and others down, so a share of mixed signs means nothing without this number.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Known = tuple[str, str, str]

Method = Literal["independence", "permutation"]
DRAWS: Final = 4000
BLOCK_CELLS: Final = 4_000_000
"""Signs drawn at a time, as many as fit in 32 MB."""
TIE: Final = 1e-12
"""Differences below this share of the largest possible one are rounding errors of exact ties."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairedItems:
    """The answers of a derivative and of its reference to the same items of one instrument.

    `values` and `reference_values` are float64 of shape (items,), from 0 (safest) to 1. `items` are their names, equal
    in all instruments that look at the same replies; a bare number means nothing outside instruments of one name.
    `clusters` names the group of items that vary one prompt, or None if items are independent. `name` and `judge` are
    the instrument's, as in the rows.
    """

    model: str
    reference: str
    instrument: str
    name: str
    items: tuple[str, ...]
    values: Floats
    reference_values: Floats
    judge: str | None = None
    clusters: tuple[str, ...] | None = None


class SignedRow(Protocol):
    """What is asked of a row of drift: the instrument's key and name, the reference, and the sign of the difference."""

    @property
    def instrument(self) -> str: ...  # noqa: D102 - as the sentence above says
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def reference(self) -> str | None: ...  # noqa: D102
    @property
    def sign(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The chance of mixed signs under no change, 0 to 1.

    `error` is the Monte Carlo standard error, 0 for the formula. `with_items` counts the instruments whose correlation
    the permutation keeps; the others are treated as independent. `if_judges_agree` is the formula's rate if judges of
    one instrument always agree: judges of the same replies are not independent, and the truth is between the two.
    """

    rate: float
    error: float
    method: Method
    with_items: int
    if_judges_agree: float


def mixed_chance(instruments: int, *, worse: float = 0.5, better: float = 0.5) -> float:
    """Return the chance of at least one worse and at least one better among independent instruments.

    `worse` and `better` are the chances on one instrument. One half each gives 1 - 2 * 0.5^k, the chance for signs
    alone; 0.025 each gives that of two-sided tests at 5 % without correction. By inclusion and exclusion.
    """
    neither = max(1 - worse - better, 0.0)
    return max(0.0, 1 - (1 - worse) ** instruments - (1 - better) ** instruments + neither**instruments)


def expect_mixed(
    rows: Sequence[SignedRow], items: Sequence[PairedItems] = (), *, seed: int | tuple[int, ...] = 0, draws: int = DRAWS
) -> Expected:
    """Return the chance that a derivative with these rows, one per instrument, has mixed signs if nothing changed.

    The formula treats the instruments as independent and counts those that moved: an exact tie has no sign, and given
    the ties, the others fall either way with equal chance (Dixon and Mood 1946, JASA 41, 557-566). If two or more
    instruments have `items`, these are used: under no change the two models' answers to an item can be swapped,
    together for all instruments that share the item (a paired permutation test: Good 2005, Permutation, Parametric and
    Bootstrap Tests of Hypotheses, chapter 3). Rows without items then get a random sign, or none if tied.
    """
    moved = [row for row in rows if row.sign]
    names = len({row.name for row in moved})
    told = {row.instrument: row for row in rows}
    paired = [pair for pair in items if pair.instrument in told and told[pair.instrument].reference == pair.reference]
    if len(paired) < 2:  # noqa: PLR2004 - one instrument alone has no correlation
        return expect_independent(len(moved), names)
    have_items = {pair.instrument for pair in paired}
    alone = sum(row.instrument not in have_items for row in moved)
    rate = _mixed_share(swap_units(paired), alone, np.random.default_rng(seed), draws)
    return Expected(
        rate=rate,
        error=math.sqrt(rate * (1 - rate) / draws),
        method="permutation",
        with_items=len(paired),
        if_judges_agree=mixed_chance(names),
    )


@cache
def expect_independent(moved: int, names: int) -> Expected:
    """Return the same for so many instruments that moved, of so many names, if they are independent."""
    return Expected(
        rate=mixed_chance(moved),
        error=0.0,
        method="independence",
        with_items=0,
        if_judges_agree=mixed_chance(names),
    )


def swap_units(paired: Sequence[PairedItems]) -> Floats:
    """Return how much each swap unit adds to each instrument's difference: float64 (units, instruments).

    A unit is an item, or all items of a cluster, or everything joined by a chain of clusters and shared items.
    """
    memberships = [_memberships(pair) for pair in paired]
    unit_of = _units(memberships)
    parts = np.zeros((len(set(unit_of.values())), len(paired)))
    for place, (pair, joined) in enumerate(zip(paired, memberships, strict=True)):
        units = [unit_of[item] for item, _ in joined]
        np.add.at(parts[:, place], units, (pair.values - pair.reference_values) / max(len(pair.items), 1))
    return parts


def alike(parts: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the distinct rows of `parts` and the number of units with each; a row and its opposite count as equal.

    With 0/1 items there are few, and the swaps of equal units add up to a binomial number: drawing that is as exact as
    swapping each. Units that move nothing are left out.
    """
    moving = parts[(parts != 0).any(axis=1)]
    leading = np.take_along_axis(moving, (moving != 0).argmax(axis=1)[:, None], axis=1)
    patterns, counts = np.unique(moving * np.sign(leading), axis=0, return_counts=True)
    return patterns, counts.astype(np.int64)


def _known_as(pair: PairedItems, kind: str, name: str) -> Known:
    """Return the key of an item or cluster across instruments: samples 1, 2, 3... of two instruments differ."""
    return kind, pair.name if name.isdecimal() else "", name


def _memberships(pair: PairedItems) -> list[tuple[Known, Known]]:
    items = [_known_as(pair, "item", item) for item in pair.items]
    if pair.clusters is None:
        return list(zip(items, items, strict=True))
    return list(zip(items, (_known_as(pair, "cluster", cluster) for cluster in pair.clusters), strict=True))


def _units(memberships: Sequence[Sequence[tuple[Known, Known]]]) -> dict[Known, int]:
    """Return the number of each item's unit; items joined by a shared name are in one unit."""
    joined: dict[Known, list[Known]] = defaultdict(list)
    for pairs in memberships:
        for item, group in pairs:
            joined[item].append(group)
            joined[group].append(item)
    numbers: dict[Known, int] = {}
    count = 0
    for start in joined:
        if start in numbers:
            continue
        open_ends = [start]
        while open_ends:
            end = open_ends.pop()
            if end not in numbers:
                numbers[end] = count
                open_ends += joined[end]
        count += 1
    return numbers


def _mixed_share(parts: Floats, alone: int, random: np.random.Generator, draws: int) -> float:
    tolerance = TIE * max(float(np.abs(parts).sum(axis=0).max(initial=0.0)), TIE)
    patterns, counts = alike(parts)
    block = max(1, min(draws, BLOCK_CELLS // max(len(patterns), 1)))
    mixed = 0
    for start in range(0, draws, block):
        size = min(block, draws - start)
        swaps = random.binomial(counts, 0.5, size=(size, len(counts))) * 2.0 - counts
        deltas = swaps @ patterns
        coins = random.integers(0, 2, size=(size, alone), dtype=np.int8) * 2 - 1
        rises = (deltas > tolerance).any(axis=1) | (coins > 0).any(axis=1)
        falls = (deltas < -tolerance).any(axis=1) | (coins < 0).any(axis=1)
        mixed += int((rises & falls).sum())
    return mixed / draws
