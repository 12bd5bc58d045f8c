"""Numbers in the blocks of GGUF files: by hand, and as the `gguf` package reads them."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

from lineage.weights.gguf_blocks import BLOCK_TYPES, BLOCKS

SEEN = {
    "Q4_0": "ca33498de15ded8f", "Q4_1": "3173d38ae53afe9c", "Q5_0": "9365a3162db37726", "Q5_1": "13b7e825d7103470",
    "Q8_0": "d17c095b1e36339c", "Q2_K": "a5a923a401a39f75", "Q3_K": "33b6bd1f4fd69657", "Q4_K": "4829f36d53e97bee",
    "Q5_K": "ccd922ed3067f1c9", "Q6_K": "f7584bf44b78bde8",
}  # fmt: skip
"""SHA-256, its first 16 digits, of what `gguf` 0.19.0 reads in the drawn blocks, with 0 for what is not finite."""


def half(number: float) -> bytes:
    """Return a 16-bit float."""
    return struct.pack("<e", number)


def drawn(name: str) -> bytes:
    """Return fifty blocks of drawn bytes."""
    size = next(kind.block_bytes for kind in BLOCK_TYPES.values() if kind.name == name)
    return np.random.default_rng(7).integers(0, 256, (50, size), dtype=np.uint8).tobytes()


@pytest.mark.parametrize("name", list(BLOCKS))
def test_blocks_are_read_as_the_gguf_package_reads_them(name: str) -> None:
    """Every bit of every number; infinite scales and those that are no number come through without a warning."""
    numbers = BLOCKS[name](drawn(name))
    items = next(kind.items for kind in BLOCK_TYPES.values() if kind.name == name)
    assert numbers.dtype == np.float32
    assert numbers.shape == (50 * items,)
    kept = np.nan_to_num(numbers, nan=0, posinf=0, neginf=0).astype("<f4").tobytes()
    assert hashlib.sha256(kept).hexdigest()[:16] == SEEN[name]


@pytest.mark.parametrize(
    ("name", "block", "expected"),
    [
        ("Q8_0", half(0.5) + bytes([1, 255, 128, 127]) + bytes(28), {0: 0.5, 1: -0.5, 2: -64, 3: 63.5, 4: 0}),
        ("Q4_0", half(2) + bytes([0xF0]) + b"\x88" * 15, {0: -16, 16: 14, 1: 0, 31: 0}),
        ("Q4_1", half(2) + half(-1) + bytes([0x31]) + bytes(15), {0: 1, 16: 5, 1: -1, 31: -1}),
        ("Q5_0", half(1) + struct.pack("<I", 1 << 31 | 1) + bytes(16), {0: 0, 1: -16, 30: -16, 31: 0}),
        ("Q5_1", half(1) + half(3) + struct.pack("<I", 1 << 17) + bytes([0x20]) + bytes(15), {0: 3, 16: 5, 17: 19}),
        (
            "Q4_K",
            half(1) + half(1) + bytes([2, 0, 0, 64, 1, 0, 0, 128, 0, 0, 0, 0x53]) + b"\x31" * 128,
            {0: 1, 31: 1, 32: 0, 96: 0, 224: (3 | 16) * 3 - (5 | 32)},
        ),
        (
            "Q5_K",
            half(1) + half(0) + bytes([1, 1]) + bytes(10) + bytes([2]) + bytes(31) + bytes([0x21]) + bytes(127),
            {0: 1, 1: 0, 32: 2 + 16, 33: 0},
        ),
        (
            "Q6_K",
            bytes([0x21]) + bytes(127) + bytes([0b00110001]) + bytes(63) + bytes([1] * 16) + half(1),
            {0: 1 + 16 - 32, 32: -32, 64: 2 + 48 - 32, 128: -32},
        ),
        (
            "Q2_K",
            bytes([0x13] + [0] * 15) + bytes([0b11]) + bytes(63) + half(2) + half(5),
            {0: 2 * 3 * 3 - 5, 1: -5, 16: 0},
        ),
        (
            "Q3_K",
            bytes([1]) + bytes(31) + bytes([2]) + bytes(63) + bytes([1]) + bytes(7) + bytes([2, 0, 0, 0]) + half(1),
            {0: 2 * (33 - 32), 1: -4 * (33 - 32), 16: -4 * -32},
        ),
    ],
)  # fmt: skip
def test_a_block_by_hand(name: str, block: bytes, expected: dict[int, float]) -> None:
    """The first and last numbers of its parts, counted on paper."""
    numbers = BLOCKS[name](block)
    assert {place: float(numbers[place]) for place in expected} == expected


def test_no_bytes_are_no_numbers() -> None:
    """A row that is cut leaves none."""
    assert all(read(b"").shape == (0,) for read in BLOCKS.values())
