"""A repository of a sandbox Hub: its record, files and access.

The catalogue (`sandbox.catalogue`) makes these and the server (`sandbox.hub.app`) shows them; neither knows more about
the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Access = Literal["public", "private", "disabled"]
Gate = Literal["auto", "manual"] | bool
RepoKind = Literal["models", "datasets"]
_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a repository.

    `content` is None for a large file of which only the pointer matters (weights): then `size_bytes` and `lfs_oid`
    describe it, and `head` holds its first bytes, all that can be read of it. `oid` is the git blob's sha1, `lfs_oid`
    the sha256 of a large file's bytes or None for an ordinary file.
    """

    path: str
    size_bytes: int
    oid: str
    content: bytes | None = None
    lfs_oid: str | None = None
    head: bytes = b""

    @property
    def pointer(self) -> bytes:
        """The text that git keeps instead of a large file."""
        return _POINTER.format(oid=self.lfs_oid, size=self.size_bytes).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """One repository: of a model, or of a data set.

    `record` is everything that the Hub knows about the model under its own keys (`_id`, `id`, `createdAt`, `tags`,
    `cardData`, `baseModels`, `siblings` ...), malformed values included; a key that the Hub would omit is absent. The
    server projects it for each request. `former_ids` are names that now redirect here.
    """

    record: dict[str, object]
    files: tuple[File, ...] = field(default=())
    access: Access = "public"
    former_ids: tuple[str, ...] = field(default=())
    kind: RepoKind = "models"

    @property
    def id(self) -> str:
        """The name under which the Hub shows the model: `name` or `namespace/name`."""
        return str(self.record["id"])

    @property
    def hub_id(self) -> str:
        """The 24 hex digits that stay through a rename; their first 8 are the second of creation."""
        return str(self.record["_id"])

    @property
    def sha(self) -> str:
        """The commit that `main` points at; a record without a `sha` has one derived from its `_id`."""
        sha = self.record.get("sha")
        return sha if isinstance(sha, str) and sha else stand_in_sha(self.hub_id)


def stand_in_sha(text: str) -> str:
    """Return forty hex digits that depend on the text alone."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def timestamp(moment: datetime) -> str:
    """Return a time as the Hub writes it: UTC, milliseconds and Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
