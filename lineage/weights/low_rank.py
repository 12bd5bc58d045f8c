"""How many directions a change of a matrix has: few where an adapter was merged in, many where all was trained.

An adapter (LoRA) of rank r adds a product of two matrices with r columns and r rows, so the difference of any rows has
r singular values, besides those of rounding. Rows of a matrix have at most as many as they are, so a rank is only told
where it is well below that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lineage.weights.span_rows import rounding_energy

if TYPE_CHECKING:
    from lineage.weights.span_rows import SpanPair
    from lineage.weights.tensor_roles import TensorRole

_LINEAR: Final[frozenset[TensorRole]] = frozenset({"query", "key", "value", "attention_output", "gate", "up", "down"})
FEWEST_ROWS: Final = 16
_FIRST: Final = 8
_LEFT: Final = 1e-5
"""The share of a change that may lie beyond its rank: an adapter's spectrum ends, that of a training fades."""
_NOISE_MARGIN: Final = 1.05
_LOW: Final = 0.25
"""A rank is low up to this share of the rows."""
_HIGH: Final = 0.5
"""It is high beyond this share, and beyond the largest adapters that are common."""
_LARGEST_ADAPTER: Final = 32
_NOISE: Final = 0.25
"""Where rounding makes more than this share of a change, its rank is not told."""

RankKind: TypeAlias = Literal["low", "high", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSpectrum:
    """The singular values of one matrix's change on `rows` rows.

    `energy_8` is the share of the first eight in the sum of squares, 0 to 1. `rank` is how many hold all but
    0.001 % of it, what rounding adds left out; `rounding` is the share that rounding is expected to make.
    """

    role: TensorRole
    layer: int | None
    rows: int
    rank: int
    energy_8: float
    rounding: float

    @property
    def kind(self) -> RankKind:
        """Whether the rank is low, as an adapter's, or high; `open` where rounding hides it."""
        if self.rounding > _NOISE:
            return "open"
        if self.rank <= _LOW * self.rows:
            return "low"
        return "high" if self.rank > max(_HIGH * self.rows, _LARGEST_ADAPTER) else "open"


def measure_rank(pair: SpanPair) -> RankSpectrum | None:
    """Return the spectrum of a change; None for fewer than 16 rows or columns, and where nothing changed.

    Only of matrices that adapters are made for: few rows of an embedding move in few directions anyway.
    """
    if pair.ours.role not in _LINEAR or min(pair.a.shape) < FEWEST_ROWS or pair.is_equal:
        return None
    energies = np.linalg.svd(pair.change, compute_uv=False) ** 2
    total = float(energies.sum())
    noise = min(rounding_energy(pair.b, pair.theirs.dtype), total)
    behind = total - np.cumsum(energies)
    count = len(energies)
    allowed = _LEFT * total + _NOISE_MARGIN * noise * (count - np.arange(1, count + 1)) / count
    return RankSpectrum(
        role=pair.ours.role,
        layer=pair.ours.layer,
        rows=count,
        rank=int(np.argmax(behind <= allowed)) + 1,
        energy_8=float(energies[:_FIRST].sum() / total),
        rounding=noise / total,
    )
