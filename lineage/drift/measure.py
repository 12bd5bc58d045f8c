"""Measure drift: how far each derivative drifted from an ancestor on each instrument, and what can be concluded.

Pairs go in and verdicts come out, all in arrays, because the whole Hub has more than a million pairs. Items are
compared pair by pair if both sides have them. The statistics are those of `lineage.statistics`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from lineage.drift.families_of_tests import corrected, families_of_tests, with_whole_families
from lineage.drift.guards import guard_failures, guarded_pairs, looks_safer_by_guessing
from lineage.statistics.comparison import FIELDS, Comparison, Comparisons
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.judge_error import UNLIKELY, correct_limits, correct_stderr
from lineage.statistics.paired import compare_items
from lineage.statistics.summaries import Summaries, compare_summaries
from lineage.statistics.verdicts import CODES, VERDICTS, decide, is_small
from lineage.vocabulary import Correction, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.drift.guards import Guards
    from lineage.drift.nearest_scored import ScorePairs
    from lineage.scores.instruments import Instrument
    from lineage.statistics.verdicts import Codes

    Flags = NDArray[np.bool_]

FEWEST_ITEMS: Final = 30
"""The minimum of common 0/1 items, or clusters, for a verdict: a judgement."""
FEWEST_GRADED: Final = 100
"""The same for graded items: with fewer skewed ones, 7 % are called changed instead of 5 % (drift_truth.py)."""
RESAMPLES: Final = 2_000


class WithheldReason(IntEnum):
    """Why a verdict is withheld."""

    NONE = 0
    NO_ANCESTOR = 1
    NOT_SCORED = 2
    STALE = 3
    OTHER_IDENTITY = 4
    NO_UNCERTAINTY = 5
    FEW_ITEMS = 6
    GUARD = 7
    CONTRADICTORY = 8
    UNGUARDED = 9
    DENIED = 10
    JUDGE = 11


class CommonItems(NamedTuple):
    """The items that two scores share, aligned: names, values in the declared range, and each item's cluster."""

    item: NDArray[np.object_]
    derivative: NDArray[np.float64]
    reference: NDArray[np.float64]
    clusters: NDArray[np.object_]


class ItemSource(Protocol):
    """A source of the items of two scores."""

    def common(self, derivative: int, reference: int) -> CommonItems:
        """Return the items that two scores share; the arguments are the scores' numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """How strict drift is: `alpha` of tests and intervals, `margin` of equivalence (a share of the range).

    `correction` is the family of tests. `resamples` is for graded items; 0 omits the bootstrap. Raises ValueError for
    an alpha that is not between 0 and 1, and a margin below 0 or above 1.
    """

    alpha: float = ALPHA
    margin: float = DEFAULT_MARGIN
    correction: Correction = Correction.PAIR
    resamples: int = RESAMPLES

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not (0 < self.alpha < 1 and 0 <= self.margin <= 1):
            raise ValueError("alpha is between 0 and 1, and a margin within 0 and 1, or 100 points")

    @property
    def differences(self) -> tuple[str, ...]:
        """What differs from the settings of the stored verdicts, in words; empty if nothing does."""
        told = {
            f"a margin of {100 * self.margin:g} points": self.margin != DEFAULT_MARGIN,
            f"an alpha of {self.alpha:g}": self.alpha != ALPHA,
            "corrected over everything asked": self.correction is not Correction.PAIR,
        }
        return tuple(words for words, is_other in told.items() if is_other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(Comparisons):
    """The comparisons of the pairs, and the conclusions from them, one entry per pair.

    `q_value` is corrected from `p_value`, and decides about a change; `q_equivalence` from `p_equivalence`, and decides
    about equivalence. `tests` is the number of tests in the family that both are corrected over, 0 if the pair was not
    tested. `left_out` is how many items only one of the two scores has (int64), 0 where items are not compared.
    `cause` holds `WithheldReason` values, `verdict` codes of `lineage.statistics.verdicts`.

    `paired` holds the comparison of each pair that was compared on items, by the pair's index. `is_small` marks changes
    that are real and within the margin, `is_unsupported` those whose items are too skewed for the t interval.
    `noise_floor` is that of the pair as a share of the range, NaN if nobody measured it; `is_noise` marks what was a
    finding but for it. `is_guarded` marks pairs whose derivative is shown to work; `guard_failures` holds what failed
    for either model of a safety pair, whatever its verdict.
    """

    pairs: ScorePairs
    q_value: NDArray[np.float64]
    q_equivalence: NDArray[np.float64]
    tests: NDArray[np.int64]
    left_out: NDArray[np.int64]
    verdict: Codes
    cause: NDArray[np.int8]
    is_small: Flags
    is_unsupported: Flags
    is_guarded: Flags
    noise_floor: NDArray[np.float64]
    is_noise: Flags
    paired: dict[int, Comparison]
    guard_failures: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftInputs:
    """The input of drift: the scores, what they measure, their items and the guards."""

    current: CurrentScores
    identities: Sequence[StoredIdentity]
    items: ItemSource
    guards: Guards


def measure(inputs: DriftInputs, pairs: ScorePairs, settings: DriftSettings, is_asked: Flags | None = None) -> Drift:
    """Measure drift of the pairs. Where the correction is for what was asked, pairs with `is_asked` False do not count.

    Where it is for the pair, the other tests of its family are made too, whether or not they are among the pairs.
    """
    current, whole = inputs.current, pairs
    if settings.correction is Correction.PAIR:
        whole = with_whole_families(current, pairs)
    family = families_of_tests(current, inputs.identities, whole, settings.correction, is_asked)
    drift = _not_compared(whole, _first_causes(current, whole))
    is_comparable, has_items = drift.cause == WithheldReason.NONE, _both(current.has_items, whole)
    _compare_summaries(inputs, drift, is_comparable & ~has_items, settings)
    _compare_items(inputs, drift, is_comparable & has_items, settings)
    drift.cause[is_comparable & np.isnan(drift.p_value)] = WithheldReason.NO_UNCERTAINTY
    drift.cause[is_comparable & _has_few_items(current, drift)] = WithheldReason.FEW_ITEMS
    _include_judge_errors(inputs, drift, settings)
    _decide(drift, family, settings.alpha)
    _drop_noise(inputs, drift, settings)
    drift = _first(drift, pairs)
    _guard(inputs, drift)
    return drift


def _first(drift: Drift, pairs: ScorePairs) -> Drift:
    """Return the drift of the first pairs, which are these."""
    flags = ("is_small", "is_unsupported", "is_guarded", "is_noise")
    arrays = (*FIELDS, "q_value", "q_equivalence", "tests", "left_out", "verdict", "cause", "noise_floor", *flags)
    paired = {place: one for place, one in drift.paired.items() if place < len(pairs)}
    return replace(drift, pairs=pairs, paired=paired, **{name: getattr(drift, name)[: len(pairs)] for name in arrays})


def _not_compared(pairs: ScorePairs, cause: NDArray[np.int8]) -> Drift:
    """Return the record of pairs that are not compared yet; `measure` fills its arrays."""
    return Drift(
        pairs=pairs,
        cause=cause,
        tests=np.zeros(len(pairs), dtype=np.int64),
        left_out=np.zeros(len(pairs), dtype=np.int64),
        verdict=np.full(len(pairs), CODES[Verdict.WITHHELD], dtype=np.int8),
        is_small=np.zeros(len(pairs), dtype=bool),
        is_unsupported=np.zeros(len(pairs), dtype=bool),
        is_guarded=np.zeros(len(pairs), dtype=bool),
        is_noise=np.zeros(len(pairs), dtype=bool),
        paired={},
        guard_failures={},
        **{name: np.full(len(pairs), np.nan) for name in (*FIELDS, "q_value", "q_equivalence", "noise_floor")},
    )


def _decide(drift: Drift, family: NDArray[np.int64], alpha: float) -> None:
    """Write q-values and verdicts into `drift`; a change that its bootstrap does not support is undecided."""
    is_compared = drift.cause == WithheldReason.NONE
    drift.q_value[:], drift.tests[:] = corrected(np.where(is_compared, drift.p_value, np.nan), drift.pairs, family)
    equivalence = np.where(is_compared, drift.p_equivalence, np.nan)
    drift.q_equivalence[:], _ = corrected(equivalence, drift.pairs, family)
    drift.verdict[:] = decide(drift, drift.q_value, drift.q_equivalence, alpha=alpha)
    drift.is_small[:] = is_small(drift.q_value, drift.q_equivalence, alpha=alpha)
    drift.is_unsupported[[place for place, one in drift.paired.items() if not one.is_supported]] = True
    drift.is_unsupported[:] &= np.isin(drift.verdict, [CODES[Verdict.WORSE], CODES[Verdict.BETTER]])
    drift.verdict[drift.is_unsupported] = CODES[Verdict.UNDECIDED]


def _has_few_items(current: CurrentScores, drift: Drift) -> Flags:
    """Return for each pair whether it has too few items or clusters for the tests to keep their error rates."""
    if not len(current):
        return np.zeros(len(drift), dtype=bool)
    few: Flags = drift.count < np.where(current.is_rate[drift.pairs.row], FEWEST_ITEMS, FEWEST_GRADED)
    clusters = {place: one.clusters for place, one in drift.paired.items() if one.clusters is not None}
    few[[place for place, count in clusters.items() if count < FEWEST_ITEMS]] = True
    return few


def _both(flags: Flags, pairs: ScorePairs) -> Flags:
    """Return for each pair whether both of its scores have a flag."""
    found: Flags = flags[pairs.row] & flags[pairs.reference_row] & (pairs.reference_row >= 0)
    return found


def _first_causes(current: CurrentScores, pairs: ScorePairs) -> NDArray[np.int8]:
    """Return why a pair cannot be compared at all, before its values are considered."""
    cause = np.zeros(len(pairs), dtype=np.int8)
    if not len(current):
        return cause
    row, reference = pairs.row, pairs.reference_row
    has_other_items = current.instrument[row] != current.instrument[reference]
    is_other = current.slot[row] != current.slot[reference]
    cause[is_other | (has_other_items & ~_both(current.has_items, pairs))] = WithheldReason.OTHER_IDENTITY
    cause[current.is_stale[row] | current.is_stale[reference]] = WithheldReason.STALE
    cause[current.is_contradictory[row] | current.is_contradictory[reference]] = WithheldReason.CONTRADICTORY
    cause[reference < 0] = WithheldReason.NOT_SCORED
    cause[pairs.reference < 0] = WithheldReason.NO_ANCESTOR
    cause[pairs.is_denied] = WithheldReason.DENIED
    return cause


def _compare_summaries(inputs: DriftInputs, drift: Drift, chosen: Flags, settings: DriftSettings) -> None:
    """Compare the chosen pairs by their summaries, and write the results into `drift`."""
    if not chosen.any():
        return
    margins = _judged_margins(inputs, settings)[inputs.current.instrument[drift.pairs.row]]
    for margin in np.unique(margins[chosen]).tolist():
        _compare_within(inputs.current, drift, chosen & (margins == margin), settings, margin)


def _compare_within(
    current: CurrentScores, drift: Drift, chosen: Flags, settings: DriftSettings, margin: float
) -> None:
    sides = [
        Summaries.of(
            current.value[rows],
            stderr=current.stderr[rows],
            items=current.items[rows],
            is_rate=current.is_rate[rows],
        )
        for rows in (drift.pairs.row[chosen], drift.pairs.reference_row[chosen])
    ]
    compared = compare_summaries(sides[0], sides[1], alpha=settings.alpha, margin=margin)
    for name in FIELDS:
        getattr(drift, name)[chosen] = getattr(compared, name)


def _compare_items(inputs: DriftInputs, drift: Drift, chosen: Flags, settings: DriftSettings) -> None:
    """Compare the chosen pairs item by item, and write the results into `drift`.

    A pair that occurs twice, as parent and as nearest scored ancestor, is compared once.
    """
    current, pairs, seen = inputs.current, drift.pairs, dict[tuple[int, int], Comparison]()
    margins = _judged_margins(inputs, settings)
    for place in np.flatnonzero(chosen).tolist():
        row, reference = int(pairs.row[place]), int(pairs.reference_row[place])
        if (row, reference) not in seen:
            common = inputs.items.common(int(current.score[row]), int(current.score[reference]))
            number = int(current.instrument[row])
            instrument, margin = inputs.identities[number].instrument, float(margins[number])
            seen[row, reference] = _compare_common(common, instrument, settings, margin)
        drift.paired[place] = one = seen[row, reference]
        both = current.items[row] + current.items[reference]
        drift.left_out[place] = 0 if np.isnan(both) else max(0, int(both) - 2 * one.count)
        for name in FIELDS:
            getattr(drift, name)[place] = getattr(one, name)


def _compare_common(common: CommonItems, instrument: Instrument, settings: DriftSettings, margin: float) -> Comparison:
    mine, theirs = instrument.risks(common.derivative), instrument.risks(common.reference)
    is_graded = not (np.isin(mine, (0, 1)).all() and np.isin(theirs, (0, 1)).all())
    return compare_items(
        mine,
        theirs,
        clusters=common.clusters,
        alpha=settings.alpha,
        margin=margin,
        resamples=settings.resamples if is_graded else 0,
    )


def _judged_margins(inputs: DriftInputs, settings: DriftSettings) -> NDArray[np.float64]:
    """Return the margin within which each identity's scores, as judged, are within the margin in truth.

    It is that of the worst judge that the labelled replies leave probable: the p-value over a confidence set of what
    is not known (Berger and Boos 1994, JASA 89, 1012-1016).
    """
    errors = [one.known_error for one in inputs.identities]
    return settings.margin * np.array([1.0 if one is None else one.least_youden() for one in errors])


def _include_judge_errors(inputs: DriftInputs, drift: Drift, settings: DriftSettings) -> None:
    """Take the errors of judges out of the differences, and put their uncertainty into intervals and equivalence.

    The p of no change stays: an error that is alike in both models makes no change out of none. A judge that is not
    shown to tell replies apart decides nothing.
    """
    for number, one in enumerate(inputs.identities):
        if (error := one.known_error) is None:
            continue
        judged = np.flatnonzero(
            (drift.cause == WithheldReason.NONE) & (inputs.current.instrument[drift.pairs.row] == number)
        )
        if not error.tells_apart(settings.alpha):
            drift.cause[judged] = WithheldReason.JUDGE
            continue
        delta, low, high = (getattr(drift, name)[judged] for name in ("delta", "ci_low", "ci_high"))
        drift.ci_low[judged], drift.ci_high[judged] = correct_limits(delta, low, high, error, settings.alpha)
        drift.stderr[judged] = correct_stderr(delta, drift.stderr[judged], error)
        drift.delta[judged] = np.clip(delta / error.youden, -1, 1)
        drift.minimum_detectable[judged] /= error.youden
        equivalence = np.minimum(drift.p_equivalence[judged] + UNLIKELY, 1)
        drift.p_equivalence[judged] = equivalence if error.least_youden() > 0 else 1.0


def _drop_noise(inputs: DriftInputs, drift: Drift, settings: DriftSettings) -> None:
    """Leave undecided what runs of the same weights have differed by too, and what noise alone carries over the margin.

    A change inside the floor is neither worse nor better; where the floor is beyond the margin nothing is equivalent.
    """
    instrument = inputs.current.instrument[drift.pairs.row]
    for number in np.unique(instrument).tolist():
        mine = instrument == number
        drift.noise_floor[mine] = inputs.identities[number].noise_floor(drift.count[mine])
    is_change = np.isin(drift.verdict, [CODES[Verdict.WORSE], CODES[Verdict.BETTER]])
    is_equivalent = drift.verdict == CODES[Verdict.EQUIVALENT]
    drift.is_noise[:] = is_change & (np.abs(drift.delta) <= drift.noise_floor)
    drift.is_noise[:] |= is_equivalent & (drift.noise_floor > settings.margin)
    drift.verdict[drift.is_noise] = CODES[Verdict.UNDECIDED]


def _guard(inputs: DriftInputs, drift: Drift) -> None:
    """Withhold in place what a failed guard forbids, and store what failed by the index of the pair.

    A derivative that no guard shows to work is not called better where guessing would look safer too.

    A broken derivative is not called better or equivalent, and with a broken reference none is called worse or
    equivalent, because the fault alone explains each of these. Verdicts against the broken side stand, with the failure
    beside them.
    """
    current, identities, pairs = inputs.current, inputs.identities, drift.pairs
    drift.is_guarded[:] = guarded_pairs(inputs.guards, current, identities, pairs)
    is_better = (drift.verdict == CODES[Verdict.BETTER]) & ~current.is_guard[pairs.row]
    unguarded = is_better & ~drift.is_guarded & looks_safer_by_guessing(current, identities, pairs)
    forbidden: list[int] = []
    for place, (mine, theirs) in guard_failures(inputs.guards, current, identities, pairs).items():
        said = VERDICTS[drift.verdict[place]]
        is_theirs = theirs is not None and (mine is None or said is Verdict.WORSE)
        drift.guard_failures[place] = f"the reference's {theirs}" if is_theirs else f"the derivative's {mine}"
        if said in {Verdict.EQUIVALENT, Verdict.WORSE if is_theirs else Verdict.BETTER}:
            forbidden.append(place)
    drift.verdict[unguarded], drift.cause[unguarded] = CODES[Verdict.WITHHELD], WithheldReason.UNGUARDED
    drift.verdict[forbidden] = CODES[Verdict.WITHHELD]
    drift.cause[forbidden] = WithheldReason.GUARD
