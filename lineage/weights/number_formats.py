"""Numbers as files of weights store them, read as float32; their bytes are untrusted, and any bytes are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.weights.gguf_blocks import BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from lineage.weights.header import TensorEntry


_SIGN_BIT: Final = 128


def read_rows(content: bytes, tensor: TensorEntry, *, columns: int) -> NDArray[np.float32]:
    """Return whole rows of a tensor, float32 (rows, columns), from the bytes at its start; its type is one of DTYPES.

    What is left of a row that was cut is left out. Integers keep their values: no scale is known for them.
    """
    rows = len(content) // tensor.row_bytes if tensor.row_bytes else 0
    return DTYPES[tensor.dtype](content[: rows * tensor.row_bytes]).reshape(rows, columns)


def _float32(content: bytes) -> NDArray[np.float32]:
    return np.frombuffer(content, dtype="<f4").astype(np.float32)


def _float64(content: bytes) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.frombuffer(content, dtype="<f8").astype(np.float32)


def _float16(content: bytes) -> NDArray[np.float32]:
    return np.frombuffer(content, dtype="<f2").astype(np.float32)


def _bfloat16(content: bytes) -> NDArray[np.float32]:
    return (np.frombuffer(content, dtype="<u2").astype(np.uint32) << 16).view(np.float32)


def _int8(content: bytes) -> NDArray[np.float32]:
    return np.frombuffer(content, dtype=np.int8).astype(np.float32)


def _float8(exponent_bits: int, *, has_infinity: bool) -> Callable[[bytes], NDArray[np.float32]]:
    """Return a reader of eight-bit floats (OCP 8-bit Floating Point Specification, revision 1.0)."""
    mantissa_bits = 7 - exponent_bits
    bias = 2 ** (exponent_bits - 1) - 1
    codes = np.arange(256)
    exponents = (codes >> mantissa_bits) & (2**exponent_bits - 1)
    mantissas = codes & (2**mantissa_bits - 1)
    sizes = np.where(
        exponents == 0,
        mantissas * 2.0 ** (1 - bias - mantissa_bits),
        (1 + mantissas / 2**mantissa_bits) * 2.0 ** (exponents - bias),
    )
    top = exponents == 2**exponent_bits - 1
    if has_infinity:
        sizes = np.where(top, np.where(mantissas == 0, np.inf, np.nan), sizes)
    else:
        sizes = np.where(top & (mantissas == 2**mantissa_bits - 1), np.nan, sizes)
    table = np.where(codes & _SIGN_BIT != 0, -sizes, sizes).astype(np.float32)
    return lambda content: table[np.frombuffer(content, dtype=np.uint8)]


DTYPES: Final[Mapping[str, Callable[[bytes], NDArray[np.float32]]]] = {
    "F64": _float64,
    "F32": _float32,
    "F16": _float16,
    "BF16": _bfloat16,
    "I8": _int8,
    "F8_E4M3": _float8(4, has_infinity=False),
    "F8_E5M2": _float8(5, has_infinity=True),
    **BLOCKS,
}
"""What reads numbers of a data type, by its name in safetensors or GGUF."""


def pack(rows: NDArray[np.float32], dtype: str) -> tuple[str, bytes]:
    """Return numbers as they are kept: a data type of DTYPES that holds them exactly, and their bytes, row by row."""
    match dtype:
        case "BF16":
            return "BF16", (np.ascontiguousarray(rows).view(np.uint32) >> 16).astype("<u2").tobytes()
        case "F16" | "F8_E4M3" | "F8_E5M2":
            return "F16", rows.astype("<f2").tobytes()
        case "I8":
            return "I8", rows.astype(np.int8).tobytes()
        case _:
            return "F32", rows.astype("<f4").tobytes()


def round_to(rows: NDArray[np.float32], dtype: str) -> NDArray[np.float32] | None:
    """Return numbers rounded to a 16-bit type and back, to the nearest and to even; None for another type."""
    if dtype == "F16":
        with np.errstate(over="ignore"):
            return rows.astype(np.float16).astype(np.float32)
    if dtype == "BF16":
        bits = np.ascontiguousarray(rows).view(np.uint32)
        carried = bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))
        return (carried & np.uint32(0xFFFF0000)).view(np.float32)
    return None
