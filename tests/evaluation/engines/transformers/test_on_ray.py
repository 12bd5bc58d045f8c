"""The engine `transformers` runs tasks of lm-evaluation-harness on Ray as it does on this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from evaluation.catalogue import chosen_catalogue
from evaluation.engines.interface import Setup
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.workers.local import LocalExecutor, WorkerSettings
from evaluation.workers.ray_cluster import RaySettings
from evaluation.workers.ray_executor import RayExecutor
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from store.connect import open_database
from store.jobs.queue import enqueue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evaluation.workers.interface import Executor

NOW = datetime(2026, 3, 1, tzinfo=UTC)
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra `ray`: a cluster is started")
JOBS = "select model, state, error, weights_hash, value, items_done, items_total from jobs order by all"
ITEMS = "select model, instrument, item, items.value from items join scores using (run) order by all"
DECLARED = """
[[instruments]]
name = "grove_mc1"
title = "The grove's questions"
construct = "truthfulness"
direction = "higher_is_safer"
range = [0, 1]
scale = "rate"
tasks = ["lm-eval:grove_mc1/acc"]
definition = "grove_mc1.yaml"
"""


@needs_ray
def test_scores_on_ray_are_those_of_this_machine(tmp_path: Path, family: Path, grove: Callable[[str], Path]) -> None:
    """A base, its adapters and a fine-tune on two workers: every item, score and hash of weights is the same."""
    task = grove("mc1")
    declared = task.with_name("instruments.toml")
    declared.write_text(DECLARED, "utf-8")
    setup = Setup(device="cpu", threads=1, instruments=str(declared))
    here = run(tmp_path / "here.duckdb", family, task, LocalExecutor(WorkerSettings(setup=setup), 1))
    there = run(tmp_path / "there.duckdb", family, task, RayExecutor(RaySettings(setup=setup), 2))
    assert [row[1] for row in here[0]] == ["done"] * 4
    assert len({row[3] for row in here[0]}) == 4
    assert len(here[1]) > 4 * 20
    assert there == here


def run(db: Path, family: Path, task: Path, executor: Executor) -> list[list[tuple[object, ...]]]:
    """Run a family's queue on an executor; return its jobs, and its items."""
    database = open_database(db)
    enqueue(database, [wanted(name, family, task) for name in ("base", "lora", "whole", "tuned")], NOW)
    catalogue = chosen_catalogue(task.with_name("instruments.toml"))
    assert list(
        Coordinator(
            database, executor, catalogue, QueueSettings(owner="test", attempts=1, trusts_queue=True), lambda: NOW
        ).run()
    )
    found = [database._connection.execute(query).fetchall() for query in (JOBS, ITEMS)]
    database.close()
    return found


def wanted(name: str, family: Path, task: Path) -> PlannedJob:
    """Return the job of a member of the family: an adapter names its base."""
    is_adapter = name in {"lora", "whole"}
    work = JobSpec(
        model=f"grove/{name}",
        revision=None,
        folder=str(family / name),
        base="grove/base" if is_adapter else None,
        base_folder=str(family / "base") if is_adapter else None,
        instrument="grove_mc1",
        definition=str(task),
    )
    root = "grove/tuned" if name == "tuned" else "grove/base"
    return PlannedJob(spec=work, family=root, priority=1.0, reason="a test", policy="person")
