"""The queue with the engine `inspect`: real workers, the real Inspect, a server, and the score that is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evaluation.commands.evaluate import app
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.jobs.evaluate import EvaluateRequest, ask_for, plan_request
from evaluation.workers.local import LocalExecutor, WorkerSettings
from lineage.errors import UsageError
from store.connect import open_database
from tests.evaluation.engines.inspect.conftest import CATALOGUE, ITEMS, MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.database import Database
    from tests.evaluation.engines.inspect.conftest import Desk, Grove

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(name="database")
def fixture_database(tmp_path: Path) -> Iterator[Database]:
    """Give an empty database."""
    database = open_database(tmp_path / "lineage.duckdb")
    yield database
    database.close()


def declared(desk: Desk) -> Path:
    """Write the instruments as a user's file of them."""
    file = desk.file.with_name("instruments.toml")
    file.write_text(
        "".join(
            f'[[instruments]]\nname = "{one.name}"\nconstruct = "refusal"\ndirection = "higher_is_safer"\n'
            f'range = [0, 1]\nscale = "rate"\ntasks = ["{one.tasks[0]}"]\n'
            for one in CATALOGUE
        )
    )
    return file


def test_a_job_is_measured_once(real: Desk, grove: Grove, tmp_path: Path) -> None:
    """As its user runs it: the score has its items and the log in its origin; asked again, nothing is run."""
    db = tmp_path / "own.duckdb"
    words = [MODEL, "clinic", "--task", f"{real.file}@clinic", "--instruments", str(declared(real))]
    words += ["--endpoint-url", grove.url, "--option", "connections=3", "--set", f"logs={real.logs}", "--db", str(db)]
    ran = [CliRunner().invoke(app, words) for _ in range(2)]
    assert [one.exit_code for one in ran] == [0, 1]
    assert "0.5" in ran[0].stdout
    database = open_database(db, "read")
    (row,) = database.query("select model, value, items, state, source, has_items, origin from scores").rows
    (log,) = real.written()
    assert row[:6] == (MODEL, 0.5, ITEMS, "measured", "lineage", True)
    assert "inspect 0.3" in str(row[6])
    assert log.name in str(row[6])
    jobs = database.query("select state, attempts, engine, options from jobs").rows
    database.close()
    assert jobs == (("done", 1, "inspect", '{"connections": 3}'),)


def test_a_crash_is_an_error_of_its_job(real: Desk, database: Database) -> None:
    """The job says how the process ended, and there is no score."""
    asked = EvaluateRequest(model=MODEL, instrument="clinic_crash", task=f"{real.file}@crashing", is_served=True)
    ask_for(database, plan_request(database, CATALOGUE, asked), START)
    executor = LocalExecutor(WorkerSettings(setup=replace(real.setup, instruments=str(declared(real)))), 1)
    list(Coordinator(database, executor, CATALOGUE, QueueSettings(owner="test", attempts=1), lambda: START).run())
    ((state, error),) = database.query("select state, error from jobs").rows
    assert (state, "exit code 7" in str(error)) == ("failed", True)
    assert database.query("select count(*) from scores").rows == ((0,),)


def test_the_form_of_a_task_names_its_engine(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FILE.py@TASK` is run by Inspect alone, from wherever it was asked for, and Inspect runs nothing else."""
    asked = EvaluateRequest(model=MODEL, instrument="clinic", task="own.py@clinic", is_served=True)
    monkeypatch.chdir(tmp_path)
    work = plan_request(database, CATALOGUE, asked).spec
    assert (work.engine, work.definition, work.revision) == ("inspect", f"{tmp_path}/own.py@clinic", None)
    with pytest.raises(UsageError, match="run by inspect"):
        plan_request(database, CATALOGUE, replace(asked, engine="transformers"))
    with pytest.raises(UsageError, match=r"--task FILE\.py@TASK"):
        plan_request(database, CATALOGUE, replace(asked, engine="inspect", task="own.yaml"))
