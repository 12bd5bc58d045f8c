"""Which files of published data sets of scores were imported, so that a later pull reads only what is new."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lineage.scores.variant import split_variant
from store.lent_columns import as_columns
from store.queries.selected import selected
from store.scores.write import write_scores_within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from lineage.scores.score import Score
    from store.database import Database

PULLED_COLUMNS: Final = (
    *("dataset", "path", "revision", "hash", "size_bytes", "licence"),
    *("origin", "reading", "scores", "left_out", "left_models"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledFile:
    """A file of a data set as it was imported.

    `hash` is that of its content, `origin` how the origin of its scores begins. `reading` says with which catalogue and
    version it was read, `left_models` names the models whose scores were left out: where either changes what would be
    imported, the file is read again.
    """

    dataset: str
    path: str
    revision: str
    hash: str
    size_bytes: int
    licence: str | None
    origin: str
    reading: str
    scores: int
    left_out: int
    left_models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """What decides whether a file that was imported is read again: see `PulledFile`."""

    hash: str
    reading: str
    left_models: frozenset[str]


def known_files(database: Database, dataset: str) -> dict[str, KnownFile]:
    """Return the files of a data set that were imported, by path."""
    found = database.run("pulled/list_files", dataset=dataset).rows
    return {
        str(path): KnownFile(
            hash=str(content), reading=str(reading), left_models=frozenset(cast("list[str]", left_models))
        )
        for path, content, reading, left_models in found
    }


def wanted_models(database: Database, names: Iterable[str], selector: str | None) -> frozenset[str]:
    """Return which names lead to a model of the database, or of those that a selector matches.

    A name may be of one file of a repository, such as `org/name:Q2_K`. Raises what `store.queries.select.select`
    raises.
    """
    repositories = {name: split_variant(name).repository for name in names}
    with (
        selected(database, selector),
        database.columns("lent_asked_names", **as_columns(("model",), ((one,) for one in {*repositories.values()}))),
    ):
        found = {str(row[0]) for row in database.run("pulled/wanted_models", is_selected=selector is not None).rows}
    return frozenset(name for name, repository in repositories.items() if repository in found)


def write_pulled(
    database: Database, scores: Collection[Score], files: Sequence[PulledFile], at: datetime
) -> tuple[tuple[Score, ...], tuple[Score, ...]]:
    """Store scores and the files that they are from in one transaction; return the new scores and the known ones."""
    rows = [
        (
            *(file.dataset, file.path, file.revision, file.hash, file.size_bytes, file.licence),
            *(file.origin, file.reading, file.scores, file.left_out, json.dumps(file.left_models)),
        )
        for file in files
    ]
    with database.transaction():
        written = write_scores_within(database, scores, at)
        with database.columns("lent_pulled_files", **as_columns(PULLED_COLUMNS, rows)):
            database.run("pulled/clear_files")
            database.run("pulled/add_files", pulled_at=at)
    return written
