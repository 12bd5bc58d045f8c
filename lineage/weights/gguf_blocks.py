"""Numbers as GGUF files store them in blocks, read as float32; their bytes are untrusted, and any bytes are numbers.

The layouts are those of ggml. A block of 32 numbers has a scale (and a minimum), and a few bits a number; a block of
256 has eight or sixteen parts with small scales of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_OFFSET_OF_6_BITS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockType:
    """A data type of GGUF: how many numbers a block holds in how many bytes."""

    name: str
    items: int
    block_bytes: int


def _block_types() -> Mapping[int, BlockType]:
    told = """
        0 F32 1 4, 1 F16 1 2, 2 Q4_0 32 18, 3 Q4_1 32 20, 6 Q5_0 32 22, 7 Q5_1 32 24, 8 Q8_0 32 34, 9 Q8_1 32 40,
        10 Q2_K 256 84, 11 Q3_K 256 110, 12 Q4_K 256 144, 13 Q5_K 256 176, 14 Q6_K 256 210, 15 Q8_K 256 292,
        16 IQ2_XXS 256 66, 17 IQ2_XS 256 74, 18 IQ3_XXS 256 98, 19 IQ1_S 256 50, 20 IQ4_NL 32 18, 21 IQ3_S 256 110,
        22 IQ2_S 256 82, 23 IQ4_XS 256 136, 24 I8 1 1, 25 I16 1 2, 26 I32 1 4, 27 I64 1 8, 28 F64 1 8,
        29 IQ1_M 256 56, 30 BF16 1 2, 34 TQ1_0 256 54, 35 TQ2_0 256 66, 39 MXFP4 32 17, 40 NVFP4 64 36
    """
    rows = (row.split() for row in told.split(","))
    return {
        int(number): BlockType(name=name, items=int(items), block_bytes=int(size)) for number, name, items, size in rows
    }


BLOCK_TYPES: Final = _block_types()
"""The data types by their number in a file; of some, the numbers are not read."""


def _blocks(content: bytes, name: str) -> NDArray[np.uint8]:
    """Return the bytes of whole blocks, uint8 (blocks, bytes)."""
    size = next(kind.block_bytes for kind in BLOCK_TYPES.values() if kind.name == name)
    return np.frombuffer(content, dtype=np.uint8).reshape(-1, size)


def _half(blocks: NDArray[np.uint8], at: int) -> NDArray[np.float32]:
    """Return the 16-bit float at this byte of each block, float32 (blocks, 1)."""
    return np.ascontiguousarray(blocks[:, at : at + 2]).view("<f2").astype(np.float32)


def _nibbles(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the low halves of these bytes, then the high ones, along the last axis."""
    return np.concatenate((packed & 15, packed >> 4), axis=-1)


def _fifth_bits(blocks: NDArray[np.uint8], at: int) -> NDArray[np.uint8]:
    """Return the 32 bits from this byte on, each as 16 or 0."""
    return np.unpackbits(blocks[:, at : at + 4], axis=1, bitorder="little") * np.uint8(16)


def _q4_0(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q4_0")
    return (_nibbles(blocks[:, 2:]).astype(np.float32) - 8) * _half(blocks, 0)


def _q4_1(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q4_1")
    return _nibbles(blocks[:, 4:]).astype(np.float32) * _half(blocks, 0) + _half(blocks, 2)


def _q5_0(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q5_0")
    return ((_nibbles(blocks[:, 6:]) | _fifth_bits(blocks, 2)).astype(np.float32) - 16) * _half(blocks, 0)


def _q5_1(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q5_1")
    numbers = (_nibbles(blocks[:, 8:]) | _fifth_bits(blocks, 4)).astype(np.float32)
    return numbers * _half(blocks, 0) + _half(blocks, 2)


def _q8_0(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q8_0")
    return blocks[:, 2:].view(np.int8).astype(np.float32) * _half(blocks, 0)


def _six_bits(packed: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the eight scales and the eight minima in twelve bytes: six bits each, of the last four in two pieces."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate((first & 63, (third & 15) | (first >> 6 << 4)), axis=1)
    minima = np.concatenate((second & 63, (third >> 4) | (second >> 6 << 4)), axis=1)
    return scales.astype(np.float32), minima.astype(np.float32)


def _scaled_parts(
    blocks: NDArray[np.uint8], numbers: NDArray[np.uint8], scales: NDArray[np.float32], minima: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return numbers (blocks, 8, 32) times the scales of their parts, less their minima; the block begins with both."""
    steps, floors = _half(blocks, 0) * scales, _half(blocks, 2) * minima
    return steps[:, :, None] * numbers.astype(np.float32) - floors[:, :, None]


def _q4_k(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q4_K")
    numbers = _nibbles(blocks[:, 16:].reshape(-1, 4, 32)).reshape(-1, 8, 32)
    return _scaled_parts(blocks, numbers, *_six_bits(blocks[:, 4:16]))


def _q5_k(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q5_K")
    numbers = _nibbles(blocks[:, 48:].reshape(-1, 4, 32)).reshape(-1, 8, 32)
    part = np.arange(8, dtype=np.uint8)[:, None]
    fifth = (blocks[:, None, 16:48] >> part & np.uint8(1)) * np.uint8(16)
    return _scaled_parts(blocks, numbers | fifth, *_six_bits(blocks[:, 4:16]))


def _q6_k(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q6_K")
    low = _nibbles(blocks[:, :128].reshape(-1, 2, 64)).reshape(-1, 2, 4, 32)
    high = _pairs_of_bits(blocks[:, 128:192].reshape(-1, 2, 32))
    numbers = (low | high << 4).astype(np.float32) - _OFFSET_OF_6_BITS
    steps = _half(blocks, 208) * blocks[:, 192:208].view(np.int8).astype(np.float32)
    return steps[:, :, None] * numbers.reshape(-1, 16, 16)


def _pairs_of_bits(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the four pairs of bits in bytes (blocks, halves, 32), lowest first, as (blocks, halves, 4, 32)."""
    pair = np.array([[0], [2], [4], [6]], dtype=np.uint8)
    return packed[:, :, None, :] >> pair & np.uint8(3)


def _q2_k(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q2_K")
    numbers = _pairs_of_bits(blocks[:, 16:80].reshape(-1, 2, 32)).reshape(-1, 16, 16).astype(np.float32)
    steps = _half(blocks, 80) * (blocks[:, :16] & 15).astype(np.float32)
    floors = _half(blocks, 82) * (blocks[:, :16] >> 4).astype(np.float32)
    return steps[:, :, None] * numbers - floors[:, :, None]


def _q3_k(content: bytes) -> NDArray[np.float32]:
    blocks = _blocks(content, "Q3_K")
    low = _pairs_of_bits(blocks[:, 32:96].reshape(-1, 2, 32))
    third = blocks[:, None, :32] >> np.arange(8, dtype=np.uint8)[:, None] & 1
    numbers = (low | third.reshape(-1, 2, 4, 32) << 2).reshape(-1, 16, 16).astype(np.float32) - 4
    place = np.arange(16)
    high = blocks[:, 104 + place % 4] >> (place // 4 * 2).astype(np.uint8) & 3
    scales = (_nibbles(blocks[:, 96:104]) | high << 4).astype(np.float32) - _OFFSET_OF_6_BITS
    return (_half(blocks, 108) * scales)[:, :, None] * numbers


def _calmly(read: Callable[[bytes], NDArray[np.float32]]) -> Callable[[bytes], NDArray[np.float32]]:
    """Return a reader that gives its numbers in a row, infinite scales and those that are no number included."""

    def read_calmly(content: bytes) -> NDArray[np.float32]:
        with np.errstate(over="ignore", invalid="ignore"):
            return read(content).ravel()

    return read_calmly


BLOCKS: Final[Mapping[str, Callable[[bytes], NDArray[np.float32]]]] = {
    name: _calmly(read)
    for name, read in {
        "Q4_0": _q4_0, "Q4_1": _q4_1, "Q5_0": _q5_0, "Q5_1": _q5_1, "Q8_0": _q8_0,
        "Q2_K": _q2_k, "Q3_K": _q3_k, "Q4_K": _q4_k, "Q5_K": _q5_k, "Q6_K": _q6_k,
    }.items()
}  # fmt: skip
"""What reads whole blocks of a data type, by its name."""
