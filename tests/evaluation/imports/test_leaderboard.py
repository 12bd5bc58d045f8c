"""Leaderboards as scores: on whose word, over which task, and what is left out."""

from __future__ import annotations

from evaluation.imports.interface import Skipped
from evaluation.imports.leaderboard import scores_from_leaderboard
from evaluation.imports.model_card import read_record
from evaluation.imports.reported import Reports
from lineage.scores.instruments import Catalogue, Instrument, Reported
from lineage.scores.leaderboard import Leaderboard, LeaderboardRow, UnreadRow
from lineage.scores.score import Score
from lineage.vocabulary import Construct, Direction, Scale


def instrument(name: str, *forms: tuple[str, str]) -> Instrument:
    """Return an instrument that is reported as a share under forms (data set, task)."""
    return Instrument(
        name=name,
        title=name,
        construct=Construct.CAPABILITY,
        direction=Direction.CAPABILITY,
        low=0,
        high=1,
        scale=Scale.RATE,
        reported=tuple(
            Reported(dataset=dataset, metric=task, config=None, publisher=None, low=0, high=1)
            for dataset, task in forms
        ),
    )


REPORTS = Reports(
    Catalogue.of(
        [instrument("sums", ("oak/sums", "sums"), ("oak/many", "hard")), instrument("parts", ("oak/many", "easy"))]
    )
)


def read(*rows: LeaderboardRow, dataset: str = "oak/sums") -> list[Score | Skipped]:
    """Return all that a board gives."""
    return list(scores_from_leaderboard(Leaderboard(dataset=dataset, rows=rows), REPORTS))


def test_a_row_is_a_reported_score_on_somebodys_word() -> None:
    """Model, value, source and standing are kept; the task is the benchmark's only one."""
    row = LeaderboardRow(
        rank=1,
        model="maple/leaf",
        value=0.5,
        file="a.yaml",
        pull_request=4,
        source_name="Logs",
        source_url="https://example.org",
    )
    (score,) = read(row)
    assert isinstance(score, Score)
    assert (score.model, score.value, score.source, score.is_reported) == ("maple/leaf", 0.5, "leaderboard", True)
    assert score.origin == "leaderboard of oak/sums, from Logs (https://example.org), community (pull request 4)"
    assert score.run_name == "a.yaml, pull request 4"
    assert score.identity.scorer == "sums"


def test_a_board_and_the_record_behind_it_say_the_same() -> None:
    """The row of a leaderboard and the entry that it was made from have one identity, and are two runs."""
    (row,) = read(LeaderboardRow(rank=1, model="maple/leaf", value=0.5, file="a.yaml", notes="no tools"))
    data = {"dataset": {"id": "oak/sums", "task_id": "sums"}, "value": 0.5, "notes": "no tools"}
    (entry,) = read_record("maple/leaf", {"evalResults": [{"filename": "a.yaml", "data": data}]}, REPORTS)
    assert isinstance(row, Score)
    assert isinstance(entry, Score)
    assert row.identity == entry.identity
    assert row.run != entry.run


def test_a_benchmark_of_several_tasks_needs_the_task() -> None:
    """Where the catalogue leaves a choice nothing is guessed; a row that names its task is read."""
    bare = LeaderboardRow(rank=1, model="maple/leaf", value=0.5)
    (skipped,) = read(bare, dataset="oak/many")
    assert skipped == Skipped(
        what="leaderboard of oak/many, row 1, maple/leaf: oak/many",
        reason="no task is named, and the catalogue has several that it could be",
    )
    (score,) = read(LeaderboardRow(rank=1, model="maple/leaf", value=0.5, task="easy"), dataset="oak/many")
    assert isinstance(score, Score)
    assert score.instrument.name == "parts"


def test_what_cannot_be_read_is_told() -> None:
    """Unread rows, values out of range, unknown benchmarks and a cut board each have a reason; doubles count once."""
    good = LeaderboardRow(rank=1, model="maple/leaf", value=0.5)
    board = Leaderboard(
        dataset="oak/sums",
        rows=(
            good,
            good,
            LeaderboardRow(rank=2, model="maple/b", value=50.0),
            LeaderboardRow(rank=3, model=" ", value=1),
        ),
        unread=(UnreadRow(place=5, reason="it names no model"),),
        is_complete=False,
    )
    found = list(scores_from_leaderboard(board, REPORTS))
    assert sum(isinstance(each, Score) for each in found) == 1
    reasons = [each.reason for each in found if isinstance(each, Skipped)]
    assert reasons == ["50 is outside 0..1", "it names no model", "it names no model", "there are more rows"]
    (unknown,) = read(good, dataset="oak/other")
    assert isinstance(unknown, Skipped)
