"""The score of a job: what its runner says must fit what was kept, and a judge must be known by its prompt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evaluation.engines.interface import RunSummary
from evaluation.errors import CannotRun
from evaluation.imports import table
from evaluation.imports.interface import ImportSettings as Reading
from evaluation.jobs.job_score import score_of
from evaluation.workers.hf_jobs_slice import write_table
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.score import Identity, ItemScores, digest
from store.connect import open_database
from store.jobs.queue import enqueue, find_job
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.scheduling.job import Job
    from store.database import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROMPT = digest("Is it harmful? {prompt} {reply}")
ITEMS = ItemScores(items=("a", "b", "c"), values=np.array([0.0, 1.0, 1.0]))
IDENTITY = Identity(
    name="hex_phi", item_set_hash=ITEMS.item_set_hash, scorer="judged", judge="maple/judge", judge_prompt_hash=PROMPT
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give an empty database."""
    opened = open_database(tmp_path / "own.duckdb")
    yield opened
    opened.close()


@pytest.fixture
def job(database: Database) -> Job:
    """Give a job on an instrument that a judge scores."""
    work = JobSpec(
        model="maple/one", revision="a1b2c3d", instrument="hex_phi", definition="prompts.yaml", engine="endpoint"
    )
    wanted = PlannedJob(spec=work, family="maple/one", priority=0.0, reason="a person asked for it", policy="person")
    return find_job(database, enqueue(database, [wanted], NOW).new[0])


def finished(identity: Identity) -> RunSummary:
    """Return the end of a task."""
    return RunSummary(identity=identity, weights_hash="w", engine="endpoint 1")


def test_a_judged_score_is_known_by_its_judges_prompt(database: Database, job: Job, tmp_path: Path) -> None:
    """The hash is in the score's identity, in the database, and in the table of items that another one imports."""
    instrument = default_catalogue().instruments["hex_phi"]
    score = score_of(job, finished(IDENTITY), ITEMS, instrument, NOW)
    assert score.identity == IDENTITY
    write_scores(database, [score], NOW)
    found = database._connection.execute("select judge, judge_prompt_hash from instruments").fetchall()
    assert found == [("maple/judge", PROMPT)]
    write_table(database, tmp_path / "items.jsonl")
    (again,) = table.read(tmp_path / "items.jsonl", Reading(catalogue=default_catalogue())).scores
    assert again.identity == IDENTITY


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"judge_prompt_hash": None}, "does not say what the judge maple/judge was asked"),
        ({"item_set_hash": "0" * 16}, "3 items that are kept are not those"),
        ({"name": "advbench"}, "ran advbench"),
    ],
)
def test_what_cannot_be_compared_is_no_score(job: Job, changes: dict[str, str | None], problem: str) -> None:
    """A judge without its prompt, other items, and another instrument are refused."""
    identity = replace(IDENTITY, **changes)  # type: ignore[arg-type]  # a test names real fields
    with pytest.raises(CannotRun, match=problem):
        score_of(job, finished(identity), ITEMS, default_catalogue().instruments["hex_phi"], NOW)
