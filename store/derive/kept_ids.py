"""The ids of a database, read from the files of its graph without DuckDB or numpy: completion has no time to load them.

`<database>.graph/current` names the folder of the graph that was derived last, and the size and the time of the last
change that the database had when this was written. A database that has changed since, or that has a write-ahead log,
is to be asked itself.
"""

from __future__ import annotations

import mmap
import re
import sys
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from store.sharing.safe_files import read_start, replace_text

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal, Self

MARK: Final = "current"
_LONGEST_MARK: Final = 400
_BEFORE_HEADER: Final = 10  # "\x93NUMPY", the version, and the length of the header in two bytes
_AFTER_EVERY_ID: Final = b"\xff"  # in no UTF-8 text
_IS_SAFE: Final = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9._/-]*").fullmatch


class KeptIds:
    """All ids in the order of their UTF-8 bytes: number i is `text[starts[i]:starts[i + 1]]`."""

    def __init__(self, text: memoryview[int], starts: memoryview[int]) -> None:
        """Take the two arrays; use `kept_ids` to open them."""
        self._text = text
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._text[self._starts[number] : self._starts[number + 1]])

    @classmethod
    def of_folder(cls, folder: Path) -> Self | None:
        """Open the files of a folder; None where they are not what was written there."""
        text, starts = _mapped(folder / "id_text.npy", b"|u1", "B"), _mapped(folder / "id_starts.npy", b"<i8", "q")
        if text is None or starts is None or not len(starts) or starts[-1] != len(text):
            return None
        return cls(text, starts)

    def beginnings(self, front: str, length: int, most: int) -> list[str]:
        """Return what `completion/ids` does."""
        wanted = front.encode("utf-8", "surrogatepass")
        place, end = bisect_left(self, wanted), bisect_left(self, wanted + _AFTER_EVERY_ID)
        found: list[str] = []
        while place < end and len(found) < most:
            one = self[place]
            place += 1
            if _IS_SAFE(one):
                found.append(one[:length].decode("ascii"))
                if len(one) >= length:  # a shorter one may be the beginning of others that differ
                    place = bisect_left(self, one[:length] + _AFTER_EVERY_ID, place, end)
        return found


def files_of(path: Path) -> Path:
    """Return the folder in which the arrays of a database are kept."""
    return path.with_name(f"{path.name}.graph")


def mark_current(path: Path, folder: str) -> None:
    """Note that a folder beside a database holds its graph as it is now; do nothing where the disk refuses.

    The database is open to be written, and everything is in its file: closing it then changes nothing more.
    """
    kept = files_of(path)
    if kept.is_symlink() or not (kept / folder).is_dir():
        return
    try:
        replace_text(kept / MARK, f"{folder} {_state(path)}")
    except OSError:
        return


def kept_ids(path: Path) -> KeptIds | None:
    """Return the ids of a database from its files; None where there are none, or they may be of another state."""
    kept = files_of(path)
    try:
        if kept.is_symlink() or path.with_name(f"{path.name}.wal").exists():
            return None
        folder, _, state = read_start(kept / MARK, _LONGEST_MARK).decode().partition(" ")
        if state != _state(path) or "/" in folder or "\\" in folder:
            return None
        return KeptIds.of_folder(kept / folder)
    except (OSError, ValueError, TypeError):  # TypeError: the bytes are no whole numbers
        return None


def _state(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def _mapped(path: Path, kind: bytes, code: Literal["B", "q"]) -> memoryview[int] | None:
    """Map an array of numpy's file format, version 1; None if it is of another kind, or of the other byte order."""
    if sys.byteorder != "little" or not path.is_file():
        return None
    with path.open("rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    start = _BEFORE_HEADER + int.from_bytes(whole[8:_BEFORE_HEADER], "little")
    is_ours = bytes(whole[:8]) == b"\x93NUMPY\x01\x00" and b"'" + kind + b"'" in bytes(whole[:start])
    return whole[start:].cast(code) if is_ours else None
