"""A plan becomes jobs: what is run at which commit, and what is skipped for which reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evaluation.jobs.from_plan import UnknownBudget, chosen_hardware, read_budget, wanted_of
from lineage.scheduling.cost_model import Costing
from lineage.scheduling.plan import Budget, Cause, Job, Plan, Policy, Skipped, Unit

if TYPE_CHECKING:
    from lineage.scheduling.queue_records import Wanted

HARDWARE = replace(chosen_hardware(None), price_per_hour=3.0, currency="EUR")
JOB = Job(
    model="maple/lora",
    revision="old",
    instrument="harm",
    definition="harm_task",
    limit=50,
    family="maple/base",
    base="maple/base",
    priority=3,
    round=1,
    reason="412k downloads",
    expected_seconds=9.0,
    expected_cost=None,
    policy=Policy.VOI,
)


def wanted(job: Job, revisions: dict[str, str]) -> Wanted:
    """Return what is wanted of one job."""
    jobs, skipped = ((job,), ()) if job.skip is None else ((), (job,))
    plan = Plan(
        jobs=jobs, skipped=skipped, spent=0, budget=Budget(), policy=Policy.VOI, costing=Costing(hardware=HARDWARE)
    )
    (one,) = wanted_of(plan, "transformers", revisions)
    return one


def test_a_job_is_pinned_to_the_commits_that_are_known() -> None:
    """Model and base are run at the commits of the store; order, reason and expectation are the plan's."""
    one = wanted(JOB, {"maple/lora": "a1b2c3d", "maple/base": "d4e5f6a"})
    work = one.work
    assert (work.revision, work.base, work.base_revision, work.limit) == ("a1b2c3d", "maple/base", "d4e5f6a", 50)
    assert (one.priority, one.reason, one.policy, one.expected_seconds) == (3.0, "412k downloads", "voi", 9.0)
    assert not one.is_skipped


def test_a_task_of_inspect_is_queued_for_inspect() -> None:
    """Whatever engine the others are queued for: no other runs it."""
    known = {"maple/lora": "a1b2c3d", "maple/base": "d4e5f6a"}
    assert wanted(JOB, known).work.engine == "transformers"
    assert wanted(replace(JOB, definition="/own.py@clinic"), known).work.engine == "inspect"


@pytest.mark.parametrize("known", [{"maple/lora": "a1b2c3d"}, {"maple/base": "d4e5f6a"}])
def test_what_has_no_commit_is_skipped(known: dict[str, str]) -> None:
    """A score says what was run: without a commit of the model and its base there is none."""
    one = wanted(JOB, known)
    assert one.is_skipped
    assert one.reason.startswith("the commit of maple/")


def test_a_copy_names_its_original() -> None:
    """What is skipped keeps its reason; an exact copy is to be given the score of its original."""
    skip = Skipped(cause=Cause.IDENTICAL, detail="maple/other", same_as="maple/other")
    job = replace(JOB, instrument=None, definition=None, base=None, skip=skip, reason=str(skip))
    one = wanted(job, {"maple/lora": "a1b2c3d"})
    assert (one.is_skipped, one.copy_of, one.reason) == (True, "maple/other", "identical weights: maple/other")


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
