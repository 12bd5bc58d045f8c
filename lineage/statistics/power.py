"""The smallest change that a test can detect with a given standard error."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lineage.statistics.defaults import ALPHA, POWER
from lineage.statistics.rates import normal_quantile

Number = TypeVar("Number", float, NDArray[np.float64])


def minimum_detectable(stderr: Number, *, alpha: float = ALPHA, power: float = POWER) -> Number:
    """Return the change that a two-sided test at alpha detects with this power, given a difference's standard error.

    The usual normal approximation, which ignores the chance of a detection in the wrong direction.
    """
    return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * stderr
