"""What people say about single scores: rejected ones are kept and never count; removed ones are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from store.drift.write_drift import derive_again, refresh_within
from store.scores.find_run import find_run
from store.scores.write import forget_drift

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database
    from store.scores.find_run import NamedScore


def judge_score(database: Database, run: str, *, is_rejected: bool, note: str | None, made_at: datetime) -> NamedScore:
    """Reject or restore the score of a run, by its first digits, and derive current scores and drift again.

    The last word counts. Raises NoSuchScore, and UsageError for too few digits, or ones that several runs start with.
    """
    with database.transaction():
        found = find_run(database, run)
        database.run("scores/add_rejection", run=found.run, is_rejected=is_rejected, note=note, made_at=made_at)
        refresh_within(database)
    return found


def remove_score(database: Database, run: str) -> NamedScore:
    """Delete the score of a run with its items and what people said about it, and derive drift again.

    Nothing prevents the same run from being imported again. Raises what `judge_score` raises.
    """
    with database.transaction():
        found = find_run(database, run)
        for dropped in ("scores/drop_items", "scores/drop_replies", "scores/drop_rescored", "scores/drop_rejections"):
            database.run(dropped, run=found.run)
        forget_drift(database, [cast("int", row[0]) for row in database.run("scores/drop_score", run=found.run).rows])
        derive_again(database)
    return found
