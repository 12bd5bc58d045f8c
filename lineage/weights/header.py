"""The header of a safetensors file: which tensors it holds, and where. Its bytes are untrusted.

The layout is that of the safetensors README: eight bytes with the length of the header (little endian), the header as
JSON, then the tensors' bytes, without holes. Whatever a header claims, no more is kept of it than these limits allow,
and a place outside of the file is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_HEADER_BYTES: Final = 4 << 20
"""A header of 40,000 tensors is about this long; safetensors itself stops at 100 MB."""
LENGTH_BYTES: Final = 8
MOST_TENSORS: Final = 50_000
_MOST_DIMENSIONS: Final = 8
LONGEST_NAME: Final = 500
LARGEST_NUMBER: Final = 2**53
ITEM_BITS: Final[Mapping[str, int]] = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
"""Bits per item of a tensor by its data type, as safetensors names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorEntry:
    """A tensor of a file: its name as written, its data type, its shape, and its bytes [start_byte, stop_byte)."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start_byte: int
    stop_byte: int

    @property
    def row_bytes(self) -> int:
        """The bytes of one row (all dimensions but the first); 0 if it has no rows, or rows of no whole bytes."""
        if len(self.shape) < 2 or not self.shape[0]:  # noqa: PLR2004 - a list of numbers has no rows
            return 0
        row_bytes, rest = divmod(self.stop_byte - self.start_byte, self.shape[0])
        return 0 if rest else row_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightHeader:
    """What a file says of its tensors, in the order of their bytes; `sha256` is that of the header's own bytes."""

    tensors: tuple[TensorEntry, ...]
    sha256: str
    header_bytes: int

    @property
    def parameters(self) -> int:
        """How many numbers the file holds."""
        return sum(prod(tensor.shape) for tensor in self.tensors)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutHeader:
    """The header goes on behind the bytes that were given: the first `needed_bytes` of the file hold it."""

    needed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableHeader:
    """What was given is no header of a safetensors file that we read, and why."""

    reason: str


HeaderReading: TypeAlias = WeightHeader | CutHeader | UnreadableHeader


def read_header(start: bytes, *, file_bytes: int | None) -> HeaderReading:
    """Read a header from the first bytes of a file; `file_bytes` is the size of the whole file, None if unknown."""
    try:
        return _read(start, file_bytes)
    except _Fault as fault:
        return UnreadableHeader(reason=str(fault))


def _read(start: bytes, file_bytes: int | None) -> WeightHeader | CutHeader:
    if len(start) < LENGTH_BYTES:
        raise _Fault("it is shorter than the length of a header")
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    if length > LARGEST_HEADER_BYTES:
        raise _Fault(f"its header would be {length:,} bytes long; we read {LARGEST_HEADER_BYTES:,}")
    needed_bytes = LENGTH_BYTES + length
    if file_bytes is not None and needed_bytes > file_bytes:
        raise _Fault("its header would be longer than the file")
    if needed_bytes > len(start):
        return CutHeader(needed_bytes=needed_bytes)
    header = start[LENGTH_BYTES:needed_bytes]
    tensors = _read_tensors(header, needed_bytes)
    if file_bytes is not None and tensors and tensors[-1].stop_byte > file_bytes:
        raise _Fault("its tensors would reach beyond the end of the file")
    return WeightHeader(tensors=tensors, sha256=hashlib.sha256(header).hexdigest(), header_bytes=needed_bytes)


class _Fault(Exception):
    """What is wrong with a header."""


def _read_tensors(header: bytes, data_start: int) -> tuple[TensorEntry, ...]:
    try:
        told = json.loads(header, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as exc:
        raise _Fault("its header is not JSON") from exc
    if not isinstance(told, dict):
        raise _Fault("its header is not a JSON object")
    told.pop("__metadata__", None)
    if len(told) > MOST_TENSORS:
        raise _Fault(f"it would hold {len(told):,} tensors; we read {MOST_TENSORS:,}")
    tensors = sorted(
        (_read_tensor(name, entry, data_start) for name, entry in told.items()),
        key=lambda tensor: (tensor.start_byte, tensor.stop_byte, tensor.name),
    )
    for left, right in pairwise(tensors):
        if right.start_byte < left.stop_byte:
            raise _Fault(f"two of its tensors would share bytes: {left.name[:100]!r} and {right.name[:100]!r}")
    return tuple(tensors)


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise _Fault("its header says something twice")
    return told


def _read_tensor(name: str, entry: object, data_start: int) -> TensorEntry:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise _Fault("a tensor has a name that cannot be shown")
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(start), int(stop)]} if (
            dtype in ITEM_BITS and len(shape) <= _MOST_DIMENSIONS
        ):
            pass
        case _:
            raise _Fault(f"it describes the tensor {name[:100]!r} in no form that we know")
    if not all(_is_size(number) for number in (*shape, start, stop)):
        raise _Fault(f"a size of the tensor {name[:100]!r} is no number that a file can have")
    if (stop - start) * 8 != prod(shape) * ITEM_BITS[dtype]:
        raise _Fault(f"the tensor {name[:100]!r} would not fill its own bytes")
    return TensorEntry(
        name=name, dtype=dtype, shape=tuple(shape), start_byte=data_start + start, stop_byte=data_start + stop
    )


def _is_size(number: object) -> bool:
    return type(number) is int and 0 <= number < LARGEST_NUMBER
