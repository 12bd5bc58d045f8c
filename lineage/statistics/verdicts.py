"""The four verdicts on a change, and the fifth: that the verdict is withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.defaults import ALPHA
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lineage.statistics.comparison import Comparisons, Flags

    Codes = NDArray[np.int8]


VERDICTS: Final = tuple(Verdict)
"""The verdict of each code: `VERDICTS[code]`."""
CODES: Final = {verdict: code for code, verdict in enumerate(VERDICTS)}


def decide(comparisons: Comparisons, q_value: ArrayLike, q_equivalence: ArrayLike, *, alpha: float = ALPHA) -> Codes:
    """Return the code of each pair's verdict (int8; `VERDICTS[code]`).

    `q_value` and `q_equivalence` are the pair's `p_value` and `p_equivalence` adjusted over the family in question, so
    that among the changes called, and among the equivalences called, the expected share of false ones is alpha.

    A change is worse or better if q_value <= alpha, by the sign of delta; otherwise equivalent if q_equivalence <=
    alpha; otherwise undecided. A change that is significant and also shown to lie within the margin is still worse or
    better: the two statements do not contradict each other, the first is more specific, and "equivalent" would hide
    that the direction is known. `is_small` marks these. NaN in q_value or delta gives the code of `withheld`: the
    caller knows the reason, and withholds others if a guard failed. NaN in q_equivalence alone means no equivalence.
    """
    q_value, q_equivalence = np.asarray(q_value, dtype=np.float64), np.asarray(q_equivalence, dtype=np.float64)
    codes = np.full(comparisons.delta.shape, CODES[Verdict.UNDECIDED], dtype=np.int8)
    codes[q_equivalence <= alpha] = CODES[Verdict.EQUIVALENT]
    is_change = q_value <= alpha
    codes[is_change & (comparisons.delta > 0)] = CODES[Verdict.WORSE]
    codes[is_change & (comparisons.delta < 0)] = CODES[Verdict.BETTER]
    codes[np.isnan(q_value) | np.isnan(comparisons.delta)] = CODES[Verdict.WITHHELD]
    return codes


def is_small(q_value: ArrayLike, q_equivalence: ArrayLike, *, alpha: float = ALPHA) -> Flags:
    """Return where a change is significant and shown to be within the margin: real, but too small to matter."""
    found: Flags = (np.asarray(q_value) <= alpha) & (np.asarray(q_equivalence) <= alpha)
    return found
