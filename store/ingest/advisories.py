"""Advisories on models in the database: kept apart from crawled data, so that they outlive crawls and loads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lineage.errors import LineageError
from lineage.text.suggest import perhaps
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from lineage.advisories.advisory import Advisory
    from lineage.output.result import Result
    from store.database import Database

ADVISORY_COLUMNS: Final = ("id", "modified_at", "published_at", "withdrawn_at", "summary", "severity", "body")
AFFECTED_COLUMNS: Final = ("advisory", "model", "commits", "is_exact")


class NoSuchAdvisory(LineageError):
    """The database holds no advisory of that id."""

    exit_code = 1

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Name what was asked for, and the nearest id."""
        super().__init__(f"no advisory is called {name!r} here{perhaps(name, known)}")
        self.hint = "`lineage advise list` lists them" if known else "there are none yet: `lineage advise import FILE`"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryCounts:
    """What became of advisories: new ones, later states of known ones, known ones, and those without a model."""

    new: int
    replaced: int
    known: int
    left_out: int


def keep_advisories(database: Database, advisories: Iterable[Advisory], stored_at: datetime) -> AdvisoryCounts:
    """Store advisories, all or none; of each id the one that was modified last stays.

    One that names no model of the Hub is left out, unless it replaces one that did.
    """
    stored = {str(name): cast("datetime", moment) for name, moment in database.run("advisories/stored").rows}
    latest: dict[str, Advisory] = {}
    read = 0
    for one in advisories:
        read += 1
        if one.id not in latest or latest[one.id].modified_at < one.modified_at:
            latest[one.id] = one
    named = [one for one in latest.values() if one.models or one.id in stored]
    fresh = [one for one in named if one.id not in stored or stored[one.id] < one.modified_at]
    _write(database, fresh, stored_at)
    replaced = sum(one.id in stored for one in fresh)
    left_out = len(latest) - len(named)
    return AdvisoryCounts(
        new=len(fresh) - replaced, replaced=replaced, known=read - len(fresh) - left_out, left_out=left_out
    )


def list_advisories(database: Database) -> Result:
    """Return every advisory, the one that was modified last first."""
    return database.run("advisories/list_advisories", id=None)


def exported(database: Database, ids: Sequence[str]) -> str:
    """Return records as JSON of OSV: one alone if one is named, else a list, of all where none is named.

    Raises NoSuchAdvisory.
    """
    rows = {
        str(name): json.loads(str(body))
        for name, body in database.run("advisories/records", ids=list(ids) or None).rows
    }
    for name in ids:
        if name not in rows:
            raise NoSuchAdvisory(name, [str(row[0]) for row in database.run("advisories/stored").rows])
    told = list(rows.values())
    return json.dumps(told[0] if len(ids) == 1 else told, indent=1) + "\n"


def _write(database: Database, advisories: Sequence[Advisory], stored_at: datetime) -> None:
    rows = as_columns(ADVISORY_COLUMNS, map(_row, advisories))
    affected = as_columns(AFFECTED_COLUMNS, (row for one in advisories for row in _affected_rows(one)))
    if not advisories:
        return
    with (
        database.transaction(),
        database.columns("lent_advisories", **rows),
        database.columns("lent_affected", **affected),
    ):
        database.run("advisories/clear_affected")
        database.run("advisories/clear_advisories")
        database.run("advisories/add_advisories", stored_at=stored_at)
        database.run("advisories/add_affected")


def _row(one: Advisory) -> tuple[object, ...]:
    moments = (one.modified_at, one.published_at, one.withdrawn_at)
    written = (None if moment is None else moment.isoformat() for moment in moments)
    return one.id, *written, one.summary, one.severity, one.body


def _affected_rows(one: Advisory) -> Iterator[tuple[object, ...]]:
    for model in one.models:
        yield one.id, model.id, None if model.commits is None else json.dumps(model.commits), model.is_exact
