"""Model files on this machine: downloaded once at a pinned commit, kept within a limit, fetched ahead.

Only what is needed to run a model safely is fetched: safetensors, settings, tokenizer, and Python files if the user
trusts them. A repository that has only pickled weights is refused before anything is downloaded.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.http.address_guard import InnerAddressError
from evaluation.engines.transformers.disk_cache import DiskCache
from evaluation.engines.transformers.download_guard import PlainAddressError, guard_downloads
from evaluation.engines.transformers.file_safety import check_files
from evaluation.engines.transformers.weights_hash import WEIGHTS, decides, weights_hash
from evaluation.errors import CannotRun, NotFetched
from lineage.text.plain import plain

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

    from evaluation.engines.interface import Weights

PICKLES: Final = re.compile(r".*\.(?:bin|pt|pth|ckpt|pkl)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files of a model in a folder, at a commit; None if the folder is the user's own.

    `known` are SHA-256 hashes that the Hub states, by file name.
    """

    folder: Path
    revision: str | None
    known: dict[str, str] = field(default_factory=dict)

    @property
    def is_adapter(self) -> bool:
        """Whether it holds an adapter and not a model of its own."""
        return (self.folder / "adapter_config.json").is_file()

    def hash(self) -> str:
        """Return the hash of its weights, configuration, tokenizer and template."""
        return weights_hash(self.folder, self.known)


def own_folder() -> Path:
    """Return the folder that models are fetched into, which is lineage's own."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lineage" / "models"


class Snapshots:
    """Fetches models into `folder`, its own: beyond `cache_gb` (GiB) the least recently used models are removed.

    What was fetched stays until it is released, even if other processes fetch into the same folder. `endpoint` is that
    of the Hub, or None for the one that huggingface_hub finds, as it finds the token.
    """

    def __init__(self, folder: Path | None = None, cache_gb: float | None = None, endpoint: str | None = None) -> None:
        self.folder = folder or own_folder()
        self.room = DiskCache(self.folder, cache_gb)
        self.endpoint = endpoint
        self._ahead: dict[tuple[str, str | None], Future[Snapshot]] = {}
        self._thread: ThreadPoolExecutor | None = None

    def fetch(self, weights: Weights) -> Snapshot:
        """Return the files of a model, downloaded if they are missing.

        Raises CannotRun if there are none that can be run, NotFetched if the Hub did not give them this time, CacheFull
        if what is in use leaves no room for them.
        """
        if weights.folder is not None:
            local = _local(Path(weights.folder), weights.model)
            check_files(local.folder, weights.model)
            return local
        _check_name(weights.model)
        ahead = self._ahead.pop((weights.model, weights.revision), None)
        is_fetched = ahead is not None and ahead.exception() is None
        self.room.hold(weights.model)
        try:
            found = ahead.result() if ahead is not None and is_fetched else self._download(weights)
            if not found.folder.is_dir():  # fetched ahead, and removed since
                found = self._download(weights)
            check_files(found.folder, weights.model)
        except Exception:  # huggingface_hub raises any kind on an answer of another form, and no room stays held
            self.room.release(weights.model)
            raise
        os.utime(found.folder)
        return found

    def fetch_ahead(self, weights: Weights) -> None:
        """Begin to download a model and its base in a thread; errors are reported when the model is needed."""
        if weights.base is not None:
            self.fetch_ahead(weights.base)
        key = (weights.model, weights.revision)
        if weights.folder is None and key not in self._ahead:
            self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch-ahead")
            self._ahead[key] = self._thread.submit(self._download, weights)

    def release(self, weights: Weights) -> None:
        """Allow the files of a model to be removed: it is not loaded any more."""
        self.room.release(weights.model)

    def close(self) -> None:
        """Stop fetching ahead, and release all; what is being downloaded is finished."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None
        self.room.close()

    def _download(self, weights: Weights) -> Snapshot:
        from httpx2 import HTTPError  # what huggingface_hub 2 stands on, and lets through
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        guard_downloads(self.endpoint)
        try:
            about = HfApi(endpoint=self.endpoint).model_info(
                weights.model, revision=weights.revision, files_metadata=True
            )
            files = _chosen(about.siblings or [], weights)
            size, missing = sum(file.size or 0 for file in files), self._missing(files, weights, about.sha)
            with self.room.made(weights.model, size, missing):
                folder = snapshot_download(
                    weights.model,
                    revision=about.sha,
                    allow_patterns=[file.rfilename for file in files],
                    cache_dir=self.folder,
                    endpoint=self.endpoint,
                    local_files_only=not missing,  # no room was made: what is gone since does not come back unasked
                )
        except InnerAddressError as exc:
            raise CannotRun(
                weights.model,
                f"the Hub leads to {exc} for its files, which is not of the public internet: nothing was sent there",
                "where the Hub is a mirror of your network, set HF_ENDPOINT to its address there",
            ) from exc
        except PlainAddressError as exc:
            raise CannotRun(weights.model, f"the Hub leads to {exc} for its files without https") from exc
        except HTTPError as exc:
            raise _told(exc, weights.model) from exc
        except (LocalEntryNotFoundError, OSError) as exc:
            raise NotFetched(weights.model, exc.strerror or type(exc).__name__) from exc
        known = {file.rfilename: file.lfs.sha256 for file in files if file.lfs is not None}
        return Snapshot(folder=Path(folder), revision=about.sha, known=known)

    def _missing(self, files: list[RepoSibling], weights: Weights, revision: str | None) -> int:
        """Return the bytes of those files that are missing."""
        from huggingface_hub import try_to_load_from_cache

        return sum(
            file.size or 0
            for file in files
            if not isinstance(
                try_to_load_from_cache(weights.model, file.rfilename, cache_dir=self.folder, revision=revision), str
            )
        )


def _chosen(files: list[RepoSibling], weights: Weights) -> list[RepoSibling]:
    """Return the files that running needs. Raises CannotRun if the weights among them are not safetensors."""
    names = [file.rfilename for file in files]
    _refuse_unsafe(names, weights.model)
    return [file for file in files if decides(file.rfilename) or _is_extra(file.rfilename, weights)]


def _is_extra(name: str, weights: Weights) -> bool:
    if not set(name.replace("\\", "/").split("/")).isdisjoint({"", ".", ".."}):  # it would lead out of the folder
        return False
    return name.startswith("additional_chat_templates/") or (weights.trusts_remote_code and name.endswith(".py"))


def _check_name(model: str) -> None:
    """Raise CannotRun for an invalid model name: folders and files are named after it."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined] # public, but re-exported unmarked

    try:
        validate_repo_id(model)
    except HFValidationError as exc:
        raise CannotRun(plain(model), "it is no name that a model of the Hub can have") from exc


def _local(folder: Path, model: str) -> Snapshot:
    if not folder.is_dir():
        raise CannotRun(model, f"{folder} is no folder")
    _refuse_unsafe([path.name for path in folder.iterdir()], model)
    return Snapshot(folder=folder, revision=None)


def _refuse_unsafe(names: list[str], model: str) -> None:
    if any(WEIGHTS.fullmatch(name) for name in names):
        return
    if any(name.endswith(".gguf") for name in names):
        raise CannotRun(model, "its weights are GGUF only, which transformers does not run")
    if any(PICKLES.fullmatch(name) for name in names):
        raise CannotRun(
            model, "its weights are pickles only, which may run code", "ask for safetensors, or convert them"
        )
    raise CannotRun(model, "it has no weights in safetensors")


def _told(error: Exception, model: str) -> CannotRun | NotFetched:
    """Return the error that an answer of the Hub means, without its text, which may contain addresses."""
    from huggingface_hub.errors import (
        DisabledRepoError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return CannotRun(model, "it is gated, and the token has no access", "ask for access on its page")
    if isinstance(error, DisabledRepoError):
        return CannotRun(model, "the Hub has disabled it")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, RepositoryNotFoundError) or status == HTTPStatus.UNAUTHORIZED:
        return CannotRun(model, "there is no such model, or it is private")
    if isinstance(error, RevisionNotFoundError):
        return CannotRun(model, "it has no such revision")
    return NotFetched(model, type(error).__name__)
