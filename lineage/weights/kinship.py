"""How two models of one origin differ: what was left as it was, how far the rest moved, and in which form.

It measures; what the numbers mean is told by `kinship_findings`. All of it holds for the rows that were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.weights.low_rank import measure_rank
from lineage.weights.number_formats import round_to
from lineage.weights.quantized_copy import find_quantized
from lineage.weights.refusal_edit import measure_edit
from lineage.weights.span_rows import pair_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.weights.low_rank import RankSpectrum
    from lineage.weights.quantized_copy import QuantizedCopy
    from lineage.weights.refusal_edit import DirectionEdit
    from lineage.weights.span_rows import SpanPair, SpanReading
    from lineage.weights.tensor_roles import TensorRole

_NARROW: Final = ("BF16", "F16")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """What became of the parts for one end, all layers that were read together.

    `equal_share` is the share of equal numbers, 0 to 1; `change` is |theirs - ours| / |ours|, None if ours are zero.
    """

    role: TensorRole
    parts: int
    numbers: int
    equal_share: float
    change: float | None

    @property
    def is_frozen(self) -> bool:
        """Whether no number that was read differs."""
        return self.equal_share == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleChange:
    """What became of one part in one layer, None for a part of no layer; the figures are those of `RoleChange`."""

    role: TensorRole
    layer: int | None
    numbers: int
    equal_share: float
    change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """How theirs differs from ours on `numbers` numbers that were read of both.

    `equal_share` and `change` are over all of them, and `roles` and `modules` have them apart; `change` is None where
    ours are zero. `extra_rows` is by how many rows the embedding of theirs is longer, negative if shorter, None if not
    read of both. `rounded_to` is the 16-bit type to which one side is the other rounded, and `is_ours_rounded` which
    side; both None otherwise. `quantized`, `spectra` and `edit` are None or empty where nothing was found or could be
    measured.
    """

    model: str
    other: str
    numbers: int
    equal_share: float
    change: float | None
    roles: tuple[RoleChange, ...]
    modules: tuple[ModuleChange, ...]
    extra_rows: int | None
    rounded_to: str | None
    is_ours_rounded: bool | None
    quantized: QuantizedCopy | None
    spectra: tuple[RankSpectrum, ...]
    edit: DirectionEdit | None


def measure_kinship(ours: SpanReading, theirs: SpanReading) -> Kinship | None:
    """Measure how two models of one origin differ; None if nothing was read of both."""
    pairs = pair_spans(ours, theirs)
    if not pairs:
        return None
    total = _measure_role(pairs)
    rounded = next((found for dtype in _NARROW if (found := _find_rounded(pairs, dtype))), None)
    return Kinship(
        model=ours.model,
        other=theirs.model,
        numbers=total.numbers,
        equal_share=total.equal_share,
        change=total.change,
        roles=tuple(_measure_role(found) for found in _by_role(pairs)),
        modules=tuple(_measure_module(pair) for pair in pairs),
        extra_rows=_extra_rows(ours, theirs),
        rounded_to=rounded and rounded[0],
        is_ours_rounded=rounded and rounded[1],
        quantized=None if rounded else find_quantized(pairs),
        spectra=tuple(spectrum for pair in pairs if (spectrum := measure_rank(pair)) is not None),
        edit=measure_edit(pairs),
    )


def _by_role(pairs: Sequence[SpanPair]) -> list[list[SpanPair]]:
    found: dict[TensorRole, list[SpanPair]] = {}
    for pair in pairs:
        found.setdefault(pair.ours.role, []).append(pair)
    return list(found.values())


def _measure_role(pairs: Sequence[SpanPair]) -> RoleChange:
    numbers = sum(pair.a.size for pair in pairs)
    length = sum(float(np.sum(pair.a**2)) for pair in pairs)
    moved = sum(float(np.sum(pair.change**2)) for pair in pairs)
    return RoleChange(
        role=pairs[0].ours.role,
        parts=len(pairs),
        numbers=numbers,
        equal_share=sum(int(np.count_nonzero(pair.a == pair.b)) for pair in pairs) / numbers,
        change=float(np.sqrt(moved / length)) if length else None,
    )


def _measure_module(pair: SpanPair) -> ModuleChange:
    measured = _measure_role([pair])
    return ModuleChange(
        role=measured.role,
        layer=pair.ours.layer,
        numbers=measured.numbers,
        equal_share=measured.equal_share,
        change=measured.change,
    )


def _extra_rows(ours: SpanReading, theirs: SpanReading) -> int | None:
    sizes = [
        next((span.tensor_rows for span in reading.spans if span.role == "token_embedding"), None)
        for reading in (ours, theirs)
    ]
    return None if sizes[0] is None or sizes[1] is None else sizes[1] - sizes[0]


def _find_rounded(pairs: Sequence[SpanPair], dtype: str) -> tuple[str, bool] | None:
    """Return the type and whether ours is the rounded side, if one side is the other rounded to that type."""
    if all(pair.is_equal for pair in pairs):
        return None
    for is_ours in (True, False):
        sides = [(pair.b, pair.a) if is_ours else (pair.a, pair.b) for pair in pairs]
        rounded = (round_to(wide.astype(np.float32), dtype) for wide, _ in sides)
        if all(
            found is not None and np.array_equal(found, narrow)
            for found, (_, narrow) in zip(rounded, sides, strict=True)
        ):
            return dtype, is_ours
    return None
