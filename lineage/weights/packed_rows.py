"""Rows of an embedding that MLX packed: integers of 2, 4 or 8 bits in words of 32, with a scale and a bias per group.

A number is scale * integer + bias; the first integer of a word stands in its lowest bits. How many bits an integer has
follows from the width of the model, which its norms tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.weights.number_formats import DTYPES
from lineage.weights.tensor_roles import find_layer, find_role

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.weights.header import TensorEntry, WeightHeader

_WORD_BITS: Final = 32
_BITS: Final = (2, 4, 8)
_MATRIX: Final = 2
_FEWEST_COLUMNS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTensor:
    """An embedding of `columns` columns whose integers have so many bits; its scales and biases are (rows, groups)."""

    words: TensorEntry
    scales: TensorEntry
    biases: TensorEntry
    columns: int
    bits: int

    @property
    def parts(self) -> tuple[TensorEntry, TensorEntry, TensorEntry]:
        """Its three tensors, of which each holds one row per token."""
        return self.words, self.scales, self.biases

    @property
    def row_bytes(self) -> int:
        """The bytes of one row in all three."""
        return sum(part.row_bytes for part in self.parts)


def find_packed_embedding(header: WeightHeader) -> PackedTensor | None:
    """Return the token embedding of a file if MLX packed it, and its shapes and those of the norms agree; else None."""
    by_name = {tensor.name: tensor for tensor in header.tensors}
    words = next(
        (one for one in header.tensors if one.dtype == "U32" and find_role(one.name) == "token_embedding"), None
    )
    if words is None:
        return None
    outer = words.name.removesuffix("weight")
    scales, biases = by_name.get(f"{outer}scales"), by_name.get(f"{outer}biases")
    if scales is None or biases is None or not _fit(words, scales, biases):
        return None
    widths = {one.shape[0] for one in header.tensors if len(one.shape) == 1 and _is_outer_norm(one.name)}
    told = [(words.shape[1] * _WORD_BITS // bits, bits) for bits in _BITS]
    found = [(columns, bits) for columns, bits in told if columns in widths and columns % scales.shape[1] == 0]
    if len(found) != 1 or found[0][0] < _FEWEST_COLUMNS:
        return None
    return PackedTensor(words=words, scales=scales, biases=biases, columns=found[0][0], bits=found[0][1])


def _fit(words: TensorEntry, scales: TensorEntry, biases: TensorEntry) -> bool:
    return (
        len(words.shape) == len(scales.shape) == _MATRIX
        and scales.shape == biases.shape
        and scales.dtype == biases.dtype
        and scales.dtype in DTYPES
        and scales.shape[0] == words.shape[0] > 0
        and min(words.shape[1], scales.shape[1]) > 0
    )


def _is_outer_norm(name: str) -> bool:
    """Whether a norm is as wide as the model: that of a layer or the last one, not those of the heads."""
    return find_role(name) == "norm" and (find_layer(name) is None or "layernorm" in name.lower())


def unpack(packed: PackedTensor, words: bytes, scales: bytes, biases: bytes) -> NDArray[np.float32]:
    """Return rows, float32 (rows, columns), from the bytes at the start of each part: as many as all three hold."""
    contents = (words, scales, biases)
    rows = min(len(content) // part.row_bytes for part, content in zip(packed.parts, contents, strict=True))
    cut = [content[: rows * part.row_bytes] for part, content in zip(packed.parts, contents, strict=True)]
    place = np.arange(0, _WORD_BITS, packed.bits, dtype=np.uint32)
    numbers = np.frombuffer(cut[0], dtype="<u4")[:, None] >> place & np.uint32(2**packed.bits - 1)
    groups = packed.scales.shape[1]
    read = DTYPES[packed.scales.dtype]
    with np.errstate(over="ignore", invalid="ignore"):
        grouped = numbers.reshape(rows, groups, packed.columns // groups).astype(np.float32)
        scaled = grouped * read(cut[1]).reshape(rows, groups, 1) + read(cut[2]).reshape(rows, groups, 1)
    return scaled.reshape(rows, packed.columns)
