"""Whether one direction was taken out of what the layers write, as edits do that make a model stop refusing.

Such an edit ("abliteration") replaces the matrices W that write to the residual stream by W - r r'W, with one unit
vector r for all layers (Arditi et al. 2024, "Refusal in Language Models Is Mediated by a Single Direction"). The change
then has rank one in every matrix, and the same left direction r. Which direction it is, weights do not tell: this
says that one was taken out, or put in, and not that it is that of refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.weights.span_rows import rounding_energy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.weights.span_rows import SpanPair
    from lineage.weights.tensor_roles import TensorRole

_WRITERS: Final[frozenset[TensorRole]] = frozenset({"attention_output", "down"})
_FEWEST_ROWS: Final = 8
_FEWEST_MATRICES: Final = 3
_LEAST_COSINE: Final = 0.9
_LEAST_FIRST: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionEdit:
    """What the matrices that write to the residual stream say: `matrices` of them changed, in `layers` layers.

    `cosine` is the mean |cos| between the first left directions of two of them, 0 to 1; `first` is the least share of
    the first singular value in a change, rounding left out. `rows` is how many rows the directions have.
    """

    matrices: int
    layers: int
    rows: int
    cosine: float
    first: float

    @property
    def is_edited(self) -> bool:
        """Whether one direction was taken out of all of them."""
        return self.matrices >= _FEWEST_MATRICES and self.cosine >= _LEAST_COSINE and self.first >= _LEAST_FIRST


def measure_edit(pairs: Sequence[SpanPair]) -> DirectionEdit | None:
    """Return what the changed writers say; None where fewer than three changed on eight common rows."""
    changed = [pair for pair in pairs if pair.ours.role in _WRITERS and not pair.is_equal]
    first_row = max((pair.first_row for pair in changed), default=0)
    stop_row = min((pair.first_row + len(pair.a) for pair in changed), default=0)
    if len(changed) < _FEWEST_MATRICES or stop_row - first_row < _FEWEST_ROWS:
        return None
    found = {
        (pair.ours.role, pair.ours.layer): direction
        for pair in changed
        if (direction := _first_direction(pair, first_row, stop_row)) is not None
    }
    if len(found) < _FEWEST_MATRICES:
        return None
    directions, shares = zip(*found.values(), strict=True)
    return DirectionEdit(
        matrices=len(found),
        layers=len({layer for _, layer in found}),
        rows=stop_row - first_row,
        cosine=float(np.mean([abs(one @ other) for one, other in combinations(directions, 2)])),
        first=min(shares),
    )


def _first_direction(pair: SpanPair, first_row: int, stop_row: int) -> tuple[NDArray[np.float64], float] | None:
    """Return the first left direction of a change, and its share; None where the common rows did not change."""
    cut = slice(first_row - pair.first_row, stop_row - pair.first_row)
    left, values, _ = np.linalg.svd(pair.change[cut], full_matrices=False)
    total = float(np.sum(values**2))
    if total == 0:
        return None
    noise = rounding_energy(pair.b[cut], pair.theirs.dtype)
    return left[:, 0], min(1.0, float(values[0] ** 2) / max(total - noise, float(values[0] ** 2)))
