"""The header of a GGUF file: which tensors it holds, and where. Its bytes are untrusted.

The layout is that of the GGUF specification (ggml, docs/gguf.md), versions 2 and 3 with the low byte first: magic,
version, two counts, pairs of a key and a typed value, then the names, shapes, types and places of the tensors. The
lists of tokens stand among the pairs, so that the first tensor lies behind megabytes. Whatever a header claims, no more
is kept of it than these limits allow, no list is believed that its file has no room for, and a place outside of the
file is refused.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Final

from lineage.parents.gguf_header import LIST, MAGIC, STRING, VALUE_BYTES
from lineage.weights.gguf_blocks import BLOCK_TYPES
from lineage.weights.header import (
    LARGEST_NUMBER,
    LONGEST_NAME,
    MOST_TENSORS,
    CutHeader,
    HeaderReading,
    TensorEntry,
    UnreadableHeader,
    WeightHeader,
)

LARGEST_HEADER_BYTES: Final = 64 << 20
"""Headers with 256,000 tokens and their merges are 6 to 12 MB long."""
_VERSIONS: Final = (2, 3)
_MOST_PAIRS: Final = 4096
_LONGEST_KEY: Final = 1 << 16
_MOST_DIMENSIONS: Final = 4
_DEEPEST_LIST: Final = 3
_UINT32: Final = 4
_LENGTH_BYTES: Final = 8
_LENGTH: Final = struct.Struct("<Q")
_FEWEST_PAIR_BYTES: Final = 13
_FEWEST_TENSOR_BYTES: Final = 32
_ALIGNMENT: Final = "general.alignment"
_USUAL_ALIGNMENT: Final = 32
_LARGEST_ALIGNMENT: Final = 1 << 16


def read_gguf_header(start: bytes, *, file_bytes: int | None) -> HeaderReading:
    """Read a header from the first bytes of a file; `file_bytes` is the size of the whole file, None if unknown.

    Where it goes on, the bytes that are needed are the fewest that it can be: so many may show that it takes more.
    """
    limit = LARGEST_HEADER_BYTES if file_bytes is None else min(file_bytes, LARGEST_HEADER_BYTES)
    try:
        return _read(_GgufCursor(start=start, limit=limit), file_bytes)
    except _CutError as cut:
        return CutHeader(needed_bytes=cut.needed_bytes)
    except _FaultError as fault:
        return UnreadableHeader(reason=str(fault))


class _FaultError(Exception):
    """What is wrong with a header."""


class _CutError(Exception):
    """The header goes on behind the bytes that were given."""

    def __init__(self, needed_bytes: int) -> None:
        super().__init__(needed_bytes)
        self.needed_bytes = needed_bytes


@dataclass(slots=True, kw_only=True)
class _GgufCursor:
    """A position in the first bytes of a file.

    `limit` is where its header ends at the latest, and `owed` the fewest bytes that must follow what is read now.
    """

    start: bytes
    limit: int
    at: int = 0
    owed: int = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        self.skip(size)
        return self.start[self.at - size : self.at]

    def skip(self, size: int) -> None:
        """Pass over the next bytes."""
        stop = self.at + size
        if stop > len(self.start):
            self.demand(size)
            raise _CutError(stop + self.owed)
        self.at = stop

    def demand(self, size: int) -> None:
        """Refuse what needs more bytes than the header may have."""
        if self.at + size + self.owed > self.limit:
            raise _FaultError("its header would be longer than the file, or than the 64 MB that we read of one")

    def number(self, size: int) -> int:
        """Return the next whole number of so many bytes."""
        return int.from_bytes(self.take(size), "little")


def _read(cursor: _GgufCursor, file_bytes: int | None) -> WeightHeader:
    if cursor.take(len(MAGIC)) != MAGIC:
        raise _FaultError("it does not begin as a GGUF file does")
    version = cursor.number(4)
    if version not in _VERSIONS:
        raise _FaultError(f"it is GGUF of the version {version:,}; we read 2 and 3 with the low byte first")
    tensor_count, pair_count = cursor.number(8), cursor.number(8)
    if tensor_count > MOST_TENSORS:
        raise _FaultError(f"it would hold {tensor_count:,} tensors; we read {MOST_TENSORS:,}")
    if pair_count > _MOST_PAIRS:
        raise _FaultError(f"it would say {pair_count:,} things of itself; we read {_MOST_PAIRS:,}")
    alignment = _read_alignment(cursor, pair_count, tensor_count * _FEWEST_TENSOR_BYTES)
    described = []
    for number in range(tensor_count):
        cursor.owed = (tensor_count - number - 1) * _FEWEST_TENSOR_BYTES
        described.append(_read_tensor(cursor))
    data_start = -(-cursor.at // alignment) * alignment
    tensors = tuple(sorted((_placed(tensor, data_start) for tensor in described), key=lambda tensor: tensor.start_byte))
    _check(tensors, file_bytes)
    sha256 = hashlib.sha256(cursor.start[: cursor.at]).hexdigest()
    return WeightHeader(tensors=tensors, sha256=sha256, header_bytes=data_start)


def _read_alignment(cursor: _GgufCursor, pair_count: int, tensors_bytes: int) -> int:
    """Pass over the pairs; return the number of bytes that the place of a tensor is a multiple of."""
    alignment = _USUAL_ALIGNMENT
    for number in range(pair_count):
        cursor.owed = (pair_count - number - 1) * _FEWEST_PAIR_BYTES + tensors_bytes
        length = cursor.number(_LENGTH_BYTES)
        if length > _LONGEST_KEY:
            raise _FaultError(f"one of its keys would be {length:,} bytes long")
        key, kind = cursor.take(length), cursor.number(4)
        if key == _ALIGNMENT.encode() and kind == _UINT32:
            alignment = cursor.number(4)
        else:
            _skip_value(cursor, kind, _DEEPEST_LIST)
    if not 1 <= alignment <= _LARGEST_ALIGNMENT:
        raise _FaultError(f"its tensors would be aligned to {alignment:,} bytes")
    return alignment


def _skip_value(cursor: _GgufCursor, kind: int, depth: int) -> None:
    if kind in VALUE_BYTES:
        cursor.skip(VALUE_BYTES[kind])
    elif kind == STRING:
        cursor.skip(cursor.number(_LENGTH_BYTES))
    elif kind == LIST and depth:
        _skip_list(cursor, depth - 1)
    elif kind == LIST:
        raise _FaultError(f"lists stand in lists in it, more than {_DEEPEST_LIST} deep")
    else:
        raise _FaultError(f"a value of it has the type {kind:,}, which we do not know")


def _skip_list(cursor: _GgufCursor, depth: int) -> None:
    kind, count = cursor.number(4), cursor.number(8)
    if kind in VALUE_BYTES:
        cursor.skip(VALUE_BYTES[kind] * count)
        return
    outer = cursor.owed
    fewest = _LENGTH_BYTES if kind == STRING else _LENGTH_BYTES + 4
    cursor.demand(count * fewest)  # each takes bytes, so the loop ends with them
    if kind == STRING:
        count -= _skip_texts(cursor, count)
    for number in range(count):
        cursor.owed = outer + (count - number - 1) * fewest
        _skip_value(cursor, kind, depth)
    cursor.owed = outer


def _skip_texts(cursor: _GgufCursor, count: int) -> int:
    """Pass over those of the next texts that are there whole, and return how many those are."""
    start, at, skipped = cursor.start, cursor.at, 0
    while skipped < count and at + _LENGTH_BYTES <= len(start):
        stop = at + _LENGTH_BYTES + _LENGTH.unpack_from(start, at)[0]
        if stop > len(start):
            break
        at, skipped = stop, skipped + 1
    cursor.at = at
    return skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class _DescribedTensor:
    """A tensor as the header describes it; `offset` counts from where the tensors begin."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    size_bytes: int


def _read_tensor(cursor: _GgufCursor) -> _DescribedTensor:
    length = cursor.number(_LENGTH_BYTES)
    if length > LONGEST_NAME:
        raise _FaultError(f"the name of a tensor would be {length:,} bytes long")
    name = cursor.take(length).decode("utf-8", "replace")
    if not name or not name.isprintable() or "\N{REPLACEMENT CHARACTER}" in name:
        raise _FaultError("a tensor has a name that cannot be shown")
    dimensions = cursor.number(4)
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise _FaultError(f"the tensor {name[:100]!r} would have {dimensions:,} dimensions")
    *sizes, number, offset = struct.unpack(f"<{dimensions}QIQ", cursor.take(dimensions * 8 + 12))
    kind = BLOCK_TYPES.get(number)
    if kind is None:
        raise _FaultError(f"the tensor {name[:100]!r} has the type {number:,}, which we do not know")
    if not 0 < prod(sizes) < LARGEST_NUMBER or offset >= LARGEST_NUMBER or sizes[0] % kind.items:
        raise _FaultError(f"a size of the tensor {name[:100]!r} is no number that a file can have")
    return _DescribedTensor(
        name=name,
        dtype=kind.name,
        shape=tuple(reversed(sizes)),
        offset=offset,
        size_bytes=prod(sizes) // kind.items * kind.block_bytes,
    )


def _placed(tensor: _DescribedTensor, data_start: int) -> TensorEntry:
    start_byte = data_start + tensor.offset
    return TensorEntry(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        start_byte=start_byte,
        stop_byte=start_byte + tensor.size_bytes,
    )


def _check(tensors: tuple[TensorEntry, ...], file_bytes: int | None) -> None:
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise _FaultError("two of its tensors have one name")
    for left, right in pairwise(tensors):
        if right.start_byte < left.stop_byte:
            raise _FaultError(f"two of its tensors would share bytes: {left.name[:100]!r} and {right.name[:100]!r}")
    if file_bytes is not None and tensors and tensors[-1].stop_byte > file_bytes:
        raise _FaultError("its tensors would reach beyond the end of the file")
