"""Headers of safetensors files: what they hold, and that nothing they claim is believed beyond the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.weights.header import (
    LARGEST_HEADER_BYTES,
    CutHeader,
    UnreadableHeader,
    WeightHeader,
    read_header,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_header(told: Mapping[str, object] | bytes) -> bytes:
    """Return the first bytes of a file with this header."""
    header = told if isinstance(told, bytes) else json.dumps(told).encode()
    return len(header).to_bytes(8, "little") + header


def tensor(dtype: str, shape: list[object], start: object, stop: object) -> dict[str, object]:
    """Return what a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


GOOD = {
    "__metadata__": {"format": "pt"},
    "b": tensor("BF16", [3, 4], 32, 56),
    "a": tensor("F32", [2, 4], 0, 32),
}


def test_tensors_come_in_the_order_of_their_bytes() -> None:
    """Places count from the start of the file, and metadata is no tensor."""
    start = write_header(GOOD)
    header = read_header(start, file_bytes=len(start) + 56)
    assert isinstance(header, WeightHeader)
    assert [(one.name, one.start_byte - len(start), one.stop_byte - len(start)) for one in header.tensors] == [
        ("a", 0, 32),
        ("b", 32, 56),
    ]
    assert [one.row_bytes for one in header.tensors] == [16, 8]
    assert header.parameters == 20
    assert header.header_bytes == len(start)


def test_a_header_that_goes_on_says_how_many_bytes_hold_it() -> None:
    """Reading so many bytes then gives the header."""
    start = write_header(GOOD)
    cut = read_header(start[:40], file_bytes=None)
    assert cut == CutHeader(needed_bytes=len(start))
    assert isinstance(read_header(start[: cut.needed_bytes], file_bytes=None), WeightHeader)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"a": tensor("F32", [2, 4], 0, 32), "b": tensor("F32", [2], 28, 36)}, "share bytes"),
        ({"a": tensor("F32", [2, 4], 0, 31)}, "not fill its own bytes"),
        ({"a": tensor("F32", [-1, 4], 0, 32)}, "no number that a file can have"),
        ({"a": tensor("F32", [True, 4], 0, 16)}, "no number that a file can have"),
        ({"a": tensor("F32", [2**60, 2**60], 0, 32)}, "no number that a file can have"),
        ({"a": tensor("F32", [1] * 9, 0, 4)}, "in no form that we know"),
        ({"a": tensor("PICKLE", [2], 0, 8)}, "in no form that we know"),
        ({"a": tensor("F32", [2, 4], 32, 0)}, "not fill its own bytes"),
        ({"a\x1b[31m": tensor("F32", [1], 0, 4)}, "cannot be shown"),
        ({"a" * 501: tensor("F32", [1], 0, 4)}, "cannot be shown"),
        ({"a": {"dtype": "F32"}}, "in no form that we know"),
        (b'{"a": 1, "a": 2}', "says something twice"),
        (b"[]", "not a JSON object"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_header_that_lies_is_refused(told: Mapping[str, object] | bytes, reason: str) -> None:
    """It says why, and nothing of it is taken."""
    refused = read_header(write_header(told), file_bytes=10**9)
    assert isinstance(refused, UnreadableHeader)
    assert reason in refused.reason


def test_lengths_beyond_the_file_or_beyond_us_are_refused() -> None:
    """A length of 4 GB, a header longer than its file, tensors behind its end, a file of seven bytes."""
    start = write_header(GOOD)
    for given_start, file_bytes, reason in (
        ((4 << 30).to_bytes(8, "little"), 10**12, "4,294,967,296 bytes long"),
        ((LARGEST_HEADER_BYTES + 1).to_bytes(8, "little"), None, "bytes long"),
        (start, len(start) - 1, "longer than the file"),
        (start, len(start) + 55, "beyond the end of the file"),
        (start[:7], None, "shorter than"),
    ):
        refused = read_header(given_start, file_bytes=file_bytes)
        assert isinstance(refused, UnreadableHeader)
        assert reason in refused.reason


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Whatever a file begins with, there is an answer and no error."""
    assert isinstance(read_header(content, file_bytes=None), WeightHeader | CutHeader | UnreadableHeader)
    assert isinstance(read_header(write_header(content), file_bytes=None), WeightHeader | CutHeader | UnreadableHeader)
