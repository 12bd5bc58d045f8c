"""Embeddings that MLX packed: which are found, and what their integers stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineage.weights.header import TensorEntry, WeightHeader
from lineage.weights.independence import OriginTest, measure_origin
from lineage.weights.packed_rows import find_packed_embedding, unpack

NAME = "model.embed_tokens."


def place(name: str, dtype: str, *shape: int, item_bytes: int = 4) -> TensorEntry:
    """Return a tensor."""
    return TensorEntry(name=name, dtype=dtype, shape=shape, start_byte=0, stop_byte=int(np.prod(shape)) * item_bytes)


def header_of(*tensors: TensorEntry) -> WeightHeader:
    """Return a header of these tensors."""
    return WeightHeader(tensors=tensors, sha256="", header_bytes=0)


def parts(bits: int, *, rows: int = 20, columns: int = 128, groups: int = 2) -> list[TensorEntry]:
    """Return the three parts of an embedding, and the last norm."""
    return [
        place(f"{NAME}weight", "U32", rows, columns * bits // 32),
        place(f"{NAME}scales", "F32", rows, groups),
        place(f"{NAME}biases", "F32", rows, groups),
        place("model.norm.weight", "F32", columns),
    ]


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_integers_stand_for_their_scale_and_bias(bits: int) -> None:
    """The first of a word is in its lowest bits; each group has its own scale and bias."""
    packed = find_packed_embedding(header_of(*parts(bits)))
    assert packed is not None
    assert (packed.bits, packed.columns) == (bits, 128)
    integers = np.arange(20 * 128, dtype=np.uint32).reshape(20, -1, 32 // bits) % 2**bits
    words = (integers << np.arange(0, 32, bits, dtype=np.uint32)).sum(axis=2).astype("<u4")
    scales, biases = np.full((20, 2), [2, 3], dtype="<f4"), np.full((20, 2), [-1, 5], dtype="<f4")
    expected = integers.reshape(20, 2, 64) * scales[:, :, None] + biases[:, :, None]
    rows = unpack(packed, words.tobytes(), scales.tobytes(), biases.tobytes())
    np.testing.assert_array_equal(rows, expected.reshape(20, 128))
    cut = unpack(packed, words.tobytes()[: -packed.words.row_bytes - 1], scales.tobytes(), biases.tobytes())
    np.testing.assert_array_equal(cut, rows[:18])


def test_four_bits_still_show_the_origin() -> None:
    """Rows that were rounded to sixteen steps a group match those that they were made from."""
    rows = np.random.default_rng(1).normal(size=(20, 128)).astype(np.float32)
    grouped = rows.reshape(20, 2, 64)
    low, high = grouped.min(axis=2, keepdims=True), grouped.max(axis=2, keepdims=True)
    scales = (high - low) / 15
    integers = np.round((grouped - low) / scales).astype(np.uint32).reshape(20, 16, 8)
    words = (integers << np.arange(0, 32, 4, dtype=np.uint32)).sum(axis=2).astype("<u4")
    packed = find_packed_embedding(header_of(*parts(4)))
    assert packed is not None
    found = measure_origin(
        rows, unpack(packed, words.tobytes(), scales.astype("<f4").tobytes(), low.astype("<f4").tobytes())
    )
    assert isinstance(found, OriginTest)
    assert found.fixed_points == 128


def test_what_does_not_agree_is_not_unpacked() -> None:
    """No norm of that width, two widths that both fit, other shapes or types, no scales: then nothing is guessed."""
    words, scales, biases, norm = parts(4)
    for tensors in (
        [words, scales, biases],
        [words, scales, biases, replace(norm, shape=(100,))],
        [words, scales, biases, norm, replace(norm, name="model.layers.0.input_layernorm.weight", shape=(64,))],
        [words, scales, norm],
        [words, biases, norm],
        [words, scales, replace(biases, shape=(20, 1)), norm],
        [words, replace(scales, dtype="U32"), replace(biases, dtype="U32"), norm],
        [words, replace(scales, shape=(20, 3)), replace(biases, shape=(20, 3)), norm],
        [replace(words, shape=(0, 16)), replace(scales, shape=(0, 2)), replace(biases, shape=(0, 2)), norm],
        [replace(words, dtype="I32"), scales, biases, norm],
        parts(4, columns=32, groups=1),
    ):
        assert find_packed_embedding(header_of(*tensors)) is None
    heads = replace(norm, name="model.layers.0.self_attn.q_norm.weight", shape=(64,))
    assert find_packed_embedding(header_of(words, scales, biases, norm, heads)) is not None
