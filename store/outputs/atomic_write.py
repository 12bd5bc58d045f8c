"""Write an export completely in a private folder beside its target, then move it there in one step.

If the command is stopped or the disk is full, the target stays as it was. A link at the target is replaced, never
followed. If an export was killed, the next one beside it removes its folder, whose lock nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from lineage.exports.errors import TargetRefused
from store.flushing import flush_all, flush_file, flush_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_PREFIX: Final = ".lineage-export-"
_LOCK: Final = ".lineage-lock"
_WAITS_FOR_NOBODY: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW  # anyone may plant a pipe there
_TO_OVERWRITE: Final = "--force overwrites it"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTarget:
    """Where an export goes: a file, or a folder of files; `path` is None for stdout.

    `overwrites` allows existing files to be replaced; in a folder, those of the same names.
    """

    path: Path | None
    is_folder: bool = False
    overwrites: bool = False


@contextmanager
def staging(target: OutputTarget) -> Iterator[Path]:
    """Make a private folder for the content of the target; raises TargetRefused if it cannot go there."""
    parent = Path(tempfile.gettempdir()) if target.path is None else _checked(target.path, target)
    _remove_abandoned(parent)
    with tidied():
        yield from _private(parent)


def _private(parent: Path) -> Iterator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).resolve()
    except OSError as error:
        raise TargetRefused(parent, error.strerror or "cannot be written") from error
    try:
        unlocked = folder / f"{_LOCK}-new"
        with unlocked.open("xb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            unlocked.rename(folder / _LOCK)  # from now on others may see it, and it is locked
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of dead exports; a live one holds its lock."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError), os.fdopen(os.open(folder / _LOCK, _WAITS_FOR_NOBODY), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def place_in(folder: Path, target: OutputTarget) -> Path:
    """Return where the writer writes: an empty folder, or a file that does not exist yet."""
    name = "export" if target.path is None else target.path.name
    place = folder / name
    if target.is_folder:
        place.mkdir()
    return place


def commit(place: Path, target: OutputTarget) -> None:
    """Move the output to its place, or copy it to stdout; raises TargetRefused if that fails."""
    if target.path is None:
        with place.open("rb") as written:
            shutil.copyfileobj(written, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    _checked(target.path, target)
    try:
        flush_all(place)  # a name may outlast a loss of power only with what it names
        if target.is_folder and target.path.is_dir():
            _replace_files(place, target.path)
        else:
            place.replace(target.path)
            flush_names(target.path.parent)
    except OSError as error:
        raise TargetRefused(target.path, error.strerror or "cannot be written") from error


def name_new(place: Path, path: Path) -> None:
    """Give a finished file its name in one step, and let it outlast a loss of power.

    Raises FileExistsError if something has the name already, and OSError.
    """
    flush_file(place)
    try:
        path.hardlink_to(place)
    except FileExistsError:
        raise
    except OSError as error:  # the file system has no hard links
        if os.path.lexists(path):
            raise FileExistsError(str(path)) from error
        place.rename(path)
    flush_names(path.parent)


def put_text(parts: Iterable[str], target: OutputTarget) -> None:
    """Write a text to its place, or to stdout; raises TargetRefused if it cannot go there."""
    with staging(target) as private:
        place = place_in(private, target)
        with place.open("w", encoding="utf-8") as file:
            file.writelines(parts)
        commit(place, target)


def _replace_files(place: Path, folder: Path) -> None:
    """Move files to their names in a folder: all of them, or none if one fails or the command is stopped.

    The folder itself stays, because it may hold other files or be mounted in a container.
    """
    names = sorted(one.name for one in place.iterdir())
    for name in names:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise TargetRefused(folder / name, "this is a folder, but the output is a file")
    kept = place.with_name(f"{place.name}-replaced")
    kept.mkdir()
    for name in names:
        if os.path.lexists(folder / name):
            _keep(folder / name, kept / name)
    begun: list[str] = []
    try:
        for name in names:
            begun.append(name)
            (place / name).replace(folder / name)
        flush_names(folder)
    except BaseException:
        for name in begun:
            _put_back(kept / name, folder / name)
        raise


def _keep(file: Path, second: Path) -> None:
    """Hard-link a file to a second name, or copy it if links are impossible; raises OSError."""
    try:
        os.link(file, second, follow_symlinks=False)
    except OSError:  # the file system has no hard links
        shutil.copy2(file, second, follow_symlinks=False)


def _put_back(second: Path, file: Path) -> None:
    if os.path.lexists(second):
        second.replace(file)
    else:
        file.unlink(missing_ok=True)


def _checked(path: Path, target: OutputTarget) -> Path:
    """Return the parent folder of the target, after checking that the target may be written."""
    if not path.name:
        raise TargetRefused(path, "this names no file")
    if not path.parent.is_dir():
        raise TargetRefused(path, "its folder does not exist")
    if not os.path.lexists(path):
        return path.parent
    if target.is_folder:
        _check_folder(path, target)
    elif path.is_symlink():
        if not target.overwrites:
            raise TargetRefused(path, "there is already a link", "--force replaces the link, not what it leads to")
    elif path.is_dir():
        raise TargetRefused(path, "this is a folder", "name a file in it")
    elif not path.is_file():
        raise TargetRefused(path, "this is not a regular file", "-o - writes to stdout")
    elif not target.overwrites:
        raise TargetRefused(path, "the file already exists", _TO_OVERWRITE)
    return path.parent


def _check_folder(path: Path, target: OutputTarget) -> None:
    if path.is_symlink() or not path.is_dir():
        raise TargetRefused(
            path, "the output is a folder, but this is not one", "name a folder, or choose one --table to get a file"
        )
    if any(path.iterdir()) and not target.overwrites:
        raise TargetRefused(path, "the folder is not empty", "--force overwrites the files of the same names in it")


@contextmanager
def tidied() -> Iterator[None]:
    """Turn SIGTERM into KeyboardInterrupt inside the block, like Ctrl-C; main thread only, which gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _end(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
