"""A database as parquet files: two folders of them and a manifest, from which the same database can be made again.

`data` has the tables that people read. `tables` has those of the schema `hub` as they are, from which `read_graph`
makes a database: what is derived too, because some of it rests on READMEs, which are not published.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Final, cast

from lineage.errors import LineageError, UsageError
from lineage.exports.errors import TargetRefused
from lineage.exports.formats import FORMATS, TABLES
from lineage.publishing.dataset_card import CardFacts, InstrumentTerms
from lineage.publishing.manifest import GraphManifest, ManifestRefused, PublishedFile
from store.connect import migrations, open_database
from store.errors import StoreError
from store.outputs.atomic_write import OutputTarget, name_new, staging
from store.outputs.export_source import chosen
from store.outputs.fingerprint import fingerprint
from store.outputs.writers import WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from store.database import Database

VIEWS: Final = {"domains": "publishing/domains_written", "evidence": "publishing/evidence_written"}
DATA: Final = (*TABLES, *VIEWS)
"""The tables that people read: those of an export, and the views of these names."""
WHOLE: Final = (
    *("aliases", "bases", "calibrations", "contradicted_edges", "contradictory", "copy_names", "corrections", "counts"),
    *("crawls", "curated", "curated_files", "declarations", "domains", "drift", "edges", "evidence", "families"),
    *("file_hashes", "file_names", "gone", "habits", "instruments", "items", "lexicon_additions"),
    *("lexicon_domains", "likely_parents", "links", "models", "nodes", "noise_floors", "other_roots", "problems"),
    *("pulled_files",),
    *("reach", "rescored", "resolutions", "score_rejections", "scored_names", "scores", "shapes", "standing"),
    *("status_changes", "trained_on", "walks", "weight_changes", "weight_files", "weight_findings"),
    *("weight_mixtures", "weight_pairs"),
)
IN_PART: Final = {
    "derived": "publishing/states_written",
    "files": "publishing/files_written",
    "history": "publishing/history_written",
}
LEFT_OUT: Final[Mapping[str, str]] = {
    "advisories": "what one knows of models, perhaps before it is public; `lineage advise export` hands it on",
    "affected": "as advisories",
    "attempts": "how models were evaluated, on whose machines",
    "changed": "empty, as only what is derived is published",
    "interventions": "repairs that were tried of one's own models",
    "job_items": "as jobs",
    "job_replies": "as replies",
    "jobs": "what is to be evaluated, which would run on another's machine",
    "migrations": "written by whoever makes the database",
    "queue": "as jobs",
    "replies": "what models wrote, to prompts that may be harmful or behind a gate",
    "trial_items": "as interventions",
    "weight_matrices": "rows of weights, which may be behind a gate",
    "weight_modules": "sums of weights, as the last",
}
_CUT: Final = frozenset({"advisories", "files", "weight_matrices", "weight_modules"})
"""The kinds of facts that are published in part or not at all, so that their hash differs."""
_MOST_NAMED: Final = 3
_BYTES_AT_ONCE: Final = 1 << 20


class PrivateModels(LineageError):
    """A database holds private models, which must not be published."""

    exit_code = 1
    hint = "publish from a database that was crawled without a token, or with one that sees no private models"

    def __init__(self, models: tuple[str, ...]) -> None:
        """Name the first of them."""
        more = ", ..." if len(models) > _MOST_NAMED else ""
        super().__init__(f"the database holds private models: {', '.join(models[:_MOST_NAMED])}{more}")


class NotDerived(LineageError):
    """The parents and domains of a database are older than its records."""

    exit_code = 1
    hint = "run `lineage resolve` first"


class DatabaseExists(UsageError):
    """There is a database already where a published one is to go; nothing is overwritten."""

    hint = "name another file with --db, or delete that one first"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"{path} already exists")


def write_graph(path: Path, folder: Path, now: datetime, version: str) -> tuple[GraphManifest, CardFacts]:
    """Write the tables of the database at `path` below an existing, empty `folder`; return their manifest and more.

    Equal content gives equal files. Raises PrivateModels, NotDerived, CannotWrite and what `open_database` raises.
    """
    database = open_database(path, "read", folder=folder)
    try:
        _check_publishable(database)
        for name in ("data", "tables"):
            (folder / name).mkdir()
        _write_data(database, folder / "data")
        for table in WHOLE:
            database.run("publishing/choose_table", table=f"hub.{table}")
            database.run("publishing/table_written", path=str(folder / "tables" / f"{table}.parquet"))
        for table, statement in IN_PART.items():
            database.run(statement, path=str(folder / "tables" / f"{table}.parquet"))
        facts = database.run("snapshots/summary").records()[0]
        seen = cast("datetime | None", facts["last_seen_at"])
        manifest = GraphManifest(
            lineage=version,
            schema_version=len(migrations()),
            made_at=now.isoformat(),
            last_seen_at=None if seen is None else seen.isoformat(),
            models=cast("int", facts["models"]),
            edges=cast("int", facts["edges"]),
            scores=cast("int", facts["scores"]),
            verdicts=cast("int", facts["verdicts"]),
            content=tuple(part for part in fingerprint(database).parts if part.name not in _CUT),
            files=tuple(_described(database, folder)),
        )
        return manifest, _card_facts(database, folder)
    finally:
        database.close()


def read_graph(folder: Path, manifest: GraphManifest, path: Path, source: str, now: datetime) -> None:
    """Make the database at `path` of the files below `folder`; it appears complete, or not at all.

    `source` says where it was published, with the commit. Raises DatabaseExists, ManifestRefused if a file is missing
    or differs from the manifest, or the content from its hash, TargetRefused and what `open_database` raises.
    """
    check_absent(path)
    _check_files(folder, manifest)
    with staging(OutputTarget(path=path)) as private:
        place = private / path.name
        database = open_database(place)
        try:
            for table in (*WHOLE, *IN_PART):
                _fill(database, table, folder / "tables" / f"{table}.parquet")
            with database.transaction():
                database.run("publishing/place_nodes")
                told = {"source": source, "made_at": manifest.made_at, "lineage": manifest.lineage}
                database.run("publishing/mark", facts=json.dumps(told), pulled_at=now)
            _check_content(database, manifest)
        finally:
            database.close()
        try:
            name_new(place, path)
        except FileExistsError as error:
            raise DatabaseExists(path) from error
        except OSError as error:
            raise TargetRefused(path, error.strerror or "cannot be written") from error


def check_absent(path: Path) -> None:
    """Raise DatabaseExists if anything has the name of a new database."""
    if os.path.lexists(path):
        raise DatabaseExists(path)


def _check_publishable(database: Database) -> None:
    private = tuple(str(row[0]) for row in database.run("publishing/private_models").rows)
    if private:
        raise PrivateModels(private)
    if database.value("refresh/freshness") is None:
        raise NotDerived


def _write_data(database: Database, folder: Path) -> None:
    form = next(one for one in FORMATS if one.name == "parquet")
    with chosen(database, form, None, inferred=True) as source:
        WRITERS[form.name](source, folder)
    for name, statement in VIEWS.items():
        database.run(statement, path=str(folder / f"{name}.parquet"))


def _described(database: Database, folder: Path) -> Iterator[PublishedFile]:
    for place in sorted(folder.glob("*/*.parquet")):
        yield PublishedFile(
            path=place.relative_to(folder).as_posix(),
            sha256=file_hash(place),
            size_bytes=place.stat().st_size,
            rows=cast("int", database.value("publishing/rows_in", path=str(place))),
        )


def _card_facts(database: Database, folder: Path) -> CardFacts:
    terms = database.run("publishing/terms").records()
    return CardFacts(
        columns={
            name: tuple(
                (str(column), str(kind))
                for column, kind in database.run(
                    "publishing/columns_of", path=str(folder / "data" / f"{name}.parquet")
                ).rows
            )
            for name in DATA
        },
        terms=tuple(
            InstrumentTerms(
                instrument=str(one["name"]),
                licence=None if one["licence"] is None else str(one["licence"]),
                is_gated=bool(one["gated"]),
            )
            for one in terms
        ),
    )


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_files(folder: Path, manifest: GraphManifest) -> None:
    """Raise ManifestRefused unless every table is listed, there, and has its hash."""
    if manifest.schema_version != len(migrations()):
        raise ManifestRefused(
            f"lineage {manifest.lineage} wrote version {manifest.schema_version} of the tables, and this one reads "
            f"version {len(migrations())}"
        )
    listed = {file.path: file for file in manifest.in_folder("tables")}
    for table in (*WHOLE, *IN_PART):
        name = f"tables/{table}.parquet"
        if name not in listed:
            raise ManifestRefused(f"{name} is not listed")
        place = folder / name
        if not place.is_file() or file_hash(place) != listed[name].sha256:
            raise ManifestRefused(f"{name} is not the file that the manifest lists")


def _fill(database: Database, table: str, place: Path) -> None:
    try:
        with database.transaction():
            database.fill(f"hub.{table}", place)
    except StoreError as error:
        raise ManifestRefused(f"tables/{place.name} does not hold the columns of the table ({error})") from error


def _check_content(database: Database, manifest: GraphManifest) -> None:
    found = {part.name: part for part in fingerprint(database).parts if part.name not in _CUT}
    listed = {part.name: part for part in manifest.content}
    for name in found.keys() | listed.keys():
        if found.get(name) != listed.get(name):
            raise ManifestRefused(f"the content of {name} has another hash than the manifest says")
