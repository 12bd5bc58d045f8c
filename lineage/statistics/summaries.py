"""Compare many pairs of scores of which only summaries are known, as unpaired samples.

Two scores on the same items are compared as if on separate samples. If they agree item by item more than chance would,
as a derivative and its base do, that is on the safe side: the true error is smaller than the one used here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from lineage.statistics.comparison import FIELDS, Comparisons, from_stderr
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.power import minimum_detectable
from lineage.statistics.rates import change_score, distance_score, newcombe, rate_variance

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lineage.statistics.comparison import Flags, Floats

METHOD: Final = "unpaired z"
CONTINUITY: Final = 0.25
"""The share of Yates' correction for continuity in the test of two shares."""
BLOCK: Final = 16_384
"""The number of pairs processed at a time, so that intermediate arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summaries:
    """Summary scores, one entry per pair: `value`, its `stderr` and the number of `items` (float64, NaN if unknown).

    `items` of 0 also means unknown. `is_rate` (bool) says that the value is a share of 0/1 items.
    """

    value: Floats
    stderr: Floats
    items: Floats
    is_rate: Flags

    @classmethod
    def of(cls, value: ArrayLike, *, stderr: ArrayLike = np.nan, items: ArrayLike = np.nan, is_rate: ArrayLike) -> Self:
        """Return summaries from anything that broadcasts to the shape (pairs,)."""
        value, stderr, items, is_rate = np.broadcast_arrays(np.atleast_1d(value), stderr, items, is_rate)
        return cls(
            value=value.astype(np.float64),
            stderr=stderr.astype(np.float64),
            items=items.astype(np.float64),
            is_rate=is_rate.astype(np.bool_),
        )

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: slice | Flags) -> Summaries:
        """Return some of the pairs."""
        return Summaries(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def compare_summaries(
    derivative: Summaries, reference: Summaries, *, alpha: float = ALPHA, margin: float = DEFAULT_MARGIN
) -> Comparisons:
    """Compare pairs of summary scores.

    Two rates (0 to 1) with known items: the "N - 1" score test with a quarter of Yates' correction, Newcombe's
    interval, and equivalence by the score tests of Farrington and Manning at both margins (sources in
    `lineage.statistics.rates`). Everything else: z from the two standard errors; a rate without one gets it from its
    items. If neither is known, everything except `delta` and `count` is NaN. `minimum_detectable` assumes the standard
    error of this comparison.
    """
    if len(derivative) != len(reference):
        raise ValueError(f"{len(derivative)} derivatives for {len(reference)} references")
    out = Comparisons(**{name: np.empty(len(derivative)) for name in FIELDS})
    for start in range(0, len(derivative), BLOCK):
        rows = slice(start, start + BLOCK)
        done = _compare_block(derivative.take(rows), reference.take(rows), alpha, margin)
        for name in FIELDS:
            getattr(out, name)[rows] = getattr(done, name)
    return out


def _compare_block(derivative: Summaries, reference: Summaries, alpha: float, margin: float) -> Comparisons:
    is_counted = _is_counted(derivative) & _is_counted(reference)
    if is_counted.all():
        return _compare_rates(derivative, reference, alpha, margin)
    found = from_stderr(
        derivative.value - reference.value,
        np.sqrt(_variance(derivative, alpha) + _variance(reference, alpha)),
        count=_smaller(derivative.items, reference.items),
        alpha=alpha,
        margin=margin,
    )
    if is_counted.any():
        rates = _compare_rates(derivative.take(is_counted), reference.take(is_counted), alpha, margin)
        for name in FIELDS:
            getattr(found, name)[is_counted] = getattr(rates, name)
    return found


def _compare_rates(derivative: Summaries, reference: Summaries, alpha: float, margin: float) -> Comparisons:
    from scipy.special import ndtr

    sides = (derivative.value, derivative.items, reference.value, reference.items)
    low, high = newcombe(*sides, alpha)
    stderr = np.sqrt(_variance(derivative, alpha) + _variance(reference, alpha))
    above, below = distance_score(*sides, -margin), distance_score(*sides, margin)
    return Comparisons(
        delta=derivative.value - reference.value,
        stderr=stderr,
        ci_low=low,
        ci_high=high,
        p_value=2 * ndtr(-np.abs(change_score(*sides)) * _continued(*sides)),
        p_equivalence=ndtr(np.maximum(-above, below)),
        minimum_detectable=minimum_detectable(stderr, alpha=alpha),
        count=_smaller(derivative.items, reference.items),
    )


def _continued(rate: Floats, count: Floats, other_rate: Floats, other_count: Floats) -> Floats:
    """Return the share of the difference that is left after a quarter of Yates' correction for continuity.

    Without it, 5.7 % of the tests of shares of one half among 50 items find a change that is none; with the whole of
    it, 3.5 % (all outcomes added up: `benchmarks/drift_truth.py`).
    """
    size = np.abs(rate - other_rate)
    step = CONTINUITY * (1 / count + 1 / other_count) / 2
    return np.divide(np.maximum(size - step, 0), size, out=np.zeros_like(size), where=size > 0)


def _is_counted(side: Summaries) -> Flags:
    found: Flags = side.is_rate & (side.items > 0) & (side.value >= 0) & (side.value <= 1)
    return found


def _variance(side: Summaries, alpha: float) -> Floats:
    """Return the squared standard error: a rate's from its items, any other as given, NaN if neither is known."""
    is_counted = _is_counted(side)
    from_items = rate_variance(side.value, np.where(is_counted, side.items, np.nan), alpha)
    given = np.where(side.stderr > 0, side.stderr, np.nan)
    found: Floats = np.where(is_counted, from_items, given * given)
    return found


def _smaller(items: Floats, other: Floats) -> Floats:
    smaller = np.fmin(items, other)
    found: Floats = np.where(smaller > 0, smaller, np.nan)
    return found
