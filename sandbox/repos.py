"""What a sandbox Hub holds: repositories with their record, files and access, in a catalogue that can change while it is served.

The catalogue (`sandbox.catalogue`) makes these, the server (`sandbox.server`) shows them; neither knows more of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Access = Literal["public", "private", "disabled"]
Gate = Literal["auto", "manual"] | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a repository.

    `content` is null for a large file of which only the pointer matters (weights): then `size_bytes` and `lfs_oid` speak for it.
    `oid` is the git blob's sha1, `lfs_oid` the sha256 of a large file's bytes or null for an ordinary file.
    """

    path: str
    size_bytes: int
    oid: str
    content: bytes | None = None
    lfs_oid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """One model repository.

    `record` is everything that the Hub knows of the model under the Hub's own keys (`_id`, `id`, `createdAt`, `tags`, `cardData`,
    `baseModels`, `siblings` ...), malformed values included; a key that the Hub would omit is absent. The server projects it per request.
    `former_ids` are names that now redirect here.
    """

    record: dict[str, object]
    files: tuple[File, ...] = field(default=())
    access: Access = "public"
    former_ids: tuple[str, ...] = field(default=())
