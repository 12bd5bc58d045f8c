"""Runs of the user's tasks by the real Inspect on a server of loopback: what comes of them, and what goes wrong."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.inspect import runner as runner_module
from evaluation.engines.interface import Batch, RunSummary
from evaluation.errors import CannotRun, InspectFailed
from evaluation.imports import inspect_logs
from evaluation.imports.interface import ImportSettings
from evaluation.imports.zip_entries import open_archive
from lineage.errors import MissingExtra
from tests.evaluation.engines.inspect.conftest import CATALOGUE, ITEMS, JUDGE, MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from evaluation.engines.interface import ItemResult
    from lineage.scheduling.job import JobSpec
    from tests.evaluation.engines.inspect.conftest import Desk, Grove

KEY = "maple-secret-1"


def ran(desk: Desk, task: JobSpec, done: frozenset[str] = frozenset()) -> tuple[list[ItemResult], RunSummary]:
    """Run a task and return its items and what finished it."""
    *batches, finished = desk.runner().run(task, done)
    assert isinstance(finished, RunSummary)
    return [item for batch in batches if isinstance(batch, Batch) for item in batch.items], finished


def holds(log: Path, text: str) -> bool:
    """Return whether any document of a log holds a text."""
    with open_archive(log) as archive:
        return any(text in repr(archive.document(name).value) for name in archive.entries if name.endswith(".json"))


def test_a_task_is_run_and_its_log_is_what_the_importer_reads(real: Desk, grove: Grove) -> None:
    """Every sample is an item; the identity is the importer's of the same log, which is kept and named by its hash."""
    items, finished = ran(real, real.task())
    assert {one.item: one.value for one in items} == {f"q{n}": float(n % 2 == 0) for n in range(ITEMS)}
    assert {one.reply_length for one in items} == {4}
    (log,) = real.written()
    (score,) = inspect_logs.read(log, ImportSettings(catalogue=CATALOGUE, model=MODEL)).scores
    assert finished.identity == score.identity
    assert (finished.identity.scorer, finished.identity.judge) == ("includes", None)
    assert finished.identity.decoding == '{"seed":1234,"temperature":0.0}'
    assert finished.engine.startswith("inspect 0.")
    assert finished.engine.endswith(f"{log.name} sha256:{hashlib.sha256(log.read_bytes()).hexdigest()[:16]}")
    assert finished.weights_hash.startswith("served:")
    assert {body["temperature"] for body in grove.asked} == {0.0}


def test_another_version_of_the_server_is_another_way_to_ask(real: Desk, grove: Grove) -> None:
    """What the server says that it is stands in the identity, beside what the log says."""
    plain = ran(real, real.task())[1].identity
    found = []
    for version in ("0.1", "0.2"):
        grove.version = version
        found.append(ran(real, real.task())[1].identity)
    assert found[0].differences(found[1]) == ("template",)
    assert found[0].differences(plain) == ("template",)
    assert '"server":"vllm 0.1"' in str(found[0].template)


def test_items_that_are_kept_are_not_told_again(real: Desk) -> None:
    """A limit runs fewer samples, and what an earlier attempt brought is left out."""
    items, finished = ran(real, replace(real.task(max_tokens=9, temperature=1), item_limit=3), frozenset({"q1"}))
    assert [one.item for one in items] == ["q0", "q2"]
    assert finished.identity.decoding == '{"max_tokens":9,"seed":1234,"temperature":1.0}'


def test_a_task_takes_its_own_arguments(real: Desk) -> None:
    """They come as `task.NAME`, and are in the identity; one that the task does not take is refused, not left out."""
    items, _ = ran(real, real.task("counted", "clinic_counted", **{"task.count": 3}))
    assert [one.item for one in items] == ["q0", "q1", "q2"]
    with pytest.raises(CannotRun, match="it has no argument nothing; it takes count"):
        ran(real, real.task("counted", "clinic_counted", **{"task.nothing": 3}))
    logs = [inspect_logs.read(log, ImportSettings(catalogue=CATALOGUE)).scores for log in real.written()]
    assert {len(scores) for scores in logs} == {1}
    assert len({scores[0].identity.template for scores in logs}) == 2


def test_the_key_reaches_the_server_and_no_log(real: Desk, grove: Grove, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key and address come by the environment, the grader's with its name by options; the judge is in the identity."""
    grove.key = KEY
    monkeypatch.setenv("MAPLE_KEY", KEY)
    task = real.task("graded", "clinic_graded", key_variable="MAPLE_KEY", grader=JUDGE)
    items, finished = ran(real, task)
    assert {one.value for one in items} == {1.0}
    assert finished.identity.judge == JUDGE
    assert not any(holds(log, KEY) for log in real.written())
    assert {(body["model"], body["temperature"]) for body in grove.asked} == {(MODEL, 0.0), (JUDGE, 0.0)}


def test_a_log_that_holds_the_key_is_removed(real: Desk, grove: Grove, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says its key back would have it written down."""
    grove.key, grove.besides = KEY, f" by {KEY}"
    monkeypatch.setenv("MAPLE_KEY", KEY)
    with pytest.raises(InspectFailed, match="MAPLE_KEY") as caught:
        ran(real, real.task(key_variable="MAPLE_KEY"))
    assert KEY not in str(caught.value)
    assert real.written() == []


def test_a_run_that_did_not_end_is_gone_on_with(real: Desk, grove: Grove) -> None:
    """A question that is refused ends the run; the next attempt asks only what is missing, and the score is whole."""
    grove.refused = f"question {ITEMS - 1}"
    task = real.task(connections=1, attempts=1)
    with pytest.raises(InspectFailed, match="error"):
        ran(real, task)
    answered, grove.refused = grove.questions(), None
    assert answered
    grove.asked.clear()
    items, _ = ran(real, task)
    assert len(items) == ITEMS
    assert set(answered).isdisjoint(grove.questions())
    assert len(answered) + len(grove.questions()) == ITEMS


@pytest.mark.parametrize(
    ("name", "instrument", "error", "told"),
    [
        ("crashing", "clinic_crash", InspectFailed, "exit code 7"),
        ("gone", "clinic_gone", CannotRun, "gone"),
        ("clinic", "clinic_other", CannotRun, r"others: includes \(clinic\)"),
    ],
)
def test_what_cannot_be_run_is_said(real: Desk, name: str, instrument: str, error: type[Exception], told: str) -> None:
    """A crash, a task that the file lacks, and a scorer that the log lacks."""
    with pytest.raises(error, match=told):
        ran(real, real.task(name, instrument))


def test_what_a_process_says_is_shown_without_the_key(
    real: Desk, grove: Grove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that fails with the key in its message."""
    grove.key = KEY
    monkeypatch.setenv("MAPLE_KEY", KEY)
    with pytest.raises(InspectFailed, match=r"it has \[key\]"):
        ran(real, real.task("talkative", "clinic_talk", key_variable="MAPLE_KEY"))


def test_a_run_that_takes_too_long_is_ended(real: Desk) -> None:
    """`run_seconds` bounds the whole run, its start too."""
    with pytest.raises(InspectFailed, match="ended after 1 s"):
        ran(real, real.task(run_seconds=1))


def test_without_the_extra_it_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to install it."""
    monkeypatch.setattr(runner_module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra) as caught:
        ran(desk, desk.task())
    assert caught.value.hint == "install it with: pip install 'hub-lineage[inspect]'"


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ("clinic.yaml", "FILE.py@TASK"),
        ("/nowhere/own_tasks.py@clinic", "no such file"),
        ("/nowhere/own_tasks.py@graded", "inspect:TASK/SCORER"),
    ],
)
def test_the_task_is_one_of_a_file_that_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, definition: str, told: str
) -> None:
    """What other engines run is refused before a run, a file that is gone too, and a task of another instrument."""
    monkeypatch.setattr(runner_module, "find_spec", lambda _: True)
    with pytest.raises(CannotRun) as caught:
        ran(desk, replace(desk.task(), definition=definition))
    assert told in f"{caught.value} {caught.value.hint}"


def test_a_log_that_is_refused_is_not_made_again(desk: Desk, tmp_path: Path) -> None:
    """Another run would write the like."""
    log = tmp_path / "broken.eval"
    log.write_bytes(b"PK\x03\x04")
    with pytest.raises(CannotRun, match="its log is refused"):
        desk.runner()._read(log, desk.task())


def test_a_model_needs_a_commit_or_a_server(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that was queued for a server is not run on whatever the Hub has now."""
    monkeypatch.setattr(runner_module, "find_spec", lambda _: True)
    alone = replace(desk, setup=replace(desk.setup, endpoint_url=None))
    with pytest.raises(CannotRun, match="nor a server"):
        ran(alone, alone.task())


def test_a_model_of_files_is_run_by_its_own_process(real: Desk, family_folder: Path) -> None:
    """The weights are hashed as every engine hashes them, and replies are drawn without chance."""
    folder = family_folder / "models" / "hazelmere" / "wren"
    spec = replace(real.task(max_tokens=4), model="hazelmere/wren", folder=str(folder), item_limit=2)
    items, finished = ran(real, spec)
    assert (len(items), len(finished.weights_hash)) == (2, 64)
    with pytest.raises(CannotRun, match="cannot load adapters"):
        ran(real, replace(spec, base=spec.model, base_folder=spec.folder))
