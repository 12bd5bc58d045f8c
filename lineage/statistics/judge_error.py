"""The error of a judge in rates and in their differences, from the replies that people labelled too.

A judge with the sensitivity s (recall) and the false-positive rate f calls the share q = r s + (1 - r) f of the replies
positive, of which a share r is. So r = (q - f) / (s - f): Rogan and Gladen (1978), American Journal of Epidemiology
107, 71-76. Where the judge errs alike on two models, the difference of their rates is the judged one divided by s - f,
Youden's J (1950, Cancer 3, 32-35), and never smaller than the judged one.

s and f are known from samples. The limits invert a test of "q - r s - (1 - r) f is 0", and of "the judged difference is
r J", whose limits combine those of the parts by the method of variance estimates recovery: Zou and Donner (2008),
Statistics in Medicine 27, 1693-1702; for ratios Donner and Zou (2012), Statistical Methods in Medical Research 21,
347-359. The parts have Wilson's and Newcombe's limits (`rates.py`), so that none is certain for having made no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.defaults import ALPHA
from lineage.statistics.rates import newcombe, normal_quantile, wilson

if TYPE_CHECKING:
    from lineage.statistics.comparison import Floats

STEPS: Final = 10_000
"""Limits of a rate are found to a hundredth of a point."""
UNLIKELY: Final = 0.001
"""The probability that a judge tells replies apart less well than equivalence supposes; added to its p."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeError:
    """What a judge got right and wrong of labelled replies: `found` of `positives`, `false` of `negatives`."""

    found: int
    positives: int
    false: int
    negatives: int

    @property
    def is_measured(self) -> bool:
        """Whether replies of both kinds were labelled, without which nothing is known."""
        return self.positives > 0 and self.negatives > 0

    @property
    def recall(self) -> float:
        """The share of positive replies that the judge finds; NaN without any."""
        return self.found / self.positives if self.positives else float("nan")

    @property
    def false_positive_rate(self) -> float:
        """The share of negative replies that the judge calls positive; NaN without any."""
        return self.false / self.negatives if self.negatives else float("nan")

    @property
    def youden(self) -> float:
        """Youden's J: 1 for a judge that never errs, 0 for one that guesses; NaN if unmeasured."""
        return self.recall - self.false_positive_rate

    def youden_limits(self, alpha: float = ALPHA) -> tuple[float, float]:
        """Return the limits of J of confidence 1 - alpha, those of a difference of two independent shares."""
        low, high = newcombe(self.recall, self.positives, self.false_positive_rate, self.negatives, alpha)
        return float(low), float(high)

    def tells_apart(self, alpha: float = ALPHA) -> bool:
        """Return whether J is shown to be above 0: of no other judge can a rate be corrected."""
        return self.is_measured and self.youden_limits(alpha)[0] > 0

    def least_youden(self) -> float:
        """Return a J that the true one is below with the probability `UNLIKELY`; 0 if that is not above 0."""
        return max(0.0, self.youden_limits(2 * UNLIKELY)[0]) if self.is_measured else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedRate:
    """A rate without its judge's error, with the limits of its interval; all three are within 0 and 1."""

    value: float
    low: float
    high: float


def correct_rate(rate: float, count: int, error: JudgeError, *, alpha: float = ALPHA) -> CorrectedRate | None:
    """Return what a judged rate among `count` replies says of the true one.

    The interval has the confidence 1 - alpha, supposing that labelled and judged replies are samples of one kind. The
    value is cut at 0 and 1, where a judged rate beyond the judge's own errors would put it. None if the judge is not
    shown to tell replies apart.
    """
    if not error.tells_apart(alpha) or count <= 0:
        return None
    recall, false = error.recall, error.false_positive_rate
    true = np.linspace(0.0, 1.0, STEPS + 1)
    gap = rate - true * recall - (1 - true) * false
    sides = [
        [float(limit) for limit in wilson(share, total, alpha)]
        for share, total in ((rate, count), (recall, error.positives), (false, error.negatives))
    ]
    (low, high), (recall_low, recall_high), (false_low, false_high) = sides
    below = np.sqrt((rate - low) ** 2 + (true * (recall_high - recall)) ** 2 + ((1 - true) * (false_high - false)) ** 2)
    above = np.sqrt((high - rate) ** 2 + (true * (recall - recall_low)) ** 2 + ((1 - true) * (false - false_low)) ** 2)
    inside = true[(gap - below <= 0) & (gap + above >= 0)]
    value = float(np.clip((rate - false) / error.youden, 0, 1))
    return CorrectedRate(value=value, low=min([value, *inside[:1].tolist()]), high=max([value, *inside[-1:].tolist()]))


def correct_limits(delta: Floats, low: Floats, high: Floats, error: JudgeError, alpha: float) -> tuple[Floats, Floats]:
    """Return the limits of differences without their judge's error, from those of the judged ones.

    `alpha` is that of the limits given. They exclude 0 exactly if those do: an error that is alike in both models makes
    no change out of none, it only makes a change look smaller. Wanted is a judge that `tells_apart` at alpha.
    """
    return -_upper(-delta, -low, error, alpha), _upper(delta, high, error, alpha)


def correct_stderr(delta: Floats, stderr: Floats, error: JudgeError) -> Floats:
    """Return the standard error of a judged difference divided by J (delta method)."""
    known, (low, high) = error.youden, error.youden_limits()
    of_youden = (high - low) / 2 / normal_quantile(1 - ALPHA / 2)
    found: Floats = np.hypot(stderr, delta * of_youden / known) / known
    return found


def _upper(delta: Floats, high: Floats, error: JudgeError, alpha: float) -> Floats:
    """Return the largest r at which delta - r J is no farther from 0 than the upper limits of its parts reach.

    It is the larger root of an equation of second degree, in the form that stays exact for any J above 0.
    """
    known, (least, most) = error.youden, error.youden_limits(alpha)
    square = known**2 - np.where(high >= 0, known - least, most - known) ** 2
    middle, rest = delta * known, delta**2 - (high - delta) ** 2
    root = np.sqrt(np.maximum(middle**2 - square * rest, 0))
    divisor = np.where(high >= 0, square, middle - root)
    found: Floats = np.where(high >= 0, middle + root, rest) / divisor
    return np.clip(found, -1, 1)
