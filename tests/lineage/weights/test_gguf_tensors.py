"""Headers of GGUF files: what they hold, and that nothing they claim is believed beyond the file."""

from __future__ import annotations

import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.weights.gguf_tensors import LARGEST_HEADER_BYTES, read_gguf_header
from lineage.weights.header import CutHeader, UnreadableHeader, WeightHeader
from lineage.weights.number_formats import read_rows
from tests.lineage.weights.gguf_file import LIST, STRING, described, head, pair, text, tokens_pair, write_gguf

NESTED = struct.pack("<IQ", LIST, 1)
ONE = described("a", (4, 2), 0, 0)
LARGE = 10**12


def matrix(rows: int, columns: int = 64) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return ascending numbers."""
    return np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)


def whole(content: bytes) -> WeightHeader:
    """Return the header of a whole file."""
    header = read_gguf_header(content, file_bytes=len(content))
    assert isinstance(header, WeightHeader)
    return header


@pytest.mark.parametrize("alignment", [8, 32, 4096])
def test_tensors_lie_where_the_header_says(alignment: int) -> None:
    """Shapes count rows first, places from the start of the file, and the rows there are those that were written."""
    content = write_gguf({"b": matrix(3), "a": matrix(5, 96)}, alignment=alignment)
    header = whole(content)
    assert [(one.name, one.dtype, one.shape) for one in header.tensors] == [
        ("b", "F32", (3, 64)),
        ("a", "F32", (5, 96)),
    ]
    assert header.parameters == 3 * 64 + 5 * 96
    assert header.header_bytes % alignment == 0
    for one, written in zip(header.tensors, (matrix(3), matrix(5, 96)), strict=True):
        rows = read_rows(content[one.start_byte : one.stop_byte], one, columns=one.shape[1])
        np.testing.assert_array_equal(rows, written)


def test_rows_of_blocks_are_read() -> None:
    """A row of 64 numbers in Q8_0 has 68 bytes; no number is further off than half a step."""
    content = write_gguf({"a": matrix(3)}, dtype="Q8_0")
    (one,) = whole(content).tensors
    assert (one.dtype, one.row_bytes) == ("Q8_0", 68)
    rows = read_rows(content[one.start_byte : one.stop_byte], one, columns=64)
    assert np.abs(rows - matrix(3)).max() <= 191 / 127 * 0.51


@pytest.mark.parametrize("version", [2, 3])
def test_values_of_all_types_are_passed_over(version: int) -> None:
    """Numbers of every size, texts, lists of numbers, of texts and of lists, an alignment that is a text."""
    pairs = [
        *(
            pair("n", kind, bytes(size))
            for kind, size in ((0, 1), (1, 1), (2, 2), (3, 2), (4, 4), (5, 4), (6, 4), (7, 1))
        ),
        *(pair("n", kind, bytes(8)) for kind in (10, 11, 12)),
        pair("general.alignment", STRING, text("64")),
        pair("l", LIST, struct.pack("<IQ", 2, 3) + bytes(6)),
        pair("t", LIST, struct.pack("<IQ", STRING, 2) + text("x") + text(b"\xff\xfe")),
        pair("d", LIST, struct.pack("<IQIQ", LIST, 1, STRING, 1) + text("x")),
    ]
    start = head(pairs, [ONE], version=version)
    header = read_gguf_header(start, file_bytes=LARGE)
    assert isinstance(header, WeightHeader)
    assert header.header_bytes == -(-len(start) // 32) * 32
    assert header.tensors[0].start_byte == header.header_bytes


def test_a_header_that_goes_on_says_the_fewest_bytes_that_hold_it() -> None:
    """Asked for so many again and again, it is read at last; it never asks for what it has, or beyond its end."""
    start = head([tokens_pair(200), pair("n", 10, bytes(8)), tokens_pair(5)], [ONE, described("b", (4,), 0, 32)])
    given, asked = 0, 0
    while isinstance(header := read_gguf_header(start[:given], file_bytes=LARGE), CutHeader):
        assert given < header.needed_bytes <= len(start)
        given, asked = header.needed_bytes, asked + 1
    assert isinstance(header, WeightHeader)
    assert given == len(start)
    assert asked > 10


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_wherever_it_is_cut_it_goes_on(cut: int) -> None:
    """No place in a header is taken for its end."""
    start = head([tokens_pair(20), pair("d", LIST, struct.pack("<IQIQ", LIST, 1, STRING, 1) + text("x"))], [ONE])
    header = read_gguf_header(start[:cut], file_bytes=None)
    assert isinstance(header, CutHeader) if cut < len(start) else isinstance(header, WeightHeader)


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"GGML" + bytes(20), "does not begin as a GGUF file does"),
        (head([], [], version=1), "version 1;"),
        (head([], [], version=4), "version 4;"),
        (b"GGUF" + struct.pack(">IQQ", 3, 1, 1), "we read 2 and 3 with the low byte first"),
        (head([], [], counts=(2**60, 0)), "would hold 1,152,921,504,606,846,976 tensors"),
        (head([], [], counts=(50_001, 0)), "would hold 50,001 tensors"),
        (head([], [], counts=(0, 2**64 - 1)), "things of itself"),
        (head([], [], counts=(0, 4097)), "4,097 things of itself"),
        (head([struct.pack("<Q", 2**63)], []), "one of its keys would be"),
        (head([pair("a", STRING, struct.pack("<Q", 4 << 30))], []), "longer than the file, or than the 64 MB"),
        (head([pair("a", STRING, struct.pack("<Q", 2**64 - 1))], []), "longer than the file"),
        (head([pair("a", LIST, struct.pack("<IQ", STRING, 2**64 - 1))], []), "longer than the file"),
        (head([pair("a", LIST, struct.pack("<IQ", 10, 2**63))], []), "longer than the file"),
        (head([pair("a", LIST, struct.pack("<IQ", LIST, 2**40))], []), "longer than the file"),
        (head([pair("a", LIST, NESTED * 3 + struct.pack("<IQ", 0, 1))], []), "more than 3 deep"),
        (head([pair("a", LIST, NESTED * 50_000)], []), "more than 3 deep"),
        (head([pair("a", 13, b"")], []), "the type 13, which"),
        (head([pair("a", LIST, struct.pack("<IQ", 99, 1))], []), "the type 99, which"),
        (head([pair("general.alignment", 4, bytes(4))], []), "aligned to 0 bytes"),
        (head([pair("general.alignment", 4, b"\xff" * 4)], []), "aligned to 4,294,967,295 bytes"),
        (head([], [struct.pack("<Q", 501)]), "the name of a tensor would be 501"),
        (head([], [described("a\x1b[31m", (4, 2), 0, 0)]), "cannot be shown"),
        (head([], [described(b"\xff\xfe", (4, 2), 0, 0)]), "cannot be shown"),
        (head([], [described("", (4, 2), 0, 0)]), "cannot be shown"),
        (head([], [described("a", (1, 1, 1, 1, 1), 0, 0)]), "5 dimensions"),
        (head([], [text("a") + struct.pack("<I", 2**32 - 1)]), "4,294,967,295 dimensions"),
        (head([], [described("a", (), 0, 0)]), "0 dimensions"),
        (head([], [described("a", (0, 4), 0, 0)]), "no number that a file can have"),
        (head([], [described("a", (2**63, 2**63), 0, 0)]), "no number that a file can have"),
        (head([], [described("a", (2**64 - 1,), 0, 0)]), "no number that a file can have"),
        (head([], [described("a", (4, 2), 0, 2**63)]), "no number that a file can have"),
        (head([], [described("a", (33, 2), 8, 0)]), "no number that a file can have"),
        (head([], [described("a", (4, 2), 4, 0)]), "the type 4, which"),
        (head([], [ONE, described("b", (4,), 0, 31)]), "would share bytes: 'a' and 'b'"),
        (head([], [ONE, described("a", (4,), 0, 32)]), "have one name"),
        (head([], [described("a", (4, 2**40), 0, 0)]), "beyond the end of the file"),
    ],
)
def test_a_header_that_lies_is_refused(start: bytes, reason: str) -> None:
    """It says why, and nothing of it is taken."""
    refused = read_gguf_header(start, file_bytes=LARGE)
    assert isinstance(refused, UnreadableHeader)
    assert reason in refused.reason


def test_a_list_that_its_file_has_no_room_for_is_refused_at_once() -> None:
    """Also where each of its parts would fit: the tokens, what stands behind them, and the tensors."""
    start = head([pair("a", LIST, struct.pack("<IQ", STRING, 1000)), tokens_pair(1)], [ONE])[:80]
    needed = read_gguf_header(start, file_bytes=LARGE)
    assert isinstance(needed, CutHeader)
    refused = read_gguf_header(start, file_bytes=needed.needed_bytes - 1)
    assert isinstance(refused, UnreadableHeader)
    assert read_gguf_header(start, file_bytes=needed.needed_bytes) == needed
    assert needed.needed_bytes < LARGEST_HEADER_BYTES


def test_no_claim_takes_memory() -> None:
    """The largest lists that may be claimed are passed over, not held."""
    claims = [
        head([pair("a", LIST, struct.pack("<IQ", 0, 60 << 20))], []),
        head([pair("a", LIST, struct.pack("<IQ", STRING, 7 << 20))], []),
        head([pair("a", LIST, struct.pack("<IQ", LIST, 5 << 20))], []),
        head([], [], counts=(50_000, 4096)),
    ]
    tracemalloc.start()
    try:
        assert all(isinstance(read_gguf_header(claim, file_bytes=LARGE), CutHeader) for claim in claims)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300), st.integers(0, 300), st.booleans())
def test_any_bytes_are_read_or_refused(content: bytes, at: int, is_known: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever a file holds, there is an answer and no error, and it asks for more than it has alone."""
    sound = write_gguf({"token_embd.weight": matrix(2)}, tokens=3)
    for start in (content, b"GGUF" + content, sound[:at] + content + sound[at + len(content) :]):
        header = read_gguf_header(start, file_bytes=len(start) if is_known else None)
        assert isinstance(header, WeightHeader | CutHeader | UnreadableHeader)
        if isinstance(header, CutHeader):
            assert header.needed_bytes > len(start)
            assert not is_known or header.needed_bytes <= len(start)
        if isinstance(header, WeightHeader):
            for tensor in header.tensors:
                read = start[tensor.start_byte : tensor.stop_byte][: tensor.row_bytes * 2]
                if tensor.dtype == "F32" and len(tensor.shape) == 2:
                    assert read_rows(read, tensor, columns=tensor.shape[1]).shape[1] == tensor.shape[1]
