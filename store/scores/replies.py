"""What models replied, as it is kept with their scores, and scores of the same replies by another scorer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lineage.errors import LineageError
from store.lent_columns import as_columns
from store.scores.current import load_identities
from store.scores.find_run import find_run
from store.scores.write import write_scores_within

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.scores.instruments import Instrument
    from lineage.scores.score import Identity, Score
    from store.database import Database

RESCORED_COLUMNS = ("run", "original")


class NoReplies(LineageError):
    """No replies are kept of a score."""

    exit_code = 1
    hint = "`lineage evaluate` keeps replies, unless --set replies=off; likelihoods and imported scores have none"

    def __init__(self, run: str, model: str) -> None:
        """Name the run and its model."""
        super().__init__(f"no replies are kept of the run {run} on {model}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """What a model wrote to an item, a stranger's text. `is_cut` says that it was longer than what is kept."""

    item: str
    text: str
    length: int
    cluster: str | None
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredReplies:
    """The replies of a run, with the facts of its score; `run` is the one that asked for them."""

    run: str
    model: str
    revision: str | None
    instrument: Instrument
    identity: Identity
    origin: str
    run_name: str | None
    measured_at: datetime | None
    replies: tuple[StoredReply, ...]


def load_replies(database: Database, run: str) -> ScoredReplies:
    """Return the replies of the run that starts with some digits; of one that scored those of another, the other's.

    Raises what `find_run` raises, and NoReplies.
    """
    found = find_run(database, run)
    rows = cast("list[tuple[str, ...]]", database.run("scores/asked_run", run=found.run).rows)
    if not rows:
        raise NoReplies(found.run, found.model)
    asked, model, revision, key, origin, run_name, measured_at = rows[0]
    listed = cast("list[tuple[str, str, int, str | None, bool]]", database.run("scores/list_replies", run=asked).rows)
    if not listed:
        raise NoReplies(asked, model)
    stored = next(one for one in load_identities(database) if one.key == key)
    return ScoredReplies(
        run=asked,
        model=model,
        revision=revision,
        instrument=stored.instrument,
        identity=stored.identity,
        origin=origin,
        run_name=run_name,
        measured_at=cast("datetime | None", measured_at),
        replies=tuple(
            StoredReply(item=item, text=text, length=length, cluster=cluster, is_cut=is_cut)
            for item, text, length, cluster, is_cut in listed
        ),
    )


def write_rescored(database: Database, score: Score, original: str, at: datetime) -> bool:
    """Store the score of another run's replies, and whose they are; returns whether it is new. One transaction."""
    with database.transaction():
        new, _ = write_scores_within(database, [score], at)
        if new:
            with database.columns("lent_rescored", **as_columns(RESCORED_COLUMNS, [(score.run, original)])):
                database.run("scores/add_rescored")
    return bool(new)
