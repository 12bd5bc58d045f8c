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
from evaluation.imports.interface import ImportSettings
from evaluation.jobs.hf_jobs_slice import write_table
from evaluation.jobs.job_score import score_of
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


def summary(identity: Identity) -> RunSummary:
    """Return the end of a run."""
    return RunSummary(identity=identity, weights_hash="w", engine="endpoint 1")


def test_a_judged_score_is_known_by_its_judges_prompt(database: Database, job: Job, tmp_path: Path) -> None:
    """The hash is in the score's identity, in the database, and in the table of items that another one imports."""
    instrument = default_catalogue().instruments["hex_phi"]
    score = score_of(job, summary(IDENTITY), ITEMS, instrument, NOW)
    assert score.identity == IDENTITY
    write_scores(database, [score], NOW)
    found = database._connection.execute("select judge, judge_prompt_hash from instruments").fetchall()
    assert found == [("maple/judge", PROMPT)]
    write_table(database, tmp_path / "items.jsonl")
    (again,) = table.read(tmp_path / "items.jsonl", ImportSettings(catalogue=default_catalogue())).scores
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
        score_of(job, summary(identity), ITEMS, default_catalogue().instruments["hex_phi"], NOW)


def test_items_of_one_cluster_count_together(job: Job, tmp_path: Path) -> None:
    """The standard error of a run is that of an import of the same items; five answers to one prompt are one draw."""
    answers = np.repeat(np.random.default_rng(1).integers(0, 2, 100).astype(np.float64), 5)
    answers[::25] = 1 - answers[::25]
    names = tuple(f"item {number}" for number in range(len(answers)))
    clusters = tuple(f"prompt {number // 5}" for number in range(len(answers)))
    items = ItemScores(items=names, values=answers, clusters=clusters)
    identity = replace(IDENTITY, item_set_hash=items.item_set_hash)
    score = score_of(job, summary(identity), items, default_catalogue().instruments["hex_phi"], NOW)
    file = tmp_path / "items.csv"
    rows = zip(names, answers, clusters, strict=True)
    lines = [f"maple/one,hex_phi,{name},{value},{cluster}" for name, value, cluster in rows]
    file.write_text("\n".join(["model,instrument,item,value,cluster", *lines]))
    (imported,) = table.read(file, ImportSettings(catalogue=default_catalogue())).scores
    assert imported.stderr is not None
    assert score.stderr == pytest.approx(imported.stderr)
    assert imported.stderr > 1.9 * float(np.std(answers, ddof=1)) / np.sqrt(len(answers))
