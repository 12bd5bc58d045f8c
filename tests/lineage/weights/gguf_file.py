"""GGUF files as a converter writes them: texts, a list of tokens, and matrices as floats or in blocks of eight bits."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

STRING = 8
LIST = 9
TYPES = {"F32": 0, "Q8_0": 8}


def text(value: bytes | str) -> bytes:
    """Return a text with its length."""
    content = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(content)) + content


def pair(key: str, kind: int, value: bytes) -> bytes:
    """Return a key with a value of this type."""
    return text(key) + struct.pack("<I", kind) + value


def tokens_pair(count: int) -> bytes:
    """Return a list of tokens of fourteen bytes each."""
    return pair(
        "tokenizer.ggml.tokens",
        LIST,
        struct.pack("<IQ", STRING, count) + b"".join(text(f"{number:06d}") for number in range(count)),
    )


def described(name: bytes | str, sizes: Sequence[int], kind: int, offset: int) -> bytes:
    """Return what a header says of one tensor; `sizes` begin with the number of columns."""
    return text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, offset)


def head(
    pairs: Sequence[bytes], tensors: Sequence[bytes], *, version: int = 3, counts: tuple[int, int] | None = None
) -> bytes:
    """Return a header; `counts` claims other numbers of tensors and pairs than it holds."""
    told = (len(tensors), len(pairs)) if counts is None else counts
    return b"GGUF" + struct.pack("<IQQ", version, *told) + b"".join(pairs) + b"".join(tensors)


def write_gguf(
    matrices: Mapping[str, NDArray[np.float32]], *, dtype: str = "F32", tokens: int = 10, alignment: int = 32
) -> bytes:
    """Return a file with these matrices."""
    bodies = [
        matrix.astype("<f4").tobytes() if dtype == "F32" else rounded_to_8_bits(matrix) for matrix in matrices.values()
    ]
    padded = [body + bytes(-len(body) % alignment) for body in bodies]
    places = np.cumsum([0, *(len(body) for body in padded)])
    tensors = [
        described(name, matrix.shape[::-1], TYPES[dtype], int(place))
        for (name, matrix), place in zip(matrices.items(), places, strict=False)
    ]
    pairs = [
        pair("general.architecture", STRING, text("llama")),
        pair("general.alignment", 4, struct.pack("<I", alignment)),
        tokens_pair(tokens),
    ]
    start = head(pairs, tensors)
    return start + bytes(-len(start) % alignment) + b"".join(padded)


def rounded_to_8_bits(matrix: NDArray[np.float32]) -> bytes:
    """Return the blocks of Q8_0: of 32 numbers the largest over 127 as a 16-bit float, and the numbers over that."""
    blocks = matrix.reshape(-1, 32)
    scales = np.abs(blocks).max(axis=1, keepdims=True) / 127
    numbers = np.round(blocks / np.where(scales > 0, scales, 1)).astype(np.int8)
    return np.concatenate((scales.astype("<f2").view(np.uint8), numbers.view(np.uint8)), axis=1).tobytes()
