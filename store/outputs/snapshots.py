"""Snapshots: a dated, read-only copy of a database that records what it is a copy of."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import duckdb

from lineage.errors import LineageError, UsageError
from lineage.exports.errors import TargetRefused
from lineage.output.result import Result
from store.connect import copy_database, open_database, upgrade
from store.errors import FrozenSnapshot, OlderSchema
from store.outputs.atomic_write import OutputTarget, name_new, staging, tidied
from store.outputs.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from store.database import Database

READ_ONLY: Final = 0o444


class SnapshotExists(UsageError):
    """A file with the snapshot's name exists; nothing is overwritten."""

    hint = "name another file with --output, or delete that one first"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"{path} already exists")
        self.path = path


class NoSnapshot(LineageError):
    """A database is not a snapshot."""

    exit_code = 1
    hint = "`lineage snapshot create` makes one"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"{path} is not a snapshot")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFacts:
    """What a snapshot records about itself; times are ISO 8601 in UTC, or None if there was no crawl.

    `content` is the hash of `store.outputs.fingerprint`, `lineage` and `duckdb` are the versions that made the file.
    """

    content: str
    made_at: str
    source: str
    lineage: str
    duckdb: str
    schema_version: int
    models: int
    edges: int
    scores: int
    verdicts: int
    crawls: int
    first_crawl_at: str | None
    last_crawl_at: str | None
    last_seen_at: str | None


def make_snapshot(path: Path, target: Path | None, now: datetime, version: str) -> tuple[Path, SnapshotFacts]:
    """Freeze the database at `path` into a file of its own, and return that file and what it records about itself.

    `target` is by default the database's name with the date of `now`, beside it. The file appears complete, under its
    name, or not at all. Raises SnapshotExists, TargetRefused if it cannot be written there, FrozenSnapshot for a
    snapshot of a snapshot, and what `open_database` raises.
    """
    place = target or path.with_name(f"{path.stem}-{now:%Y-%m-%d}.duckdb")
    if os.path.lexists(place):
        raise SnapshotExists(place)
    with staging(OutputTarget(path=place)) as folder:
        copy = folder / place.name
        _copy(path, copy)
        database = open_database(copy)  # merges into the file what a stopped process left in the log
        try:
            facts = _facts(database, path, now, version)
            with database.transaction():
                database.run("snapshots/mark", facts=json.dumps(asdict(facts)), made_at=now)
        finally:
            database.close()
        copy.chmod(path.stat().st_mode & READ_ONLY)  # only those who may read the database may read its copy
        try:
            name_new(copy, place)
        except FileExistsError as error:
            raise SnapshotExists(place) from error
        except OSError as error:
            raise TargetRefused(place, error.strerror or "cannot be written") from error
    return place, facts


def verify_snapshot(path: Path) -> tuple[SnapshotFacts, str]:
    """Return what a snapshot records about itself, and the hash of its content now, which differs if it was altered.

    Raises NoSnapshot, and what `open_database` raises.
    """
    database = open_database(path, "read")
    try:
        return _said(database), fingerprint(database).hash
    finally:
        database.close()


def as_result(path: Path, facts: SnapshotFacts) -> Result:
    """Return what a snapshot records about itself as one row, its file first."""
    told = asdict(facts)
    return Result(columns=("file", *told), rows=((str(path), *told.values()),))


@contextmanager
def current(path: Path) -> Iterator[Path]:
    """Yield a database of the current schema with the content of `path`: itself, or a copy if its schema is older.

    The copy is brought up to date and deleted at the end. Raises what `open_database` raises.
    """
    try:
        open_database(path, "read").close()
    except OlderSchema:
        with tidied(), tempfile.TemporaryDirectory(prefix="lineage-") as folder:
            copy = Path(folder) / "older.duckdb"
            copy_database(path, copy)
            upgrade(copy)
            yield copy
        return
    yield path


def stated_content(database: Database) -> str | None:
    """Return the hash of the content that a snapshot states, which nobody checked; None if it is no snapshot."""
    facts = _stated(database)
    return None if facts is None else facts.content


def _said(database: Database) -> SnapshotFacts:
    facts = _stated(database)
    if facts is None:
        raise NoSnapshot(database.path)
    return facts


def _stated(database: Database) -> SnapshotFacts | None:
    text = database.value("snapshots/read_mark")
    return SnapshotFacts(**json.loads(text)) if isinstance(text, str) else None


def _copy(path: Path, copy: Path) -> None:
    """Copy a database that is not a snapshot."""
    database = open_database(path, "read")
    try:
        if database.value("snapshots/read_mark") is not None:
            raise FrozenSnapshot(path)
    finally:
        database.close()
    copy_database(path, copy)


def _facts(database: Database, source: Path, now: datetime, version: str) -> SnapshotFacts:
    told = database.run("snapshots/summary").records()[0]

    def count(name: str) -> int:
        return cast("int", told[name])

    def moment(name: str) -> str | None:
        return None if told[name] is None else cast("datetime", told[name]).isoformat()

    return SnapshotFacts(
        content=fingerprint(database).hash,
        made_at=now.isoformat(),
        source=source.name,
        lineage=version,
        duckdb=duckdb.__version__,
        schema_version=count("schema_version"),
        models=count("models"),
        edges=count("edges"),
        scores=count("scores"),
        verdicts=count("verdicts"),
        crawls=count("crawls"),
        first_crawl_at=moment("first_crawl_at"),
        last_crawl_at=moment("last_crawl_at"),
        last_seen_at=moment("last_seen_at"),
    )
