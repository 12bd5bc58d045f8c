"""The manifest of a published graph: its files with their hashes, and what they hold.

A reader trusts nothing else: a file that is not listed is not read, and one that is must have the hash it is listed
with. The hash of the content is that of `store.outputs.fingerprint`, of the tables that are published whole.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from lineage.errors import LineageError
from lineage.output.fingerprint import FingerprintPart

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM: Final = "lineage graph 1"
"""What a manifest begins with; a change of what is published or how gets another number."""
NAME: Final = "manifest.json"
MOST_BYTES: Final = 1 << 20
"""No manifest is longer, so that nobody downloads or parses something endless."""
_PATH: Final = re.compile(r"(?:data|tables)/[a-z_]{1,40}\.parquet")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class ManifestRefused(LineageError):
    """What was published cannot be taken over."""

    hint = "ask who published it, or name an earlier commit with --revision"

    def __init__(self, reason: str) -> None:
        """State the reason, in words that stand behind a colon."""
        super().__init__(f"what is published there cannot be read: {reason}")


class NewerForm(ManifestRefused):
    """A later version of lineage published this."""

    hint = "upgrade lineage"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file: its path in the data set, its SHA-256, its size, and how many rows it has."""

    path: str
    sha256: str
    size_bytes: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphManifest:
    """What is published: by which version, of when, how much, and in which files.

    `last_seen_at` is when the newest record was seen (ISO 8601, UTC), None for a database without models. `content`
    has a hash for each kind of fact that is published whole.
    """

    lineage: str
    schema_version: int
    made_at: str
    last_seen_at: str | None
    models: int
    edges: int
    scores: int
    verdicts: int
    content: tuple[FingerprintPart, ...]
    files: tuple[PublishedFile, ...]

    @property
    def size_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size_bytes for file in self.files)

    def in_folder(self, folder: str) -> tuple[PublishedFile, ...]:
        """Return the files of `data`, which people read, or of `tables`, from which a database is made again."""
        return tuple(file for file in self.files if file.path.startswith(f"{folder}/"))

    def differing(self, other: GraphManifest | None) -> tuple[PublishedFile, ...]:
        """Return the files that another manifest does not list with the same hash; all, if there is none."""
        there = {(file.path, file.sha256) for file in other.files} if other is not None else set()
        return tuple(file for file in self.files if (file.path, file.sha256) not in there)


def manifest_json(manifest: GraphManifest) -> str:
    """Return a manifest as JSON text, which `read_manifest` reads."""
    return json.dumps({"form": FORM, **asdict(manifest)}, indent=1, ensure_ascii=False) + "\n"


def read_manifest(text: str) -> GraphManifest:
    """Read a manifest that somebody wrote. Raises ManifestRefused, and NewerForm for one of a later version."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestRefused(f"{NAME} is not JSON") from error
    if not isinstance(found, dict):
        raise ManifestRefused(f"{NAME} is not an object")
    if found.get("form") != FORM:
        if str(found.get("form")).startswith("lineage graph "):
            raise NewerForm(f"its form is {found['form']!r}, and this version reads {FORM!r}")
        raise ManifestRefused(f"{NAME} is not the manifest of a graph")
    try:
        return GraphManifest(
            lineage=_text(found["lineage"]),
            schema_version=_count(found["schema_version"]),
            made_at=_text(found["made_at"]),
            last_seen_at=None if found["last_seen_at"] is None else _text(found["last_seen_at"]),
            **{name: _count(found[name]) for name in ("models", "edges", "scores", "verdicts")},
            content=tuple(_part(one) for one in found["content"]),
            files=_distinct(_file(one) for one in found["files"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ManifestRefused(f"{NAME} lacks something, or has it in another form ({error})") from error


def _part(found: dict[str, Any]) -> FingerprintPart:
    return FingerprintPart(name=_text(found["name"]), facts=_count(found["facts"]), hash=_hash(found["hash"]))


def _file(found: dict[str, Any]) -> PublishedFile:
    path = _text(found["path"])
    if not _PATH.fullmatch(path):
        raise ValueError(f"the path {path!r}")
    return PublishedFile(
        path=path,
        sha256=_hash(found["sha256"]),
        size_bytes=_count(found["size_bytes"]),
        rows=_count(found["rows"]),
    )


def _distinct(files: Iterable[PublishedFile]) -> tuple[PublishedFile, ...]:
    found = tuple(files)
    if len({file.path for file in found}) < len(found):
        raise ValueError("a file that is listed twice")
    return found


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r} instead of text")
    return found


def _hash(found: object) -> str:
    if not _HASH.fullmatch(_text(found)):
        raise ValueError(f"{found!r} instead of a SHA-256")
    return str(found)


def _count(found: object) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise TypeError(f"{found!r} instead of a count")
    return found
