"""Stopping early with real models: a worker process loads them, and runs no more items than it takes to decide."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.catalogue import chosen_catalogue
from evaluation.engines.interface import Batch, Setup, Weights
from evaluation.engines.transformers.family_runner import FamilyRunner
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.workers.local import LocalExecutor, WorkerSettings
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from store.connect import open_database
from store.jobs.queue import enqueue, list_jobs
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lineage.scores.instruments import Catalogue
    from store.database import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ITEMS = 256
TASK = """task: grove_stop
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "Which tree is number {{{{number}}}}? It is"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: label
num_fewshot: 0
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
metadata: {{version: 1.0}}
"""
DECLARED = """[[instruments]]
name = "grove_stop"
construct = "truthfulness"
direction = "higher_is_safer"
range = [0, 1]
scale = "rate"
scorer = "acc"
tasks = ["lm-eval:grove_stop/acc"]
definition = "grove_stop.yaml"
"""
NODES = """
insert into hub.nodes (nid, id, status) values
(0, 'grove/base', 'present'), (1, 'grove/child', 'present'), (2, 'grove/calm', 'present');
insert into hub.edges by name select
unnest(['grove/child', 'grove/calm']) as child, 'grove/base' as parent, 'finetune' as relation, 'hub' as evidence,
1 as confidence, 'exact' as resolution, 'hub' as relation_reason, false as inferred,
now() as first_seen_at, now() as last_seen_at;
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder."""
    return tmp_path_factory.mktemp("stopping")


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[Database]:
    """Give a database that knows a base and its two children."""
    opened = open_database(folder / "own.duckdb")
    opened.migrate(NODES)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def declared(folder: Path, family: Path) -> Path:
    """Return a file that declares an instrument on whose items the base is always right."""
    (folder / "grove_stop.yaml").write_text(TASK.format(data=folder / "items.jsonl"), "utf-8")
    (folder / "mine.toml").write_text(DECLARED, "utf-8")
    items: list[dict[str, Any]] = [
        {"number": number, "choices": [f"oak {number % 7}", f"elm {number % 5}"], "label": 0} for number in range(ITEMS)
    ]
    write_items(folder, items)
    catalogue = chosen_catalogue(folder / "mine.toml")
    for item, is_first in zip(items, base_answers(catalogue, folder, family), strict=True):
        item["label"] = 0 if is_first else 1
    write_items(folder, items)
    return folder / "mine.toml"


def write_items(folder: Path, items: list[dict[str, Any]]) -> None:
    """Write items as JSON lines."""
    (folder / "items.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items), "utf-8")


def base_answers(catalogue: Catalogue, folder: Path, family: Path) -> list[bool]:
    """Say of every item, in its order, whether the base finds its first choice likelier."""
    from evaluation.engines.tasks.harness_tasks import TaskSettings, build, load

    path = str(folder / "grove_stop.yaml")
    (task,) = load(path).tasks
    order = [item.name for item in build(task, TaskSettings()).items]
    weights = Weights(model="grove/base", revision=None, folder=str(family / "base"))
    runner = FamilyRunner(catalogue, device="cpu")
    results = runner.run(spec_on(weights, instrument="grove_stop", definition=path), frozenset())
    values = {item.item: item.value for batch in results if isinstance(batch, Batch) for item in batch.items}
    return [values[name] == 1 for name in order]


def wanted(model: str, name: str, definition: Path, family: Path) -> PlannedJob:
    """Return the job of a model by the files of a member of the family."""
    work = JobSpec(
        model=f"grove/{model}",
        revision="a1b2c3d",
        instrument="grove_stop",
        definition=str(definition),
        folder=str(family / name),
    )
    return PlannedJob(spec=work, family="grove/base", priority=0.0, reason="a test", policy="person")


@pytest.fixture(scope="module")
def evaluated(database: Database, declared: Path, family: Path) -> Callable[..., dict[str, dict[str, object]]]:
    """Return what runs models of the family on the instrument, in one worker process, and gives all jobs."""

    def run(models: dict[str, str], *, stops_early: bool) -> dict[str, dict[str, object]]:
        definition = declared.with_name("grove_stop.yaml")
        enqueue(database, [wanted(model, name, definition, family) for model, name in models.items()], NOW)
        setup = Setup(device="cpu", threads=1, instruments=str(declared))
        executor = LocalExecutor(WorkerSettings(setup=setup), 1)
        rules = QueueSettings(owner="test", stops_early=stops_early, trusts_queue=True)
        list(Coordinator(database, executor, chosen_catalogue(declared), rules, lambda: NOW).run())
        return {str(row["model"]): row for row in list_jobs(database).records()}

    return run


@pytest.fixture(scope="module")
def jobs(evaluated: Callable[..., dict[str, dict[str, object]]]) -> dict[str, dict[str, object]]:
    """Return the jobs of a base and of a child that was to be stopped when it is decided."""
    return evaluated({"base": "base", "child": "tuned"}, stops_early=True)


def test_a_real_model_is_stopped_when_it_is_decided(database: Database, jobs: dict[str, dict[str, object]]) -> None:
    """A child that guesses where its base is right is worse long before the end: a decision is kept, and no score."""
    base, child = jobs["grove/base"], jobs["grove/child"]
    assert (base["items_done"], base["value"], base["is_stopped_early"]) == (ITEMS, 1.0, False)
    assert (child["state"], child["decision"], child["is_stopped_early"], child["run"]) == ("done", "worse", True, None)
    assert isinstance(child["items_done"], int)
    assert 0 < child["items_done"] <= ITEMS // 2
    told = database._connection.execute
    assert told("select model from scores where model <> 'grove/calm'").fetchall() == [("grove/base",)]
    assert told("select count(*) from drift where model = 'grove/child'").fetchall() == [(0,)]
    kept = told("select count(*), avg(value) from hub.job_items").fetchall()
    assert kept == [(child["items_done"], pytest.approx(child["value"]))]


@pytest.mark.usefixtures("jobs")
def test_a_real_model_is_run_in_full_where_nobody_asks(
    database: Database, evaluated: Callable[..., dict[str, dict[str, object]]]
) -> None:
    """Without the option a child of the same weights has all of its items, and a score."""
    calm = evaluated({"calm": "tuned"}, stops_early=False)["grove/calm"]
    assert (calm["items_done"], calm["decision"], calm["is_stopped_early"]) == (ITEMS, None, False)
    found = database._connection.execute("select items from scores where model = 'grove/calm'").fetchall()
    assert found == [(ITEMS,)]
