"""`lineage doctor`: each thing it looks at, sound and at fault."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from evaluation.doctor import PURPOSES, missing_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.cli.conftest import Runs


class Usage(NamedTuple):
    """What `shutil.disk_usage` gives, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def examined(lineage: Runs, hub: str, crawled: Path) -> dict[str, dict[str, str | None]]:
    """Give what the command finds of a sound environment, by what it is about."""
    ran = lineage("doctor", "--endpoint", hub, "--db", str(crawled), "--format", "json")
    assert ran.code == 0, ran.err
    return {row["about"]: row for row in json.loads(ran.out)}


def test_the_cache_is_where_evaluations_fetch_to(
    lineage: Runs, crawled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at the disk of the folder that `lineage evaluate` fills, and that a variable moves."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ran = lineage("doctor", "--offline", "--db", str(crawled), "--format", "json")
    (found,) = (row["found"] for row in json.loads(ran.out) if row["about"] == "model cache")
    assert found.endswith(str(tmp_path / "lineage" / "models"))


def test_sound_environment(examined: dict[str, dict[str, str | None]]) -> None:
    """Where all is well the command says so of each thing, and what would give more."""
    for about in ("Python", "DuckDB", "database", "endpoint", "quota"):
        assert examined[about]["state"] == "ok", examined[about]
    assert "598 models" in str(examined["database"]["found"])
    assert "requests left of 1000000" in str(examined["quota"]["found"])
    assert examined["token"]["state"] == "note"
    assert "hf auth login" in str(examined["token"]["advice"])


def test_every_extra_is_named(examined: dict[str, dict[str, str | None]]) -> None:
    """Each extra is listed, and where it is missing the advice is the command that installs it."""
    extras = {about.removeprefix("extra "): row for about, row in examined.items() if about.startswith("extra ")}
    assert set(extras) == set(PURPOSES)
    for extra, row in extras.items():
        assert (row["state"] == "ok") == (not missing_of(extra))
        assert row["state"] == "ok" or f"pip install 'hub-lineage[{extra}]'" in str(row["advice"])


def test_token_is_never_shown(lineage: Runs, hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is told by where it was found, not by its value."""
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecretsecret")
    ran = lineage("doctor", "--endpoint", hub)
    assert "found in HF_TOKEN" in ran.out
    assert "secretsecret" not in ran.out + ran.err


def test_unreachable_endpoint(lineage: Runs) -> None:
    """An endpoint where nothing answers is a note, because local work can run: the exit code is 0."""
    ran = lineage("doctor", "--endpoint", "http://127.0.0.1:9", "--format", "json")
    (found,) = (row for row in json.loads(ran.out) if row["about"] == "endpoint")
    assert (ran.code, found["state"]) == (0, "note")
    assert "cannot reach http://127.0.0.1:9" in found["found"]
    assert "local work runs without it" in found["advice"]


def test_offline_asks_nothing(lineage: Runs) -> None:
    """Offline the Hub is left alone, and a database that is not there yet is no problem."""
    ran = lineage("doctor", "--offline", "--endpoint", "http://127.0.0.1:9", "--format", "json")
    found = {row["about"]: row for row in json.loads(ran.out)}
    assert ran.code == 0
    assert not {"endpoint", "quota"} & set(found)
    assert found["database"]["state"] == "note"


def test_database_of_somebody_else(lineage: Runs, tmp_path: Path) -> None:
    """A file that is no database is a problem."""
    (tmp_path / "x.duckdb").write_text("not one")
    ran = lineage("doctor", "--offline", "--db", str(tmp_path / "x.duckdb"))
    assert ran.code == 1
    assert "not a DuckDB database" in ran.out


def test_database_in_use(lineage: Runs, own_db: Path, held_by: Callable[[Path], AbstractContextManager[int]]) -> None:
    """A database that another process writes is a note that names the process, as it will be free again."""
    with held_by(own_db) as holder:
        ran = lineage("doctor", "--offline", "--db", str(own_db), "--format", "json")
    found = {row["about"]: row for row in json.loads(ran.out)}["database"]
    assert (ran.code, found["state"]) == (0, "note")
    assert str(holder) in str(found["found"])


@pytest.mark.parametrize(("free", "state"), [(10**8, "problem"), (10**9, "note"), (10**10, "ok")])
def test_room_on_disk(lineage: Runs, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    """Little room on the disk is a note, next to none a problem (no disk here can be filled for a test)."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total=10**12, used=0, free=free))
    ran = lineage("doctor", "--offline", "--format", "json")
    found = {row["about"]: row for row in json.loads(ran.out)}
    assert found["disk"]["state"] == state
    assert ran.code == (1 if state == "problem" else 0)
