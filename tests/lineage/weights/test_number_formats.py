"""Numbers as files store them: read as PyTorch reads them, every bit pattern."""

from __future__ import annotations

import numpy as np
import pytest

from lineage.weights.gguf_blocks import BLOCKS
from lineage.weights.header import ITEM_BITS, TensorEntry
from lineage.weights.number_formats import DTYPES, read_rows, round_to

TORCH = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I8": "int8",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


def place(dtype: str, columns: int) -> TensorEntry:
    """Return a tensor of this type, of ten rows."""
    stop_byte = 10 * columns * ITEM_BITS[dtype] // 8
    return TensorEntry(name="a", dtype=dtype, shape=(10, columns), start_byte=0, stop_byte=stop_byte)


@pytest.mark.parametrize("dtype", list(TORCH))
def test_numbers_are_read_as_pytorch_reads_them(dtype: str) -> None:
    """Every pattern of eight and sixteen bits, and drawn ones of more."""
    torch = pytest.importorskip("torch", reason="PyTorch says what the bytes mean")
    content = np.random.default_rng(1).bytes(1 << 12)
    if dtype in {"F16", "BF16"}:
        content = np.arange(1 << 16, dtype="<u2").tobytes()
    elif dtype.startswith(("F8", "I8")):
        content = bytes(range(256))
    said = torch.frombuffer(bytearray(content), dtype=getattr(torch, TORCH[dtype])).to(torch.float32).numpy()
    read = read_rows(content, place(dtype, 64), columns=64)
    np.testing.assert_array_equal(read, said.reshape(-1, 64))
    assert set(DTYPES) == set(TORCH) | set(BLOCKS)


def test_what_is_left_of_a_cut_row_is_left_out() -> None:
    """Two rows and a half are two rows."""
    content = np.arange(10, dtype="<f4").tobytes()
    assert read_rows(content, place("F32", 4), columns=4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert read_rows(b"\0" * 15, place("F32", 4), columns=4).shape == (0, 4)


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_rounding_is_that_of_pytorch(dtype: str) -> None:
    """To the nearest, ties to even, as a cast of a whole model does it."""
    torch = pytest.importorskip("torch", reason="PyTorch says how a cast rounds")
    rows = np.random.default_rng(2).normal(size=(50, 64)).astype(np.float32)
    rows[0, :4] = [1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, -(1 + 3 * 2**-11)]
    said = torch.from_numpy(rows).to(getattr(torch, TORCH[dtype])).to(torch.float32).numpy()
    rounded = round_to(rows, dtype)
    assert rounded is not None
    np.testing.assert_array_equal(rounded, said)
    assert round_to(rows, "F32") is None
