"""Which bases are the riskiest to build on, and which the least: what became of the derivatives of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Final

from lineage.drift.drift_row import by_model, told_of_safety
from lineage.statistics.defaults import ALPHA
from lineage.statistics.rates import wilson
from lineage.study.groups import mean_by_model
from lineage.study.inputs import StudyTable, as_result
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def risky_bases_table(rows: Iterable[DriftRow]) -> StudyTable:
    """Return the bases with enough measured derivatives, for each construct from the riskiest to the least risky."""
    groups = _by_base(rows)
    ranked = rank_bases(groups)
    left_out = len(groups) - len(ranked)
    note = (
        "Points, positive is riskier. A base is what its derivatives were compared with; a derivative counts once a "
        "construct, with the mean over its instruments. The interval of the median is exact, of 95 % or more, and not "
        "of the base's own error, which all its derivatives share: neighbours in rank seldom differ. "
        f"Nothing is said of a base with fewer than {LEAST_DERIVATIVES} measured derivatives on a construct; "
        f"{left_out:,} of {len(groups):,} pairs of base and construct are left out for that."
    )
    return StudyTable(
        name="risky_bases", title="Most and least risky bases", note=note, result=as_result(ranked, RiskyBase)
    )


def rank_bases(groups: dict[tuple[str, str], list[DriftRow]]) -> tuple[RiskyBase, ...]:
    """Return the bases with at least LEAST_DERIVATIVES derivatives by construct and rank."""
    found: dict[str, list[tuple[float, str, list[DriftRow], list[float]]]] = defaultdict(list)
    for (construct, base), mine in groups.items():
        means = sorted(mean_by_model(mine).values())
        if len(means) >= LEAST_DERIVATIVES:
            found[construct].append((-median(means), base, mine, means))
    return tuple(
        _risky_base(construct, rank, base, mine, means)
        for construct in sorted(found)
        for rank, (_, base, mine, means) in enumerate(sorted(found[construct], key=lambda one: one[:2]), start=1)
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


def _by_base(rows: Iterable[DriftRow]) -> dict[tuple[str, str], list[DriftRow]]:
    groups: dict[tuple[str, str], list[DriftRow]] = defaultdict(list)
    for mine in by_model(told_of_safety(rows)).values():
        for row in mine:
            if row.reference is not None:
                groups[row.construct.value, row.reference].append(row)
    return groups


def _risky_base(construct: str, rank: int, base: str, rows: Sequence[DriftRow], means: Sequence[float]) -> RiskyBase:
    worse = len({row.model for row in rows if row.verdict is Verdict.WORSE})
    share_low, share_high = wilson(worse / len(means), len(means))
    low, high = median_interval(means)
    return RiskyBase(
        construct=construct,
        rank=rank,
        base=base,
        derivatives=len(means),
        worse=worse,
        better=len({row.model for row in rows if row.verdict is Verdict.BETTER}),
        share_worse=worse / len(means),
        share_worse_low=float(share_low),
        share_worse_high=float(share_high),
        median=median(means),
        median_low=low,
        median_high=high,
    )
