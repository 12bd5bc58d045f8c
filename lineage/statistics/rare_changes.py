"""How high a change may be where a sample may have missed the rare items that changed most.

An interval by t knows the changes that it saw. Of 100 graded items, 37 % of the samples from a model of which one item
in a hundred fails wholly hold none that failed (0.99^100), and show an interval far below the truth. So a claim that
nothing got worse needs more than the interval: one more unit with the largest possible change counts as part of the
error, and nothing is shown that would not be shown if no unit had changed at all.
"""

from __future__ import annotations

import math

from lineage.statistics.defaults import ALPHA


def upper_limit(delta: float, stderr: float, ci_high: float, units: float, *, alpha: float = ALPHA) -> float:
    """Return the limit that a true change exceeds with a probability of about alpha / 2, in fractions of the range.

    `units` is the number of independent items or clusters behind the mean, times Youden's J if a judge's error was
    taken out of it. The limit is at least `ci_high`.
    """
    if units <= 0 or stderr <= 0:
        return ci_high
    widened = delta + (ci_high - delta) * math.hypot(stderr, 1 / units) / stderr
    least: float = 1 - (alpha / 2) ** (1 / units)
    return max(widened, least)
