"""Unpacking: what `lzma` packs comes back, whatever the pieces, and no file chooses how much memory that takes."""

from __future__ import annotations

import io
import lzma
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.ingest import xz_stream
from store.ingest.xz_stream import XzStream

HEADER = 12  # bytes of a stream before its first block's own
GREEDY = 39  # LZMA2's way to say a dictionary of 3 GiB


def unpacked(packed: bytes, buffer_bytes: int = 4096) -> bytes:
    """Return all that a packed file holds."""
    with io.BufferedReader(XzStream(io.BytesIO(packed)), buffer_bytes) as stream:
        return stream.read()


def with_dictionary(packed: bytes, size: int) -> bytes:
    """Return a packed file that asks for a dictionary of another size."""
    length = (packed[HEADER] + 1) * 4
    block = bytearray(packed[HEADER : HEADER + length - 4])
    assert block[2:4] == b"\x21\x01"  # LZMA2, one byte of properties
    block[4] = size
    return packed[:HEADER] + block + zlib.crc32(block).to_bytes(4, "little") + packed[HEADER + length :]


@given(
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), zeros=st.integers(0, 5), size=st.integers(1, 99)
)
def test_whatever_was_packed_comes_back(parts: list[bytes], zeros: int, size: int) -> None:
    """Streams that follow each other, with zeros between them, are one file."""
    packed = bytes(4 * zeros).join(map(lzma.compress, parts)) + bytes(4 * zeros)
    assert unpacked(packed, size) == b"".join(parts)


def test_a_file_of_many_chunks_comes_back() -> None:
    """What takes more than one step of reading and of unpacking is whole."""
    content = b"".join(zlib.crc32(b"%d" % number).to_bytes(4, "little") for number in range(200_000))
    assert unpacked(lzma.compress(content), 1000) == content


def test_a_greedy_dictionary_is_refused() -> None:
    """A file of a few bytes that asks for 3 GiB is refused by size; the same bytes with a usual one are read."""
    packed = lzma.compress(b"text")
    assert unpacked(with_dictionary(packed, 22)) == b"text"
    with pytest.raises(lzma.LZMAError, match=f"more than {xz_stream.MOST_MEMORY_BYTES >> 20} MiB of memory"):
        unpacked(with_dictionary(packed, GREEDY))


def test_what_is_cut_or_followed_by_something_else_is_told() -> None:
    """A missing end, broken bytes and foreign ones behind the end are errors, not the end of the file."""
    packed = lzma.compress(b"text" * 1000)
    for cut in (b"", packed[:20], packed[:-1]):
        with pytest.raises(EOFError):
            unpacked(cut)
    for broken in (b"no xz at all", packed + b"rest"):
        with pytest.raises(lzma.LZMAError):
            unpacked(broken)
