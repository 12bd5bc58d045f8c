"""How much can be found with so many items, and how many items a change needs."""

from __future__ import annotations

import math

from lineage.statistics.comparison import ALPHA, POWER
from lineage.statistics.rates import normal_quantile


def minimum_detectable(stderr: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the change that a two-sided test at alpha finds with that power, given the standard error of a difference.

    The usual normal approximation, which leaves out the chance of finding it on the wrong side.
    """
    return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * stderr


def items_needed(effect: float, deviation: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return how many items find a change of `effect` with that power in a two-sided test at alpha.

    `effect` and `deviation` are fractions of the range; `deviation` is the standard deviation of one item's difference:
    `paired_deviation` for 0/1 items, the square root of the sum of both variances where samples are separate. Raises
    ValueError for an effect of 0, which no number of items finds.
    """
    if effect == 0:
        raise ValueError("no number of items finds a change of 0")
    return max(1, math.ceil(minimum_detectable(deviation, alpha=alpha, power=power) ** 2 / effect**2))


def paired_deviation(discordant: float, effect: float = 0.0) -> float:
    """Return the standard deviation of a 0/1 item's difference, given the share of items that flip either way."""
    return math.sqrt(max(discordant - effect * effect, 0.0))
