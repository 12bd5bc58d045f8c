"""What people say about single scores: rejected ones are kept and never count; removed ones are gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lineage.errors import LineageError, UsageError
from store.drift.write_drift import derive_again, refresh_within
from store.scores.write import forget_drift

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database

SHORTEST: Final = 6


class NoSuchScore(LineageError):
    """No score here has this run."""

    exit_code = 1
    hint = "`lineage scores list --format json` lists the run of every score"

    def __init__(self, run: str) -> None:
        """Name the run that was asked for."""
        super().__init__(f"no score here has the run {run!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedScore:
    """A score that a person rejected, restored or removed.

    `run` is whole, and `model` has its variant.
    """

    run: str
    model: str
    instrument: str
    value: float
    origin: str


def judge_score(database: Database, run: str, *, is_rejected: bool, note: str | None, made_at: datetime) -> JudgedScore:
    """Reject or restore the score of a run, by its first digits, and derive current scores and drift again.

    The last word counts. Raises NoSuchScore, and UsageError for too few digits, or ones that several runs start with.
    """
    with database.transaction():
        found = _find_run(database, run)
        database.run("scores/add_rejection", run=found.run, is_rejected=is_rejected, note=note, made_at=made_at)
        refresh_within(database)
    return found


def remove_score(database: Database, run: str) -> JudgedScore:
    """Delete the score of a run with its items and what people said about it, and derive drift again.

    Nothing prevents the same run from being imported again. Raises what `judge_score` raises.
    """
    with database.transaction():
        found = _find_run(database, run)
        database.run("scores/drop_items", run=found.run)
        database.run("scores/drop_rejections", run=found.run)
        forget_drift(database, [cast("int", row[0]) for row in database.run("scores/drop_score", run=found.run).rows])
        derive_again(database)
    return found


def _find_run(database: Database, run: str) -> JudgedScore:
    if len(run) < SHORTEST:
        raise UsageError(f"{run!r} is too short: give at least {SHORTEST} digits of a run")
    rows = cast("list[tuple[str, str, str, float, str]]", database.run("scores/find_run", run=run).rows)
    if not rows:
        raise NoSuchScore(run)
    if len(rows) > 1:
        raise UsageError(f"several runs start with {run!r}: {', '.join(row[0] for row in rows)}")
    found, model, instrument, value, origin = rows[0]
    return JudgedScore(run=found, model=model, instrument=instrument, value=value, origin=origin)
