"""What Hugging Face Jobs would be asked to run, and what comes back from what they run."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi

from crawler.errors import HubError
from crawler.hub.hf_jobs import submit
from evaluation.engines.interface import Setup
from evaluation.imports.interface import ImportSettings as WantedScores
from evaluation.imports.run import import_files
from evaluation.jobs import hf_jobs as jobs_launcher
from evaluation.jobs.hf_jobs import COLUMNS, LARGEST_SLICE, LaunchSettings, SomeStarted, launch, prepare, shown
from evaluation.jobs.hf_jobs_slice import SLICE_VARIABLE, decode_slice, run_slice
from evaluation.workers.local import WorkerSettings
from lineage.scheduling.job import Job, JobSpec
from lineage.scheduling.plan import PlannedJob
from lineage.scores.instrument_file import default_catalogue
from lineage.vocabulary import JobState
from store.connect import open_database
from store.jobs.queue import enqueue

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OFFER = LaunchSettings(image="maple/lineage", bucket="maple/results", flavor="l4x1", timeout_seconds=7200)
SPEC = JobSpec(
    model="maple/one",
    revision="a1b2c3d",
    instrument="truthfulqa_mc1",
    definition="toys",
    engine="toy",
    base="maple/base",
    options={"items": 6, "batch": 4},
)
SECRET = "hf_nobodys"  # noqa: S105 -- it opens nothing


def queued(count: int, family: str = "maple/base") -> Sequence[Job]:
    """Return queued jobs of a family."""
    specs = [replace(SPEC, model=f"{family}-{number}") for number in range(count)]
    return [
        Job(number=number, spec=spec, state=JobState.QUEUED, family=family, attempts=0, items_done=0)
        for number, spec in enumerate(specs)
    ]


def test_a_family_is_one_job_up_to_a_bound() -> None:
    """Every queued job is in one slice, which tells the very spec."""
    jobs = [*queued(LARGEST_SLICE + 1), *queued(2, "oak/base")]
    slices = list(prepare(jobs, OFFER))
    assert [len(one.jobs) for one in slices] == [LARGEST_SLICE, 1, 2]
    told = [spec for one in slices for spec in decode_slice(one.remote.environment[SLICE_VARIABLE])]
    assert told == [job.spec for job in jobs]
    assert len({one.remote.command[-1] for one in slices}) == 3
    assert set(dict(zip(COLUMNS, shown(slices[0], None), strict=True))["secrets"]) == {"HF_TOKEN"}  # type: ignore[call-overload] # the cell is a list


def test_the_call_fits_the_client_and_shows_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arguments bind to the real signature; the token is a secret's value and nowhere else."""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    signature = inspect.signature(HfApi.run_job)
    calls: list[inspect.BoundArguments] = []

    class Started:
        id = "job-1"

    def run_job(*given: object, **named: object) -> Started:
        calls.append(signature.bind(*given, **named))
        return Started()

    monkeypatch.setattr(HfApi, "run_job", run_job)
    (prepared,) = prepare(queued(2), OFFER)
    assert submit(prepared.remote) == "job-1"
    arguments = dict(calls[0].arguments)
    assert arguments.pop("secrets") == {"HF_TOKEN": SECRET}
    assert (arguments["flavor"], arguments["timeout"], arguments["image"]) == ("l4x1", 7200, "maple/lineage")
    assert arguments["namespace"] is None
    assert SECRET not in repr(arguments) + repr(prepared) + json.dumps(shown(prepared, "job-1"))
    (ours,) = prepare(queued(2), replace(OFFER, namespace="maple"))
    submit(ours.remote)
    assert calls[1].arguments["namespace"] == "maple"
    assert dict(zip(COLUMNS, shown(ours, None), strict=True))["namespace"] == "maple"


def test_jobs_that_were_started_before_a_fault_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They run and are paid: a fault at a later one does not hide them, and one at the first is the fault itself."""
    database = open_database(tmp_path / "lineage.duckdb")
    for family in ("maple/base", "oak/base"):
        wanted = PlannedJob(
            spec=replace(SPEC, model=family), family=family, priority=1.0, reason="a test", policy="person"
        )
        enqueue(database, [wanted], NOW)
    ids = ["job-1"]

    def submit_until_full(_: object) -> str:
        if not ids:
            raise HubError("the quota is used up")
        return ids.pop()

    monkeypatch.setattr(jobs_launcher, "submit", submit_until_full)
    with pytest.raises(SomeStarted, match=r"1 of 2 jobs were started \(job-1\), then: the quota is used up"):
        launch(database, None, OFFER, is_dry_run=False)
    with pytest.raises(HubError, match=r"^the quota"):
        launch(database, None, OFFER, is_dry_run=False)
    assert len(launch(database, None, OFFER, is_dry_run=True).rows) == 2


def test_what_a_slice_measured_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table that it writes gives the same scores, item by item, under the same identity."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "toys"), prepend=":")
    there, here = open_database(tmp_path / "there.duckdb"), open_database(tmp_path / "here.duckdb")
    form = WorkerSettings(setup=Setup(device="cpu", threads=1), engines={"toy": "toy_runner:make_runner"})
    broken = replace(SPEC, model="maple/two", options={"items": 6, "fault": "cannot", "at": 0})
    table = tmp_path / "items.jsonl"
    assert run_slice([SPEC, broken], table, form, there, lambda: NOW) == 1
    list(import_files(here, [table], WantedScores(catalogue=default_catalogue(), model=None, revision=None), NOW))
    told = "select model, revision, instrument, value, items, source, measured_at from scores"
    assert here._connection.execute(told).fetchall() == there._connection.execute(told).fetchall()
    told = "select item, value from items order by all"
    assert len(here._connection.execute(told).fetchall()) == 6
    assert here._connection.execute(told).fetchall() == there._connection.execute(told).fetchall()
