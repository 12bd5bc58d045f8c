"""Changes of models since a time or a crawl, their data sets, and the new members of a selection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from lineage.errors import LineageError, UsageError
from lineage.vocabulary import RELATIONS
from store.queries.selected import selected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result
    from store.database import Database


class NothingToCompare(LineageError):
    """There is only one crawl: nothing came before it."""

    exit_code = 1
    hint = "crawl again later, or give --since a date or the number of a crawl"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionMember:
    """A repository in a selection: its `_id`, its current id, and the relation and id of each parent."""

    hub_id: str
    id: str
    parents: tuple[tuple[str, str], ...]


def read_since(database: Database, text: str | None) -> datetime:
    """Return the time that `--since` means: a date, a time, or the start of a crawl; None means the last crawl's.

    A bulk listing starts when it was made, not when it was loaded, because its changes were seen then. Whole seconds,
    as sightings are stored. Raises UsageError, or NothingToCompare if there were fewer than two crawls.
    """
    starts = {cast("int", row[0]): cast("datetime", row[1]) for row in database.run("changes/crawl_times").rows}
    if text is None:
        if len(starts) < 2:  # noqa: PLR2004 - a comparison takes two
            raise NothingToCompare
        return starts[max(starts)].replace(microsecond=0)
    if text.isdecimal() and text.isascii():
        if len(text) > len("2147483647") or int(text) not in starts:
            raise UsageError(f"there is no crawl {text[:20]}; `lineage status` lists the latest ones")
        return starts[int(text)].replace(microsecond=0)
    try:
        return read_moment(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r} is neither a date like 2026-03-01 nor the number of a crawl") from error


def read_moment(text: str) -> datetime:
    """Read a date (YYYY-MM-DD, or ISO 8601 with a time) as UTC; raises ValueError, also for years out of range."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def list_changes(
    database: Database,
    since: datetime,
    *,
    selector: str | None = None,
    kinds: Sequence[str] | None = None,
    limit: int = 0,
) -> Result:
    """Return the changes since a time: model, kind (`lineage.vocabulary.ChangeName`), before, after and when.

    The record before the first change is compared with the current one; `limit` 0 returns all. Raises what
    `store.queries.select.select` raises.
    """
    with selected(database, selector):
        return database.run(
            "changes/changes",
            since=since,
            kinds=list(kinds) if kinds else None,
            relation_pattern="|".join(RELATIONS),
            is_selected=selector is not None,
            limit=limit or None,
        )


def list_datasets(database: Database, *, selector: str | None = None, limit: int = 0) -> Result:
    """Return the data sets of the models that a selector matches: data set, models, evidence, most downloaded model.

    Raises what `store.queries.select.select` raises.
    """
    with selected(database, selector):
        return database.run("changes/datasets", is_selected=selector is not None, limit=limit or None)


def members(database: Database, selector: str) -> dict[str, SelectionMember]:
    """Return the repositories that a selector matches, by `_id`; missing parents have none and are left out."""
    with selected(database, selector):
        rows = database.run("changes/members").rows
    return {
        str(hub_id): SelectionMember(
            hub_id=str(hub_id),
            id=str(model),
            parents=tuple((one["relation"], one["parent"]) for one in cast("list[dict[str, str]]", parents)),
        )
        for hub_id, model, parents in rows
    }
