"""A data set on the Hub as a place where graphs are published: read at one commit, and written in one commit.

It stands on huggingface_hub, which resumes downloads that broke off, sends no file again that the Hub has already, and
uses Xet where that is installed. Nothing else of a data set is read than what its manifest lists.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.errors import AccessDenied, BadRequest, GaveUp, HubError, LibraryFailed, Unreachable, quoted
from crawler.http.client_errors import translated
from crawler.http.token import find_token
from lineage.errors import UsageError
from lineage.publishing.manifest import MOST_BYTES, NAME, ManifestRefused, read_manifest
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.publishing.manifest import GraphManifest

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
SECONDS: Final = 30.0
"""How long one answer may take."""
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LICENCE: Final = "license:"
_LONGEST_LICENCE: Final = 100
_LARGE, _ORDINARY = "sha256", "git"
_BYTES_AT_ONCE: Final = 1 << 20


class NotADataset(UsageError):
    """A data set on the Hub is named ORG/NAME."""

    def __init__(self, text: str) -> None:
        """Name what was given."""
        super().__init__(f"{text!r} is not the id of a data set: it has the form ORG/NAME")


class NotSignedIn(UsageError):
    """A data set is written with a token that may write there, and none was found."""

    hint = "run `hf auth login`, or set HF_TOKEN"


class WriteRefused(HubError):
    """The Hub does not let this account write to a data set."""

    hint = "use a token with write access to the organisation, or name a data set of your own"

    def __init__(self, dataset: str) -> None:
        super().__init__(f"the Hub does not let the account of this token write to {dataset}")


class NoRevision(HubError):
    """A data set has no such branch, tag or commit."""

    exit_code = 1
    hint = "leave --revision out for the newest commit"

    def __init__(self, dataset: str, revision: str) -> None:
        super().__init__(f"{dataset} has no revision {revision!r}")


class PublishedMeanwhile(HubError):
    """Somebody else published while this was prepared; nothing was overwritten."""

    hint = "run the same command again: it compares with what is there now"


class FileAltered(HubError):
    """A file that was downloaded has not the hash that the Hub lists for it."""

    hint = "run the same command again: the file is downloaded anew"

    def __init__(self, dataset: str, path: str) -> None:
        super().__init__(f"{quoted(path)} of {dataset} has not the hash that the Hub lists for it")


class UploadBroken(HubError):
    """An upload broke off; nothing of it is visible."""

    hint = "run the same command again: files that arrived are not sent again"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSnapshot:
    """A data set at one commit (40 hexadecimal digits), with the paths of its files.

    `licence` is what its tags say, None if they say none.
    """

    commit: str
    files: frozenset[str]
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFile:
    """One file of a data set at a commit: its path, its size, and the hash that the Hub lists.

    `hash` is `sha256:` with the hash of a large file's bytes, or `git:` with that of the git blob of any other.
    """

    path: str
    size_bytes: int
    hash: str

    def is_whole(self, place: Path) -> bool:
        """Return whether a file on the disk has the size and the hash."""
        kind, _, expected = self.hash.partition(":")
        if place.stat().st_size != self.size_bytes:
            return False
        digest = hashlib.sha256() if kind == _LARGE else hashlib.sha1(usedforsecurity=False)
        if kind == _ORDINARY:
            digest.update(b"blob %d\0" % self.size_bytes)
        with place.open("rb") as file:
            while block := file.read(_BYTES_AT_ONCE):
                digest.update(block)
        return digest.hexdigest() == expected


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedGraph:
    """A graph that was published: the data set's id, its version, and the manifest in it."""

    dataset: str
    version: DatasetSnapshot
    manifest: GraphManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRepository:
    """One data set on the Hub at `endpoint`; raises NotADataset for an id of another form."""

    dataset: str
    endpoint: str
    _token: str | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.dataset):
            raise NotADataset(self.dataset)
        token = find_token()
        object.__setattr__(self, "_token", None if token is None else token.reveal())

    def check_token(self) -> None:
        """Raise NotSignedIn if there is no token."""
        if self._token is None:
            raise NotSignedIn

    def version(self, revision: str | None = None, *, with_files: bool = True) -> DatasetSnapshot | None:
        """Return what a branch, tag or commit holds, by default the newest commit; None if there is no such data set.

        Without files only the commit and the licence are asked for. Raises NoRevision, and other HubErrors.
        """
        from huggingface_hub import HfApi

        try:
            with self._asking(self.dataset):
                info = HfApi(endpoint=self.endpoint, token=self._token or False).dataset_info(
                    self.dataset,
                    revision=revision,
                    timeout=SECONDS,
                    expand=None if with_files else ["sha", "tags"],
                )
        except AccessDenied:
            return None
        except BadRequest as error:
            if revision is None:
                raise
            raise NoRevision(self.dataset, revision) from error
        except GaveUp as error:  # over plain HTTP the client does not recognise the Hub's 401 for what is not there
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            return None
        if info.sha is None:
            return None
        files = frozenset(file.rfilename for file in info.siblings or ())
        return DatasetSnapshot(commit=info.sha, files=files, licence=_licence(info.tags))

    def below(self, folder: str, commit: str) -> Iterator[DatasetFile]:
        """Yield the files at any depth below a folder at a commit, none if there is no such folder. Raises HubError."""
        from huggingface_hub import HfApi
        from huggingface_hub.hf_api import RepoFile

        api = HfApi(endpoint=self.endpoint, token=self._token or False)
        listed = iter(api.list_repo_tree(self.dataset, folder, recursive=True, revision=commit, repo_type="dataset"))
        while True:
            try:
                with self._asking(f"{self.dataset}/{folder}"):
                    entry = next(listed, None)
            except BadRequest:
                return
            if entry is None:
                return
            if isinstance(entry, RepoFile):
                kind, digest = (_ORDINARY, entry.blob_id) if entry.lfs is None else (_LARGE, entry.lfs.sha256)
                yield DatasetFile(path=entry.path, size_bytes=entry.size, hash=f"{kind}:{digest}")

    def read(self, version: DatasetSnapshot) -> PublishedGraph:
        """Return the graph that a version holds. Raises ManifestRefused if it holds none, and HubError."""
        if NAME not in version.files:
            raise ManifestRefused(f"{self.dataset} has no {NAME}, so it was not made by `lineage publish`")
        place = self.download(NAME, version.commit)
        if place.stat().st_size > MOST_BYTES:
            raise ManifestRefused(f"{NAME} is longer than {MOST_BYTES:,} bytes")
        try:
            text = place.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ManifestRefused(f"{NAME} is not UTF-8") from error
        return PublishedGraph(dataset=self.dataset, version=version, manifest=read_manifest(text))

    def download(self, path: str, commit: str) -> Path:
        """Return a file at a commit, in huggingface_hub's cache, where a download that broke off goes on.

        Raises HubError, among them BadRequest for a file that is not there.
        """
        from huggingface_hub import hf_hub_download

        with self._asking(f"{self.dataset}/{path}"):
            return Path(
                hf_hub_download(
                    self.dataset,
                    path,
                    repo_type="dataset",
                    revision=commit,
                    endpoint=self.endpoint,
                    token=self._token or False,
                    etag_timeout=SECONDS,
                )
            )

    def download_whole(self, file: DatasetFile, commit: str) -> Path:
        """Return a file as `download` does, with the hash that the Hub lists; one that is damaged is fetched once more.

        Raises FileAltered, and HubError.
        """
        for _ in range(2):
            place = self.download(file.path, commit)
            if file.is_whole(place):
                return place
            place.resolve().unlink(missing_ok=True)  # the cache would give it again
            place.unlink(missing_ok=True)
        raise FileAltered(self.dataset, file.path)

    def write(
        self,
        folder: Path,
        files: tuple[str, ...],
        *,
        outdated: tuple[str, ...],
        over: str | None,
        summary: str,
        is_private: bool,
    ) -> str:
        """Upload files below a folder in one commit, without those that are `outdated`, and return the commit.

        The data set is made if there is none. `over` is the commit that this one must follow, or None. Raises
        NotSignedIn, and HubError, among them WriteRefused, PublishedMeanwhile and UploadBroken.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

        self.check_token()
        api = HfApi(endpoint=self.endpoint, token=self._token or False)
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(path, str(folder / path)) for path in files),
            *(CommitOperationDelete(path) for path in outdated),
        ]
        try:
            with self._asking(self.dataset):
                api.create_repo(self.dataset, repo_type="dataset", private=is_private or None, exist_ok=True)
                done = api.create_commit(
                    self.dataset, operations, repo_type="dataset", commit_message=summary, parent_commit=over
                )
        except GaveUp as error:
            if error.status == HTTPStatus.PRECONDITION_FAILED:
                raise PublishedMeanwhile from error
            if error.status in _REFUSED:
                raise WriteRefused(self.dataset) from error
            raise
        except AccessDenied as error:
            raise WriteRefused(self.dataset) from error
        except (RuntimeError, ValueError) as error:  # what the client makes of a file that did not arrive
            raise UploadBroken from error
        return str(done.oid)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Raise HubError instead of what huggingface_hub and its HTTP library raise, without a progress bar."""
        from huggingface_hub.errors import LocalEntryNotFoundError
        from huggingface_hub.utils import httpx  # type: ignore[attr-defined] # made on demand: httpx2, under 1.x httpx

        try:
            with without_bars(), translated(what=what, endpoint=self.endpoint):
                yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(self.endpoint, reason=type(error).__name__) from error
        except LibraryFailed as error:
            if isinstance(error.__cause__, LocalEntryNotFoundError):
                raise Unreachable(self.endpoint, reason="no connection") from error
            raise


@contextmanager
def without_bars() -> Iterator[None]:
    """Keep huggingface_hub from drawing progress bars; around threads that download, as it is the same for them all."""
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    is_drawn = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if is_drawn:
            enable_progress_bars()


def _licence(tags: list[str] | None) -> str | None:
    """Return the licences that the tags of a data set name, as one text; None if they name none."""
    named = [str(tag).removeprefix(_LICENCE) for tag in tags or () if str(tag).startswith(_LICENCE)]
    return plain(", ".join(named), _LONGEST_LICENCE) or None
