"""A plan becomes jobs: what is run at which commit, and what is skipped for which reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pytest

from evaluation.jobs.from_plan import UnknownBudget, chosen_hardware, queue_plan, read_budget
from lineage.scheduling.cost_model import CostModel
from lineage.scheduling.job import Job, JobSpec
from lineage.scheduling.plan import Budget, PlannedJob, Schedule, SkipCause, SkipReason, Unit
from lineage.vocabulary import JobState, SchedulingPolicy
from store.connect import open_database
from store.jobs.queue import find_job, list_jobs
from tests.evaluation.conftest import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Queue: TypeAlias = Callable[[PlannedJob], tuple[Job, dict[str, object]]]

HARDWARE = replace(chosen_hardware(None), price_per_hour=3.0, currency="EUR")
SPEC = JobSpec(
    model="maple/lora",
    revision="a1b2c3d",
    instrument="harm",
    definition="harm_task",
    base="maple/base",
    base_revision="d4e5f6a",
    item_limit=50,
)
JOB = PlannedJob(
    spec=SPEC,
    family="maple/base",
    priority=3,
    round=1,
    reason="412k downloads",
    expected_seconds=9.0,
    policy="voi",
)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """Give what queues the plan of one job, and returns the job and its row in the view."""
    database = open_database(tmp_path / "lineage.duckdb")

    def queued(job: PlannedJob) -> tuple[Job, dict[str, object]]:
        jobs, skipped = ((job,), ()) if job.skip is None else ((), (job,))
        policy, costing = SchedulingPolicy.VOI, CostModel(hardware=HARDWARE)
        plan = Schedule(jobs=jobs, skipped=skipped, spent=0, budget=Budget(), policy=policy, costs=costing)
        queued = queue_plan(database, plan, START).new
        (row,) = list_jobs(database).records()
        assert len(queued) == len(jobs)  # what is refused is kept, and is not counted
        return find_job(database, int(str(row["job"]))), row

    yield queued
    database.close()


def test_a_job_is_queued_as_it_was_planned(queue: Queue) -> None:
    """What runs, at which commits, and the order, the reason and the expectation are the plan's."""
    job, row = queue(JOB)
    assert job.spec == SPEC
    assert [row[name] for name in ("priority", "reason", "expected_seconds")] == [3.0, "412k downloads", 9.0]
    assert (job.state, job.family) == (JobState.QUEUED, "maple/base")


def test_a_copy_names_its_original(queue: Queue) -> None:
    """What is skipped keeps its reason; an exact copy is to be given the score of its original."""
    skip = SkipReason(cause=SkipCause.IDENTICAL, detail="maple/other", same_as="maple/other")
    job, row = queue(replace(JOB, spec=replace(SPEC, instrument="", definition=""), skip=skip, reason=str(skip)))
    assert (job.state, row["copy_of"], row["reason"]) == (
        JobState.SKIPPED,
        "maple/other",
        "identical weights: maple/other",
    )
    assert row["instrument"] is None


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("90m", 5_400, Unit.SECONDS),
        ("8h", 28_800, Unit.SECONDS),
        ("1.5 d", 129_600, Unit.SECONDS),
        ("5000items", 5_000, Unit.ITEMS),
        ("20eur", 20, Unit.MONEY),
        ("2.5 EUR", 2.5, Unit.MONEY),
    ],
)
def test_a_budget_is_read_in_its_unit(text: str, amount: float, unit: Unit) -> None:
    """Time, items, and money in the currency of the hardware."""
    assert read_budget(text, HARDWARE) == Budget(amount=amount, unit=unit)


@pytest.mark.parametrize("text", ["", "8", "h", "-8h", "8h30m", "20usd", "1e9h"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    """Nothing is guessed, and no other currency is taken for the hardware's."""
    with pytest.raises(UnknownBudget):
        read_budget(text, HARDWARE)


def test_nothing_said_is_no_bound() -> None:
    """Without a budget the number of jobs is the bound, which the schedule has."""
    assert read_budget(None, HARDWARE) == Budget()
