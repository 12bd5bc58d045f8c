"""How much the uncertainty about a model matters: exposure, times the risk of its domain, times staleness.

The factors are judgements, not measurements, and are written here so that they can be discussed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

OTHER_RISK: Final = 1.0
"""What a download of a model of no domain counts as; the lexicon says what one of a listed model of a domain does."""
STALE: Final = 2.0
"""The factor for a model whose last score is of files that it no longer has: people may still read that score."""


def weigh(exposure: NDArray[np.int64], domains: NDArray[np.int64], risks: Sequence[float]) -> Floats:
    """Return the weight of every node before staleness.

    `exposure` is downloads of the model and of all its derivatives; one is added, so that a model that nobody downloads
    still counts a little. `domains` is the position of its domain in `risks`, -1 for none.
    """
    return np.asarray((exposure + 1.0) * np.array([*risks, OTHER_RISK])[domains])


def age(weights: Floats, stale: NDArray[np.int32]) -> Floats:
    """Return the weights on one instrument: those of nodes with a stale score are raised."""
    if not len(stale):
        return weights
    aged = weights.copy()
    aged[stale] *= STALE
    return aged
