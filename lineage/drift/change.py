"""A change as people read it: for safety + is riskier, as it is stored; for capability and coherence + is more able.

Drift is stored with one sign: + is worse, whatever the instrument. JSON, CSV, Parquet, SQL tables and frames keep it.
A person reads "-4.0 on clinical questions" as a loss, so all that is made for people (tables, sentences, pages,
figures) takes its differences from here, and nothing else turns a sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.drift.drift_row import GUARDS
from lineage.vocabulary import Construct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow

    Floats = NDArray[np.float64]

TURNED: Final = tuple(one.value for one in Construct if one in GUARDS)
"""The constructs whose differences people read with the other sign than the stored one, for SQL that writes texts."""
WORSE_WAY: Final = {True: 1, False: -1}
"""The sign, for people, of a change for the worse, by whether an instrument is about safety."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChange:
    """A difference in points with its 95 % interval, in the sign for people; None if it is unknown."""

    delta: float | None
    low: float | None
    high: float | None


def change_of(row: DriftRow) -> ShownChange:
    """Return the difference of a comparison as people read it."""
    return change(row.delta, row.ci_low, row.ci_high, is_safety=row.is_safety)


def change(delta: float | None, low: float | None, high: float | None, *, is_safety: bool) -> ShownChange:
    """Return a stored difference as people read it; turning the sign swaps the ends of the interval."""
    if WORSE_WAY[is_safety] > 0:
        return ShownChange(delta=delta, low=low, high=high)
    return ShownChange(delta=_turned(delta), low=_turned(high), high=_turned(low))


def changes_of(is_safety: NDArray[np.bool_], delta: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Return differences and the ends of their intervals as people read them; arrays of shape (comparisons,)."""
    import numpy as np  # one model is shown without it

    return (
        np.where(is_safety, delta, 0.0 - delta),
        np.where(is_safety, low, 0.0 - high),
        np.where(is_safety, high, 0.0 - low),
    )


def signed(points: float) -> str:
    """Return points with their sign and one decimal; what rounds to zero is +0.0."""
    return f"{round(points, 1) + 0.0:+.1f}"


def _turned(points: float | None) -> float | None:
    return None if points is None else 0.0 - points  # from zero, so that no change has no sign
