"""Several runs of one recipe: what can be claimed of the method, not of one published checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.comparison import ALPHA, MARGIN, NO_TAIL, Comparison, pick
from lineage.statistics.differences import compare_mean, mean_of_items

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

METHOD: Final = "t over runs"


def compare_runs(runs: ArrayLike, reference: float, *, alpha: float = ALPHA, margin: float = MARGIN) -> Comparison:
    """Compare the runs of one recipe, that differ in their seed only, with the model they started from.

    `runs` float64 of shape (runs,), each run's value on the same items (NaN is left out), `reference` the value of what
    they started from. t over runs: the spread between them is what a new run would show, and no number of items makes
    it smaller. The claim is about this recipe, on these items. `count` is the number of runs; with one, everything that
    needs a spread is NaN. Raises ValueError without any run.
    """
    values = np.asarray(runs, dtype=np.float64)
    difference = values[~np.isnan(values)] - reference
    if not len(difference):
        raise ValueError("there is no run to compare")
    mean = replace(mean_of_items(difference), tail=NO_TAIL)
    return pick(compare_mean(mean, len(difference), alpha=alpha, margin=margin), 0, METHOD)
