"""The leaderboard of a benchmark as scores: its entries count as reported, by whoever put them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.imports.interface import Skipped
from evaluation.imports.model_card import attribute, judge, named_run, standing
from evaluation.imports.reported import Statement, read_number, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.imports.reported import Reports
    from lineage.scores.leaderboard import Leaderboard, LeaderboardRow
    from lineage.scores.score import Score


def scores_from_leaderboard(board: Leaderboard, reports: Reports) -> Iterator[Score | Skipped]:
    """Yield a score or a reason for every row; equal rows count once, and a board that was cut short says so."""
    origin = f"leaderboard of {read_words(board.dataset)}"
    yield from judge(
        (_statement(origin, board.dataset, place, row) for place, row in enumerate(board.rows, 1)), reports
    )
    for unread in board.unread:
        yield Skipped(what=f"{origin}, row {unread.place}", reason=unread.reason)
    if not board.is_complete:
        yield Skipped(what=f"{origin}, after row {len(board.rows) + len(board.unread)}", reason="there are more rows")


def _statement(origin: str, dataset: str, place: int, row: LeaderboardRow) -> Statement | Skipped:
    model, name = read_words(row.model), read_words(dataset)
    if model is None or name is None:
        return Skipped(what=f"{origin}, row {place}", reason="it names no model")
    pull_request = None if row.pull_request is None else str(row.pull_request)
    standing_words = standing(is_verified=row.is_verified, pull_request=pull_request)
    return Statement(
        model=model,
        source="leaderboard",
        place=f"row {place}, {model}",
        origin=attribute(origin, read_words(row.source_name), read_words(row.source_url), standing_words),
        dataset=name,
        metric=read_words(row.task),
        publisher=read_words(row.source_name),
        notes=read_words(row.notes),
        value=read_number(row.value),
        run_name=named_run(read_words(row.file), pull_request),
    )
