"""The data set repositories of a sandbox Hub: their commits, and the large files that were uploaded for them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING

from sandbox.hub.repo import File, Repo, stand_in_sha, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_CARD = "README.md"
_LICENCE = re.compile(rb"---\n(?:(?!---).*\n)*?license: *([A-Za-z0-9.-]+) *\n")


class StaleCommitError(ValueError):
    """A commit names another parent than the newest commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetChange:
    """What a commit changes: files by path, each with its content or, if it is large, the oid it was uploaded under."""

    regular: Mapping[str, bytes] = field(default_factory=dict)
    large: Mapping[str, str] = field(default_factory=dict)
    deleted: Iterable[str] = ()
    parent: str | None = None


class DatasetStore:
    """Data sets under one lock; every method may be called from any thread while a server shows them."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._versions: dict[str, list[Repo]] = {}
        self._objects: dict[str, bytes] = {}

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all data sets."""
        with self._lock:
            return tuple(self._versions)

    def create(self, dataset: str, *, is_private: bool, at: datetime) -> Repo:
        """Create an empty data set. Raises ValueError if its id is taken."""
        with self._lock:
            if dataset in self._versions:
                raise ValueError(f"{dataset} is already here")
            record: dict[str, object] = {
                "_id": stand_in_sha(dataset)[:24],
                "id": dataset,
                "author": dataset.partition("/")[0],
                "sha": stand_in_sha(f"first of {dataset}"),
                "createdAt": timestamp(at),
                "lastModified": timestamp(at),
                "private": is_private,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
            }
            repo = Repo(record=record, access="private" if is_private else "public", kind="datasets")
            self._versions[dataset] = [repo]
            return repo

    def find(self, dataset: str) -> Repo | None:
        """Return the newest version of a data set, or None."""
        with self._lock:
            found = self._versions.get(dataset)
            return None if found is None else found[-1]

    def version(self, dataset: str, revision: str) -> Repo | None:
        """Return a data set as it is at `main` or was at one of its commits; None for any other revision."""
        with self._lock:
            found = self._versions.get(dataset, [])
            if revision == "main" and found:
                return found[-1]
            return next((repo for repo in found if repo.sha == revision), None)

    def has_object(self, oid: str) -> bool:
        """Return whether a large file was uploaded."""
        with self._lock:
            return oid in self._objects

    def size_of(self, oid: str) -> int | None:
        """Return the bytes of an uploaded file, or None if there is none."""
        with self._lock:
            return len(self._objects[oid]) if oid in self._objects else None

    def keep_object(self, oid: str, content: bytes) -> None:
        """Keep a large file. Raises ValueError if the oid is not the SHA-256 of the content."""
        if hashlib.sha256(content).hexdigest() != oid:
            raise ValueError(f"{oid} is not the SHA-256 of what was sent")
        with self._lock:
            self._objects[oid] = content

    def commit(self, dataset: str, change: DatasetChange, *, at: datetime) -> Repo:
        """Add a commit. Raises KeyError for an unknown data set or large file, and StaleCommitError."""
        with self._lock:
            before = self._versions[dataset][-1]
            if change.parent not in (None, before.sha):
                raise StaleCommitError(before.sha)
            files = {file.path: file for file in before.files}
            for path in change.deleted:
                del files[path]
            files |= {path: _regular(path, content) for path, content in change.regular.items()}
            files |= {path: _large(path, oid, self._objects[oid]) for path, oid in change.large.items()}
            ordered = tuple(files[path] for path in sorted(files))
            if ordered == before.files:
                return before
            told = "\n".join(f"{file.path} {file.oid}" for file in ordered)
            record = before.record | {
                "sha": stand_in_sha(f"{before.sha}\n{told}"),
                "lastModified": timestamp(at),
                "siblings": [{"rfilename": file.path} for file in ordered],
                "tags": _tags(files.get(_CARD)),
            }
            after = replace(before, record=record, files=ordered)
            self._versions[dataset].append(after)
            return after


def _tags(card: File | None) -> list[str]:
    """Return the tags that the Hub makes of a card: of its front matter only the line of the licence counts here."""
    found = _LICENCE.match(card.content or b"") if card is not None else None
    return [] if found is None else [f"license:{found[1].decode()}"]


def _regular(path: str, content: bytes) -> File:
    return File(path=path, size_bytes=len(content), oid=_blob_oid(content), content=content)


def _large(path: str, oid: str, content: bytes) -> File:
    file = File(path=path, size_bytes=len(content), oid="", content=content, lfs_oid=oid)
    return replace(file, oid=_blob_oid(file.pointer))


def _blob_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
