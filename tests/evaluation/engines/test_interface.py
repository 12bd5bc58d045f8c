"""What is told of a worker names where it runs, and no secret of how it got there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evaluation.commands.evaluate import app
from evaluation.engines.interface import Setup
from evaluation.errors import OptionInvalid
from lineage.errors import UsageError
from lineage.scheduling.job import JobSpec
from store.connect import open_database

if TYPE_CHECKING:
    from pathlib import Path


def spec(engine: str, **options: str) -> JobSpec:
    """Return a job of an engine."""
    return JobSpec(
        model="maple/one",
        revision=None,
        instrument="harm",
        definition="harm",
        engine=engine,
        options={**options},
    )


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (None, "cuda"),
        ("http://maple:8000/v1", "http://maple:8000/v1"),
        ("https://user:word@maple/v1?key=word#word", "https://maple/v1"),
        ("https://user:word@maple?key=a@b/c", "https://maple"),
        ("user:word@maple", "maple"),
    ],
)
def test_a_place_holds_no_secret(url: str | None, place: str) -> None:
    """A device, or a server's address without user, query and fragment; what is no address is refused elsewhere."""
    setup = Setup(device="cuda", endpoint_url=url)
    assert setup.place_of(spec("endpoint")) == setup.place_of(spec("inspect")) == place
    assert setup.place_of(spec("transformers")) == "cuda"
    assert setup.place_of(spec("endpoint", url="http://birch:9/v1")) == "http://birch:9/v1"


@pytest.mark.parametrize(
    "words",
    [
        ("--endpoint-url", "http://user:word@127.0.0.1:9/v1"),
        ("--endpoint-url", "http://127.0.0.1:9/v1?key=word"),
        ("--option", "url=http://user:word@127.0.0.1:9"),
        ("--option", "judge_url=http://127.0.0.1:9?key=word"),
    ],
)
def test_an_address_with_a_secret_is_refused_before_it_is_kept(tmp_path: Path, words: tuple[str, str]) -> None:
    """Jobs and attempts keep where they ran, so that a secret there would be in every copy of the database."""
    db = tmp_path / "lineage.duckdb"
    open_database(db).close()
    asked = ["maple/one", "truthfulqa_mc1", "--engine", "endpoint", *words, "--db", str(db)]
    with pytest.raises(OptionInvalid, match="must not hold a user, key or query"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
    database = open_database(db, "read")
    assert not database.query("select * from jobs").rows
    database.close()


def test_a_server_is_not_named_in_vain(tmp_path: Path) -> None:
    """An engine that would ignore the server is refused before anything is queued."""
    db = tmp_path / "lineage.duckdb"
    open_database(db).close()
    url = "http://127.0.0.1:9/v1"
    asked = ["maple/one", "truthfulqa_mc1", "--engine", "transformers", "--endpoint-url", url, "--db", str(db)]
    with pytest.raises(UsageError, match="names a server, and the engine transformers uses none"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
    database = open_database(db, "read")
    assert not database.query("select * from jobs").rows
    database.close()
