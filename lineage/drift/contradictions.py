"""Derivatives that are safer on one instrument and riskier on another, and how many noise alone would produce.

Capability, coherence and withheld verdicts are never included. Three numbers belong together: the plain share, the
share that is significant both ways, and the share expected if nothing had changed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zlib import crc32

import numpy as np

from lineage.drift.drift_row import by_model, told_of_safety
from lineage.drift.null_model import DRAWS, Expected, expect_mixed
from lineage.statistics.rates import wilson
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.drift.null_model import PairedItems

    _Share = tuple[int, float | None, float | None, float | None]

FEW: Final = 5
"""Groups with fewer derivatives are marked, because their shares say little."""
LEAST_INSTRUMENTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What all instruments together show about one derivative.

    `instruments` counts the ones with a result on safety: `riskier`, `safer` and `tied` by the sign of the difference
    alone, `worse` and `better` by the verdict, after correction for multiple tests. `expected` applies to the sign
    alone.
    """

    model: str
    root: str | None
    domains: tuple[str, ...]
    relations: tuple[str, ...]
    references: tuple[str, ...]
    instruments: int
    riskier: int
    safer: int
    tied: int
    worse: int
    better: int
    expected: Expected

    @property
    def is_mixed(self) -> bool:
        """Whether at least one instrument rose and at least one fell, by any amount."""
        return self.riskier > 0 and self.safer > 0

    @property
    def is_mixed_significantly(self) -> bool:
        """Whether it is significantly worse on one instrument and significantly better on another."""
        return self.worse > 0 and self.better > 0

    @property
    def can_be_mixed(self) -> bool:
        """Whether there are at least two instruments, which a contradiction requires."""
        return self.instruments >= LEAST_INSTRUMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedShare:
    """How many derivatives of a group contradict themselves; shares from 0 to 1 with Wilson's 95 % interval.

    `derivatives` counts those with at least two instruments, `left_out` those with one. `expected` is how many plain
    contradictions there would be if nothing had changed, `expected_error` its Monte Carlo standard error,
    `expected_if_judges_agree` the same if judges of one instrument never differ. `by_permutation` counts the
    derivatives whose expectation keeps the correlations between instruments. None means that there is no share.
    """

    group: str
    derivatives: int
    left_out: int
    mixed: int
    share: float | None
    low: float | None
    high: float | None
    expected: float
    expected_error: float
    expected_if_judges_agree: float
    by_permutation: int
    significant: int
    significant_share: float | None
    significant_low: float | None
    significant_high: float | None

    @property
    def is_few(self) -> bool:
        """Whether the group is too small for its share to say much."""
        return self.derivatives < FEW


def find_contradictions(
    rows: Iterable[DriftRow],
    items: Mapping[str, Sequence[PairedItems]] | None = None,
    *,
    direct_only: bool = False,
    seed: int = 0,
    draws: int = DRAWS,
) -> tuple[Contradiction, ...]:
    """Return what the instruments show about each derivative, in order of names.

    `rows` are those against one kind of ancestor; `items` holds each model's answers, if known, for the rate expected
    under no change. `direct_only` keeps the instruments that look at unsafe output itself. A model's random numbers
    depend only on the seed and its name, so its result does not depend on which other models are included.
    """
    return tuple(
        _contradiction(
            model,
            found,
            expect_mixed(found, (items or {}).get(model, ()), seed=(seed, crc32(model.encode())), draws=draws),
        )
        for model, found in by_model(told_of_safety(rows, direct_only=direct_only)).items()
    )


def share_mixed(
    contradictions: Iterable[Contradiction], groups_of: Callable[[Contradiction], Iterable[str]]
) -> tuple[MixedShare, ...]:
    """Return the shares of each group, largest first; a derivative counts in every group it belongs to."""
    found: dict[str, list[Contradiction]] = defaultdict(list)
    for one in contradictions:
        for group in dict.fromkeys(groups_of(one)):
            found[group].append(one)
    names = sorted(found, key=lambda group: (-len(found[group]), group))
    able = [[one for one in found[name] if one.can_be_mixed] for name in names]
    trials = [len(members) for members in able]
    mixed = _shares([sum(one.is_mixed for one in members) for members in able], trials)
    significant = _shares([sum(one.is_mixed_significantly for one in members) for members in able], trials)
    return tuple(
        _share(name, members, len(found[name]), shares)
        for name, members, *shares in zip(names, able, mixed, significant, strict=True)
    )


def wilson_interval(successes: int, trials: int) -> tuple[float | None, float | None]:
    """Return Wilson's 95 % score interval of a share; two None if there are no trials."""
    if not trials:
        return None, None
    low, high = wilson(successes / trials, trials)
    return float(low), float(high)


def _contradiction(model: str, rows: Sequence[DriftRow], expected: Expected) -> Contradiction:
    signs = [row.sign for row in rows]
    verdicts = [row.verdict for row in rows]
    return Contradiction(
        model=model,
        root=next((row.root for row in rows if row.root is not None), None),
        domains=tuple(sorted({domain for row in rows for domain in row.domains})),
        relations=tuple(sorted({row.relation for row in rows if row.relation is not None})),
        references=tuple(sorted({row.reference for row in rows if row.reference is not None})),
        instruments=len(rows),
        riskier=signs.count(1),
        safer=signs.count(-1),
        tied=signs.count(0),
        worse=verdicts.count(Verdict.WORSE),
        better=verdicts.count(Verdict.BETTER),
        expected=expected,
    )


def _shares(successes: Sequence[int], trials: Sequence[int]) -> Iterator[_Share]:
    """Yield the successes, their share and its interval for each group; all but the count None without trials."""
    many = np.array(trials)
    rates = np.divide(successes, many, out=np.zeros(len(many)), where=many > 0)
    for count, trial, rate, low, high in zip(successes, trials, rates.tolist(), *wilson(rates, many), strict=True):
        yield (count, rate, float(low), float(high)) if trial else (count, None, None, None)


def _share(group: str, able: Sequence[Contradiction], derivatives: int, shares: Sequence[_Share]) -> MixedShare:
    (mixed, share, low, high), (significant, significant_share, significant_low, significant_high) = shares
    return MixedShare(
        group=group,
        derivatives=len(able),
        left_out=derivatives - len(able),
        mixed=mixed,
        share=share,
        low=low,
        high=high,
        expected=sum(one.expected.rate for one in able),
        expected_error=math.sqrt(sum(one.expected.error**2 for one in able)),
        expected_if_judges_agree=sum(one.expected.if_judges_agree for one in able),
        by_permutation=sum(one.expected.method == "permutation" for one in able),
        significant=significant,
        significant_share=significant_share,
        significant_low=significant_low,
        significant_high=significant_high,
    )
