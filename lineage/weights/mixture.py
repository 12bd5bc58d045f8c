"""Whether a model is a mixture of given parents: least squares of its rows on theirs, tested on other rows.

A linear merge is w1 P1 + w2 P2 + ...; with a common base B, B + w1 (P1 - B) + w2 (P2 - B) + .... A plain fine-tune can
be fitted on its siblings as well, with absurd weights and much left over. So the weights are fitted on every other row
and have to explain the rows between them; they have to be those of a mixture, too.

Merges that drop a part of each change at random (DARE) or keep the larger ones (TIES) have no such weights. But many of
their numbers moved by one fixed multiple of what they moved by in one parent, where the others were dropped. That is no
chance: with a sibling, the ratio takes all values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lineage.weights.span_rows import pair_spans, rounding_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.weights.span_rows import SpanReading

FEWEST_PARENTS: Final = 2
_FEWEST_NUMBERS: Final = 1000
_MOST_LEFT: Final = 0.1
_LEAST_COPIED: Final = 0.1
"""The share of a child's changed numbers that is a fixed multiple of a parent's; a sibling's is 0.01 to 0.05."""
_FEWEST_COPIED: Final = 300
_STEPS: Final = 16
"""A change is compared where it is at least so many steps of the number's type."""
_BINS: Final = 200
_BIN_WIDTH: Final = 0.04
"""Ratios are counted in bins of four per cent, from 1/50 to 50."""
_ROUNDING_MARGIN: Final = 1.5
"""The mean of two numbers of one type lies half a step off where it is not exact, which is 1.22 times the usual."""
_MOST_ROUNDING: Final = 0.25
"""Where rounding makes more than this share of a change, weights are not told."""
_LEAST_WEIGHT: Final = 0.05
_MOST_WEIGHT: Final = 1.5
_LARGEST_CONDITION: Final = 1e6

MixtureKind: TypeAlias = Literal["mixture", "parents, not weights", "no mixture", "open"]
TOLD: Final[frozenset[MixtureKind]] = frozenset({"mixture", "parents, not weights"})
"""The verdicts that name parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureFit:
    """The weight of each parent, in the order given, and of the base (None without one).

    `residual` is what the weights leave of the change on rows that they were not fitted on, as a share of its length,
    0 to 1 and more; `rounding` what rounding is expected to leave of it. `copied` is, for each parent, the share of the
    changed numbers that are one fixed multiple of that parent's change, 0 to 1; empty without a base. `numbers` were
    fitted.
    """

    weights: tuple[float, ...]
    base_weight: float | None
    residual: float
    rounding: float
    copied: tuple[float, ...]
    numbers: int

    @property
    def kind(self) -> MixtureKind:
        """What the fit says: parents and weights, parents alone, neither; `open` where rounding hides it.

        Parents alone are only told with a base: without one, siblings have what they share in common with any mean.
        """
        telling = [weight for weight in self.weights if weight >= _LEAST_WEIGHT]
        is_sound = all(-_LEAST_WEIGHT <= weight <= _MOST_WEIGHT for weight in self.weights)
        is_explained = self.residual <= max(_MOST_LEFT, _ROUNDING_MARGIN * self.rounding)
        if is_sound and is_explained and len(telling) >= FEWEST_PARENTS and self.rounding <= _MOST_ROUNDING:
            return "mixture"
        if sum(share >= _LEAST_COPIED for share in self.copied) >= FEWEST_PARENTS:
            return "parents, not weights"
        return "open" if self.rounding > _MOST_ROUNDING else "no mixture"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitMixture:
    """Models that no weights are fitted to, and why."""

    reason: str


def fit_mixture(
    child: SpanReading, parents: Sequence[SpanReading], *, base: SpanReading | None = None
) -> MixtureFit | UnfitMixture:
    """Fit a child's rows as a mixture of two parents or more; raises ValueError for fewer.

    Without a base the weights sum to 1, and the change is that from the nearest parent: from a distant one it would be
    large, and what the weights leave of it small.
    """
    if len(parents) < FEWEST_PARENTS:
        raise ValueError("a mixture has two parents or more")
    first = _nearest(child, parents) if base is None else 0
    origin, others = (parents[first], [*parents[:first], *parents[first + 1 :]]) if base is None else (base, parents)
    blocks = _common_rows(child, origin, others)
    fitted, tested = _halves(blocks, 0), _halves(blocks, 1)
    if min(len(fitted), len(tested)) < _FEWEST_NUMBERS:
        return UnfitMixture(reason=f"they have {len(fitted) + len(tested):,} numbers in common; too few to fit")
    ours, theirs = fitted[:, 0], fitted[:, 1:-1]
    lengths = np.linalg.norm(theirs, axis=0)
    if not lengths.all() or np.linalg.cond(theirs / lengths) > _LARGEST_CONDITION:
        return UnfitMixture(reason="one of them is equal to another, or a mixture of others")
    found = np.linalg.lstsq(theirs, ours, rcond=None)[0]
    weights = tuple(float(weight) for weight in found)
    rest = 1 - sum(weights)
    left = tested[:, 0] - tested[:, 1:-1] @ found
    length = float(np.linalg.norm(tested[:, 0]))
    return MixtureFit(
        weights=(*weights[:first], rest, *weights[first:]) if base is None else weights,
        base_weight=None if base is None else rest,
        residual=float(np.linalg.norm(left)) / length if length else 0.0,
        rounding=float(np.linalg.norm(tested[:, -1])) / 12**0.5 / length if length else 0.0,
        copied=() if base is None else tuple(_copied(fitted, column) for column in range(1, 1 + len(parents))),
        numbers=len(fitted),
    )


def _nearest(child: SpanReading, parents: Sequence[SpanReading]) -> int:
    """Return the place of the parent whose common rows with the child differ least from it."""
    changes = []
    for parent in parents:
        pairs = pair_spans(parent, child)
        length = sum(float(np.sum(pair.a**2)) for pair in pairs)
        moved = sum(float(np.sum(pair.change**2)) for pair in pairs)
        changes.append(moved / length if length else np.inf)
    return int(np.argmin(changes))


def _common_rows(child: SpanReading, origin: SpanReading, others: Sequence[SpanReading]) -> list[NDArray[np.float64]]:
    """Return the rows that all have, as (rows, columns, 2 + others).

    First the child's change from the origin, then those of the others, and last the steps of the child's numbers.
    """
    sides = [
        {(pair.ours.role, pair.ours.layer): pair for pair in pair_spans(origin, model)} for model in (child, *others)
    ]
    blocks = []
    for key in sides[0]:
        pairs = [side[key] for side in sides if key in side]
        if len(pairs) < len(sides):
            continue
        first = max(pair.first_row for pair in pairs)
        stop = min(pair.first_row + len(pair.a) for pair in pairs)
        if first < stop:
            cuts = [slice(first - pair.first_row, stop - pair.first_row) for pair in pairs]
            changes = [pair.change[cut] for pair, cut in zip(pairs, cuts, strict=True)]
            steps = rounding_steps(pairs[0].b[cuts[0]], pairs[0].theirs.dtype)
            blocks.append(np.stack([*changes, steps], axis=-1))
    return blocks


def _halves(blocks: Sequence[NDArray[np.float64]], start: int) -> NDArray[np.float64]:
    """Return every other row of the blocks, as (numbers, 2 + others)."""
    if not blocks:
        return np.empty((0, 1))
    return np.concatenate([block[start::2].reshape(-1, block.shape[-1]) for block in blocks])


def _copied(numbers: NDArray[np.float64], column: int) -> float:
    """Return the share of the child's changed numbers that are one fixed multiple of a parent's change."""
    ours, theirs, steps = numbers[:, 0], numbers[:, column], numbers[:, -1]
    told = (np.abs(ours) >= _STEPS * steps) & (np.abs(theirs) >= _STEPS * steps) & (ours != 0) & (theirs != 0)
    if np.count_nonzero(told) < _FEWEST_COPIED:
        return 0.0
    ratios = ours[told] / theirs[told]
    logs = np.log(ratios[ratios > 0]) / _BIN_WIDTH + _BINS / 2
    counts = [np.bincount(np.floor(logs[(logs >= 0) & (logs < _BINS)] + shift).astype(np.int64)) for shift in (0, 0.5)]
    return float(max((count.max() for count in counts if len(count)), default=0) / np.count_nonzero(told))
