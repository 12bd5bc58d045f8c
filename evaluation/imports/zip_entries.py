"""A zip archive whose entries may be packed with zstd, method 93, which the standard library reads from Python 3.14.

Everything is bounded: an entry, all entries together, and the packed bytes, which no two entries may share.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

import zstandard

from evaluation.errors import ImportRefused
from evaluation.json_node import LARGEST_FILE_BYTES, parse, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evaluation.json_node import Node

LARGEST_ENTRY_BYTES: Final = 256 << 20
LARGEST_UNPACKED_BYTES: Final = 32 << 30
ZSTD: Final = 93
METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, ZSTD})
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_ENCRYPTED: Final = 0x1
_CHUNK_BYTES: Final = 1 << 20


@dataclass(slots=True)
class Archive:
    """An open archive. `room_bytes` is how much may still be unpacked."""

    path: Path
    file: IO[bytes]
    entries: dict[str, zipfile.ZipInfo]
    room_bytes: int = field(default=LARGEST_UNPACKED_BYTES)

    def names(self, folder: str) -> list[str]:
        """Return the names of the JSON entries of a folder, sorted; of two of one name the later counts."""
        return sorted(name for name in self.entries if name.startswith(folder) and name.endswith(".json"))

    def document(self, name: str) -> Node:
        """Return an entry's JSON; raises ImportRefused where it cannot be read."""
        return parse(self.path, name, self._unpacked(self.entries[name]))

    def _unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        """Return an entry's bytes, checked by their checksum."""
        limit_bytes = min(LARGEST_ENTRY_BYTES, self.room_bytes)
        packed = self._packed(entry)
        try:
            data = _unpack(packed, entry.compress_type, limit_bytes)
        except (zlib.error, zstandard.ZstdError) as exc:
            raise ImportRefused(self.path, entry.filename, "cannot be unpacked") from exc
        if len(data) > limit_bytes:
            raise ImportRefused(self.path, entry.filename, f"unpacks to more than {limit_bytes:,} bytes")
        if zlib.crc32(data) != entry.CRC:
            raise ImportRefused(self.path, entry.filename, "its checksum is wrong")
        self.room_bytes -= len(data)
        return data

    def _packed(self, entry: zipfile.ZipInfo) -> bytes:
        if entry.compress_type not in METHODS or entry.flag_bits & _ENCRYPTED:
            raise ImportRefused(self.path, entry.filename, "packed in a way that is not read")
        self.file.seek(entry.header_offset)
        header = self.file.read(_LOCAL_HEADER.size)
        if len(header) == _LOCAL_HEADER.size:
            mark, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
            self.file.seek(name_bytes + extra_bytes, 1)
            packed = self.file.read(entry.compress_size)
            if mark == b"PK\x03\x04" and len(packed) == entry.compress_size:
                return packed
        raise ImportRefused(self.path, entry.filename, "the archive is cut off or damaged")


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive; raises ImportRefused where it is none, or larger than what is read."""
    with reading(path), path.open("rb") as file:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise ImportRefused(path, None, f"{size:,} bytes are more than the {LARGEST_FILE_BYTES:,} that are read")
        try:
            with zipfile.ZipFile(file) as archive:
                entries = {entry.filename: entry for entry in archive.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as exc:
            raise ImportRefused(path, None, "not a whole zip archive: cut off or damaged") from exc
        if sum(entry.compress_size for entry in entries.values()) > size:
            raise ImportRefused(path, None, "its entries lie over each other")
        yield Archive(path, file, entries)


def _unpack(packed: bytes, method: int, limit_bytes: int) -> bytes:
    """Return what was packed, or one byte more than the limit."""
    if method == zipfile.ZIP_STORED:
        return packed[: limit_bytes + 1]
    if method == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit_bytes + 1)
    parts, room_bytes = [], limit_bytes + 1
    with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as stream:
        while room_bytes > 0 and (part := stream.read(min(_CHUNK_BYTES, room_bytes))):
            parts.append(part)
            room_bytes -= len(part)
    return b"".join(parts)
