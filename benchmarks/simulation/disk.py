"""A disk that keeps only what was flushed: what `write_log.c` logged, as a file system may show it after a power loss.

The rules are those of POSIX, stricter than those of the usual file systems. What was written to a file since its last
`fsync` may be there, not be there, or be there by sectors of 512 bytes. A new, renamed or removed name lasts only once
its folder was flushed; until then names go in the order in which they came (as journals keep them), the last first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

SECTOR: Final = 512
_HEAD: Final = struct.Struct("<IIIQQQ")
Loss: TypeAlias = Literal["nothing", "all", "after", "some", "sectors"]
LOSSES: Final[tuple[Loss, ...]] = get_args(Loss)
"""What a crash takes of the unflushed: nothing (as SIGKILL), all, what came after some moment, some writes, sectors."""
Image: TypeAlias = "dict[str, bytes | None]"
"""The files of a folder by their names below it; None is a folder."""


class CallKind(IntEnum):
    """The calls that a log tells, numbered as in `write_log.c`."""

    WRITE = 1
    SIZE = 2
    SYNC = 3
    CREATE = 4
    REMOVE = 5
    RENAME = 6
    LINK = 7
    FOLDER = 8
    UNFOLDER = 9
    MARK = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that changed or flushed something; `name` and `other` are below the folder, or the text of a mark."""

    kind: CallKind
    inode: int
    offset: int
    name: str
    other: str
    data: memoryview


def read_log(log: Path, folder: Path) -> Iterator[Call]:
    """Return the calls of a log in their order; a process that was killed may have left half of the last one."""
    text, at, root = memoryview(log.read_bytes()) if log.exists() else memoryview(b""), 0, f"{folder.resolve()}/"
    while at + _HEAD.size <= len(text):
        kind, first, second, inode, offset, length = _HEAD.unpack_from(text, at)
        at += _HEAD.size
        names = [bytes(text[at : at + first]).decode(), bytes(text[at + first : at + first + second]).decode()]
        at += first + second
        size = length if kind == CallKind.WRITE else 0
        if at + size > len(text):
            return
        name, other = ("." if f"{one}/" == root else one.removeprefix(root) for one in names)
        yield Call(kind=CallKind(kind), inode=inode, offset=offset, name=name, other=other, data=text[at : at + size])
        at += size


@dataclass(slots=True)
class _File:
    """A file: its content as processes see it, what was flushed, and what came since, in order."""

    seen: bytearray = field(default_factory=bytearray)
    flushed: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, memoryview | None]] = field(default_factory=list)

    def do(self, offset: int, data: memoryview | None) -> None:
        _apply(self.seen, offset, data)
        self.since.append((offset, data))

    def flush(self) -> None:
        for offset, data in self.since:
            _apply(self.flushed, offset, data)
        self.since.clear()

    def after(self, loss: Loss, chance: random.Random) -> bytes:
        """Return what is there after a crash."""
        left = bytearray(self.flushed)
        kept = chance.randrange(len(self.since) + 1) if loss == "after" else len(self.since)
        for number, (offset, data) in enumerate(self.since):
            if loss == "all" or number > kept or (loss == "some" and chance.random() < 0.5):  # noqa: PLR2004 -- half
                continue
            if data is not None and (loss == "sectors" or number == kept):  # the last one kept is torn
                for begin in range(0, len(data), SECTOR):
                    if chance.random() < 0.5:  # noqa: PLR2004 -- half
                        _apply(left, offset + begin, data[begin : begin + SECTOR])
            elif number < kept:
                _apply(left, offset, data)
        return bytes(left)


def _apply(content: bytearray, offset: int, data: memoryview | None) -> None:
    """Write data, or set the size to `offset` where there are none; a hole reads as zeros."""
    end = offset + len(data or b"")
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset:end] = data


class Disk:
    """The files of a folder while a log is carried out; what was there at the beginning was flushed."""

    def __init__(self, folder: Path) -> None:
        self.names: dict[str, _File | None] = {}
        self._renamings: list[tuple[Call, _File | None]] = []
        self._by_inode: dict[int, _File] = {}
        for path in sorted(folder.rglob("*")):
            name, content = str(path.relative_to(folder)), None
            if path.is_file():
                text = path.read_bytes()
                content = _File(bytearray(text), bytearray(text))
                self._by_inode[path.stat().st_ino] = content
            self.names[name] = content
        self._lasting = dict(self.names)

    def do(self, call: Call) -> None:
        """Carry out one call."""
        match call.kind:
            case CallKind.WRITE | CallKind.SIZE:
                data = call.data if call.kind == CallKind.WRITE else None
                self._by_inode.setdefault(call.inode, _File()).do(call.offset, data)
            case CallKind.SYNC if call.inode in self._by_inode:
                self._by_inode[call.inode].flush()
            case CallKind.SYNC:
                self._flush_names(call.name)
            case CallKind.MARK:
                pass
            case _:
                made = _File() if call.kind == CallKind.CREATE else None
                if made is not None:
                    self._by_inode[call.inode] = made  # the system gives the number of a removed file to a new one
                _rename(self.names, call, made)
                self._renamings.append((call, made))

    def seen(self) -> Image:
        """Return the files as processes see them."""
        return {name: None if file is None else bytes(file.seen) for name, file in self.names.items()}

    def after(self, loss: Loss, chance: random.Random) -> Image:
        """Return the files as they may be after a crash now; the same generator returns the same."""
        if loss == "nothing":
            return self.seen()
        names = dict(self._lasting)
        kept = 0 if loss == "all" else chance.randrange(len(self._renamings) + 1)
        for call, made in self._renamings[:kept]:
            _rename(names, call, made)
        return {name: None if file is None else file.after(loss, chance) for name, file in names.items()}

    def _flush_names(self, folder: str) -> None:
        last = max(
            (number for number, (call, _) in enumerate(self._renamings, 1) if folder in _folders(call)), default=0
        )
        for call, made in self._renamings[:last]:
            _rename(self._lasting, call, made)
        del self._renamings[:last]


def _rename(names: dict[str, _File | None], call: Call, made: _File | None) -> None:
    """Change the names of a folder as a call does; `made` is the file that it created."""
    match call.kind:
        case CallKind.CREATE | CallKind.FOLDER:
            names[call.name] = made
        case CallKind.REMOVE | CallKind.UNFOLDER:
            names.pop(call.name, None)
        case CallKind.LINK if call.name in names:
            names[call.other] = names[call.name]
        case CallKind.RENAME:
            for name in [one for one in names if one == call.name or one.startswith(f"{call.name}/")]:
                names[call.other + name.removeprefix(call.name)] = names.pop(name)
        case _:
            raise ValueError(call)


def _folders(call: Call) -> set[str]:
    """Return the folders whose content a call changes; "." is the outermost."""
    return {str(Path(name).parent) for name in (call.name, call.other) if name}


def lay_out(image: Image, folder: Path) -> Path:
    """Write the files of an image into a folder that is empty or not there yet, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in sorted(image.items()):
        path = folder / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder
