"""Scheduling, evaluating and the queue, as their user runs them: with the toy engine of the tests in real workers."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.commands import queue as queue_commands
from lineage.scheduling.queue_progress import QueueProgress, RunningJob
from lineage.vocabulary import JobState
from store.sharing.progress_file import write_progress
from tests.cli.conftest import TOYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

SCHEDULE = ("schedule", "--domain", "medical", "--instrument", "wmdp_chem", "--budget", "2000items")


@pytest.fixture
def ask(lineage: Runs, own_db: Path) -> Callable[..., Ran]:
    """Give a function that runs a command on a database of the test's own."""
    return lambda *arguments: lineage(*arguments, "--db", str(own_db))


def run_nothing(_: object) -> Iterator[None]:
    """Stand in for a coordinator that is interrupted at once."""
    yield from ()


def rows(ran: Ran) -> list[dict[str, Any]]:
    """Return the rows of an answer in JSON."""
    found = json.loads(ran.out)
    assert isinstance(found, list)
    return found


def test_a_schedule_is_queued_once(ask: Callable[..., Ran]) -> None:
    """A plan queues nothing; what is queued has its reasons; the same schedule again queues nothing twice."""
    planned = ask(*SCHEDULE, "--format", "json")
    assert planned.code == 0
    assert ask("queue", "list").code == 1
    first = ask(*SCHEDULE, "--queue", "--format", "json")
    assert (first.code, rows(first)) == (0, rows(planned))
    jobs = rows(ask("queue", "list", "--limit", "0", "--format", "json"))
    queued = [job for job in jobs if job["state"] == "queued"]
    assert [(job["model"], job["instrument"]) for job in queued] == [
        (job["model"], job["instrument"]) for job in rows(planned)
    ]
    assert all(job["reason"] for job in jobs)
    assert {job["state"] for job in jobs} == {"queued", "skipped"}
    assert f"queued 0 new jobs, {len(queued)} were known" in ask(*SCHEDULE, "--queue").err
    assert rows(ask("queue", "list", "--limit", "0", "--format", "json")) == jobs


def test_a_schedule_carries_options_of_the_engine(ask: Callable[..., Ran], tmp_path: Path) -> None:
    """Every job has them, files by their absolute paths; what the engine does not take queues nothing."""
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text('{"prompt": "p", "reply": "r", "label": true}\n')
    served = (*SCHEDULE, "--no-guard", "--engine", "endpoint", "--queue")
    for wrong, fault in (("scoop=1", "unknown option"), ("labelled=nowhere.jsonl", "there is no file")):
        ran = ask(*served, "--option", wrong)
        assert (ran.code, fault in ran.err) == (2, True)
    assert ask("queue", "list").code == 1
    beside = os.path.relpath(labelled)
    assert ask(*served, "--option", "chat=true", "--option", f"labelled={beside}").code == 0
    asked = "select distinct engine, options from jobs where state = 'queued'"
    (row,) = rows(ask("sql", asked, "--format", "json"))
    assert row["engine"] == "endpoint"
    assert json.loads(row["options"]) == {"chat": True, "labelled": str(labelled)}


def test_a_plan_says_which_engine_runs_what(
    ask: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine that a file describes decides, its jobs are queued so, and a family that began otherwise stays."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    hardware = tmp_path / "gpu.toml"
    hardware.write_text(
        "flops_per_second = 1e14\nmemory_bytes = 8e10\ndownload_bytes_per_second = 1e8\n"
        "load_bytes_per_second = 1e9\nbytes_per_weight = 2\ngpu = true\nvllm = true\n"
    )
    fast = (*SCHEDULE, "--no-guard", "--limit", "2", "--hardware", str(hardware), "--format", "json")
    told = "select distinct engine from jobs where state = 'queued'"
    plain = ask(*SCHEDULE, "--no-guard", "--limit", "1", "--queue", "--format", "json")
    assert {(row["engine"], row["engine_reason"]) for row in rows(plain)} == {("transformers", "no GPU")}
    assert "transformers: 1 job (no GPU)" in plain.err
    planned = ask(*fast, "--queue")
    (begun,) = rows(plain)
    found = {(row["family"] == begun["family"], row["engine"], row["engine_reason"]) for row in rows(planned)}
    assert found == {
        (True, "transformers", "its family was measured by it"),
        (False, "vllm", "letters on a GPU"),
    }
    assert {row["engine"] for row in rows(ask("sql", told, "--format", "json"))} == {"transformers", "vllm"}
    assert {row["engine"] for row in rows(ask(*fast, "--engine", "endpoint"))} == {"endpoint"}
    assert ask(*fast, "--engine", "vllm", "--endpoint-url", "http://127.0.0.1:1").code == 2


def test_a_server_that_is_away_is_no_failure(ask: Callable[..., Ran]) -> None:
    """A named server is where the job runs, without another option; away, it stays queued and exit code 1 says so."""
    model = rows(ask("models", "--limit", "1", "--format", "json"))[0]["id"]
    words = ("--endpoint-url", "http://127.0.0.1:1/v1", "--option", "attempts=1", "--format", "json")
    ran = ask("evaluate", model, "wmdp_chem", *words)
    (row,) = rows(ran)
    assert (ran.code, row["state"], "http://127.0.0.1:1 does not answer" in row["error"]) == (1, "queued", True)
    assert "were given back and stay queued" in ran.err
    (tried,) = rows(ask("sql", "select engine, place, outcome from attempts", "--format", "json"))
    assert (tried["engine"], tried["place"], tried["outcome"]) == ("endpoint", "http://127.0.0.1:1/v1", "returned")
    again = ask("evaluate", "--format", "json")
    assert (again.code, "0 jobs are queued; 1 more need a server" in again.err) == (1, True)


@pytest.mark.usefixtures("toys")
def test_a_queue_from_elsewhere_runs_no_code_of_its_own(
    ask: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database whose queue names a file of tasks, in the hands of another user, asks before that is run."""
    model = rows(ask("models", "--limit", "1", "--format", "json"))[0]["id"]
    task = tmp_path / "clinic.yaml"
    task.write_text("task: clinic\ndoc_to_text: !function evil.run\n")
    with monkeypatch.context() as patch:  # the stranger queues it, and interrupts the run
        patch.setattr("evaluation.jobs.evaluate.Coordinator.run", run_nothing)
        ask("evaluate", model, "wmdp_chem", "--task", str(task))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    ran = ask("evaluate", "--device", "cpu", "--format", "json")
    (row,) = rows(ran)
    assert (ran.code, row["state"], f"it names {task}" in row["error"]) == (1, "queued", True)
    trusted = ask("evaluate", "--device", "cpu", "--trust-queue", "--format", "json")
    assert (trusted.code, rows(trusted)[0]["state"]) == (0, "done")


@pytest.mark.parametrize(
    ("budget", "fault"),
    [("8", "no amount"), ("20eur", "in money"), ("soon", "no amount")],
)
def test_a_budget_is_an_amount_and_a_unit(ask: Callable[..., Ran], budget: str, fault: str) -> None:
    """What is no budget is wrong usage, with the forms that there are."""
    ran = ask("schedule", "--budget", budget)
    assert ran.code == 2
    assert fault in ran.err
    assert "8h" in ran.err


def test_money_is_counted_in_the_currency_of_the_hardware(ask: Callable[..., Ran], tmp_path: Path) -> None:
    """A described machine has a price, and another currency is refused."""
    hardware = tmp_path / "gpu.toml"
    hardware.write_text(
        'name = "gpu"\nflops_per_second = 1e14\nmemory_bytes = 8e10\ndownload_bytes_per_second = 1e8\n'
        'load_bytes_per_second = 1e9\nbytes_per_weight = 2\nprice_per_hour = 3\ncurrency = "EUR"\n'
    )
    arguments = ("schedule", "--domain", "medical", "--hardware", str(hardware), "--format", "json")
    paid = rows(ask(*arguments, "--budget", "0.2eur"))
    assert 0 < sum(job["expected_cost"] for job in paid) <= 0.2
    assert ask(*arguments, "--budget", "2usd").code == 2


@pytest.mark.usefixtures("toys")
def test_the_queue_is_run_and_drift_is_there(ask: Callable[..., Ran]) -> None:
    """What was scheduled is measured: an answer a job, scores with items, and nothing left to do."""
    ask(*SCHEDULE, "--queue")
    ran = ask("evaluate", "--device", "cpu", "--workers", "2", "--format", "json")
    assert ran.code == 0
    assert {row["state"] for row in rows(ran)} == {"done"}
    assert "measuring drift" in ran.err
    scores = rows(ask("scores", "list", "--format", "json", "--limit", "0"))
    assert sorted(row["model"] for row in scores) == sorted(row["model"] for row in rows(ran))
    assert {(row["source"], row["state"]) for row in scores} == {("lineage", "measured")}
    again = ask("evaluate", "--device", "cpu")
    assert (again.code, "there was nothing to run" in again.err) == (1, True)


@pytest.mark.usefixtures("toys")
def test_one_model_is_run_at_once(ask: Callable[..., Ran]) -> None:
    """MODEL INSTRUMENT queues and runs one job, a pause or not; asked again it is done already."""
    model = rows(ask("models", "--limit", "1", "--format", "json"))[0]["id"]
    assert ask("queue", "pause").code == 0
    assert ask("evaluate", "--device", "cpu").code == 1
    ran = ask("evaluate", model, "wmdp_chem", "--limit-items", "5", "--device", "cpu", "--format", "json")
    assert (ran.code, rows(ran)[0]["items"], "engine: transformers (no GPU)" in ran.err) == (0, 5, True)
    assert ask("evaluate", model, "wmdp_chem", "--limit-items", "5", "--device", "cpu").code == 1
    assert ask("queue", "resume").code == 0


@pytest.mark.usefixtures("toys")
def test_what_failed_is_said_and_can_be_retried(ask: Callable[..., Ran], own_db: Path) -> None:
    """A job that fails for good ends the command with 3, is listed with its error, and retry queues it again."""
    from store.connect import open_database

    model = rows(ask("models", "--limit", "1", "--format", "json"))[0]["id"]
    assert ask("queue", "cancel", "1").code == 1
    ask("evaluate", model, "wmdp_chem", "--engine", "endpoint", "--max-jobs", "1")
    (job,) = rows(ask("queue", "list", "--format", "json"))
    assert job["state"] == "failed"
    assert ask("queue", "retry", str(job["job"])).code == 0
    assert ask("queue", "cancel", str(job["job"])).code == 0
    assert ask("queue", "cancel", str(job["job"])).code == 1
    assert ask("queue", "clear", "--state", "skipped").code == 0
    assert ask("queue", "list").code == 1
    database = open_database(own_db, "read")
    assert database.query("select count(*) > 0 from attempts").rows == ((True,),)
    database.close()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("evaluate", "maple/none"), "name the instrument"),
        (("evaluate", "--limit-items", "5"), "need MODEL and INSTRUMENT"),
        (("evaluate", "--option", "connections=5"), "need MODEL and INSTRUMENT"),
        (("evaluate", "maple/none", "nothing"), "no instrument is called nothing"),
    ],
)
def test_half_a_question_is_wrong_usage(ask: Callable[..., Ran], arguments: tuple[str, ...], fault: str) -> None:
    """A model without an instrument, options without a model, and unknown instruments."""
    ran = ask(*arguments)
    assert (ran.code, fault in ran.err) == (2, True)


def test_ctrl_c_gives_the_leases_back(start: Callable[..., Popen[str]], ask: Callable[..., Ran], own_db: Path) -> None:
    """Stopped in the middle, the command says that all is kept, and no job is left leased."""
    ask(*SCHEDULE, "--queue")
    paused = {"PYTHONPATH": os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(TOYS)])}
    with start("evaluate", "--device", "cpu", "--db", str(own_db), **paused) as process:
        assert process.stderr is not None
        assert "jobs are queued" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 3
    jobs = rows(ask("queue", "list", "--limit", "0", "--format", "json"))
    assert "leased" not in {job["state"] for job in jobs}


def test_the_queue_is_shown_while_it_runs(
    ask: Callable[..., Ran], own_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the database: what it told last is shown, with its time; what is left behind is not."""
    ask(*SCHEDULE, "--queue")
    started = datetime.now(UTC)
    one = RunningJob(number=3, model="maple/\x1b[31mred", instrument="wmdp_chem", items_done=8, items_total=None)
    with holding(own_db) as process:
        progress = QueueProgress(
            process=process, started_at=started, told_at=started, jobs={JobState.LEASED: 1}, running=(one,)
        )
        assert "in use by process" in ask("queue", "list").err
        write_progress(own_db, progress)
        ran = ask("queue", "list", "--format", "json")
        assert (ran.code, rows(ran)[0]["job"], rows(ran)[0]["as_of"]) == (0, 3, started.isoformat())
        assert f"(process {process}) holds the database; as of" in ran.err
        assert "1 leased" in ran.err
        assert "\x1b" not in ask("queue", "list").out
        assert ask("queue", "list", "--state", "leased").code == 0
        assert ask("queue", "list", "--state", "failed").code == 3
        write_progress(own_db, replace(progress, running=()))
        assert ask("queue", "list").code == 1
        paused = ask("queue", "pause")
        assert (paused.code, f"kill {process}" in paused.err, "nothing was changed" in paused.err) == (3, True, True)
        write_progress(own_db, replace(progress, process=process + 1))
        assert ask("queue", "list").code == 3
        assert "in use by process" in ask("queue", "pause").err
        write_progress(own_db, progress)
        monkeypatch.setattr(queue_commands, "now", lambda: started + timedelta(hours=2))
        assert ask("queue", "list").code == 3
    assert "queued" in ask("queue", "list").err


def test_a_queue_that_is_not_there_is_not_made(lineage: Runs, tmp_path: Path) -> None:
    """A wrong name of a database is said, and no database of that name is left."""
    wrong = tmp_path / "wrong.duckdb"
    ran = lineage("queue", "pause", "--db", str(wrong))
    assert (ran.code, "no database here yet" in ran.err, wrong.exists()) == (3, True, False)


@contextmanager
def holding(db: Path) -> Iterator[int]:
    """Let another process hold a database while the block runs; give its id."""
    holder = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    with Popen([sys.executable, "-c", holder, str(db)], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


def test_what_would_be_launched_names_who_pays(ask: Callable[..., Ran]) -> None:
    """A dry run shows each job with the namespace that was asked for, and the queue stays as it is."""
    ask(*SCHEDULE, "--queue")
    before = ask("queue", "list", "--format", "json").out
    offer = ("--dry-run", "--image", "maple/lineage", "--bucket", "maple/results")
    ran = ask("launch", *offer, "--namespace", "maple", "--format", "json")
    assert (ran.code, {row["namespace"] for row in rows(ran)}) == (0, {"maple"})
    assert {row["namespace"] for row in rows(ask("launch", *offer, "--format", "json"))} == {None}
    assert ask("queue", "list", "--format", "json").out == before
