"""Which bases are the riskiest to build on, and which the least: what became of the derivatives of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.chance import CONSTRUCTS
from lineage.statistics.defaults import ALPHA
from lineage.statistics.rates import wilson
from lineage.statistics.verdicts import CODES
from lineage.study.inputs import StudyTable, as_result
from lineage.study.told_columns import ToldColumns
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow

LEAST_DERIVATIVES: Final = 6
"""The least number of derivatives of which a median has an interval of 95 % at all: 2 * 0.5^6 = 3 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskyBase:
    """What became of the measured derivatives of a base on one construct, in points; positive is riskier.

    `rank` is 1 for the base with the largest median of its construct. `worse` and `better` count the derivatives with
    such a verdict on an instrument of the construct; the share of the worse has Wilson's interval, the median an exact
    one by order statistics.
    """

    construct: str
    rank: int
    base: str
    derivatives: int
    worse: int
    better: int
    share_worse: float
    share_worse_low: float
    share_worse_high: float
    median: float
    median_low: float
    median_high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bases:
    """Pairs of construct and base: where the means of its derivatives start, their number, how many changed."""

    construct: NDArray[np.int64]
    base: NDArray[np.int64]
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    means: NDArray[np.float64]
    worse: NDArray[np.int64]
    better: NDArray[np.int64]


def risky_bases_table(rows: Iterable[DriftRow] | ToldColumns) -> StudyTable:
    """Return the bases with enough measured derivatives, for each construct from the riskiest to the least risky."""
    told = ToldColumns.of(rows)
    bases = _by_base(told.by_model)
    ranked = rank_bases(bases, told.references)
    left_out = len(bases.base) - len(ranked)
    note = (
        "Points, positive is riskier. A base is what its derivatives were compared with; a derivative counts once a "
        "construct, with the mean over its instruments. The interval of the median is exact, of 95 % or more, and not "
        "of the base's own error, which all its derivatives share: neighbours in rank seldom differ. "
        f"Nothing is said of a base with fewer than {LEAST_DERIVATIVES} measured derivatives on a construct; "
        f"{left_out:,} of {len(bases.base):,} pairs of base and construct are left out for that."
    )
    return StudyTable(
        name="risky_bases", title="Most and least risky bases", note=note, result=as_result(ranked, RiskyBase)
    )


def rank_bases(bases: _Bases, names: Sequence[str]) -> tuple[RiskyBase, ...]:
    """Return the bases with at least LEAST_DERIVATIVES derivatives by construct and rank."""
    found: dict[str, list[tuple[float, str, int, list[float]]]] = defaultdict(list)
    for pair in np.flatnonzero(bases.size >= LEAST_DERIVATIVES).tolist():
        start = int(bases.start[pair])
        means = np.sort(bases.means[start : start + int(bases.size[pair])]).tolist()
        construct = CONSTRUCTS[int(bases.construct[pair])].value
        found[construct].append((-median(means), names[int(bases.base[pair])], pair, means))
    return tuple(
        _risky_base(construct, rank, base, (int(bases.worse[pair]), int(bases.better[pair])), means)
        for construct in sorted(found)
        for rank, (_, base, pair, means) in enumerate(sorted(found[construct], key=lambda one: one[:2]), start=1)
    )


def median_interval(values: Sequence[float], alpha: float = ALPHA) -> tuple[float, float]:
    """Return the limits of the exact interval of a median, of 1 - alpha or more, from sorted values.

    There must be at least LEAST_DERIVATIVES for the default alpha. Source: Hollander and Wolfe (1999), Nonparametric
    Statistical Methods, 3.6.
    """
    outside = _outside(len(values), alpha)
    return values[outside], values[len(values) - 1 - outside]


@cache
def _outside(count: int, alpha: float) -> int:
    """Return how many of so many sorted values lie beyond each limit; many bases have equally many derivatives."""
    from scipy.stats import binom

    outside = int(binom.ppf(alpha / 2, count, 0.5))
    return outside - 1 if binom.cdf(outside, count, 0.5) > alpha / 2 else outside


def _by_base(told: ToldColumns) -> _Bases:
    known = told.at(told.reference >= 0)
    width, models = len(known.references), len(known.models)
    pair = known.construct.astype(np.int64) * width + known.reference
    pairs, place = np.unique(pair, return_inverse=True)
    keys, derivative = np.unique(place * models + known.model, return_inverse=True)
    owner = keys // max(models, 1)

    def changed(verdict: Verdict) -> NDArray[np.int64]:
        """Return how many derivatives of each pair have the verdict on an instrument."""
        mine = np.unique(derivative[known.verdict == CODES[verdict]])
        return np.bincount(owner[mine], minlength=len(pairs))

    return _Bases(
        construct=pairs // max(width, 1),
        base=pairs % max(width, 1),
        start=np.searchsorted(owner, np.arange(len(pairs))),
        size=np.bincount(owner, minlength=len(pairs)),
        means=np.bincount(derivative, known.delta) / np.bincount(derivative),
        worse=changed(Verdict.WORSE),
        better=changed(Verdict.BETTER),
    )


def _risky_base(construct: str, rank: int, base: str, changed: tuple[int, int], means: Sequence[float]) -> RiskyBase:
    worse, better = changed
    share_low, share_high = wilson(worse / len(means), len(means))
    low, high = median_interval(means)
    return RiskyBase(
        construct=construct,
        rank=rank,
        base=base,
        derivatives=len(means),
        worse=worse,
        better=better,
        share_worse=worse / len(means),
        share_worse_low=float(share_low),
        share_worse_high=float(share_high),
        median=median(means),
        median_low=low,
        median_high=high,
    )
