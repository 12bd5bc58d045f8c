"""What somebody else queued runs no code and reaches no server until the user says so."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evaluation.jobs.events import JobDone, JobGivenBack
from evaluation.jobs.hf_jobs import LaunchSettings, launch
from evaluation.jobs.own_jobs import from_anywhere, own_keys, queued_file, reach_of, remember
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from store.jobs.queue import enqueue
from tests.evaluation.conftest import START

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evaluation.conftest import Bench

SPEC = JobSpec(
    model="maple/base", revision="a1b2c3d", instrument="truthfulqa_mc1", definition="truthfulqa_mc1", engine="toy"
)
REACHING = (
    replace(SPEC, definition="/srv/clinic.yaml"),
    replace(SPEC, definition="/srv/clinic.yml"),
    replace(SPEC, definition="/srv/clinic.py@clinic"),
    replace(SPEC, options={"url": "http://elsewhere.example"}),
    replace(SPEC, options={"judge_url": "http://elsewhere.example"}),
    replace(SPEC, options={"key_variable": "HF_TOKEN"}),
    replace(SPEC, options={"grader_key_variable": "HF_TOKEN"}),
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin as a user who queued nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("spec", REACHING)
def test_code_servers_and_keys_are_reached_for(spec: JobSpec) -> None:
    """Each is told, so that a person can look at it."""
    (told,) = reach_of(spec)
    assert told in {spec.definition, *(f"{name}={value}" for name, value in spec.options.items())}


@pytest.mark.parametrize(
    "spec", [SPEC, replace(SPEC, definition="/srv/mine.jsonl"), replace(SPEC, options={"url": "", "shots": 3})]
)
def test_other_jobs_reach_for_nothing(spec: JobSpec) -> None:
    """A task by its name, prompts, and options without an address: nothing is kept of them."""
    assert reach_of(spec) == ()
    remember([spec])
    assert not queued_file().exists()


def test_what_a_user_queued_is_kept_for_the_user_alone() -> None:
    """Keys add up over calls; others may not read them."""
    assert own_keys() == frozenset()
    for spec in REACHING[:2]:
        remember([spec])
    assert own_keys() == {spec.key for spec in REACHING[:2]}
    assert stat.S_IMODE(queued_file().stat().st_mode) == 0o600


def test_a_file_of_other_bytes_keeps_nothing() -> None:
    """What is no text of ours names no job, and is no error either."""
    remember(REACHING[:1])
    queued_file().write_bytes(b"\xff\xfe" + REACHING[0].key.encode())
    assert own_keys() == frozenset()


def test_a_file_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a job of the same words in another folder is another job."""
    monkeypatch.chdir(tmp_path)
    assert from_anywhere("clinic.yaml") == str(tmp_path / "clinic.yaml")
    assert from_anywhere("clinic.py@clinic") == f"{tmp_path}{os.sep}clinic.py@clinic"
    assert from_anywhere("truthfulqa_mc1") == "truthfulqa_mc1"


def plant(bench: Bench) -> None:
    """Put jobs into the queue as a stranger would, in the database alone: one that reaches out, one that does not."""
    wanted = [
        PlannedJob(spec=spec, family="maple/base", priority=1.0, reason="planted", policy="person")
        for spec in (REACHING[0], replace(SPEC, model="maple/harmless"))
    ]
    enqueue(bench.database, wanted, START)


def test_a_strangers_job_is_not_run(bench: Bench, tmp_path: Path) -> None:
    """It goes back with what it names; the harmless one beside it is run."""
    plant(bench)
    events = bench.run()
    (back,) = (event for event in events if isinstance(event, JobGivenBack))
    (done,) = (event for event in events if isinstance(event, JobDone))
    assert (back.job.spec.model, done.job.spec.model) == ("maple/base", "maple/harmless")
    assert "somebody else queued it, and it names /srv/clinic.yaml" in back.reason
    assert "--trust-queue" in back.reason
    assert (bench.jobs()["base"]["state"], bench.jobs()["base"]["attempts"]) == ("queued", 0)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("is_trusted", [True, False])
def test_it_is_run_once_the_user_trusts_or_queues_it(bench: Bench, *, is_trusted: bool) -> None:
    """By the option for the whole queue, or because the same job was queued by the user."""
    plant(bench)
    if not is_trusted:
        remember(REACHING[:1])
    events = bench.run(trusts_queue=is_trusted)
    assert sum(isinstance(event, JobDone) for event in events) == 2


def test_a_strangers_job_is_not_launched(bench: Bench) -> None:
    """Nor is it sent to machines that the user pays for."""
    plant(bench)
    offer = LaunchSettings(image="maple/lineage", bucket="maple/results")
    rows = launch(bench.database, None, offer, is_dry_run=True).records()
    assert [str(row["jobs"]).count(",") + 1 for row in rows] == [1]
    remember(REACHING[:1])
    rows = launch(bench.database, None, offer, is_dry_run=True).records()
    assert [str(row["jobs"]).count(",") + 1 for row in rows] == [2]
