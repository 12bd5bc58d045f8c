"""Decompress an `.xz` file within bounded memory; with `lzma.open`, a file may demand 4 GiB for its dictionary."""

from __future__ import annotations

import io
import lzma
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_MEMORY_BYTES: Final = 256 << 20  # `xz -9` needs 65 MiB
_CHUNK_BYTES: Final = 1 << 18
_REFUSED: Final = "Memory usage limit exceeded"  # the message in Python's lzma, which has one exception for everything


class XzStream(io.RawIOBase):
    """The bytes of all streams in a compressed file; wrap it in a `BufferedReader`, which closes both.

    Reading raises LZMAError if the file is broken or demands more memory than allowed, EOFError if its end is missing.
    """

    def __init__(self, packed: IO[bytes]) -> None:
        """Read from an open file."""
        self._packed = packed
        self._ahead = b""
        self._unpacking = lzma.LZMADecompressor(memlimit=MOST_MEMORY_BYTES)

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the output of one step; 0 means the end of the file."""
        view = memoryview(buffer)
        part = b""
        while not part and self._has_more():
            part = self._unpack(len(view))
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the file."""
        self._packed.close()
        super().close()

    def _has_more(self) -> bool:
        """Return whether the stream continues, or another follows, perhaps after zero bytes."""
        if not self._unpacking.eof:
            return True
        rest = self._unpacking.unused_data
        while not rest.strip(b"\0"):
            rest = self._packed.read(_CHUNK_BYTES)
            if not rest:
                return False
        self._unpacking = lzma.LZMADecompressor(memlimit=MOST_MEMORY_BYTES)
        self._ahead = rest.lstrip(b"\0")
        return True

    def _unpack(self, most_bytes: int) -> bytes:
        packed, self._ahead = self._ahead, b""
        if self._unpacking.needs_input and not packed:
            packed = self._packed.read(_CHUNK_BYTES)
            if not packed:
                raise EOFError("its end is missing")
        try:
            return self._unpacking.decompress(packed, most_bytes)
        except lzma.LZMAError as error:
            if str(error) != _REFUSED:
                raise
            raise lzma.LZMAError(f"it asks for more than {MOST_MEMORY_BYTES >> 20} MiB of memory") from error
