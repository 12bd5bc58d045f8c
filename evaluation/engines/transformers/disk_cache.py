"""The cache of model files on the disk: a size limit, and what may be removed to stay within it.

Several workers share the folder, so a worker locks what it uses (flock(2)): the system releases a lock when its process
ends, however that happens. With a limit, one process at a time makes room and downloads, because two that measured the
same free space would exceed it together.
"""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from evaluation.errors import GIB, CacheFull, CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from huggingface_hub import CachedRepoInfo

LOCKS: Final = ".locks"
"""The folder in which huggingface_hub has its own locks, and in which it looks for no models."""


class DiskCache:
    """The size limit of a folder of models, GiB, or None, and the models in it that this process uses, by name."""

    def __init__(self, folder: Path, cache_gb: float | None) -> None:
        self.folder = folder
        self.cache_gb = cache_gb
        self._held: dict[str, IO[bytes]] = {}

    def hold(self, model: str) -> None:
        """Protect the files of a model until it is released; doing so again changes nothing."""
        if model not in self._held:
            lock = self._lock_file(_place(model))
            fcntl.flock(lock, fcntl.LOCK_SH)
            self._held[model] = lock

    def release(self, model: str) -> None:
        """Allow the files of a model to be removed."""
        if model in self._held:
            self._held.pop(model).close()

    def close(self) -> None:
        """Release all."""
        for model in tuple(self._held):
            self.release(model)

    @contextmanager
    def made(self, model: str, size_bytes: int, missing_bytes: int) -> Iterator[None]:
        """Make room for the missing files of a model, and reserve it until they are there.

        What was used longest ago is removed first. Raises CannotRun for a model that never fits, CacheFull if it does
        not fit now because everything is in use.
        """
        if self.cache_gb is None:
            yield
            return
        if size_bytes > self.cache_gb * GIB:
            told = f"{size_bytes / GIB:.1f} GiB are more than the cache's {self.cache_gb:g}"
            raise CannotRun(model, told, "--set cache-gb=N allows more")
        if not missing_bytes:
            yield
            return
        with self._lock_file("room") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._clear(model, missing_bytes, self.cache_gb)
            yield

    def _clear(self, model: str, missing_bytes: int, cache_gb: float) -> None:
        from huggingface_hub import scan_cache_dir

        cache = scan_cache_dir(self.folder)
        left = int(cache_gb * GIB) - cache.size_on_disk
        for repository in sorted(cache.repos, key=_last_use):
            if left >= missing_bytes:
                return
            if repository.repo_id != model and self._remove(repository):
                left += repository.size_on_disk
        if left < missing_bytes:
            raise CacheFull(model, missing_bytes, cache_gb)

    def _remove(self, repository: CachedRepoInfo) -> bool:
        """Remove the files of a model; false if any process uses it."""
        with self._lock_file(repository.repo_path.name) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            shutil.rmtree(repository.repo_path)
        return True

    def _lock_file(self, name: str) -> IO[bytes]:
        path = self.folder / LOCKS / f"{name}.in-use"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


def _place(model: str) -> str:
    """Return the name of a model's folder in a cache of huggingface_hub."""
    from huggingface_hub.file_download import repo_folder_name

    return repo_folder_name(repo_id=model, repo_type="model")


def _last_use(repository: CachedRepoInfo) -> float:
    """Return when a model was used last: `fetch` touches its folder, because file systems often do not record reads."""
    return max((revision.snapshot_path.stat().st_mtime for revision in repository.revisions), default=0.0)
